"""Many datagrams in one system call: recvmmsg(2) and sendmmsg(2), which Python's socket does not have.

Called in the C library through cffi's ABI mode, so that no installation needs a compiler. Where they are not
to be had (`supported`), media/port takes and sends one by one. Knows memory and addresses as the kernel has
them, and nothing of packets. Must never wait.
"""

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from struct import Struct
from typing import Any

from cffi import FFI  # type: ignore[import-untyped]

Run = tuple[Any, int, int, int]  # address, first slot, how many slots, the size of all but maybe the last

_UDP_SEGMENT = 103  # linux/udp.h; Python has no name for it
_NAME = 32  # bytes for an address; IPv6 takes 28
_CONTROL = 24  # bytes for one control message with a number of 16 bits
_V4, _V6 = Struct("=H2s4s8x"), Struct("=H2sI16sI")

_ffi = FFI()
_ffi.cdef("""
    struct iovec { void *base; size_t len; };
    struct msghdr { void *name; unsigned int namelen; struct iovec *iov; size_t iovlen;
                    void *control; size_t controllen; int flags; };
    struct mmsghdr { struct msghdr msg; unsigned int len; };
    struct cmsghdr { size_t len; int level; int type; unsigned short value; };
    int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
    int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags);
""")
# Words of 64 bits in one struct mmsghdr. Those that are shorter have nothing behind them in their word.
_WORDS, _NAMELEN, _IOV, _IOVLEN, _CONTROLLEN, _LEN = 8, 1, 2, 3, 5, 7
_SHORTS, _VALUE = _CONTROL // 2, 8  # words of 16 bits in one control message, and which is the number


def _library() -> Any:
    """The C library, when it has the calls and lays its structures out as above; else None."""
    if sys.platform != "linux" or sys.byteorder != "little" or _ffi.sizeof("struct mmsghdr") != 8 * _WORDS:
        return None
    library = _ffi.dlopen(None)
    return library if hasattr(library, "recvmmsg") and hasattr(library, "sendmmsg") else None


_libc = _library()
supported: bool = _libc is not None


class Slots:
    """Room for so many datagrams of at most `room` bytes, each with an iovec for the kernel."""

    def __init__(self, count: int, room: int) -> None:
        self.count, self.room = count, room
        self._memory = _ffi.new("char[]", count * room)
        self.view = memoryview(_ffi.buffer(self._memory))  # slot n begins at n * room
        self.pointers = [self._memory + n * room for n in range(count)]  # for libsrtp
        self.iovecs = _ffi.new("struct iovec[]", count)
        for n, pointer in enumerate(self.pointers):
            self.iovecs[n].base, self.iovecs[n].len = pointer, room
        self.sizes = memoryview(_ffi.buffer(self.iovecs)).cast("L")[1::2]  # the len of each iovec


class _Messages:
    """An array of struct mmsghdr and what it points to, written as words: an attribute of cffi costs more."""

    def __init__(self, count: int) -> None:
        self.headers = _ffi.new("struct mmsghdr[]", count)
        self._names = _ffi.new("char[]", count * _NAME)
        self.words = memoryview(_ffi.buffer(self.headers)).cast("L")
        self.names = memoryview(_ffi.buffer(self._names))
        for n in range(count):
            self.headers[n].msg.name = self._names + n * _NAME
            self.headers[n].msg.namelen = _NAME


class Receiver:
    """Takes what has come, as many datagrams as there are slots, in one call."""

    def __init__(self, slots: Slots) -> None:
        self._count = slots.count
        self._messages = _Messages(slots.count)
        self._words, self._names = self._messages.words, self._messages.names
        for n in range(slots.count):
            header = self._messages.headers[n].msg
            header.iov, header.iovlen = slots.iovecs + n, 1

    def receive(self, fd: int) -> list[tuple[int, bytes]]:
        """The size of what now stands in each slot, from the first on, and the name of where it came from.

        Empty when nothing came; a name is a key, and `address_of` reads it. Raises OSError.
        """
        count: int = _libc.recvmmsg(fd, self._messages.headers, self._count, socket.MSG_DONTWAIT, _ffi.NULL)
        if count < 0:
            if _ffi.errno in (errno.EAGAIN, errno.EINTR):
                return []
            raise OSError(_ffi.errno, os.strerror(_ffi.errno))
        words, names = self._words, self._names
        size = words[_NAMELEN]  # written by the kernel, the same for all of one socket
        return [(words[n * _WORDS + _LEN], bytes(names[n * _NAME : n * _NAME + size])) for n in range(count)]


class Sender:
    """Sends runs of slots, one message for each: the kernel cuts a run into its datagrams (UDP_SEGMENT)."""

    def __init__(self, slots: Slots) -> None:
        self._messages = _Messages(slots.count)  # a run has at least one slot
        self._words, self._names = self._messages.words, self._messages.names
        self._controls = _ffi.new("char[]", slots.count * _CONTROL)
        self._shorts = memoryview(_ffi.buffer(self._controls)).cast("H")
        self._iovecs = int(_ffi.cast("uintptr_t", slots.iovecs))
        self._written: list[bytes] = [b""] * slots.count  # the name that stands in each message
        for n in range(slots.count):
            control = _ffi.cast("struct cmsghdr *", self._controls + n * _CONTROL)
            control.len, control.level, control.type = 18, socket.IPPROTO_UDP, _UDP_SEGMENT
            self._messages.headers[n].msg.control = control

    def lay(self, runs: Sequence[Run], names: Sequence[bytes]) -> None:
        """Write down what is to be sent, and where to."""
        words, shorts, written, iovecs = self._words, self._shorts, self._written, self._iovecs
        at = 0
        for n, ((_, first, count, size), name) in enumerate(zip(runs, names, strict=True)):
            if written[n] is not name:
                written[n] = name
                self._names[n * _NAME : n * _NAME + len(name)] = name
                words[at + _NAMELEN] = len(name)
            words[at + _IOV] = iovecs + 16 * first
            words[at + _IOVLEN] = count
            if count > 1:
                shorts[n * _SHORTS + _VALUE] = size
                words[at + _CONTROLLEN] = _CONTROL
            else:
                words[at + _CONTROLLEN] = 0
            at += _WORDS

    def send(self, fd: int, first: int, end: int) -> tuple[int, int]:
        """Of the messages laid down, send these: how many went, and 0 or the error of the first when none."""
        sent: int = _libc.sendmmsg(fd, self._messages.headers + first, end - first, socket.MSG_DONTWAIT)
        return (sent, 0) if sent > 0 else (0, _ffi.errno or errno.EIO)


def name_of(address: tuple[Any, ...]) -> bytes:
    """An address of Python's socket (two parts for IPv4, four for IPv6) as the kernel has it."""
    host, port = address[0].partition("%")[0], int(address[1]).to_bytes(2)
    if len(address) == 2:
        return _V4.pack(socket.AF_INET, port, socket.inet_aton(host))
    flow = int(socket.htonl(address[2]))
    return _V6.pack(socket.AF_INET6, port, flow, ipaddress.IPv6Address(host).packed, address[3])


def address_of(name: bytes) -> tuple[Any, ...]:
    """The reverse of `name_of`, as recvfrom tells it. Raises ValueError for what is neither IPv4 nor IPv6."""
    family = int.from_bytes(name[:2], sys.byteorder)
    port = int.from_bytes(name[2:4])
    if family == socket.AF_INET and len(name) == _V4.size:
        return socket.inet_ntoa(name[4:8]), port
    if family == socket.AF_INET6 and len(name) == _V6.size:
        _, _, flow, host, scope = _V6.unpack(name)
        return socket.inet_ntop(socket.AF_INET6, host), port, socket.ntohl(flow), scope
    raise ValueError("an address of another family")
