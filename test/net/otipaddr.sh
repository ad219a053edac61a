#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# otipaddr and hashaddr ask for their base by DNS, on each stack; and iothnamed answers what they print.
#
#     client: a vdens, or the tool's own stack
#        |
#     ===+=== hub ===+===
#                    |
#                  iothnamed, fc00::24: hash.local is fc00::, and so on
#
# Argument: the stack that the tool asks from.
# shellcheck source=test/net/lib.sh
. "$(dirname "$0")/lib.sh"
asking=$1
stack=picox # the server's
# shellcheck source=test/net/iothnamed_lib.sh
. "$(dirname "$0")/iothnamed_lib.sh"
need_userns
need_vde
need_command dig
OTIPADDR=$BUILD/tools/otipaddr/otipaddr
HASHADDR=$BUILD/tools/otipaddr/hashaddr
need_program "$OTIPADDR" "$HASHADDR"
[ "$asking" != vdestack ] || unthreaded "$OTIPADDR"

net_start hub hub
vdens_start client "$vnl"
vdens_start home "$vnl"
add_addresses client fc00::100/64

configure()
{
	cat >"$dir/otip.rc" <<-END
		rstack stack=picox,vnl=$vnl
		rstack ip=fc00::24/64,eth
		net all ::/0
		static AAAA hash.local fc00::
		static AAAA many.local fc00:0:0:1::
		static AAAA many.local fc00:0:0:2::
		static CNAME alias.local hash.local
		static A four.local 10.0.0.1
		auth hash all .hash.local hash.local
		auth otip all .otip fc01:: mypassword
		auth error all refused.local
		auth static all .local
		$*
	END
}

# shellcheck disable=SC2317 # by `run`
case $asking in
kernel)
	with=(-D fc00::24)
	tool() { inside client env LD_LIBRARY_PATH="$LD_LIBRARY_PATH" IOTH_PLUGIN_PATH="$IOTH_PLUGIN_PATH" "$@"; }
	;;
*)
	with=(-D 'nameserver fc00::24' -s "stack=$asking,vnl=$vnl,ip=fc00::200/64,eth,nodad")
	tool() { "$@"; }
	;;
esac

# gives EXPECTED COMMAND...: through the name server, which is asked again where it had no time
gives_now()
{
	run tool "${@:2}"
	[ "0 $1" = "$status $out" ]
}
gives()
{
	wait_for gives_now "$@"
}

# refuses PATTERN COMMAND...
refuses_now()
{
	run tool "${@:2}"
	[ "1 " = "$status $out" ] && grep -Eq -- "$1" <<<"$err"
}
refuses()
{
	wait_for refuses_now "$@"
}

configure
named_run otip

# --- the base -----------------------------------------------------------------------------------------

gives fc00::4cc:8049:6765:d03a "$HASHADDR" "${with[@]}" renzo.hash.local
gives fc00::4cc:8049:6765:d03a "$HASHADDR" "${with[@]}" -b hash.local Renzo.hash.LOCAL.
gives fc00::4cc:8049:6765:d03a "$HASHADDR" "${with[@]}" -b alias.local renzo.hash.local
gives fc00::1:4cc:8049:6765:d03a "$HASHADDR" "${with[@]}" -b many.local renzo.hash.local
gives fc00::4cc:80ff:fe65:d03a "$HASHADDR" "${with[@]}" --eui64 renzo.hash.local
gives fc00::4839:a1f3:253e:9b03 "$OTIPADDR" "${with[@]}" -T 0 renzo.hash.local mypassword
refuses "base 'nosuch.local': there is no such name" "$HASHADDR" "${with[@]}" a.nosuch.local
refuses "base 'four.local': the name has no IPv6 address" "$HASHADDR" "${with[@]}" a.four.local
refuses "base 'refused.local': the name server refuses" "$HASHADDR" "${with[@]}" -b refused.local a.b
refuses "base '10.0.0.1': the name has no IPv6 address" "$HASHADDR" "${with[@]}" -b 10.0.0.1 a.b
# Nobody listens at the client's own address.
refuses "base 'hash.local': (no name server has answered|Connection refused|No route to host)" \
	"$HASHADDR" "${with[@]/fc00::24/fc00::100}" renzo.hash.local

# --- what iothnamed answers ------------------------------------------------------------------------------

for name in renzo.hash.local Lucia.HASH.local x-1.y.hash.local; do
	gives "$(answer_of fc00::24 "$name" AAAA)" "$HASHADDR" "${with[@]}" -b hash.local "$name"
done

# otip_agrees OPTION...: the address of this half minute, which may end between the questions.
otip_now()
{
	"$OTIPADDR" -b fc01:: "$@" renzo.otip mypassword
}
otip_agrees()
{
	local before=x after=y answer
	until [ "$before" = "$after" ]; do
		before=$(otip_now "$@")
		answer=$(answer_of fc00::24 Renzo.Otip AAAA)
		after=$(otip_now "$@")
	done
	[ "$before" = "$answer" ]
}
wait_for otip_agrees --digest md5
# The key is made first, which takes a while: who asks is answered then, and need not ask twice.
configure $'auth accept all\noption otipdigest hmac-sha256\noption otiprounds 20000'
ctl reload >"$dir/reload.log" || fail "the reload"
for how in +notcp +tcp; do
	for number in 1 2 3 4; do
		run_dig fc00::24 $how +tries=1 +timeout=120 +short "first$number${how#+}.otip" AAAA
		assert_match '^fc01::[0-9a-f:]+$' "$out" "the first answer, $how"
	done
done
wait_for otip_agrees --digest hmac-sha256 --rounds 20000
pass
