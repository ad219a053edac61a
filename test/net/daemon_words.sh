#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the options of all daemons have in common: `verbose` in a file counts, names may be spelled in several ways, and
# nobody sees a password in the arguments of a process (ps(1)). No network is needed: mem:// is in the process.
. "$(dirname "$0")/lib.sh"
need_command python3
export LD_LIBRARY_PATH="$BUILD/lib/iothradvd:$BUILD/lib/ioth:$BUILD/lib/iothconf:$BUILD/lib/iothdns:$LD_LIBRARY_PATH"
rproxy=$BUILD/daemon/otip_rproxy/otip_rproxy
iothnamed=$BUILD/daemon/iothnamed/iothnamed
otipaddr=$BUILD/tools/otipaddr/otipaddr
need_program "$rproxy" "$iothnamed" "$otipaddr" "$BUILD/daemon/iothradvd/iothradvd" "$BUILD/daemon/namedhcp/namedhcp"
cd "$dir"
secret=a-secret-that-nobody-sees

echo "--- verbose, on the command line and in a file"
printf 'extstack stack=picox,vnl=mem://x\nname renzo.otip\nbase fc01::\ntcp 22,::1,22\npasswd x\n' >otip_rproxy.rc
printf 'stack vde:///nowhere\nprefix fc00::/64/LA\n' >iothradvd.rc
printf 'stack vde:///nowhere\n' >namedhcp.rc
printf 'stack vde:///nowhere\nserverid 192.0.2.1\n' >namedhcp4.rc
printf 'net w ::/0\n' >iothnamed.rc
for program in otip_rproxy/otip_rproxy iothradvd/iothradvd namedhcp/namedhcp namedhcp/namedhcp4; do
	daemon=${program#*/}
	assert_status 0 "$BUILD/daemon/$program" --check -f "$daemon.rc"
	assert_equal '' "$err" "$daemon says nothing"
	for where in -v --verbose; do
		assert_status 0 "$BUILD/daemon/$program" --check $where -f "$daemon.rc"
		assert_equal "$daemon: no mistakes" "$err" "$daemon says more with $where"
	done
	echo verbose >>"$daemon.rc"
	assert_status 0 "$BUILD/daemon/$program" --check -f "$daemon.rc"
	assert_equal "$daemon: no mistakes" "$err" "$daemon says more when its file wants it"
done
assert_status 0 "$iothnamed" --check iothnamed.rc
assert_equal '' "$err" "iothnamed says nothing"
assert_status 0 "$iothnamed" -v --check iothnamed.rc
assert_equal 'iothnamed: no mistakes' "$err" "iothnamed says more"

echo "--- a password among the arguments"
# hides PID: of what others see of a process; the kernel shows the arguments where they lie.
hides()
{
	! tr '\0' ' ' <"/proc/$1/cmdline" | grep -F -- "$secret" >/dev/null
}
unseen()
{
	hides "$1" || fail "$2: $(tr '\0' ' ' <"/proc/$1/cmdline")"
	! tr '\0' '\n' <"/proc/$1/environ" | grep -F -- "$secret" >/dev/null || fail "$2: in the environment"
}
address=$("$otipaddr" -b fc01:: -T 0 renzo.otip "$secret")
# shellcheck disable=SC2016 # of sed
sed -i -e '/^passwd/d' -e '$a otip-period 0' otip_rproxy.rc
for option in "-P$secret" "--passwd=$secret" "--passwd $secret" "--password $secret"; do
	# shellcheck disable=SC2086 # one word or two
	start proxy "$rproxy" -f otip_rproxy.rc --control proxy.ctl $option
	wait_for says proxy '^otip_rproxy: serving'
	unseen "$pid" "otip_rproxy $option"
	says proxy "$address is open" || fail "another password: $option"
	# It is still known when the options are read again.
	assert_status 0 "$BUILD/tools/daemonctl/otip_rproxyctl" -s proxy.ctl reload
	assert_match "^$address: open" "$("$BUILD/tools/daemonctl/otip_rproxyctl" -s proxy.ctl status)" "after a reload"
	unseen "$pid" "otip_rproxy $option, after a reload"
	stop "$pid"
done
# otipaddr, which waits for who is to read its answer.
python3 - "$otipaddr" "$secret" "$address" <<'END' || fail "otipaddr shows its password"
import os
import subprocess
import sys
import time

program, secret, address = sys.argv[1:]
reader, writer = os.pipe()
os.set_blocking(writer, False)
filled = 0
try:
    while True:
        filled += os.write(writer, b'x')
except BlockingIOError:
    os.set_blocking(writer, True)
child = subprocess.Popen([program, '-b', 'fc01::', '-T', '0', 'renzo.otip', secret], stdout=writer)
os.close(writer)
deadline, line = time.monotonic() + 120, b''
# A program that has just begun has no arguments to be seen yet.
while (not line or secret.encode() in line) and time.monotonic() < deadline:
    time.sleep(0.02)
    with open(f'/proc/{child.pid}/cmdline', 'rb') as file:
        line = file.read()
ended_early = child.poll() is not None
with os.fdopen(reader, 'rb') as file:
    said = file.read()[filled:].decode()
print(line, said)
sys.exit(secret.encode() in line or ended_early or b'renzo.otip' not in line or child.wait() != 0 or said != f'{address}\n')
END

echo "--- a password in a file"
(umask 077 && echo "$secret" >password)
mkfifo fifo
stdin=fifo start otipaddr "$otipaddr" -b fc01:: -T 0 --password_file - renzo.otip
exec 3>fifo
is_there() { [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep renzo.otip >/dev/null; }
wait_for is_there
unseen "$pid" "otipaddr --password_file -"
echo "$secret" >&3
exec 3>&-
await "$pid"
assert_equal "$address" "$(cat otipaddr.log)" "a password of standard input"
# Each name of the option, and where a service manager puts such files.
export CREDENTIALS_DIRECTORY=$dir
for option in password_file password-file passfile; do
	# shellcheck disable=SC2016 # the program's to put in
	for file in password '$CREDENTIALS_DIRECTORY/password'; do
		{ cat otip_rproxy.rc; echo "$option $file"; } >file.rc
		start proxy "$rproxy" -f file.rc
		wait_for says proxy '^otip_rproxy: serving'
		unseen "$pid" "otip_rproxy, $option"
		says proxy "$address is open" || fail "another password: $option"
		stop "$pid"
	done
	assert_equal "$address" "$("$otipaddr" -b fc01:: --otip_period 0 --$option password renzo.otip)" "otipaddr --$option"
done
# shellcheck disable=SC2016 # as above
for words in 'password_file password' 'password-file password' 'passfile $CREDENTIALS_DIRECTORY/password'; do
	printf '%s\n' 'stack stack=picox,vnl=mem://x' 'net w ::/0' "auth otip w .otip fc01:: $words" \
		'option otip-period 0' 'option case exact' 'option digest hmac-sha256' 'option otip_rounds 5' >named.rc
	start named "$iothnamed" named.rc
	wait_for says named '^iothnamed: serving'
	unseen "$pid" "iothnamed, $words"
	stop "$pid"
done
chmod 0644 password
assert_status 0 "$iothnamed" --check named.rc
assert_match 'named.rc \(line 3\): auth: password_file /.*/password: others may read it' "$err" "a file that is no secret"
unset CREDENTIALS_DIRECTORY
assert_status 1 "$iothnamed" --check named.rc
assert_match 'named.rc \(line 3\): .*CREDENTIALS_DIRECTORY/password: No such file' "$err" "iothnamed without a service manager"
# Who may not read it is told who he is; it may be root in a namespace, too.
chmod 0 password
sed -i 's/^auth otip.*/auth otip w .otip fc01:: password_file password/' named.rc
if ! [ -r password ]; then
	assert_status 1 "$iothnamed" --check named.rc
	assert_match "password: Permission denied \(to user $(id -u)\)" "$err" "a file of others"
	assert_status 1 "$rproxy" --check -f otip_rproxy.rc --password_file password
	assert_match "password: Permission denied \(to user $(id -u)\)" "$err" "a file of others"
fi
# shellcheck disable=SC2016 # as above
printf 'password_file $CREDENTIALS_DIRECTORY/password\n' >file.rc
assert_status 1 "$rproxy" --check -f file.rc
assert_match 'CREDENTIALS_DIRECTORY/password: No such file' "$err" "there is no service manager"

# A daemon that has become another user reads the file as that one when it is told to: it goes on, and says whom to ask.
if [ "$(id -u)" = 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$rproxy" 2>/dev/null; then
	chmod 0755 "$dir"
	chmod 0600 password
	start proxy "$rproxy" -f otip_rproxy.rc --password_file password --user 65534:65534
	wait_for says proxy '^otip_rproxy: serving'
	kill -HUP "$pid"
	wait_for says proxy 'password: Permission denied .to user 65534'
	wait_for says proxy 'the old one stays in use'
	stop "$pid"
fi

echo "--- a router outside, in the network of the windows, or on the link"
iothip=$BUILD/tools/iothip/iothip
need_program "$iothip"
for router in fc01::1 fe80::1 fd00::1; do
	sed "s#^extstack.*#extstack stack='picox,ctl=$dir/outside',vnl=mem://x,gw=$router#" otip_rproxy.rc >router.rc
	start proxy "$rproxy" -f router.rc -P x
	wait_for says proxy '^otip_rproxy: serving'
	if [ "$router" != fd00::1 ]; then
		assert_match "^default via $router dev vde0 " "$("$iothip" -c outside -6 route)" "a route"
		! says proxy 'gw=' || fail "something is told of $router"
	else
		says proxy "extstack .*gw=$router" || fail "nothing is told of a router that cannot be reached"
	fi
	stop "$pid"
done

printf '%s\n' 'stack stack=picox,eth' 'net local ::/0' >no_vnl.rc
echo "--- what is wrong is named, and not what follows it"
assert_status 1 "$BUILD/daemon/iothnamed/iothnamed" a.rc b.rc
assert_match "unexpected argument 'b.rc'" "$err" "iothnamed a.rc b.rc"
assert_no_match '^Usage' "$err" "iothnamed a.rc b.rc"
assert_status 1 "$rproxy" --nonesuch 5
assert_no_match unexpected "$err" "a value of an option that there is not"
assert_status 1 "$BUILD/daemon/iothnamed/iothnamed" no_vnl.rc
assert_match "no interface 'vde0': there is no vnl=" "$err" "a stack without a network"

echo "--- names, as the other programs of one-time addresses have them"
for option in otip_period otip-period period otipperiod; do
	assert_status 0 "$rproxy" --check -f otip_rproxy.rc --$option 5
	assert_status 1 "$rproxy" --check -f otip_rproxy.rc --$option x
	assert_match "otip_period: 'x' is not a number" "$err" "otip_rproxy --$option"
	assert_status 0 "$otipaddr" -b fc01:: --$option 5 a b
	assert_status 1 "$otipaddr" -b fc01:: --$option x a b
	assert_match "period: 'x' is not a number" "$err" "otipaddr --$option"
done
for option in preactive otip_preactive otip-preactive postactive otip-postactive; do
	assert_status 0 "$rproxy" --check -f otip_rproxy.rc --$option 5
	assert_status 1 "$rproxy" --check -f otip_rproxy.rc --$option x
done
for option in case-exact case_exact --case=exact; do
	option=${option#--}
	assert_status 0 "$rproxy" --check -f otip_rproxy.rc --$option
	assert_equal "$("$otipaddr" -b fc01:: -T 0 --case-exact A b)" "$("$otipaddr" -b fc01:: -T 0 --$option A b)" "--$option"
done
for option in digest otip_digest otipdigest; do
	for rounds in rounds otip-rounds otiprounds; do
		assert_status 0 "$rproxy" --check -f otip_rproxy.rc --$option hmac-sha256 --$rounds 5
		assert_status 0 "$otipaddr" -b fc01:: --$option hmac-sha256 --$rounds 5 a b
	done
done
