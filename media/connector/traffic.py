"""Bytes that this process's TCP connections have carried, by the kernel's own count (Linux' TCP_INFO)."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

_FILES = Path("/proc/self/fd")


def carried(sock: socket.socket) -> int:
    """Bytes that a TCP connection has sent, repeats included, and received (tcp_info, linux/tcp.h)."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    if len(info) < 136:
        return 0
    received = int.from_bytes(info[128:136], "little")
    sent = info[200:208] if len(info) >= 208 else info[120:128]
    return received + int.from_bytes(sent, "little")


def connections() -> Iterator[tuple[tuple[str, int], int]]:
    """All that are open: where to, and bytes carried. What libav opens can be found in no other way."""
    for entry in _FILES.iterdir() if _FILES.exists() else ():
        try:
            if not str(entry.readlink()).startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(entry.name))) as copy:
                if copy.type == socket.SOCK_STREAM and copy.family in (socket.AF_INET, socket.AF_INET6):
                    peer = copy.getpeername()[:2]
                    yield (peer[0], peer[1]), carried(copy)
        except OSError:
            continue
