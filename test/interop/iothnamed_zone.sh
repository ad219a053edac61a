#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothnamed's static table with a SOA, beside another server with the same zone: whatever is asked, both say the same.
# Argument: knotd or named.
#
#      one namespace, loopback:   iothnamed, port 53;  the other one, port 5300;  dig
. "$(dirname "$0")/../net/lib.sh"

other=$1
named=$BUILD/daemon/iothnamed/iothnamed
need_userns
need_command "$other" dig python3
need_program "$VDENS" "$named"
unthreaded "$VDENS"

# The zone: OWNER TYPE DATA; names are absolute.
cat >"$dir/records" <<'END'
test SOA ns.test root.test 7 3600 600 86400 60
test NS ns.test
test MX 10 mail.test
test CAA 0 issue ca.test
ns.test A 10.0.0.1
mail.test A 10.0.0.2
mail.test AAAA fc00::2
a.test A 10.0.0.3
a.test A 10.0.0.4
a.test AAAA fc00::3
a.test TXT one two
alias.test CNAME a.test
far.test CNAME alias.test
dangling.test CNAME none.test
out.test CNAME www.elsewhere
into.test CNAME x.sub.test
to-wild.test CNAME b.wild.test
_sip._udp.test SRV 1 2 5060 a.test
x.ent.test A 10.0.0.5
sub.test NS ns.sub.test
sub.test NS ns2.sub.test
ns.sub.test A 10.0.0.6
ns.sub.test AAAA fc00::6
ns2.sub.test A 10.0.0.7
*.wild.test A 10.0.0.8
*.wild.test MX 5 mail.test
host.wild.test TXT here
deep.host.wild.test A 10.0.0.9
*.alias.test.wild.test A 10.0.0.10
*.cwild.test CNAME a.test
END

{
	echo 'net world ::/0'
	echo 'auth accept world'
	echo 'auth static world test'
	echo 'auth static world .test'
	echo 'option staticttl 300'
	awk '{ owner = $1; type = $2; $1 = $2 = ""; print "static", type, owner, $0 }' "$dir/records"
} >"$dir/rc"

# Names in data end with a dot, numbers and addresses do not.
{
	echo '$TTL 300'
	awk '{ printf "%s. %s", $1, $2
	       for (i = 3; i <= NF; i++)
	           printf " %s", $2 != "TXT" && $2 != "CAA" && $i ~ /^[a-z][a-z0-9.-]*\.?[a-z]*$/ && $i !~ /:/ ? $i "." : $i
	       print "" }' "$dir/records"
} >"$dir/zone"

# --- the servers

vdens_start home
inside home ip link set lo up
on_home()
{
	local name=$1
	shift
	start "$name" nsenter --target "${inside_pid[home]}" --user --net --preserve-credentials "$@"
}
on_home ours "$named" "$dir/rc"
ours_pid=$pid
case $other in
knotd)
	cat >"$dir/conf" <<END
server:
    listen: 127.0.0.1@5300
    rundir: $dir
database:
    storage: $dir
zone:
  - domain: test
    file: $dir/zone
END
	on_home other knotd -c "$dir/conf"
	;;
named)
	cat >"$dir/conf" <<END
options { directory "$dir"; listen-on port 5300 { 127.0.0.1; }; listen-on-v6 { none; }; recursion no;
	allow-query { any; }; pid-file none; session-keyfile none; managed-keys-directory "$dir";
	dnssec-validation no; minimal-responses yes; zero-no-soa-ttl no; };
controls { };
zone "test" { type primary; file "$dir/zone"; };
END
	chmod 755 "$dir"
	on_home other named -g -c "$dir/conf"
	;;
esac
answers()
{
	inside home dig "@127.0.0.1" -p "$1" +tries=1 +time=2 test SOA | grep -q 'status: NOERROR'
}
wait_for answers 53
wait_for answers 5300

# --- all names, those around them, all types

{
	awk '{ print $1 }' "$dir/records" | sort -u
	printf '%s\n' none.test x.none.test ent.test wild.test b.wild.test c.b.wild.test x.host.wild.test \
		x.deep.host.wild.test y.cwild.test '*.wild.test' x.sub.test y.x.sub.test x.ns.sub.test A.TEST Far.Test \
		x.alias.test.wild.test test.wild.test x.a.test _udp.test
} >"$dir/names"
for type in A AAAA NS CNAME SOA MX TXT SRV CAA DS; do
	sed "s/\$/ $type/" "$dir/names"
done >"$dir/questions"

for port in 53 5300; do
	inside home dig @127.0.0.1 -p "$port" +tries=3 +time=10 +noedns +norecurse +noall +comments +answer +authority \
		+additional -f "$dir/questions" >"$dir/answers.$port" || fail "dig: port $port"
done

python3 - "$dir" <<'END' || fail "the servers differ"
import re, sys

directory = sys.argv[1]

def replies(port):
    for block in open(f'{directory}/answers.{port}').read().split(';; Got answer:')[1:]:
        status = re.search('status: (\w+)', block).group(1)
        flags = re.search('flags: ([a-z ]*);', block).group(1).split()
        sections = {}
        for line in block.splitlines():
            title = re.match(';; (\w+) SECTION:', line)
            if title:
                section = sections.setdefault(title.group(1), [])
            elif line and not line.startswith(';'):
                section.append(' '.join(line.split()).lower())
        # What is beside an answer is a server's own affair, but not what a referral needs.
        if 'aa' in flags:
            sections.pop('ADDITIONAL', None)
            if 'ANSWER' in sections and status == 'NOERROR' and not any(
                    ' soa ' in line for line in sections.get('AUTHORITY', [])):
                sections.pop('AUTHORITY', None)
        yield status, 'aa' in flags, 'tc' in flags, {
            title: sorted(lines) for title, lines in sections.items() if lines}

questions = open(f'{directory}/questions').read().splitlines()
ours, theirs = list(replies(53)), list(replies(5300))
assert len(ours) == len(theirs) == len(questions), (len(ours), len(theirs), len(questions))
differ = 0
for question, mine, other in zip(questions, ours, theirs):
    if mine != other:
        differ += 1
        print(f'{question}\n  ours:   {mine}\n  theirs: {other}')
print(f'{len(questions)} questions, {differ} answered otherwise')
sys.exit(differ > 0)
END
kill -TERM "$ours_pid"
await "$ours_pid"
pass
