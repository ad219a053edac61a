# SPDX-License-Identifier: LGPL-2.1-or-later
"""Processes: shells inside namespaces, what they and their relays cost, and their orderly end.

CPU time is read from /proc before and after a measurement, for each process below the one that was
started: utime and stime, which count all threads of a process, and of the shell also the time of the
children that it has waited for (iperf3).  So both implementations are measured in the same way, and
whatever is neither the shell nor what it runs is the relay.
"""
import os
import re
import select
import shutil
import signal
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")
NOT_RELAY = {"sh", "dash", "bash", "iperf3", "pingpong", "ip"}


class Skip(Exception):
    """This measurement is not possible here; the text says why."""


REFUSED = []  # with a reason in it, nothing is started: what is left are rows without figures


def _permitted():
    if REFUSED:
        raise Skip(REFUSED[0])


def need(*programs):
    _permitted()
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def wait_for(condition, what, seconds=60.0):
    """Waits until condition() is true; there is no event for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Skip(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.01)


def run(argv, timeout=60, env=None):
    """Output of a program that ends by itself.  Status 77, or any failure, is a Skip."""
    _permitted()
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                              stdin=subprocess.DEVNULL, env=env, text=True, check=False)
    except FileNotFoundError as error:
        raise Skip(str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise Skip(f"{os.path.basename(argv[0])}: not within {timeout} s") from error
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()
        raise Skip(f"{os.path.basename(argv[0])}: {reason[-1] if reason else done.returncode}")
    return done.stdout


class Process:
    """A long-running program in a session of its own; close() ends it and what it started there."""

    def __init__(self, argv, env=None, **streams):
        _permitted()
        streams.setdefault("stdin", subprocess.PIPE)
        streams.setdefault("stdout", subprocess.DEVNULL)
        streams.setdefault("stderr", subprocess.DEVNULL)
        try:
            self.popen = subprocess.Popen(argv, env=env, start_new_session=True, **streams)
        except FileNotFoundError as error:
            raise Skip(str(error)) from error

    @property
    def pid(self):
        return self.popen.pid

    PATIENCE = 0  # seconds until a program that reads its end is told to end

    def close(self):
        if self.popen.stdin:
            try:
                self.popen.stdin.close()
            except OSError:
                pass
        for number, patience in ((signal.SIGTERM, self.PATIENCE), (signal.SIGKILL, 5)):
            try:
                self.popen.wait(timeout=patience)
                break
            except subprocess.TimeoutExpired:
                self._signal(number)
        self._signal(signal.SIGKILL)
        self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()

    def _signal(self, number):
        try:
            os.killpg(self.popen.pid, number)
        except ProcessLookupError:
            pass


class Shell(Process):
    """A shell that runs one command after the other: one side of a measurement."""

    MARK = "--bench-done--"
    PATIENCE = 5

    def __init__(self, argv, env=None):
        super().__init__(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.buffer = b""

    def run(self, command, timeout=60):
        """(status, output) of a command."""
        try:
            self.popen.stdin.write(f"{command}\necho {self.MARK} $?\n".encode())
            self.popen.stdin.flush()
        except OSError as error:
            raise Skip(f"the shell ended: {self._read_rest()}") from error
        deadline = time.monotonic() + timeout
        mark = self.MARK.encode()
        while True:
            head, found, tail = self.buffer.partition(mark)
            if found and b"\n" in tail:
                status, _, self.buffer = tail.partition(b"\n")
                return int(status), head.decode(errors="replace")
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self.popen.stdout], [], [], max(left, 0))
            if not ready:
                raise Skip(f"'{command[:60]}': not within {timeout} s")
            chunk = os.read(self.popen.stdout.fileno(), 65536)
            if not chunk:
                reason = self.buffer.decode(errors="replace").strip()
                raise Skip(f"the shell ended: {reason[-200:]}")
            self.buffer += chunk

    def check(self, command, timeout=60):
        """Output of a command that must succeed."""
        status, output = self.run(command, timeout)
        if status != 0:
            reason = output.strip().splitlines()
            raise Skip(f"'{command[:60]}': {reason[-1] if reason else status}")
        return output

    def _read_rest(self):
        rest = self.buffer + (self.popen.stdout.read() or b"")
        return rest.decode(errors="replace").strip()[-200:]

    def cpu(self):
        """Seconds of CPU time so far: all, and the relay's part."""
        everything = relay = 0
        for pid in descendants(self.pid):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                    text = stat.read()
            except OSError:
                continue
            name = text[text.index("(") + 1:text.rindex(")")]
            field = text[text.rindex(")") + 2:].split()
            own, children = int(field[11]) + int(field[12]), int(field[13]) + int(field[14])
            everything += own + children
            if name not in NOT_RELAY:
                relay += own
        return everything / TICKS, relay / TICKS


def descendants(root):
    """The process ids below root, and root."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    text = stat.read()
            except OSError:
                continue
            parent = int(text[text.rindex(")") + 2:].split()[1])
            children.setdefault(parent, []).append(int(entry))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo.extend(children.get(pid, []))
    return found


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:  # nobody has begun to write
        return ""


def seconds_of(pid):
    """Of processor time, of all threads."""
    field = text_of(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (int(field[11]) + int(field[12])) / TICKS


def resident_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", text_of(f"/proc/{pid}/status")).group(1)) / 1024
