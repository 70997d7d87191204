"""A session URL opens for whoever made it and nobody else, also when this process is another by now."""

import pytest

from media.ports import ALONE, FeedId, Holder, NoSuchSession, SessionId
from signaling.ports import Bearer, Refused
from signaling.sessions import Protocol, find, tag
from tests.signaling.test_http import FakeSfu

SESSION = SessionId("ses_sub")


@pytest.fixture
async def sfu() -> FakeSfu:
    sfu = FakeSfu()
    kept = tag(Protocol.WHEP, Bearer("the-secret"))
    await sfu.subscribe(FeedId("fed_1"), Holder("grt_1"), "offer", grant=b"", group=ALONE, tag=kept)
    return sfu


async def test_what_the_engine_keeps_is_enough_to_know_a_session_by(sfu: FakeSfu) -> None:
    assert find(sfu, SESSION, Protocol.WHEP, Bearer("the-secret")).etag == "e1"
    with pytest.raises(Refused):
        find(sfu, SESSION, Protocol.WHEP, Bearer("another"))
    for session, protocol in ((SESSION, Protocol.WHIP), (SessionId("ses_none"), Protocol.WHEP)):
        with pytest.raises(NoSuchSession):
            find(sfu, session, protocol, Bearer("the-secret"))


async def test_no_secret_is_kept(sfu: FakeSfu) -> None:
    assert "the-secret" not in repr(sfu.state())
