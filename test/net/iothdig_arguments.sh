#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# iothdig's command line and its files, as somebody would write them who wants to break it: each line is refused
# in words or asked for, with the exit status that the manual names, and (in a build with sanitizers) without a
# finding. Nobody serves names here. What it prints of hostile answers is test/unit/iothdig.
. "$(dirname "$0")/lib.sh"
in_private_net "$@"

iothdig=$BUILD/tools/iothdig/iothdig
need_program "$iothdig"
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:exitcode=99" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}:exitcode=99"
echo 'nameserver 127.0.0.1' >"$dir/resolv.conf"

repeat() # TEXT N
{
	awk -v text="$1" -v n="$2" 'BEGIN { while (n-- > 0) printf "%s", text }'
}

# gives STATUS ARGUMENT...: the exit status (or a pattern of several), and words that say why.
lines=0
gives()
{
	local expected=$1 line
	shift
	lines=$((lines + 1))
	run "$iothdig" "$@"
	line="$*"
	[[ $err != *Sanitizer* && $err != *'runtime error'* ]] || fail "'${line:0:200}': $err"
	[[ $status =~ ^($expected)$ ]] || fail "'${line:0:200}': status $status, not $expected: $out $err"
	[ "$expected" = 0 ] || [ -n "$out$err" ] || fail "'${line:0:200}': not a word"
}
asks() # ARGUMENT...: what is a query; here nobody answers.
{
	gives 9 -r "$dir/resolv.conf" "$@"
}

# Nothing, and less than a word.
gives 1
gives 1 -
gives 1 --
gives 1 +
gives 1 +no
gives 1 +s
gives 1 @
gives 1 @ a.test
for letter in c p q r s t x; do
	gives 1 -$letter
done
for letter in c p t x; do
	gives 1 -$letter ''
done
asks ''
asks -q ''
gives 10 -r '' a.test
asks -s '' a.test # the system's

# Numbers at their limits, and beyond those of the machine.
for number in 0 31 -1 +1 abc 1x '' ' 1' 4294967297 18446744073709551617 99999999999999999999999; do
	gives 1 "+timeout=$number" a.test
	gives 1 "+tries=$number" a.test
	gives 1 -p "$number" a.test
done
gives 1 +timeout a.test
gives 1 +notimeout=3 a.test
gives 1 +edns=1 a.test
gives 1 +short=1 a.test
asks -t TYPE0 a.test
asks -t TYPE65535 a.test
for type in TYPE TYPE65536 TYPE-1 TYPE+1 'TYPE 1' TYPE1x TYPE4294967297 TYPE18446744073709551617 '' A6; do
	gives 1 -t "$type" a.test
done

# Names: the longest of each kind, and one more.
label=$(repeat a 63)
asks "$label.test"
gives 1 -r "$dir/resolv.conf" "a$label.test"
asks "$label.$label.$label.$(repeat a 61)"
gives 1 -r "$dir/resolv.conf" "$label.$label.$label.$(repeat a 62)"
asks "$(repeat a. 127)"
gives 1 -r "$dir/resolv.conf" "$(repeat a. 128)"
gives 1 -r "$dir/resolv.conf" "$(repeat a 100000)"
gives 1 -r "$dir/resolv.conf" "$(repeat . 100000)"
asks "$(repeat '\\000' 63).test"
for name in .. a..test .a '\' 'a\' 'a\2' 'a\25' 'a\256' 'a\999'; do
	gives 1 -r "$dir/resolv.conf" -q "$name"
done
for name in . a. '\.' '\-01' 'a\046b' $'\x01\x7f' $'\xff\xfe\x80' $'a b\n' '%s%n%99999999d' '*' '\\'; do
	asks -q "$name"
done

# Each place for a text: a format, a long one, bytes that are no characters.
for text in '%s%s%n%n' "$(repeat %n 2000)" "$(repeat x 100000)" $'\xff\xfe\e[2J'; do
	gives 1 "+$text" a.test
	gives 1 -t "$text" a.test
	gives 1 -c "$text" a.test
	gives 1 -x "$text"
	gives 1 "-$text"
	gives 1 a.test "$text" b.test
	gives 10 -r "$dir/resolv.conf" "@$text" a.test
	gives 10 -r "$text" a.test
	gives 10 -s "$text" a.test
	gives 10 -s "stack=$text" a.test
	gives 10 -s "stack=picox,vnl=$text" a.test
done
for stack in stack stack=../picox stack=nosuch,vnl=null:// 'stack=picox,vnl=null://,ip=10.0.0.1/99' \
	'stack=picox,vnl=null://,nosuchtag'; do
	gives 10 -s "$stack" -r "$dir/resolv.conf" a.test
done
for stack in stack= stack=picox,stack=picox 'stack="' "stack='picox" ',,,' vnl=; do
	gives '9|10' -s "$stack" -r "$dir/resolv.conf" a.test
done

# Addresses.
for address in 1.2.3 1.2.3.4.5 256.1.1.1 ::1%lo fe80::1%lo "$(repeat 1: 9)" ::ffff:1.2.3.4.5 1.2.3.4/24; do
	gives 1 -x "$address"
done
asks @127.0.0.1 a.test
asks @::1 a.test
asks @::ffff:127.0.0.1 a.test
for server in fe80::1%nosuch "fe80::1%$(repeat x 300)" fe80::1% %lo '[::1]' 127.0.0.1:53 127.0.0.1#53; do
	gives '9|10' -r "$dir/resolv.conf" "@$server" a.test
done

# Files.
gives 10 -r "$dir" a.test
gives 10 -r "$dir/none" a.test
gives 9 -r /dev/null a.test
head -c 100000 /dev/urandom >"$dir/noise"
gives 9 -r "$dir/noise" a.test
head -c 100000 /dev/zero >"$dir/zeros"
gives 9 -r "$dir/zeros" a.test
{
	repeat 'nameserver 127.0.0.1\n' 20000
	echo "nameserver $(repeat 1 100000)"
	echo "search $(repeat 'a.test ' 20000)"
	echo "options $(repeat 'timeout:99999999999 ' 2000) ndots:-1 attempts:4294967297"
	printf 'nameserver'
} >"$dir/long"
gives 9 -r "$dir/long" a.test
gives 9 -r "$dir/long" +search a

# Many words: the last option counts, and a second name is one too many.
# shellcheck disable=SC2046 # words
asks $(repeat '+short +noshort +tcp +notcp -tA ' 1000) a.test
# shellcheck disable=SC2046 # words
gives 1 $(repeat 'a.test ' 1000)
gives 0 -h
gives 0 --version
if [ -w /dev/full ]; then
	assert_status 10 sh -c '"$@" >/dev/full' sh "$iothdig" -h
fi
[ $lines -ge 150 ] || fail "only $lines command lines"
pass
