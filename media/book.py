"""What is open on one media process, as far as the pool was told: its books outlive the process by a moment.

Remembers and counts, and decides nothing: media/pool places, ends and tells.
"""

import time

from media import control
from media.ports import (
    ByGrant,
    EndReason,
    EngineState,
    EngineStats,
    FeedId,
    Group,
    OpenSession,
    SessionId,
    SessionSummary,
)


class Book:
    """Of one process, in one of its lives."""

    def __init__(self) -> None:
        self.feeds: dict[FeedId, Group] = {}
        self.live: set[FeedId] = set()
        self.sessions: dict[SessionId, OpenSession] = {}
        self.opened_at: dict[SessionId, float] = {}  # monotonic
        self.sent: dict[SessionId, tuple[ByGrant, ...]] = {}  # as the figures last said

    def add(self, session: OpenSession) -> None:
        self.sessions[session.session] = session
        self.opened_at[session.session] = time.monotonic()
        self.feeds[session.feed] = session.group

    def remove(self, session: SessionId) -> OpenSession | None:
        self.opened_at.pop(session, None)
        self.sent.pop(session, None)
        return self.sessions.pop(session, None)

    def knows(self, news: control.News) -> bool:
        """Whether it is about something that is open here."""
        match news:
            case control.SubscriberEnded(_, summary):
                return summary.session in self.sessions
            case control.SubscriberLevel(_, _, session) | control.Ended(_, _, _, session):
                return session in self.sessions
        return any(known.publishes and known.feed == news.feed for known in self.sessions.values())

    def count(self, stats: EngineStats) -> None:
        """The figures that it gave."""
        for feed in stats.feeds:
            for subscriber in feed.subscribers:
                if subscriber.session in self.sessions:
                    self.sent[subscriber.session] = subscriber.by_grant

    def restated(self, state: EngineState) -> "Book":
        """What is open there by this word; what is remembered of a session goes on."""
        book = Book()
        for feed in state.feeds:
            book.feeds[feed.feed] = feed.group
            if feed.live:
                book.live.add(feed.feed)
        for session in state.sessions:
            book.add(session)
            if session.session in self.opened_at:
                book.opened_at[session.session] = self.opened_at[session.session]
            if session.session in self.sent:
                book.sent[session.session] = self.sent[session.session]
        return book

    def failed(self, session: OpenSession) -> SessionSummary:
        """A subscriber's session that is over because its process is; nobody else can tell."""
        sent = self.sent.get(session.session, ())  # at least: of the last figures
        return SessionSummary(
            session=session.session,
            feed=session.feed,
            holder=session.holder,
            reason=EndReason.FAILED,
            seconds=time.monotonic() - self.opened_at[session.session],  # at most: as long as we knew of it
            bytes_out=sum(each.bytes_out for each in sent),
            by_grant=sent,
        )

    def forget(self, feed: FeedId) -> None:
        """The feed is over; its sessions are told as ended one by one."""
        self.feeds.pop(feed, None)
        self.live.discard(feed)
