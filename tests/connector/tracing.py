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

_MOVES = "read,readv,recvfrom,recvmsg,recvmmsg,write,writev,sendto,sendmsg,sendmmsg"
_UNCOUNTED = "sendfile,splice,io_uring_enter"  # their answer is no number of bytes, or not ours
_IN = ("read", "readv", "recvfrom", "recvmsg", "recvmmsg")
_MANY = ("recvmmsg", "sendmmsg")  # answer with a number of messages, each with its own `msg_len`
_LENGTH = re.compile(r"msg_len=(\d+)")
_CALL = re.compile(r"^(\w+)\(\d+<(UDP|UDPv6|TCP|TCPv6):\[(.*?)\]>(.*) = (\d+)$")
_UNTOLD = re.compile(r"^(?:sendfile|splice|io_uring_enter)\(.* = [1-9]")


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
        "strace", "-D", "-ff", "-qq", "-yy", "-v", "-s", "0", "-e", "signal=none",
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
            if _UNTOLD.match(line):
                raise ValueError(line)
            call = _CALL.match(line)
            if call is not None and (size := _size(call)):
                port = call[3].partition("->")[2].rpartition(":")[2]
                found.append(Moved(call[2].startswith("UDP"), call[1] in _IN, int(port or 0), size))
    return found


def _size(call: re.Match[str]) -> int:
    """Bytes that one call moved. Raises ValueError where strace does not tell of each message."""
    answer = int(call[5])
    if call[1] not in _MANY:
        return answer
    lengths = [int(length) for length in _LENGTH.findall(call[4])]
    if len(lengths) < answer:
        raise ValueError(call[0])
    return sum(lengths[:answer])
