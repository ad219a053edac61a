#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A long time on a bad network: all daemons and very many stacks under load, while frames are lost, doubled, overtaken
# and mangled, networks are cut and healed, servers and clients killed and started again.
#
#     soak.sh MINUTES [NODES]
#
#     iothnamed  namedhcp  namedhcp4  iothradvd  otip_rproxy       NODES threads (soak_nodes, mem://)
#     ----+----------+---------+----------+-----------+-------------------+------ inner (switch)
#                                                                         |
#                                     impair: loss, duplicates, mangled copies, late and overtaken frames
#                                                                         |
#     ----+------------------+--------------------+------------------------------ outer (switch)
#     soak_load (20 nodes)   another, killed      a vdens, killed
#
# First half: everything is killed in turn. Second half: networks only, so that who has lived through it can be compared
# with itself. Then it is quiet, and: every node answers by its name, by its one-time address too; the DNS, both DHCP
# servers and the router answer; nothing that was acknowledged was lost; no daemon and no node has more descriptors or
# threads, nor much more memory, than in the middle; all end in order, with status 0.
. "$(dirname "$0")/../net/lib.sh"
minutes=${1:?for how many minutes}
count=${2:-1000}
need_vde
need_userns
export PATH=$BUILD/tools/iothconf:$PATH # vdens --config
export LD_LIBRARY_PATH=$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$BUILD/lib/iothradvd:$LD_LIBRARY_PATH
NAMED=$BUILD/daemon/iothnamed/iothnamed
DHCP=$BUILD/daemon/namedhcp/namedhcp
DHCP4=$BUILD/daemon/namedhcp/namedhcp4
RADVD=$BUILD/daemon/iothradvd/iothradvd
RPROXY=$BUILD/daemon/otip_rproxy/otip_rproxy
DIG=$BUILD/tools/iothdig/iothdig
CLIENT=$BUILD/test/net/iothconf_client
IMPAIR=$BUILD/test/net/impair
NODES=$BUILD/test/soak/soak_nodes
LOAD=$BUILD/test/soak/soak_load
need_program "$VDENS" "$NAMED" "$DHCP" "$DHCP4" "$RADVD" "$RPROXY" "$DIG" "$CLIENT" "$IMPAIR" "$NODES" "$LOAD"
unthreaded "$VDENS"

net=fd69:6f76::
otip_net=fd69:6f77::
domain=soak.local
otip=moves.otip
dns=${net}53
declare -A process=() # name -> pid of what runs now

tell()
{
	printf '%5d s  %s\n' "$SECONDS" "$*"
}

# --- what there is

inner_start()
{
	net_start switch inner
	process[inner]=$pid
	inner=$vnl
}
outer_start()
{
	net_start switch outer
	process[outer]=$pid
	outer=$vnl
}
impair_start()
{
	start impair "$IMPAIR" "$inner" "$outer" delay=0.2 jitter=1 loss=1 duplicate=1 reorder=1 corrupt=1 "seed=$((seed += 1))"
	process[impair]=$pid
	wait_for says impair ready
}

# daemon NAME: starts one of them, until it serves.
declare -A command=(
	[iothnamed]="$NAMED $dir/named.rc"
	[namedhcp]="$DHCP -s stack=picox,vnl=vde://$dir/inner,ip=${net}547/64,eth -n $dns -D $dns -S $domain"
	[namedhcp4]="$DHCP4 -s stack=picox,vnl=vde://$dir/inner,ip=10.69.0.67/16,ip=${net}67/64,eth -I 10.69.0.67 -n $dns"
	[iothradvd]="$RADVD -s stack=picox,vnl=vde://$dir/inner,ip=${net}58/64,eth -P 10 $net/64/L $otip_net/64/L"
	[otip_rproxy]="$RPROXY -e stack=picox,vnl=vde://$dir/inner,rd -i stack=picox,vnl=vde://$dir/inner,ip=${net}59/64,eth
		-b $otip_net -n $otip -P password --otip_period 8 --otip_preactive 2 --otip_postactive 4 -t 7,n0.$domain,7 -D $dns"
)
daemons=(iothnamed namedhcp namedhcp4 iothradvd otip_rproxy)
daemon()
{
	# shellcheck disable=SC2086 # several words
	start "$1" ${command[$1]} --control "$dir/$1.ctl"
	process[$1]=$pid
	wait_for says "$1" 'serving$'
}

# --- what is done to them

kill_process() # NAME
{
	tell "$1 is killed"
	stop "${process[$1]}" KILL
}
restart_daemon() # NAME
{
	kill_process "$1"
	sleep $((RANDOM % 3))
	daemon "$1"
}
cut() # SECONDS
{
	tell "the networks are apart for $1 s"
	stop "${process[impair]}" KILL
	sleep "$1"
	impair_start
}
switch_dies() # inner, outer
{
	kill_process "$1"
	stop "${process[impair]}" KILL
	rm -rf "${dir:?}/$1"
	sleep $((RANDOM % 3))
	"$1_start"
	impair_start
}
visitor_dies()
{
	tell "visitors come, and are killed"
	start guest "$LOAD" "stack=picox,vnl=mem://guests/uplink=$outer,auto6,nodad" $domain "$count" 10
	sleep $((3 + RANDOM % 5))
	stop "$pid" KILL
}
vdens_dies()
{
	tell "a vdens looks for nodes, and is killed"
	start vdens "$VDENS" -R $dns --config "auto6,thread,nodad,fqdn=shell.$domain" "$outer" \
		sh -c "while :; do ping -c 5 -i 0.1 -w 5 n1.$domain; done"
	sleep $((5 + RANDOM % 5))
	stop "$pid" KILL
	! says vdens 'cannot run' || fail "the vdens is of no use"
}
reload()
{
	tell "all daemons are told to read their configuration again"
	local name
	for name in "${daemons[@]}"; do
		kill -HUP "${process[$name]}"
	done
}

# --- what is looked at

# A line for each process that has lived since: descriptors, threads, resident kilobytes.
sizes()
{
	local name pid
	for name in nodes "${daemons[@]}"; do
		pid=${process[$name]}
		echo "$name $(find "/proc/$pid/fd" -mindepth 1 | wc -l) $(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" \
			"$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status")"
	done
}
all_live()
{
	local name
	for name in nodes load "${daemons[@]}"; do
		! is_gone "${process[$name]}" || fail "$name has ended"
	done
}
dig_says() # WANTED QUESTION...
{
	local wanted=$1
	shift
	[ "$("$DIG" -s "stack=picox,vnl=$outer,ip=${net}5d/64,eth,nodad" "@$dns" +short "$@")" = "$wanted" ]
}
gets_address() # OPTIONS PATTERN
{
	"$CLIENT" "stack=picox,vnl=$outer" "+eth,nodad,$1" addresses | grep -E "$2" >/dev/null
}
otip_answers()
{
	"$LOAD" --all "stack=picox,vnl=$outer,auto6,nodad" $domain 1 1 $otip
}

# ------------------------------------------------------------------------------------------------

seed=0
cat >"$dir/named.rc" <<END
rstack stack=picox,vnl=vde://$dir/inner
rstack ip=$dns/64,eth
net    local $net/64
net    local 10.69.0.0/16
static AAAA $domain $net
static A four.$domain 10.69.0.4
static TXT four.$domain "mask=255.255.0.0"
auth   static local $domain
auth   static local four.$domain
auth   hash local .$domain $domain
auth   hrev local $domain/64
auth   otip local $otip $otip_net password
option otipperiod 8
END
inner_start
outer_start
impair_start
for name in "${daemons[@]}"; do
	daemon "$name"
done
start nodes "$NODES" "stack=picox,vnl=mem://nodes/uplink=$inner,auto6,thread,nodad" $domain "$count"
process[nodes]=$pid
deadline=600 wait_for says nodes whole
tell "$count nodes listen"
load_start()
{
	start load "$LOAD" "stack=picox,vnl=mem://visitors/uplink=$outer,auto6,nodad" $domain "$count" 20 $otip
	process[load]=$pid
}
load_start

end=$((SECONDS + minutes * 60))
half=$((SECONDS + minutes * 30))
round=0
while [ $SECONDS -lt $half ]; do
	case $((round % 9)) in
	0) cut $((RANDOM % 10)) ;;
	1) visitor_dies ;;
	2) switch_dies outer ;;
	3) restart_daemon "${daemons[round / 9 % ${#daemons[@]}]}" ;;
	4) vdens_dies ;;
	5) switch_dies inner ;;
	6) restart_daemon "${daemons[(round / 9 + 2) % ${#daemons[@]}]}" ;;
	7) reload ;;
	8) cut 25 ;;
	esac
	round=$((round + 1))
	all_live
	sleep 2
done
sizes >"$dir/before"
tell "half time: $(paste -sd';' "$dir/before")"
while [ $SECONDS -lt $end ]; do
	case $((round % 4)) in
	0) cut $((RANDOM % 10)) ;;
	1) visitor_dies ;;
	2) switch_dies outer ;;
	3) vdens_dies ;;
	esac
	round=$((round + 1))
	all_live
	sleep 2
done

tell "it is quiet now"
stop_load()
{
	kill -TERM "${process[load]}"
	await "${process[load]}"
	tell "$(tail -n 1 "$dir/load.log")"
	[ "$status" = 0 ] || fail "something was lost"
}
stop_load
sed -n 's/^visits: \([0-9]*\) whole.*/\1/p' "$dir/load.log" | grep -v '^0$' >/dev/null || fail "no visit was whole"
kill -USR1 "${process[nodes]}"
deadline=600 wait_for eval "[ \$(grep -c whole $dir/nodes.log) = 2 ]"
run timeout 900 "$LOAD" --all "stack=picox,vnl=mem://last/uplink=$outer,auto6,nodad" $domain "$count" 20
tell "$out"
[ "$status" = 0 ] || fail "not every node answers: $err"
wait_for dig_says "$net" $domain AAAA
wait_for otip_answers
wait_for gets_address "rd,dhcp6,fqdn=new.$domain" "^address $net"
wait_for gets_address "dhcp,fqdn=four.$domain" '^address 10\.69\.0\.4$'
sizes >"$dir/after"
tell "at the end: $(paste -sd';' "$dir/after")"
# (A sanitizer's memory is its own.)
growth=8192
! ldd "$NAMED" | grep -E 'lib(asan|tsan)' >/dev/null || growth=1000000000
paste -d' ' "$dir/before" "$dir/after" | while read -r name fds threads memory _ fds2 threads2 memory2; do
	room=8
	if [ "$name" = nodes ]; then
		room=$((count / 10 + 8))            # conversations that were under way
		memory=$((memory + 32 * count)) # a thread's own, once it has talked: pages of its stack, of its arena
	fi
	[ "$fds2" -le $((fds + room)) ] || fail "$name: from $fds to $fds2 descriptors"
	[ "$threads2" -le $((threads + 2)) ] || [ "$name" = nodes ] || fail "$name: from $threads to $threads2 threads"
	[ "$memory2" -le $((memory + growth)) ] || fail "$name: from $memory to $memory2 kilobytes"
done
for name in nodes "${daemons[@]}"; do
	kill -TERM "${process[$name]}"
	await "${process[$name]}"
	[ "$status" = 0 ] || fail "$name ends with status $status"
done
tell "$(tail -n 1 "$dir/nodes.log")"
tell "all have ended in order"
pass
