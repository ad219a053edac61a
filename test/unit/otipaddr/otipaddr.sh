#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# otipaddr and hashaddr: the addresses that other programs of the ecosystem compute, and what is said about a
# command line that makes no sense.
#
# Usage: otipaddr.sh OTIPADDR
set -eu
otipaddr=$1
hashaddr=$(dirname "$1")/hashaddr
dir=$(mktemp -d /tmp/otipaddr.XXXXXX)
trap 'rm -rf "$dir"' EXIT
checks=0

fail()
{
	echo "FAIL: $*"
	exit 1
}

# gives EXPECTED COMMAND...
gives()
{
	local expected=$1 out
	shift
	out=$("$@" 2>"$dir/err" </dev/null) || fail "$*: status $?: $(cat "$dir/err")"
	[ "$out" = "$expected" ] || fail "$*: expected $expected, seen $out"
	checks=$((checks + 1))
}

# refuses PATTERN COMMAND...: status 1, nothing on standard output, one line that names what is wrong.
refuses()
{
	local pattern=$1 status=0
	shift
	"$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
	[ "$status" = 1 ] || fail "$*: expected status 1, seen $status"
	[ ! -s "$dir/out" ] || fail "$*: printed $(cat "$dir/out")"
	grep -Eq -- "$pattern" "$dir/err" || fail "$*: expected '$pattern', seen: $(cat "$dir/err")"
	checks=$((checks + 1))
}

# --- hash addresses: base, name, address -------------------------------------------------------

while read -r base name address; do
	gives "$address" "$hashaddr" -b "$base" "$name"
	gives "$address" "$otipaddr" --base "$base" -T 0 "$name" ''
done <<'END'
fc00:: renzo.hash.local fc00::4cc:8049:6765:d03a
fc00:: renzo.hash.local. fc00::4cc:8049:6765:d03a
fc00:: Renzo.Hash.LOCAL fc00::4cc:8049:6765:d03a
fc00:: hic_sunt_leones.hash.local fc00::9c8f:74b4:705f:6512
2001:760:2e00:ff00:: renzo.hash.v2.cs.unibo.it 2001:760:2e00:ff00:6066:4f84:db3e:c9cb
2001:760:2e00:ff00:: lucia.hash.v2.cs.unibo.it 2001:760:2e00:ff00:cf1:1fe9:aad4:e838
2001:760:2e00:ff00:: whatever-you-want.hash.v2.cs.unibo.it 2001:760:2e00:ff00:542d:ffcb:17e:8fa7
fc00:: hash.test.local fc00::f4b7:a5a9:259b:fb70
2000:760:: test.v2.cs.unibo.it 2000:760::68d6:2fac:95a:5a2e
2002::1 a.htest.v2.cs.unibo.it 2002::a03f:4d93:e515:ab76
2002:: a.htest.v2.cs.unibo.it 2002::a03f:4d93:e515:ab77
fc00::ffff:ffff:ffff:ffff renzo.hash.local fc00::f833:7fb6:989a:2fc5
fc00::1234:5678:9abc:def0 renzo.hash.local fc00::14f8:d631:fdd9:eca
fc00:: h1.hash.local fc00::580c:c6d0:5a1a:5b6b
fc00:: h2.hash.local fc00::a831:4648:3762:4f4d
fc00:: a fc00::cc1:75b9:c0f1:b6a8
:: localhost ::401a:a90e:79f:a326
fc00:: renzo.hash.localmypassword fc00::4839:a1f3:253e:9b03
fc00:: x.hash.local fc00::a46a:143b:22f6:a327
fc00:: x.hash.local.. fc00::505a:203:7d5d:ca83
END
gives fc00::81:896b:51cb:9ccb "$hashaddr" -b fc00:: --case-exact Renzo.hash.local
gives fc00::e021:a737:4da9:8714 "$hashaddr" --case-exact --baseaddr=fc00:: RENZO.HASH.LOCAL

# --- one-time addresses: base, name, password, number of the period, address --------------------

printf 'mypassword\nnot this\n' >"$dir/password"
while read -r base name number address; do
	at=$((number * 32))
	gives "$address" "$otipaddr" -b "$base" --at "$at" "$name" mypassword
	gives "$address" "$otipaddr" -b "$base" --at $((at + 31)) "$name" mypassword
	gives "$address" "$otipaddr" -b "$base" --at $((at - 1)) --next "$name" mypassword
	gives "$address" "$otipaddr" -b "$base" --at "$number" --period 1 "$name" mypassword
	gives "$address" "$otipaddr" -b "$base" --at $((number * 0x40)) -T 0x40 "$name" mypassword
	gives "$address" "$otipaddr" -b "$base" --at "$at" --password-file "$dir/password" "$name"
done <<'END'
fc01:: renzo.otip 1 fc01::a80d:c83f:9271:d9ce
fc01:: renzo.otip 50000000 fc01::e8b5:5367:ff56:fea4
fc01:: renzo.otip 50000001 fc01::ac05:4264:51e0:7383
fc01:: renzo.otip 53124999 fc01::6494:ed3c:158:80a5
fc01:: renzo.otip 53125000 fc01::8ce3:a148:b648:6c83
fc01:: RENZO.otip 53125000 fc01::8ce3:a148:b648:6c83
fc01:: renzo.otip 53125001 fc01::b41b:cbf3:a38:fd9d
fc01:: renzo.otip 4294967295 fc01::e812:4f14:a0b5:ed24
fc01:: renzo.otip. 53125000 fc01::8ce3:a148:b648:6c83
2001:760:2e00:ff00:: renzo.otip 53125000 2001:760:2e00:ff00:8ce3:a148:b648:6c83
END
gives fc00::4839:a1f3:253e:9b03 "$otipaddr" -b fc00:: -T 0 renzo.hash.local mypassword
gives fc01::f43e:3520:44a8:17ae "$otipaddr" -b fc01:: --at 1700000000 renzo.otip ''
gives fd00:add1:5ea7:4a11:48b5:b426:87aa:ced0 "$otipaddr" -b fd00:add1:5ea7:4a11:: --at 1700000000 \
	test.otip.v2.cs.unibo.it secret_password
# A client's address, and eight seconds before the end of its period the newest one of a proxy.
while read -r at client proxy; do
	gives "fc01::$client" "$otipaddr" -b fc01:: --at "$at" renzo.otip mypassword
	gives "fc01::$proxy" "$otipaddr" -b fc01:: --at $((at + 8)) renzo.otip mypassword
done <<'END'
1699999991 6494:ed3c:158:80a5 6494:ed3c:158:80a5
1699999992 6494:ed3c:158:80a5 8ce3:a148:b648:6c83
1700000000 8ce3:a148:b648:6c83 8ce3:a148:b648:6c83
1700000031 8ce3:a148:b648:6c83 b41b:cbf3:a38:fd9d
END
# Now, whenever that is: a period may end between two calls, but not between all of many.
until [ "$("$otipaddr" -b fc01:: renzo.otip mypassword)" = \
	"$("$otipaddr" -b fc01:: --at "$(date +%s)" renzo.otip mypassword)" ]; do :; done
until [ "$("$otipaddr" -b fc01:: --at +32 renzo.otip mypassword)" = \
	"$("$otipaddr" -b fc01:: --next renzo.otip mypassword)" ]; do :; done

# --- the stronger digest: the figures of test/unit/iothaddr --------------------------------------

while read -r base rounds number address; do
	gives "$address" "$otipaddr" -b "$base" --digest hmac-sha256 --rounds "$rounds" --at $((number * 32)) \
		renzo.otip mypassword
done <<'END'
fc01:: 1 53125000 fc01::d025:ef5d:1515:bef9
fc01:: 4096 53125000 fc01::e85e:833f:78e0:b6f5
fc01:: 4096 53125001 fc01::b0b7:12a5:4911:2576
fc02:: 4096 53125000 fc02::1c02:2e89:2632:9d75
fc01::1 4096 53125000 fc01::e85e:833f:78e0:b6f4
END
gives fc01::b899:2254:e7d7:2caf "$otipaddr" -b fc01:: --digest hmac-sha256 --rounds 2 -T 0 renzo.otip ''
gives fc01::8ce3:a148:b648:6c83 "$otipaddr" -b fc01:: --digest md5 --at 1700000000 renzo.otip mypassword
gives "$("$otipaddr" -b fc01:: --digest hmac-sha256 --rounds 600000 -T 0 a.otip x)" \
	"$otipaddr" -b fc01:: --digest hmac-sha256 -T 0 a.otip x

# --- MAC addresses: name, MAC, EUI-64 over fc00::; then with a password ---------------------------

while read -r name mac address; do
	gives "$mac" "$hashaddr" --mac "$name"
	gives "$address" "$hashaddr" -b fc00:: --eui64 "$name"
	gives "$address" "$hashaddr" -b fc00:: --eui64-of "$mac"
done <<'END'
renzo.hash.local 06:cc:80:65:d0:3a fc00::4cc:80ff:fe65:d03a
test.v2.cs.unibo.it 6a:d6:2f:5a:5a:2e fc00::68d6:2fff:fe5a:5a2e
TEST.v2.cs.unibo.it. 6a:d6:2f:5a:5a:2e fc00::68d6:2fff:fe5a:5a2e
host.v2.cs.unibo.it 52:6f:03:54:fb:d3 fc00::506f:3ff:fe54:fbd3
h1.hash.local 5a:0c:c6:1a:5b:6b fc00::580c:c6ff:fe1a:5b6b
one.test.local ce:92:32:a3:cf:3d fc00::cc92:32ff:fea3:cf3d
two.test.local 6a:39:7d:fe:e4:77 fc00::6839:7dff:fefe:e477
END
gives 02:81:89:cb:9c:cb "$hashaddr" --mac --case-exact Renzo.hash.local
gives fc00::81:89ff:fecb:9ccb "$hashaddr" -b fc00:: --eui64 --case-exact Renzo.hash.local
gives 4a:39:a1:3e:9b:03 "$otipaddr" --mac renzo.hash.local mypassword
gives fc00::4839:a1ff:fe3e:9b03 "$otipaddr" -b fc00:: --eui64 renzo.hash.local mypassword
gives 2000:760::68d6:2fff:fe5a:5a2e "$hashaddr" -b 2000:760:: --eui64 test.v2.cs.unibo.it
gives fe80::8201:1ff:fe01:101 "$hashaddr" -b fe80:: --eui64-of 80:01:01:01:01:01
gives fe80::5054:ff:fe12:3456 "$hashaddr" -b fe80:: --eui64-of 52:54:00:12:34:56
gives 2001:db8::5eff:feac:fec0 "$hashaddr" -b 2001:db8::1234:5678:9abc:def0 --eui64-of 02:00:5e:10:20:30

# --- passwords in files ---------------------------------------------------------------------------

printf mypassword >"$dir/unended"
printf 'mypassword\r\n' >"$dir/windows"
printf '\nmypassword\n' >"$dir/none"
printf 'my\0password\n' >"$dir/zero"
head -c 1024 /dev/zero | tr '\0' x >"$dir/long"
at='--at 1700000000'
# shellcheck disable=SC2086 # words
{
	gives fc01::8ce3:a148:b648:6c83 "$otipaddr" -b fc01:: $at --password-file "$dir/unended" renzo.otip
	gives fc01::8ce3:a148:b648:6c83 "$otipaddr" -b fc01:: $at --password-file "$dir/windows" renzo.otip
	gives fc01::f43e:3520:44a8:17ae "$otipaddr" -b fc01:: $at --password-file "$dir/none" renzo.otip
	gives "$("$otipaddr" -b fc01:: $at renzo.otip "$(cat "$dir/long")")" \
		"$otipaddr" -b fc01:: $at --password-file "$dir/long" renzo.otip
	[ "$(echo mypassword | "$otipaddr" -b fc01:: $at --password-file - renzo.otip)" = fc01::8ce3:a148:b648:6c83 ] ||
		fail "a password from standard input"
}
echo x >>"$dir/long"
file='--password-file'
refuses "$dir/nosuch: No such file" "$otipaddr" -b fc01:: $file "$dir/nosuch" a.b
refuses "$dir: Is a directory" "$otipaddr" -b fc01:: $file "$dir" a.b
refuses 'it is empty' "$otipaddr" -b fc01:: $file /dev/null a.b
refuses 'it is empty' "$otipaddr" -b fc01:: $file - a.b
refuses 'byte of the password is 0' "$otipaddr" -b fc01:: $file "$dir/zero" a.b
refuses 'more than 1024 bytes' "$otipaddr" -b fc01:: $file "$dir/long" a.b
refuses "unexpected argument 'c'" "$otipaddr" -b fc01:: $file "$dir/password" a.b c

# --- what makes no sense, by its name ----------------------------------------------------------------

for base in fc00::1::2 fc00:: fc00:::1 'fc00::1%lo' 1:2 ' fc00::' :; do
	[ "$base" != fc00:: ] || base='fc00:: '
	refuses "base '$base': invalid address" "$hashaddr" -b "$base" a.b
done
for number in -1 x 32s '' ' 1' 2147483648 99999999999999999999; do
	refuses "period: '$number' is not a number from 0 to 2147483647" "$otipaddr" -b fc01:: -T "$number" a.b c
	refuses "rounds: '$number' is not a number" "$otipaddr" -b fc01:: --digest hmac-sha256 --rounds "$number" a.b c
done
refuses "rounds: '0' is not" "$otipaddr" -b fc01:: --digest hmac-sha256 --rounds 0 a.b c
for at in x '' 1.5 1h '- 1' 99999999999999999999 -99999999999999999999; do
	refuses "at: '$at' is not a time" "$otipaddr" -b fc01:: "--at=$at" a.b c
done
refuses "digest: 'sha1' is neither" "$otipaddr" -b fc01:: --digest sha1 a.b c
refuses "eui64-of: '1:2:3' is not a MAC" "$hashaddr" -b fc01:: --eui64-of 1:2:3
refuses 'there is no NAME' "$hashaddr" -b fc00::
refuses 'there is no NAME' "$otipaddr" -b fc00::
refuses 'there is no PASSWORD' "$otipaddr" -b fc00:: a.b
refuses 'NAME is empty' "$hashaddr" -b fc00:: ''
refuses "unexpected argument 'c'" "$hashaddr" -b fc00:: a.b c
refuses "unexpected argument 'd'" "$otipaddr" -b fc00:: a.b c d
refuses "unexpected argument 'a.b'" "$hashaddr" -b fc00:: --eui64-of 02:00:5e:10:20:30 a.b
for name in a a. .; do
	refuses "'$name' has no domain .* --base" "$hashaddr" "$name"
done
refuses '--mac and --eui64' "$hashaddr" -b fc00:: --mac --eui64 a.b
refuses '--mac has no base' "$hashaddr" -b fc00:: --mac a.b
refuses '--mac has no base' "$hashaddr" -D 10.0.0.1 --mac a.b
refuses '--eui64-of needs --base' "$hashaddr" --eui64-of 02:00:5e:10:20:30
for option in --next --period=5 --at=5; do
	refuses 'do not depend on the time' "$otipaddr" --mac "$option" a.b c
	refuses 'do not depend on the time' "$otipaddr" -b fc00:: --eui64 "$option" a.b c
done
refuses 'made with md5' "$otipaddr" --mac --digest hmac-sha256 a.b c
refuses '--rounds is for' "$otipaddr" -b fc00:: --rounds 5 a.b c
refuses '--rounds is for' "$otipaddr" -b fc00:: --digest md5 --rounds 5 a.b c
refuses 'period of 0 there is no time' "$otipaddr" -b fc00:: -T 0 --next a.b c
for option in -T1 --next --at=1 --password-file=x --digest=md5; do
	refuses "Try 'hashaddr --help'" "$hashaddr" -b fc00:: "$option" a.b # otipaddr's
done
refuses 'unrecognized option' "$otipaddr" --nosuch a.b c
refuses 'requires an argument' "$otipaddr" a.b c -b
refuses "dnsstack 'stack=nosuch'" "$hashaddr" -s stack=nosuch a.b
refuses "dns 'nonsense': there is no address of a name server" "$hashaddr" -D nonsense a.b
for base in fc00::/64 fc00::/48 a.b/64; do
	refuses "base '$base': an address without a length is expected" "$hashaddr" -b "$base" a.b
done
refuses "base 'a..b': this is not a name" "$hashaddr" -D 127.0.0.1 x.a..b

"$hashaddr" -h >"$dir/out"
grep -q -- '--dnsstack STACK' "$dir/out" || fail "help"
! grep -q -- '--period' "$dir/out" || fail "hashaddr's help has otipaddr's options"
"$otipaddr" --help | grep -- '--period N' >/dev/null || fail "help"
[[ $("$otipaddr" --version) =~ ^otipaddr\ [0-9] && $("$hashaddr" --version) =~ ^hashaddr\ [0-9] ]] || fail "version"
if [ -w /dev/full ]; then
	! "$hashaddr" -b fc00:: a.b >/dev/full 2>"$dir/err" || fail "a full disk goes unnoticed"
	grep -q 'standard output' "$dir/err" || fail "a full disk: $(cat "$dir/err")"
fi
[ "$checks" -ge 200 ] || fail "only $checks checks"
