"""Keeps a desk's processes running, with their logs under one roof, until it is told to stop."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from sla_support.engine_files import UnableToStartEngine

#: Seconds before a process that died is started again; longer each time it dies young.
_BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_HEALTHY_AFTER = 30.0
_LOOK_EVERY = 0.25

#: Lines that tell an operator nothing: advice about saving, from a broker that saves nothing.
_NOISE = (b"Memory overcommit must be enabled",)


@dataclass
class Child:
    """One process to keep alive. `start` makes it; its output is a pipe."""

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    stop_signal: signal.Signals = signal.SIGTERM
    #: How long it may take to stop before it is killed.
    patience: float = 15.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    young_deaths: int = 0
    #: When to start it again, on the monotonic clock; None while it runs.
    start_at: float | None = None
    rest: bytes = field(default=b"", repr=False)

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None
        return self.process

    @property
    def output(self) -> IO[bytes]:
        assert self.running.stdout is not None
        return self.running.stdout


class Supervisor:
    """Runs in the main thread: the kernel ends the children when that thread ends."""

    def __init__(self, out: IO[str] | None = None) -> None:
        self.children: list[Child] = []
        self.stopping = False
        self._out = out or sys.stdout
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, None)

    def listen_to_signals(self) -> None:
        """SIGINT, SIGTERM and a closed terminal end the desk; the second one ends it at once."""
        signal.set_wakeup_fd(self._wake_writer)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        if self.stopping:
            for child in self.children:
                child.patience = 0.0
        self.stopping = True

    def say(self, text: str, name: str = "desk") -> None:
        for line in text.splitlines() or [""]:
            self._out.write(f"{name:<8} | {line}\n")
        self._out.flush()

    def add(self, child: Child) -> Child:
        self.children.append(child)
        self._start(child)
        return child

    def _start(self, child: Child) -> None:
        child.start_at = None
        child.started_at = time.monotonic()
        child.process = child.start()
        os.set_blocking(child.output.fileno(), False)
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def run(self, each_look: Callable[[], None] = lambda: None) -> None:
        """Returns when a signal asked to stop; `each_look` is called several times a second."""
        while not self.stopping:
            self.look(_LOOK_EVERY)
            each_look()

    def look(self, seconds: float) -> None:
        """Passes on what the children said and restarts those that died."""
        self._pass_on(seconds)
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            if child.start_at is not None and child.start_at <= now and not self.stopping:
                self._start_again(child, now)

    def _pass_on(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                os.read(self._wake_reader, 4096)
            else:
                self._read(key.data)

    def _read(self, child: Child) -> bool:
        """Passes on one piece of output; False when there was none."""
        try:
            data = os.read(child.output.fileno(), 65536)
        except BlockingIOError:
            return False
        if not data:  # it closed its output; poll() will tell whether it ended
            self._selector.unregister(child.output)
            return False
        *lines, child.rest = (child.rest + data).split(b"\n")
        for line in lines:
            if not any(noise in line for noise in _NOISE):
                self.say(line.decode(errors="replace").rstrip("\r"), child.name)
        return True

    def _bury(self, child: Child, now: float) -> None:
        status = child.running.returncode
        self._drain(child)
        child.process = None
        if self.stopping:
            return
        self._plan_start(child, now, f"{child.name} ended ({_ending(status)})")

    def _start_again(self, child: Child, now: float) -> None:
        try:
            self._start(child)
        except (OSError, UnableToStartEngine) as error:  # a full disk, say: it may pass
            self._plan_start(child, now, f"{child.name} cannot start: {error}")

    def _plan_start(self, child: Child, now: float, what_happened: str) -> None:
        if now - child.started_at > _HEALTHY_AFTER:
            child.young_deaths = 0
        wait = _BACK_OFF[min(child.young_deaths, len(_BACK_OFF) - 1)]
        child.young_deaths += 1
        child.start_at = now + wait
        self.say(f"{what_happened}; starting it again in {wait} s")

    def _drain(self, child: Child) -> None:
        stream = child.output
        if stream in self._selector.get_map():
            while self._read(child):
                pass
        if stream in self._selector.get_map():
            self._selector.unregister(stream)
        if child.rest:
            self.say(child.rest.decode(errors="replace"), child.name)
            child.rest = b""
        stream.close()
        self._kill_group(child)  # what the process left behind, such as pool workers

    def stop(self, children: list[Child]) -> None:
        """Asks these children to end, and kills those that do not in time."""
        self.stopping = True
        asked_at = time.monotonic()
        for child in children:
            child.start_at = None
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        while running := [child for child in children if child.process is not None]:
            for child in running:
                if time.monotonic() - asked_at > child.patience:
                    self._kill_group(child)
            self.look(0.05)

    def _kill_group(self, child: Child) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.running.pid, signal.SIGKILL)


def _ending(status: int) -> str:
    return f"status {status}" if status >= 0 else signal.Signals(-status).name
