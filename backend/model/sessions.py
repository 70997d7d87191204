"""Signed-in sessions as people see them: which device, since when, last used, and who may end whose."""

import re
from datetime import datetime
from enum import StrEnum

import msgspec

from backend.model.ids import SessionId, UnitId, UserId
from backend.model.people import Role, User

DEVICE_CHARS = 40
# The first that is found counts: every browser names others that it resembles, and every phone its system.
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("FxiOS", "Firefox"), ("Firefox/", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome")),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "Chromebook")),
    *(("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux")),
)


class SessionEnd(StrEnum):
    """Why somebody ends a session from another device."""

    LOST = "lost"
    STOLEN = "stolen"
    LEFT_OPEN = "left-open"  # on a computer that others use
    OTHER = "other"


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session that has not run out, with whose it is."""

    id: SessionId
    user_id: UserId
    name: str  # display name
    role: Role
    unit_id: UnitId | None  # where they are on duty
    device: str
    since: datetime
    seen_at: datetime
    locked_at: datetime | None


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser: never what it carries. `here` is the one that asks."""

    id: str
    device: str
    since: datetime
    seen_at: datetime  # when somebody last used it, to the minute
    locked: bool
    here: bool


class PersonSessions(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is signed in; `unit` is a call sign."""

    user_id: str
    name: str
    role: Role
    unit: str | None
    sessions: tuple[SessionView, ...]


def may_end(by: User, of: UserId, role: Role) -> bool:
    """One's own; a supervisor everybody's; a dispatcher officers'."""
    if by.id == of or by.role is Role.SUPERVISOR:
        return True
    return by.role is Role.DISPATCHER and role is Role.OFFICER


def device_words(user_agent: str) -> str:
    """A User-Agent header as somebody would say it: "Safari on iPhone". Of no use to decide anything by."""
    user_agent = user_agent[:400]
    browser = next((words for mark, words in _BROWSERS if mark in user_agent), None)
    system = next((words for mark, words in _SYSTEMS if mark in user_agent), None)
    if browser is None:
        plain = re.match(r"[A-Za-z][\w.-]{0,30}", user_agent, re.ASCII)
        browser = plain[0] if plain and "Mozilla" not in plain[0] else "A browser"
    words = browser if system is None else f"{browser} on {system}"
    return words[:DEVICE_CHARS]
