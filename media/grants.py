"""Grants: what a subscriber's session is allowed by. No entry in the log, no grant; no grant, no picture.

Step 11 of the story. Whoever keeps the log signs claims once the entry is durable, and its place in the log
is one of them; the engine alone verifies, with public keys that it was started with. Nobody's name is in one:
a feed, a holder, a time. Who signs (the log's process) and who verifies (an engine) both import this.
"""

from enum import StrEnum
from typing import Annotated, NewType

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from media.ports import FeedId, Holder, Ungranted, WhyUngranted

SignedGrant = NewType("SignedGrant", bytes)  # claims in msgpack, then 64 bytes of signature

CONTEXT = b"sightline-grant/v1\n"
SIGNATURE_BYTES = 64
MOST_BYTES = 1024
MOST_S = 3600.0  # a grant that would let for longer is refused: it must be asked for again
MOST_SPOOLED_S = 900.0  # and so is one that the log has not seen yet

Place = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_NAME = msgspec.Meta(min_length=1, max_length=200)


class Basis(StrEnum):
    """What stands behind a grant, and with it whose key signs."""

    ENTRY = "entry"  # an entry that is durable in the log
    SPOOL = "spool"  # one that waits for the log; for a caller's own picture only


class Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This holder may subscribe to that feed until then, and `index` says where it is written down."""

    index: Place  # of the entry; of a spooled one its number in the spool
    feed: Annotated[FeedId, _NAME]
    holder: Annotated[Holder, _NAME]
    expires_at: float  # unix time, s
    basis: Basis = Basis.ENTRY


class GrantKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The public keys that an engine verifies with: 32 bytes each, Ed25519. It cannot be without them."""

    entry: bytes
    spool: bytes


_CLAIMS: msgspec.msgpack.Decoder[Claims] = msgspec.msgpack.Decoder(Claims)


def sign(key: Ed25519PrivateKey, claims: Claims) -> SignedGrant:
    """To be called only once the entry of these claims is durable."""
    payload = msgspec.msgpack.encode(claims)
    return SignedGrant(payload + key.sign(CONTEXT + payload))


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The public half, as GrantKeys holds it."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class Gate:
    """What an engine asks about each grant. Cannot be had without keys, and has no switch."""

    def __init__(self, keys: GrantKeys) -> None:
        """Raises ValueError for keys that are none, or that are one and the same."""
        if keys.entry == keys.spool:
            raise ValueError("the log and the spool sign grants with keys of their own, not with one")
        self._keys = {
            Basis.ENTRY: Ed25519PublicKey.from_public_bytes(keys.entry),
            Basis.SPOOL: Ed25519PublicKey.from_public_bytes(keys.spool),
        }

    def verify(self, grant: bytes, feed: FeedId, holder: Holder, now: float, *, own: bool = False) -> Claims:
        """What a grant says, if it allows this. `now` is unix time; `own` that the feed is a caller's own.

        Raises Ungranted.
        """
        claims = self.read(grant)
        if claims.feed != feed:
            raise Ungranted(WhyUngranted.OTHER_FEED)
        if claims.holder != holder:
            raise Ungranted(WhyUngranted.OTHER_HOLDER)
        if claims.basis is Basis.SPOOL and not own:
            raise Ungranted(WhyUngranted.NOT_LOGGED)
        left_s, most_s = claims.expires_at - now, MOST_S if claims.basis is Basis.ENTRY else MOST_SPOOLED_S
        if left_s <= 0:
            raise Ungranted(WhyUngranted.EXPIRED)
        if not left_s <= most_s:  # what is no number is no time either
            raise Ungranted(WhyUngranted.TOO_LONG)
        return claims

    def read(self, grant: bytes) -> Claims:
        """What a grant says and who says so, whatever it is for and whenever it ends. Raises Ungranted."""
        if not grant:
            raise Ungranted(WhyUngranted.NONE)
        if not SIGNATURE_BYTES < len(grant) <= MOST_BYTES:
            raise Ungranted(WhyUngranted.UNREADABLE)
        payload, signature = grant[:-SIGNATURE_BYTES], grant[-SIGNATURE_BYTES:]
        try:
            claims = _CLAIMS.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Ungranted(WhyUngranted.UNREADABLE) from None
        try:
            self._keys[claims.basis].verify(signature, CONTEXT + payload)
        except InvalidSignature:
            raise Ungranted(WhyUngranted.FORGED) from None
        return claims
