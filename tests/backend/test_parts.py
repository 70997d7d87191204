"""The small parts by themselves: ids, proofs, keys, rates, and the rules for links and grants."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from backend.model import grants, links
from backend.model.entries import Action, Entry, digest
from backend.model.grants import Grant, Scope
from backend.model.ids import (
    Cookie,
    FeedId,
    GrantId,
    IncidentId,
    LinkId,
    Secret,
    Token,
    base62,
    new_id,
    new_secret,
)
from backend.model.links import DeliveryState, Link, LinkKind, LinkState
from backend.model.positions import Position, PositionSource, distance_m
from backend.model.refusals import Refusal
from backend.services import credentials
from backend.services.credentials import COST, Passwords  # read before tests make it cheap
from backend.services.fresh import Together
from backend.services.keys import Keys, same
from backend.services.limits import Rate, Turns
from backend.services.proofs import proves, thumbprint

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEYS = Keys(b"k" * 32)

# Ids and secrets


@given(st.binary(min_size=16, max_size=16))
def test_base_62_is_22_characters_and_keeps_all_bits(raw: bytes) -> None:
    text = base62(raw)
    assert len(text) == 22
    assert text.isalnum()
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for character in text:
        number = number * 62 + digits.index(character)
    assert number.to_bytes(16, "big") == raw


@pytest.mark.parametrize("size", [0, 15, 17])
def test_base_62_takes_128_bits_only(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        base62(bytes(size))


def test_ids_and_secrets_do_not_repeat() -> None:
    assert len({new_id("inc") for _ in range(1000)} | {new_secret() for _ in range(1000)}) == 2000
    assert new_id("inc").startswith("inc_")


def test_a_secret_never_shows_itself() -> None:
    for secret in (Token("tok"), Cookie("tok"), Secret("tok")):
        for text in (repr(secret), str(secret), f"{secret}", f"{[secret]}", str([secret])):
            assert "tok" not in text
        assert secret.reveal() == "tok"
        assert "tok" not in secret.hashed


@pytest.mark.parametrize("text", ["", "x" * 129])
def test_a_secret_has_a_length(text: str) -> None:
    with pytest.raises(ValueError, match="128"):
        Secret(text)


@given(st.text(min_size=1, max_size=128))
def test_any_text_can_be_hashed_and_compared(text: str) -> None:
    assert len(Secret(text).hashed) == 64
    assert same(text, "x") is (text == "x")


async def test_a_password_costs_what_rfc_9106_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "COST", COST)
    passwords = Passwords()
    kept = await passwords.hash("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.matches(kept, "correct horse battery")
    assert not await passwords.matches(kept, "correct horse batterz")


# Keys


def test_what_derives_from_the_key_is_the_same_each_time_and_differs_by_purpose() -> None:
    one, two = LinkId("lnk_1"), LinkId("lnk_2")
    assert KEYS.token(one).reveal() == Keys(b"k" * 32).token(one).reveal()
    made: list[str] = [
        KEYS.token(one).reveal(),
        KEYS.token(two).reveal(),
        Keys(b"j" * 32).token(one).reveal(),
        KEYS.csrf(one),  # type: ignore[arg-type]
        KEYS.challenge(one, NOW).partition(".")[2],
        KEYS.code_hash("lnk_1"),
    ]
    assert len(set(made)) == len(made)


@given(st.text(max_size=60))
def test_no_text_is_taken_for_a_challenge(text: str) -> None:
    assert KEYS.challenge_is_fresh(text, LinkId("lnk_1"), NOW) is False


@pytest.mark.parametrize(
    ("age", "fresh"), [(0, True), (600, True), (601, False), (-60, True), (-61, False), (10**8, False)]
)
def test_a_challenge_has_an_age(age: int, fresh: bool) -> None:
    challenge = KEYS.challenge(LinkId("lnk_1"), NOW)
    assert KEYS.challenge_is_fresh(challenge, LinkId("lnk_1"), NOW + timedelta(seconds=age)) is fresh
    assert not KEYS.challenge_is_fresh(challenge, LinkId("lnk_2"), NOW)


# Proofs


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def proof(key: ec.EllipticCurvePrivateKey, challenge: str = "c", token: str = "t") -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    text = f"sightline-redeem\n{challenge}\n{token}".encode()
    r, s = decode_dss_signature(key.sign(text, ec.ECDSA(SHA256())))
    return {
        "x": b64(numbers.x.to_bytes(32, "big")),
        "y": b64(numbers.y.to_bytes(32, "big")),
        "signature": b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")),
        "challenge": challenge,
        "token": token,
    }


def test_a_thumbprint_is_that_of_rfc_7638() -> None:
    """The P-256 key of RFC 7517, appendix A.1; its thumbprint as other libraries give it."""
    x, y = "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"
    assert thumbprint(x, y) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_one_key_has_one_thumbprint_however_it_is_written() -> None:
    """Base64 has spare bits and two alphabets: a browser could else look like another one."""
    key = ec.generate_private_key(ec.SECP256R1())
    good = proof(key)
    name = proves(**good)
    assert name == thumbprint(good["x"], good["y"])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(good["x"][-1])
    for other in (good["x"][:-1] + alphabet[last + 1], good["x"] + "=", good["x"].replace("-", "+")):
        assert proves(**{**good, "x": other}) in (name, None)


def test_a_proof_is_for_its_own_key_challenge_and_token() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    good, other = proof(key), proof(ec.generate_private_key(ec.SECP256R1()))
    assert proves(**good) is not None
    for name in good:
        assert proves(**{**good, name: other[name] if name in ("x", "y", "signature") else "z"}) is None


@given(st.text(max_size=90), st.text(max_size=64), st.text(max_size=64))
def test_no_text_proves_anything(signature: str, x: str, y: str) -> None:
    assert proves(x=x, y=y, signature=signature, challenge="c", token="t") is None


@given(st.binary(min_size=64, max_size=64))
def test_no_bytes_are_a_signature(raw: bytes) -> None:
    good = proof(ec.generate_private_key(ec.SECP256R1()))
    assert proves(**{**good, "signature": b64(raw)}) is None


# Rates


def test_a_rate_allows_a_burst_and_then_so_many_a_second() -> None:
    now = [0.0]
    rate = Rate(every_s=2, burst=3, clock=lambda: now[0])
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False]
    assert rate.take("b")
    now[0] = 1.9
    assert not rate.take("a")
    now[0] = 2.1
    assert rate.take("a")
    assert not rate.take("a")
    now[0] = 1000
    assert [rate.take("a") for _ in range(4)] == [True, True, True, False]


def test_a_refusal_does_not_push_the_next_chance_away() -> None:
    now = [0.0]
    rate = Rate(every_s=1, burst=1, clock=lambda: now[0])
    assert rate.take("a")
    allowed = 0
    for _ in range(100):
        now[0] += 0.1
        allowed += rate.take("a")
    assert allowed in (9, 10)


def test_a_rate_remembers_a_bounded_number_of_keys() -> None:
    rate = Rate(every_s=1000, burst=1, keys=3)
    for key in "abcdefgh":
        assert rate.take(key)
    assert len(rate._held) == 3
    assert not rate.take("h")


def test_a_turn_is_kept_by_whoever_comes_back_and_lapses_by_itself() -> None:
    now = [0.0]
    turns = Turns(lapses_s=15, keys=2, clock=lambda: now[0])
    assert turns.take("link", "first")
    assert not turns.take("link", "second")
    now[0] = 14
    assert turns.take("link", "first")
    now[0] = 28
    assert not turns.take("link", "second")
    now[0] = 29
    assert turns.take("link", "second")
    assert not turns.take("link", "first")
    turns.free("link")
    assert turns.take("link", "first")
    for other in ("a", "b"):
        assert turns.take(other, "somebody")
    assert turns.take("link", "second")  # forgotten: only so many are kept


# Answers that many want


async def test_who_comes_together_shares_an_answer_that_began_after_they_came() -> None:
    asked, let = 0, asyncio.Event()

    async def question() -> int:
        nonlocal asked
        asked += 1
        mine = asked
        await let.wait()
        return mine

    together = Together[int]()
    first = asyncio.create_task(together.ask(question))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert asked == 1
    others = [asyncio.create_task(together.ask(question)) for _ in range(5)]
    await asyncio.sleep(0)
    others[0].cancel()  # the one whose question it is leaves
    let.set()
    assert [await first, *await asyncio.gather(*others[1:])] == [1, 2, 2, 2, 2]
    assert await together.ask(question) == 3


# Rules


def a_link(**more: Any) -> Link:
    given = {
        "id": LinkId("lnk_1"),
        "incident_id": IncidentId("inc_1"),
        "feed_id": FeedId("fed_1"),
        "kind": LinkKind.LIVE,
        "number": "+12125550123",
        "issued_at": NOW,
        "expires_at": NOW + timedelta(minutes=60),
    }
    return Link(**{**given, **more})


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, LinkState.QUEUED),
        ({"delivery": DeliveryState.SENDING}, LinkState.QUEUED),
        ({"delivery": DeliveryState.SENT}, LinkState.SENT),
        ({"delivery": DeliveryState.DELIVERED}, LinkState.DELIVERED),
        ({"delivery": DeliveryState.FAILED}, LinkState.FAILED),
        ({"delivery": DeliveryState.FAILED, "opened_at": NOW}, LinkState.OPENED),
        ({"opened_at": NOW, "redeemed_at": NOW}, LinkState.SHARING),
        ({"redeemed_at": NOW, "expires_at": NOW}, LinkState.SHARING),
        ({"redeemed_at": NOW, "ended_at": NOW}, LinkState.ENDED),
        ({"ended_at": NOW, "revoked_at": NOW}, LinkState.REVOKED),
        ({"expires_at": NOW}, LinkState.EXPIRED),
        ({"expires_at": NOW, "revoked_at": NOW}, LinkState.REVOKED),
    ],
)
def test_a_link_has_one_state(change: dict[str, Any], state: LinkState) -> None:
    assert links.state(a_link(**change), NOW) is state


def test_every_state_of_a_text_is_a_state_of_its_link() -> None:
    for delivery in DeliveryState:
        assert links.state(a_link(delivery=delivery), NOW) in LinkState


@pytest.mark.parametrize(
    ("change", "scope", "refusal"),
    [
        ({}, Scope.PUBLISH, None),
        ({}, Scope.POSITION, None),
        ({}, Scope.WATCH, Refusal.WRONG_SCOPE),
        ({"scope": Scope.POSITION}, Scope.PUBLISH, Refusal.WRONG_SCOPE),
        ({"scope": Scope.WATCH}, Scope.POSITION, Refusal.WRONG_SCOPE),
        ({"revoked_at": NOW}, Scope.PUBLISH, Refusal.GRANT_REVOKED),
        ({"expires_at": NOW}, Scope.PUBLISH, Refusal.GRANT_EXPIRED),
        ({"expires_at": NOW, "revoked_at": NOW}, Scope.WATCH, Refusal.GRANT_REVOKED),
    ],
)
def test_a_grant_allows_its_own_scope_while_it_lasts(
    change: dict[str, Any], scope: Scope, refusal: Refusal | None
) -> None:
    given = {
        "id": GrantId("grt_1"),
        "scope": Scope.PUBLISH,
        "incident_id": IncidentId("inc_1"),
        "issued_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
    }
    assert grants.check(Grant(**{**given, **change}), scope, NOW) is refusal
    assert grants.check(None, scope, NOW) is Refusal.GRANT_UNKNOWN


def test_distances_on_earth() -> None:
    def at(latitude: float, longitude: float) -> Position:
        return Position(
            latitude=latitude, longitude=longitude, accuracy_m=1, at=NOW, source=PositionSource.UNIT
        )

    assert distance_m(at(0, 0), at(0, 0)) == 0
    assert distance_m(at(0, 0), at(1, 0)) == pytest.approx(111_195, abs=1)
    assert distance_m(at(60, 179.5), at(60, -179.5)) == pytest.approx(55_597, abs=5)
    assert distance_m(at(90, 0), at(-90, 77)) == pytest.approx(20_015_115, abs=2)


def test_an_entrys_hash_covers_every_field() -> None:
    entry = Entry(
        index=1,
        at=NOW,
        action=Action.LINK_OPEN,
        actor="a",
        subject="b",
        incident_id=None,
        refusal=None,
        details={"x": "1", "y": "2"},
        previous="p",
        hash="",
    )
    changed: list[dict[str, Any]] = [
        {"index": 2},
        {"at": NOW + timedelta(microseconds=1)},
        {"action": Action.LINK_REDEEM},
        {"actor": "ab"},
        {"subject": "c"},
        {"incident_id": ""},
        {"refusal": ""},
        {"details": {"x": "1"}},
        {"details": {"x": "1y", "2": ""}},
        {"previous": "q"},
    ]
    hashes = {digest(entry)} | {digest(msgspec.structs.replace(entry, **change)) for change in changed}
    assert len(hashes) == len(changed) + 1
    same_entry = msgspec.structs.replace(entry, details={"y": "2", "x": "1"}, hash="whatever")
    assert digest(same_entry) == digest(entry)
