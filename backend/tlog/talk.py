"""How the web process and the log's process talk.

Frames, greeting and socket are media.control's; the messages are the log's own. Each request has a number and
gets one answer with it, in any order. All of them may be asked again: the same leaf is the same entry.
"""

from typing import Annotated

import msgspec

from backend.tlog.journal import MAX_LEAF_BYTES
from media.grants import Claims

VERSION = 1
TO_LOG_BYTES = 1024 * 1024
TO_CLIENT_BYTES = 1024 * 1024
LEAVES = 256  # of one request
IN_FLIGHT = 256  # requests of one connection

Leaf = Annotated[bytes, msgspec.Meta(min_length=1, max_length=MAX_LEAF_BYTES)]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with one witness. `trouble` is None when its last answer was good."""

    name: str
    size: int = 0  # of the largest tree that it signed for us
    trouble: str | None = None


# From the web process


class Append(msgspec.Struct, frozen=True, tag=True):
    id: int
    leaves: Annotated[list[Leaf], msgspec.Meta(min_length=1, max_length=LEAVES)]


class Grant(msgspec.Struct, frozen=True, tag=True):
    """Append the leaf, then sign the claims with its index in them."""

    id: int
    leaf: Leaf
    claims: Claims


class Prove(msgspec.Struct, frozen=True, tag=True):
    id: int
    index: int


class AskCheckpoint(msgspec.Struct, frozen=True, tag=True):
    id: int


class AskStatus(msgspec.Struct, frozen=True, tag=True):
    id: int


Request = Append | Grant | Prove | AskCheckpoint | AskStatus


# From the log's process


class Appended(msgspec.Struct, frozen=True, tag=True):
    id: int
    indexes: list[int]


class Held(msgspec.Struct, frozen=True, tag=True):
    """A signed grant, a proof or a checkpoint."""

    id: int
    data: bytes


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands with the log."""

    vkey: str
    entries: int
    published: int
    grows_in_s: float = 0.0  # until the next checkpoint is begun
    room: bool  # the ballast is held
    trouble: str | None  # why the last checkpoint was not signed
    witnesses: tuple[Account, ...]


class Told(msgspec.Struct, frozen=True, tag=True):
    id: int
    status: Status


class Refused(msgspec.Struct, frozen=True, tag=True):
    """Not done, and the words say why."""

    id: int
    words: str


Reply = Appended | Held | Told | Refused

TO_LOG: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
TO_CLIENT: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)
