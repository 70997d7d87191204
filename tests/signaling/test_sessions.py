"""The table of session URLs stays small and lets nobody in by chance."""

import pytest

from media.ports import NoSuchSession, SessionId
from signaling.ports import Bearer, Refused
from signaling.sessions import _MOST, Protocol, Sessions


def test_the_oldest_session_is_pushed_out() -> None:
    sessions = Sessions()
    for n in range(_MOST + 1):
        sessions.add(SessionId(f"ses_{n}"), Protocol.WHIP, Bearer("b"), "e")
    with pytest.raises(NoSuchSession):
        sessions.get(SessionId("ses_0"), Protocol.WHIP, Bearer("b"))
    assert sessions.get(SessionId("ses_1"), Protocol.WHIP, Bearer("b")).etag == "e"


def test_no_secret_is_kept() -> None:
    sessions = Sessions()
    sessions.add(SessionId("ses_1"), Protocol.WHEP, Bearer("the-secret"), "e")
    assert "the-secret" not in repr(sessions._entries)
    with pytest.raises(Refused):
        sessions.get(SessionId("ses_1"), Protocol.WHEP, Bearer("another"))
