"""Grants: only what was signed for this feed and this holder, and has not run out, opens the gate."""

import math

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from media.grants import (
    CONTEXT,
    MOST_BYTES,
    MOST_S,
    MOST_SPOOLED_S,
    Basis,
    Claims,
    Gate,
    GrantKeys,
    public_bytes,
    sign,
)
from media.ports import FeedId, Holder, Ungranted, WhyUngranted

LOG, SPOOL = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
GATE = Gate(GrantKeys(entry=public_bytes(LOG), spool=public_bytes(SPOOL)))
FEED, HOLDER, NOW = FeedId("fed_1"), Holder("grt_1"), 1_800_000_000.0
CLAIMS = Claims(index=41, feed=FEED, holder=HOLDER, expires_at=NOW + 60)
SPOOLED = msgspec.structs.replace(CLAIMS, basis=Basis.SPOOL, index=3)


def why(
    grant: bytes, feed: FeedId = FEED, holder: Holder = HOLDER, now: float = NOW, own: bool = True
) -> str:
    with pytest.raises(Ungranted) as refused:
        GATE.verify(grant, feed, holder, now, own=own)
    return refused.value.why


def changed(**what: object) -> bytes:
    """A grant that the log signed, with other claims."""
    payload = msgspec.msgpack.encode(msgspec.to_builtins(CLAIMS) | what)
    return payload + LOG.sign(CONTEXT + payload)


def test_what_the_log_signed_is_verified() -> None:
    assert GATE.verify(sign(LOG, CLAIMS), FEED, HOLDER, NOW) == CLAIMS


def test_another_feed_or_holder_is_refused() -> None:
    grant = sign(LOG, CLAIMS)
    assert why(grant, feed=FeedId("fed_2")) == WhyUngranted.OTHER_FEED
    assert why(grant, holder=Holder("grt_2")) == WhyUngranted.OTHER_HOLDER


def test_it_runs_out() -> None:
    grant = sign(LOG, CLAIMS)
    assert GATE.verify(grant, FEED, HOLDER, NOW + 59.9)
    assert why(grant, now=NOW + 60) == WhyUngranted.EXPIRED


def test_another_key_signs_nothing() -> None:
    assert why(sign(Ed25519PrivateKey.generate(), CLAIMS)) == WhyUngranted.FORGED
    assert why(sign(SPOOL, CLAIMS)) == WhyUngranted.FORGED
    assert why(sign(LOG, SPOOLED)) == WhyUngranted.FORGED


def test_a_signature_over_something_else_is_no_grant() -> None:
    payload = msgspec.msgpack.encode(CLAIMS)
    assert why(payload + LOG.sign(payload)) == WhyUngranted.FORGED


def test_what_the_log_has_not_seen_opens_a_callers_own_picture_only() -> None:
    grant = sign(SPOOL, SPOOLED)
    assert GATE.verify(grant, FEED, HOLDER, NOW, own=True) == SPOOLED
    assert why(grant, own=False) == WhyUngranted.NOT_LOGGED


def test_no_grant_lets_for_long() -> None:
    assert why(changed(expires_at=NOW + MOST_S + 1)) == WhyUngranted.TOO_LONG
    assert why(changed(expires_at=math.inf)) == WhyUngranted.TOO_LONG
    assert why(changed(expires_at=math.nan)) == WhyUngranted.TOO_LONG
    late = msgspec.structs.replace(SPOOLED, expires_at=NOW + MOST_SPOOLED_S + 1)
    assert why(sign(SPOOL, late)) == WhyUngranted.TOO_LONG


def test_what_is_no_grant_is_refused() -> None:
    assert why(b"") == WhyUngranted.NONE
    assert why(b"x" * 64) == WhyUngranted.UNREADABLE
    assert why(changed(holder="h" * MOST_BYTES)) == WhyUngranted.UNREADABLE
    assert why(changed(holder="")) == WhyUngranted.UNREADABLE
    assert why(changed(index=-1)) == WhyUngranted.UNREADABLE
    assert why(changed(basis="trust me")) == WhyUngranted.UNREADABLE
    assert why(changed(also="this")) == WhyUngranted.UNREADABLE


@given(st.data())
def test_one_flipped_bit_or_a_lost_end_is_refused(data: st.DataObject) -> None:
    grant = bytearray(sign(LOG, CLAIMS))
    bit = data.draw(st.integers(0, len(grant) * 8 - 1))
    grant[bit // 8] ^= 1 << bit % 8
    assert why(bytes(grant)) in set(WhyUngranted)
    whole = sign(LOG, CLAIMS)
    assert why(whole[: data.draw(st.integers(0, len(whole) - 1))]) in set(WhyUngranted)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(grant: bytes) -> None:
    assert why(grant) in set(WhyUngranted)


def test_a_gate_needs_two_keys() -> None:
    with pytest.raises(ValueError, match="keys of their own"):
        Gate(GrantKeys(entry=public_bytes(LOG), spool=public_bytes(LOG)))
    with pytest.raises(ValueError):
        Gate(GrantKeys(entry=b"", spool=public_bytes(SPOOL)))
