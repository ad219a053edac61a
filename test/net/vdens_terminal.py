#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Job control: vdens as a job of an interactive shell on a pseudo-terminal.

    bash -i  (session leader, on the pty)
      |-- vdens OPTIONS -- command

Whatever runs under vdens must behave at the keyboard as it would without: Ctrl-C, Ctrl-Z, fg, bg,
"suspend" of an inner shell, its death. Each step waits for what the terminal shows.
"""
import os
import pty
import re
import select
import signal
import sys
import time

VDENS, NETWORK, DIRECTORY = sys.argv[1:4]
DEADLINE = 60


class Terminal:
    open = set()  # those that a test which fails has to end

    def __init__(self):
        self.shown = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # Ignored by Python, or by who started it in the background, they would stay so.
            for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP,
                           signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            os.environ.update(PS1="[outer$?] ", PS2="", TERM="dumb", LC_ALL="C",
                              HISTFILE="/dev/null")
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        Terminal.open.add(self)

    def type(self, text):
        os.write(self.fd, text.encode())

    def expect(self, pattern, what):
        """Waits until the terminal shows the pattern; forgets all up to its end."""
        end = time.monotonic() + DEADLINE
        while True:
            match = re.search(pattern, self.shown)
            if match:
                self.shown = self.shown[match.end():]
                return match
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready:
                sys.exit(f"FAIL: {what}: waited {DEADLINE} s for {pattern!r}, "
                         f"seen {self.shown!r}")
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                sys.exit(f"FAIL: {what}: the terminal was closed, seen {self.shown!r}")
            self.shown += data.decode(errors="replace").replace("\r", "")

    def run(self, command):
        self.type(command + "\n")

    def prompt(self, status, what):
        match = self.expect(r"\[outer(\d+)\] ", what)
        if int(match.group(1)) != status:
            sys.exit(f"FAIL: {what}: expected status {status}, seen {match.group(1)}")

    def close(self):
        Terminal.open.remove(self)
        os.close(self.fd)
        os.waitpid(self.pid, 0)

    def kill(self):
        """Ends every process of the terminal's session, whatever it ignores."""
        for pid in processes():
            # proc_pid_stat(5): behind the name, in parentheses, come state, ppid, pgrp, session.
            fields = read(f"/proc/{pid}/stat").rpartition(b") ")[2].split()
            if len(fields) > 3 and int(fields[3]) == self.pid:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        self.close()


def interrupt(terminal, vdens):
    """Ctrl-C ends a command that does not handle it; one that does decides itself."""
    terminal.run(f"{vdens} sh -c 'echo begun; exec sleep 1000'")
    terminal.expect(r"begun\n", "command begins")
    terminal.type("\x03")
    terminal.prompt(130, "Ctrl-C")
    terminal.run(f"{vdens} sh -c 'trap \"echo caught\" INT; echo begun; read x; echo got $x; exit 5'")
    terminal.expect(r"begun\n", "command begins")
    terminal.type("\x03")
    terminal.expect("caught", "Ctrl-C is handled by the command")
    terminal.run("")  # dash goes on reading after the trap, other shells may not
    terminal.expect(r"got", "command goes on after Ctrl-C")
    terminal.prompt(5, "status after a handled Ctrl-C")
    terminal.run(f"{vdens} sh -c 'ulimit -c 0; echo begun; exec sleep 1000'")
    terminal.expect(r"begun\n", "command begins")
    terminal.type("\x1c")
    terminal.prompt(131, "Ctrl-backslash")


def stop_and_continue(terminal, vdens):
    """Ctrl-Z stops the job; fg and bg continue it."""
    terminal.run(f"{vdens} sh -c 'echo begun; while read x; do echo got $x; done; exit 6'")
    terminal.expect(r"begun\n", "command begins")
    for word in ["one", "two", "three"]:
        terminal.type("\x1a")
        terminal.expect("Stopped", "Ctrl-Z")
        terminal.prompt(148, "Ctrl-Z")
        terminal.run("jobs")
        terminal.expect("Stopped.*vdens", "jobs")
        terminal.prompt(0, "jobs")
        terminal.run("fg")
        terminal.expect("vdens.*\n", "fg")
        terminal.run(word)
        terminal.expect("got " + word, "input after fg")
    # Continued alone, by its process id, vdens continues the command.
    terminal.type("\x1a")
    terminal.prompt(148, "Ctrl-Z")
    terminal.run("kill -CONT $(jobs -p); sleep 0; fg")
    terminal.expect("fg\n(.*\n)*.*vdens.*\n", "fg")
    terminal.run("four")
    terminal.expect("got four", "input after kill -CONT")
    terminal.type("\x04")
    terminal.prompt(6, "status after fg")
    terminal.run(f"{vdens} sh -c 'echo begun; read x; echo got $x; exit 7'")
    terminal.expect(r"begun\n", "command begins")
    terminal.type("\x1a")
    terminal.prompt(148, "Ctrl-Z")
    terminal.run("bg; until jobs | grep -q Stopped; do sleep 0.02; done; fg")
    terminal.expect("fg\n(.*\n)*.*vdens.*\n", "read in the background stops; fg")
    terminal.run("late")
    terminal.expect("got late", "input after bg and fg")
    terminal.prompt(7, "status after bg and fg")


def background(terminal, vdens):
    """A job in the background ends by itself and is reported."""
    terminal.run(f"{vdens} sh -c 'exit 8' & wait $!")
    terminal.prompt(8, "background job")


def inner_shell(terminal, vdens):
    """An interactive shell inside has its own jobs, suspends, and gives the terminal back."""
    inner = "env PS1=[in''ner] bash --norc --noprofile --noediting -i"
    terminal.run(f"{vdens} {inner}")
    terminal.expect(r"\[inner\]", "prompt of the inner shell")
    terminal.run("sh -c 'echo begun; exec sleep 1000'")
    terminal.expect(r"begun\n", "job of the inner shell")
    terminal.type("\x1a")
    terminal.expect("Stopped", "Ctrl-Z in the inner shell")
    terminal.expect(r"\[inner\]", "prompt of the inner shell")
    terminal.run("kill -KILL %1; while jobs | grep -q Stopped; do sleep 0.02; done; echo sta''tus")
    terminal.expect("status", "the inner shell goes on")
    if "--pid" not in vdens:  # there bash cannot give the terminal to a group without number
        terminal.run("suspend")
        terminal.expect("Stopped", "suspend of the inner shell")
        terminal.prompt(147, "suspend")
        terminal.run("fg")
        terminal.expect(r"\[inner\]", "the inner shell after fg")
    terminal.run("echo wo''rks; exit 9")
    terminal.expect("works", "the inner shell works")
    terminal.prompt(9, "status of the inner shell")
    # In a script, which does no job control, nobody but a vdens outside can take the terminal back.
    if vdens.endswith(" -"):
        return
    terminal.run(f"sh -c \"{vdens} {inner}; read x; echo read \\$x\"")
    terminal.expect(r"\[inner\]", "prompt of the inner shell in a script")
    terminal.run("kill -KILL $$")
    terminal.run("word")
    terminal.expect("read word", "the script has the terminal again")
    terminal.prompt(0, "script")


def hangup(vdens):
    """The terminal goes: so do shell, vdens and command."""
    terminal = Terminal()
    terminal.prompt(0, "first prompt")
    terminal.run(f"{vdens} sh -c 'echo begun $$; exec sleep 1000.{os.getpid()}'")
    terminal.expect(r"begun \d", "command begins")
    terminal.close()
    end = time.monotonic() + DEADLINE
    mark = f"sleep\x001000.{os.getpid()}\x00".encode()
    while time.monotonic() < end:
        left = [pid for pid in processes() if mark in read(f"/proc/{pid}/cmdline")]
        if not left:
            return
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    sys.exit("FAIL: the command outlived its terminal")


def processes():
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def main():
    has_pid = os.system(f"{VDENS} --pid - true 2>/dev/null") == 0
    for vdens in [f"{VDENS} {NETWORK}", f"{VDENS} -", f"{VDENS} --pid {NETWORK}"]:
        if "--pid" in vdens and not has_pid:
            continue
        terminal = Terminal()
        terminal.prompt(0, "first prompt")
        for part in [interrupt, stop_and_continue, background, inner_shell]:
            print(part.__name__, vdens, flush=True)
            part(terminal, vdens)
        terminal.run("exit")
        terminal.close()
        hangup(vdens)


signal.signal(signal.SIGTERM, lambda *_: sys.exit("FAIL: ended by SIGTERM"))
try:
    main()
finally:
    for left_open in list(Terminal.open):
        left_open.kill()
