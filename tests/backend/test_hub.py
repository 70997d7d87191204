"""The hub: who hears what in which order, what is kept for a page that comes back, and for how long."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from backend import hub as hub_module
from backend.hub import KEPT, QUEUE, Full, Hub, Listener, News, SessionEnded, TooSlow
from backend.model.ids import SessionId, UserId
from backend.model.people import Role, StaffSession, User

SAM = StaffSession(
    id=SessionId("ses_1"),
    user=User(id=UserId("usr_1"), name="sam", display_name="Sam Ortiz", role=Role.OFFICER),
    expires_at=datetime(2026, 11, 27, tzinfo=UTC),
)


class Told:
    """Trims nothing."""

    user = SAM.user

    async def whole(self) -> list[msgspec.Struct]:
        return []

    async def hears(self, news: News) -> list[msgspec.Struct]:
        return [news]


async def told(listener: Listener) -> msgspec.Struct:
    """The next piece of news."""
    await listener.wait()
    piece = listener.first
    assert piece is not None
    listener.done()
    return piece.news


async def test_each_listener_hears_everything_in_order_encoded_once() -> None:
    hub = Hub()
    async with hub.listen(SAM, Told()) as one, hub.listen(SAM, Told()) as two:
        for number in range(5):
            await hub.publish(SessionEnded(session_id=str(number)))
        assert one.first is not None
        assert two.first is not None
        assert one.first.json() is two.first.json()
        for listener in (one, two):
            heard = [await told(listener) for _ in range(5)]
            assert [news.session_id for news in heard if isinstance(news, SessionEnded)] == list("01234")
    await hub.publish(SessionEnded(session_id="nobody listens"))


async def test_a_slow_listener_is_let_go_and_the_others_are_not() -> None:
    hub = Hub()
    async with hub.listen(SAM, Told()) as slow, hub.listen(SAM, Told()) as quick:
        for number in range(QUEUE + 1):
            await hub.publish(SessionEnded(session_id=str(number)))
            await told(quick)
        with pytest.raises(TooSlow):
            await slow.wait()
    assert hub.known(slow.name, SAM) is None
    assert hub.known(quick.name, SAM) is quick


async def test_who_went_away_makes_room_the_longest_away_first_and_is_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub_module, "LISTENERS", 2)
    seconds = 0.0
    hub = Hub(lambda: seconds)
    async with hub.listen(SAM, Told()) as first:
        async with hub.listen(SAM, Told()) as second:
            with pytest.raises(Full):
                async with hub.listen(SAM, Told()):
                    pass
        assert hub.listeners == 1
        assert hub.known(second.name, SAM) is second
        assert hub.known(second.name, msgspec.structs.replace(SAM, id=SessionId("ses_2"))) is None
        async with hub.listen(SAM, Told()) as third:
            assert second.over
            waiting = asyncio.create_task(told(third))
            await asyncio.sleep(0)
            await hub.publish(SessionEnded(session_id="x"))
            assert await waiting == SessionEnded(session_id="x")
    assert not hub.hears(SAM.user.id)
    seconds = hub_module.AWAY_S + 1
    assert [hub.known(page.name, SAM) for page in (first, third)] == [None, None]


def test_what_was_said_is_said_again_by_number_while_all_of_it_is_kept() -> None:
    page = Listener(SAM, Told())
    assert page.since(0) == []
    assert page.say(b'{"a":1}') == b'{"n":1,"a":1}'
    page.say(b'{"a":2}')
    assert page.since(0) == [b'{"n":1,"a":1}', b'{"n":2,"a":2}']
    assert [page.since(number) for number in (2, 3, -1)] == [[], None, None]
    page.say(b'{"whole":1}', anew=True)
    assert (page.since(2), page.since(3)) == (None, [])
    for _ in range(KEPT + 5):
        page.say(b"{}")
    assert page.since(3) is None
    assert len(page.since(page.last - KEPT) or []) == KEPT
    page.say(b" " * hub_module.KEPT_BYTES)
    assert [page.since(page.last - missed) is None for missed in (0, 1, 2)] == [False, False, True]


async def test_of_many_sockets_for_one_page_the_last_has_it() -> None:
    hub, page, had = Hub(), Listener(SAM, Told()), []

    async def socket(number: int) -> None:
        async with hub.hold(page):
            had.append(number)
            if number < 3:
                await page.wanted.wait()

    async with asyncio.timeout(10):
        await asyncio.gather(*map(socket, range(4)))
    assert had == [0, 1, 2, 3]
