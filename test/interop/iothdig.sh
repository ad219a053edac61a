#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothdig beside dig: the same arguments, the same output and exit status, against named; and what each says
# where there is no answer. What differs by nature is left out: banner, id, times, warnings of dig's.
. "$(dirname "$0")/../net/lib.sh"
in_private_net "$@"

iothdig=$BUILD/tools/iothdig/iothdig
need_command named dig
need_program "$iothdig"
chmod 755 "$dir"
{
	echo '$TTL 300'
	echo '@ SOA ns.test. root.test. 7 3600 600 86400 60'
	echo '@ NS ns'
	echo 'ns A 127.0.0.1'
	echo 'ns AAAA ::1'
	echo 'a A 10.1.2.3'
	echo 'a AAAA fd00::3'
	echo 'alias CNAME a'
	echo 'mx MX 10 mail.a-rather-long-name-for-the-columns'
	echo 'txt TXT "hello world" "second \"string\"" "\001"'
	echo '_sip._udp SRV 1 2 5060 a'
	echo 'caa CAA 0 issue "ca.example"'
	echo 'naptr NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@test!" .'
	echo 'sshfp SSHFP 1 1 0123456789abcdef0123456789abcdef01234567'
	echo 'tlsa TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
	echo 'ds DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'
	echo 'ds NS ns'
	echo 'uri URI 10 1 "https://a.test/"'
	echo 'hinfo HINFO "cpu" "system"'
	echo 'dname DNAME a'
	echo 'odd TYPE65280 \# 3 010203'
	for i in $(seq 1 90); do
		echo "big A 10.9.$((i / 256)).$((i % 256))"
	done
} >"$dir/zone"
printf '$TTL 300\n@ SOA ns.test. root.test. 7 3600 600 86400 60\n@ NS ns.test.\n3.2.1 PTR a.test.\n' >"$dir/reverse4"
printf '$TTL 300\n@ SOA ns.test. root.test. 7 3600 600 86400 60\n@ NS ns.test.\n3.%s PTR a.test.\n' \
	"$(printf '0.%.0s' $(seq 1 26))0" >"$dir/reverse6"
cat >"$dir/conf" <<END
options { directory "$dir"; listen-on { 127.0.0.1; }; listen-on-v6 { any; }; recursion no; allow-query { any; };
	pid-file none; session-keyfile none; managed-keys-directory "$dir"; dnssec-validation no;
	minimal-responses no; };
controls { };
zone "test" { type primary; file "$dir/zone"; };
zone "10.in-addr.arpa" { type primary; file "$dir/reverse4"; };
zone "0.0.d.f.ip6.arpa" { type primary; file "$dir/reverse6"; };
END
start server named -g -c "$dir/conf"
answers()
{
	[ "$("$iothdig" @127.0.0.1 a.test +short)" = 10.1.2.3 ]
}
wait_for answers

normal()
{
	sed -E -e '/^; <<>>/d' -e '/^; \(1 server found\)$/d' -e '/^;; (global options|Got answer|WARNING|Query time|WHEN|Truncated)/d' -e 's/, id: [0-9]+//' \
		-e 's/\(.*\) \((UDP|TCP)\)$//' -e '/^;; (BADCOOKIE|SERVER)/s/ *$//' | cat -s | sed -e '1{/^$/d}' -e '${/^$/d}'
}
# Records that come in any order; blank lines between parts that are not there.
arrange()
{
	case $arguments in
	*big*) sort ;;
	*+no*) grep . || : ;;
	*) cat ;;
	esac
}
count=0
while read -r arguments; do
	[ -n "$arguments" ] || continue
	count=$((count + 1))
	for at in @127.0.0.1 @::1; do
		status=0
		# shellcheck disable=SC2086 # words
		theirs=$(dig $at $arguments +nocookie +noadflag 2>&1) || status=$?
		mine=0
		# shellcheck disable=SC2086
		ours=$("$iothdig" $at $arguments 2>&1) || mine=$?
		assert_equal "$status" "$mine" "exit status of $at $arguments"
		diff <(normal <<<"$theirs" | arrange) <(normal <<<"$ours" | arrange) ||
			fail "$at $arguments differ: dig, iothdig"
	done
done <<'END'
a.test
a.test AAAA
AAAA a.test
a.test IN A
-t MX mx.test
mx.test MX
-q a.test -t AAAA -c IN
+short a.test
alias.test +short
alias.test
alias.test +noall +answer
+noall +answer mx.test mx
+noall +ans +auth a.test
+nocomments a.test
+noquestion +nostats +nocmd a.test
-p 53 a.test
+tcp a.test
+vc +short a.test
-x 10.1.2.3
-x 10.1.2.3 +short
-x fd00::3
-xfd00::3 +short
txt.test TXT
_sip._udp.test SRV
caa.test CAA
naptr.test NAPTR
sshfp.test SSHFP
tlsa.test TLSA
ds.test DS
uri.test URI
hinfo.test HINFO
dname.test DNAME
test SOA
test NS
test NS +short
odd.test TYPE65280
big.test +short
+noedns a.test
+noedns +short big.test
nope.test
nope.test +noall +answer
odd\;\@\$\"\(\)\032\255.test
a.test MX
elsewhere.example +short
END
[ $count -ge 40 ] || fail "only $count invocations"

# says STATUS PATTERN ARGUMENT...: where the two need not say the same.
says_that()
{
	local expected=$1 pattern=$2
	shift 2
	run "$iothdig" "$@"
	assert_equal "$expected" "$status" "exit status of $*"
	assert_match "$pattern" "$out$err" "$*"
}
says_that 0 'status: REFUSED' @127.0.0.1 elsewhere.example
says_that 9 'no answer from 127.0.0.2#53: Connection refused' @127.0.0.2 a.test
says_that 0 '10.1.2.3' @ns.test -r <(echo nameserver 127.0.0.1) a.test +short
says_that 10 "no address for the server 'bad.test'" @bad.test -r <(echo nameserver 127.0.0.1) a.test
says_that 9 'no answer from 127.0.0.3#53, 127.0.0.2#53' -r <(printf 'nameserver 127.0.0.3\nnameserver 127.0.0.2\n') a.test
says_that 9 'no name server is configured' -r /dev/null a.test
says_that 10 'No such file' -r "$dir/none" a.test
says_that 1 'foo: this is not an IPv4 or IPv6 address' -x foo
says_that 1 'zone transfers are not supported' test AXFR
says_that 1 'class CH: only IN' version.bind CH TXT
says_that 1 'port 53 only' -p 5353 a.test
says_that 1 'trace is not supported' +trace a.test
says_that 1 'norecurse is not supported' +norecurse a.test
says_that 1 'not an option' +nonsense a.test
says_that 1 'a number from 1 to' +tries=0 a.test
says_that 1 'one is asked for at a time' a.test b.test
says_that 1 'not a name' a..test
says_that 1 'not a type' a.test -t NOTYPE
says_that 1 'value is missing' a.test -x
says_that 1 usage
pass
