"""A phone's own network: a namespace of the kernel, one cable to us, and addresses that can be changed.

Needs root and Linux. Everything here has private test addresses and is gone at the end.
"""

import contextlib
import os
import secrets
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HERE = "10.231.0.1"
_SUBNET = "10.231.0."
_FIRST, _LAST = 2, 250


def possible() -> bool:
    """Whether namespaces can be made here."""
    try:
        name = f"try{secrets.token_hex(3)}"
        _ip("netns", "add", name)
        _ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


class Network:
    """The other end of the cable."""

    def __init__(self, name: str, device: str) -> None:
        self._name, self._device = name, device
        self._number = _FIRST
        self._take()

    @property
    def address(self) -> str:
        return f"{_SUBNET}{self._number}"

    def change_address(self, away_s: float = 0.0) -> None:
        """As a phone that goes from one radio to another: the old address is gone, another is there."""
        before = self.address
        self._number = _FIRST if self._number == _LAST else self._number + 1
        _ip("-n", self._name, "addr", "del", f"{before}/24", "dev", self._device)
        time.sleep(away_s)
        self._take()

    def _take(self) -> None:
        _ip("-n", self._name, "addr", "add", f"{self.address}/24", "dev", self._device)
        _ip("-n", self._name, "route", "replace", "default", "via", HERE)

    def program(self, folder: Path, program: str) -> str:
        """A script that runs this program there."""
        script = folder / f"in-{self._name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self._name} {program} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    name = f"phone{os.getpid()}"
    ours, theirs = f"va{os.getpid() % 100000}", f"vb{os.getpid() % 100000}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name)
        _ip("addr", "add", f"{HERE}/24", "dev", ours)
        _ip("link", "set", ours, "up")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", theirs, "up")
        yield Network(name, theirs)
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            _ip("link", "del", ours)  # and the other end of it
        _ip("netns", "del", name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
