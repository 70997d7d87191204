"""What a process and all its children move over sockets, as the kernel was asked to: strace writes it down.

Whole and independent of what the process says of itself: each system call on a socket with its answer, from
the first on. The kernel is made to refuse io_uring, of which strace would see nothing. Needs Linux and
Debian's strace.
"""

import re
import shutil
import subprocess
from pathlib import Path

import msgspec

_MOVES = "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg"
_UNCOUNTED = (
    "recvmmsg,sendmmsg,sendfile,splice,io_uring_enter"  # their answer is no number of bytes, or not ours
)
_IN = ("read", "readv", "recvfrom", "recvmsg")
_CALL = re.compile(r"^(\w+)\(\d+<(UDP|UDPv6|TCP|TCPv6):\[(.*?)\]>.* = (\d+)$")
_MANY = re.compile(r"^(?:recvmmsg|sendmmsg|sendfile|splice|io_uring_enter)\(.* = [1-9]")


class Moved(msgspec.Struct, frozen=True):
    """One call. `port`: of the other end; 0 where the socket has none."""

    udp: bool
    incoming: bool
    port: int
    size: int


def command(folder: Path) -> tuple[str, ...]:
    """What to put before a process' command line; it stays the child, and strace is in nobody's way."""
    folder.mkdir()
    return (
        "strace", "-D", "-ff", "-qq", "-yy", "-s", "0", "-e", "signal=none",
        "-e", f"trace={_MOVES},{_UNCOUNTED},io_uring_setup", "-e", "inject=io_uring_setup:error=ENOSYS",
        "-o", str(folder / "calls"),
    )  # fmt: skip


def possible(folder: Path) -> bool:
    """Whether there is an strace that may look here."""
    if shutil.which("strace") is None:
        return False
    done = subprocess.run([*command(folder / "probe"), "true"], capture_output=True, check=False)
    return done.returncode == 0 and any((folder / "probe").iterdir())


def moved(folder: Path) -> list[Moved]:
    """All that was moved so far, in no order. Raises ValueError at a call whose bytes it cannot tell."""
    found = []
    for path in folder.iterdir():
        for line in path.read_text(errors="replace").splitlines():
            if _MANY.match(line):
                raise ValueError(line)
            call = _CALL.match(line)
            if call is not None and (size := int(call[4])):
                port = call[3].partition("->")[2].rpartition(":")[2]
                found.append(Moved(call[2].startswith("UDP"), call[1] in _IN, int(port or 0), size))
    return found
