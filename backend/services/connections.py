"""Connections: what was last said of each caller's and each viewer's, for pages that come later.

Beside it which callers' pictures come as stills, and when each one's newest was taken.

Kept in memory and bounded; after a restart it is known again within seconds.
"""

from collections import OrderedDict
from datetime import datetime

from backend.model.ids import SessionId
from backend.model.pictures import Connection, Level
from backend.model.views import LevelChanged

FEEDS = 2000  # the one unchanged for longest is forgotten first
VIEWERS = 4000


class Connections:
    """What is said now."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, Connection] = OrderedDict()
        self._viewers: OrderedDict[str, tuple[SessionId | None, LevelChanged]] = OrderedDict()
        self._stills: OrderedDict[str, datetime] = OrderedDict()

    def of(self, feed: str) -> Connection | None:
        """How this feed's caller is connected; None when nothing is known."""
        return self._callers.get(feed)

    def said(self, feed: str, connection: Connection) -> None:
        """This is what its watchers are told."""
        self._callers[feed] = connection
        self._callers.move_to_end(feed)
        if len(self._callers) > FEEDS:
            self._callers.popitem(last=False)

    def still_at(self, feed: str) -> datetime | None:
        """When the newest still of this feed was taken; None for a feed that is video, or nothing."""
        return self._stills.get(feed)

    def shows_still(self, feed: str, at: datetime | None) -> None:
        """What comes of this feed is stills; with None it is not (any more)."""
        self._stills.pop(feed, None)
        if at is not None:
            self._stills[feed] = at
        if len(self._stills) > FEEDS:
            self._stills.popitem(last=False)

    def level(self, session: str) -> Level | None:
        """What this media session's viewer was told last."""
        held = self._viewers.get(session)
        return held[1].level if held else None

    def staff_session(self, session: str) -> SessionId | None:
        """Whose this media session is, as far as that was ever told here."""
        held = self._viewers.get(session)
        return held[0] if held else None

    def told(self, staff: SessionId | None, event: LevelChanged) -> None:
        """This is what a viewer is told; `staff` is the signed-in session that watches."""
        self._viewers[event.session] = staff, event
        self._viewers.move_to_end(event.session)
        if len(self._viewers) > VIEWERS:
            self._viewers.popitem(last=False)

    def ended(self, session: str) -> None:
        """This media session is over."""
        self._viewers.pop(session, None)

    def levels_of(self, staff: SessionId) -> list[LevelChanged]:
        """Everything that a page of this signed-in session must know."""
        return [
            event for of, event in self._viewers.values() if of == staff and event.level is not Level.FULL
        ]
