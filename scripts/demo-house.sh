# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash disable=SC2154,SC2034 # some variables are those of scripts/demo-show, and for it
# The chapter of the whole house: a network whose nodes know their names and nothing else.
#
#      servants: processes with addresses of their own (picox)
#      iothnamed       iothradvd        namedhcp          otip_rproxy
#      dns ::53        router ::58      dhcp ::547        renzo.otip: another address every 2 seconds
#          |                |               |                  |   (behind it picox_echo, 192.168.250.54)
#      ----+--------+-------+--------+------+---------+--------+-----------+------  $vnl
#                   |                |                |        |           |
#      nodes:       |            process          shell      client    follower
#      100 threads of a process  vdestack         vdens      goes to see all the others, by their names
#      web, thread1 ... thread99                             (ioth_visit), follows the one-time address
#      (picox, mem://threads)                                (ioth_follow)
#
# What it leaves: $dir/nodes.tsv, of which scripts/demo-page makes the page, and what the account needs.

name_prefix=fd69:6f76::
name_domain=threads.local
# Names that are written down in the DNS; all others' addresses follow from the names.
declare -A written=([dns]=${name_prefix}53 [router]=${name_prefix}58 [dhcp]=${name_prefix}547 [process]=${name_prefix}b)
dns=${written[dns]}
web=web.$name_domain            # and what follows from that name
web_address=${name_prefix}5004:f4e0:78fd:79fd
otip_prefix=fd69:6f77::
otip_name=renzo.otip
otip_server=192.168.250.54
otip_changes=3
hundred=("$web")
for number in {1..99}; do
    hundred+=("thread$number.$name_domain")
done

# A stack that can be looked into (iothip(1)).
picox_stack() { # NAME
    echo "stack='picox,ctl=$dir/$1.ctl',vnl=$vnl"
}

step "A DNS server whose names are addresses: nobody registers a thread, its name says where it is"
cat >"$dir/named.rc" <<END
rstack "$(picox_stack dns)"
rstack ip=$dns/64,eth
net    local $name_prefix/64
static AAAA $name_domain $name_prefix
$(for name in "${!written[@]}"; do
    printf 'static %s\n' "AAAA $name.$name_domain ${written[$name]}" "PTR  ${written[$name]} $name.$name_domain"
    echo "auth   static local $name.$name_domain"
done)
auth   static local $name_domain
auth   static local $name_prefix/112
auth   hash local .$name_domain $name_domain
auth   hrev local $name_domain/64
auth   otip local $otip_name $otip_prefix mypassword
option otipperiod 2
END
sed 's/^/   | /' "$dir/named.rc"
run named iothnamed "$dir/named.rc" </dev/null

step "What is on the link (iothradvd), who has which address (namedhcp asks the DNS), an address that moves (otip_rproxy)"
run radvd iothradvd -s "$(picox_stack radvd),ip=${written[router]}/64,eth" -P 10 $name_prefix/64/L </dev/null
run dhcp namedhcp -s "$(picox_stack dhcp),ip=${written[dhcp]}/64,eth" -n $dns -D $dns -S $name_domain </dev/null
run echoes picox_echo "$vnl" $otip_server 255.255.255.0 </dev/null
run otip otip_rproxy -e "$(picox_stack otip)" -i "stack=picox,vnl=$vnl,ip=$proxy/24,eth" -b $otip_prefix -n $otip_name \
    -P mypassword --otip_period 2 --otip_preactive 1 --otip_postactive 2 -t 4242,$otip_server,5000 </dev/null
wait_for "the DNS server serves" says named serving
wait_for "the router advertises" says radvd serving
wait_for "the DHCPv6 server serves" says dhcp serving
wait_for "the echo server listens" says echoes listening
wait_for "the proxy serves" says otip serving

step "A transfer begins, to $otip_name, whose address changes every two seconds: it is looked at again below"
run follow ioth_follow "stack=picox,vnl=$vnl,auto6,thread,ip=${otip_prefix}f/64,fqdn=follower.$name_domain" \
    $otip_name 4242 $otip_changes </dev/null

step "A hundred threads of one process, each told nothing but its name; a process with a vdestack, a shell in a vdens"
run process ioth_names "stack=vdestack,vnl=$vnl,auto6,thread" process.$name_domain </dev/null
# Where the network has much to do the configuration goes on in the background (thread).
run shell vdens --config "auto6,thread,fqdn=shell.$name_domain" "$vnl" \
    sh -c "until ip -brief -6 addr show dev vde0 scope global | grep '::'; do sleep 0.1; done
    exec ioth_names stack=kernel shell.$name_domain" </dev/null
run hundred ioth_names "stack=picox,vnl=mem://threads/uplink=$vnl,auto6,thread" "${hundred[@]}" </dev/null
for node in process hundred shell; do
    wait_for "the network has configured the $node" says_line $node ready
done
show process
show shell
show hundred 3
[ "$(grep -c ', after [0-9]* ms$' "$dir/hundred.log")" -eq 100 ] || fail "a hundred threads have an address each"
web_took=$(sed -n "s/^$web: $web_address, after \([0-9]*\) ms\$/\1/p" "$dir/hundred.log") && web_took=${web_took:?} ||
    fail "the node $web has the address of its name"
says process "process.$name_domain: ${written[process]}, " || fail "the process has the address that is written down"
says process "nameserver $dns" || fail "the process has a name server"
hundred_took=$(sed -n 's/.*, after \([0-9]*\) ms$/\1/p' "$dir/hundred.log" | sort -n | tail -n 1)

name=thread42.$name_domain
step "From a thread's name to its address, and back"
ask() { # NAME TYPE, or -x ADDRESS: what the DNS says; a server that has much to do is asked again
    local end=$((SECONDS + patience)) answer
    until answer=$(iothdig -s "stack=picox,vnl=$vnl,ip=${name_prefix}54/64,eth,nodad" "@$dns" +short "$@" \
        2>>"$dir/iothdig.log") && [ -n "$answer" ]; do
        [ $SECONDS -lt $end ] || return 1
    done
    echo "$answer"
}
echo "   \$ iothdig ... $name AAAA; iothdig ... -x its address"
name_address=$(ask "$name" AAAA) || fail "the name has an address"
name_back=$(ask -x "$name_address") || fail "the address has a name"
printf '   | %s\n' "$name_address" "$name_back"
[ "$name_back" = "$name." ] || fail "the address leads back to $name"
says hundred "$name: $name_address, " || fail "this is where $name is"
for servant in dns router dhcp; do
    [ "$(ask $servant.$name_domain AAAA)" = "${written[$servant]}" ] &&
        [ "$(ask -x "${written[$servant]}")" = $servant.$name_domain. ] ||
        fail "the DNS knows $servant"
done

step "A visitor who knows no more than a name either goes to http://$web, and sends a ping to $name"
echo "   \$ vdens -R $dns --config auto6,thread,fqdn=visitor.$name_domain $vnl ..."
vdens -R $dns --config auto6,thread,fqdn=visitor.$name_domain "$vnl" timeout $patience bash -c "
    until ping -n -c 1 $web | grep '^64 bytes'; do sleep 0.05; done; exec 5<>/dev/tcp/$web/80 &&
    printf 'GET / HTTP/1.0\r\n\r\n' >&5 && tail -n 1 <&5 && ping -n -c 1 -w $patience $name | grep '^64 bytes'" \
    >"$dir/visit-web.log" 2>&1 </dev/null || fail "the visitor reaches the nodes by their names"
show visit-web
says visit-web "I am $web" || fail "the node answers"

step "A client goes to see all of them: name, address, the address's name, stack, round trip, throughput of TCP"
run visit ioth_visit "stack=picox,vnl=$vnl,auto6,thread,fqdn=client.$name_domain" \
    process.$name_domain shell.$name_domain "${hundred[@]}" </dev/null
ended visit || fail "the client reaches every node by its name, and finds the name by the address"
show visit
visited=$(grep -c ' MB/s$' "$dir/visit.log")
[ "$visited" -eq 102 ] || fail "the client has seen 102 nodes"
# The median, of a column of the table.
median() { # COLUMN STACK
    awk -v column="$1" -v stack="$2" '$8 == "MB/s" && $4 == stack { print $column }' "$dir/visit.log" |
        sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

step "The transfer: over one connection, while the address of its server changed"
ended follow || fail "a transfer survives the changes of the address"
show follow
otip_bytes=$(sed -n 's/^[0-9]* changes, one connection: \([0-9]*\) bytes.*/\1/p' "$dir/follow.log") &&
    otip_bytes=${otip_bytes:?} || fail "the transfer goes on"
[ "$(grep -c ' bytes there and back so far$' "$dir/follow.log")" -eq $otip_changes ] || fail "the address changes"
says follow "to anybody else: silence" || fail "the address of an old window is silent"

# Who is what, for the page: name, group, stack, address, round trip (ms), throughput (MB/s), received and sent
# (frames, bytes), remark; with tabs between, "-" for what there is not.
counters() { # NAME...: of a servant's stack, by iothip
    iothip -c "$dir/$1.ctl" -s link show dev vde0 | awk '
        /RX:/ { getline; rx = $2 "\t" $1 } /TX:/ { getline; tx = $2 "\t" $1 } END { print rx "\t" tx }'
}
servant() { # LOG NAME ADDRESS REMARK
    printf '%s\tservants\tpicox\t%s\t-\t-\t%s\t%s\n' "$2" "$3" "$(counters "$1")" "$4"
}
guest() { # LOG SELF NAME REMARK: who is known by what it says at its end
    local address
    address=$(ask "$3" AAAA) || return
    awk -v self="$2:" -v name="$3" -v address="$address" -v remark="$4" -v OFS='\t' '$1 == self && $2 == "received" {
        print name, "guests", "picox", address, "-", "-", $3, $5, $8, $10, remark }' "$dir/$1.log"
}
visited() { # LOG GROUP REMARK: nodes that the client has seen, with what they say at their end
    awk -v group="$2" -v remark="$3" -v OFS='\t' '
        FNR == NR && $2 == "received" { name = substr($1, 1, length($1) - 1); traffic[name] = $3 OFS $5 OFS $8 OFS $10; next }
        FNR != NR && $1 in traffic { print $1, group, $4, $2, $5, $7, traffic[$1], remark }' "$dir/$1.log" "$dir/visit.log"
}

house_ends() {
    local node
    for node in hundred process shell; do
        end $node || fail "the $node ends well"
    done
    grep -h ': received' "$dir"/{process,shell,visit,follow}.log | sed 's/^/   | /'
    grep ': received' "$dir/hundred.log" | sed -n '1,3s/^/   | /p'
    echo "   | ... and 97 more threads"
    {
        servant dns dns.$name_domain $dns "iothnamed: static, hash, one-time addresses"
        servant radvd router.$name_domain "${written[router]}" "iothradvd: says what is on the link"
        servant dhcp dhcp.$name_domain "${written[dhcp]}" "namedhcp: a name's address, by DHCPv6"
        servant otip $otip_name "$(sed -n "s/^$otip_name is at \([0-9a-f:]*\): .* so far\$/\1/p" "$dir/follow.log" | tail -n 1)" \
            "otip_rproxy: it moves every two seconds"
        visited process beside "a process; its stack is a namespace of its own"
        visited shell beside "a shell in a vdens, on the kernel's stack"
        guest visit visitor client.$name_domain "ioth_visit: has measured all the others"
        guest follow follower follower.$name_domain "ioth_follow: keeps a transfer up"
        visited hundred threads "a thread"
    } >"$dir/nodes.tsv"
    [ "$(grep -c . "$dir/nodes.tsv")" -eq 108 ] || fail "108 nodes have counted their traffic"
}
