"""The embedded engine: every feed and session of this process, behind media.ports.Sfu.

Steps 7, 11, 12 and 13 of the story. Owns the port, the certificate, the tick and all bounds. Knows no people:
a holder is a name to end sessions by, and who subscribes shows a signed grant (media/grants). Offers are
answered without waiting, so that nothing can come between what was checked and what was done.
"""

import asyncio
import logging
import os
import re
import resource
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from media import negotiate, rtc
from media.config import SfuConfig
from media.ended import JustEnded
from media.feed import Feed
from media.granted import Granted
from media.grants import Claims, Gate, GrantKeys, read
from media.limits import Allowance, Budget
from media.negotiate import Agreed
from media.news import Newsroom
from media.peer import Handshakes, Peer
from media.port import Port
from media.ports import (
    ALONE,
    Answer,
    BadOffer,
    Closed,
    EndReason,
    EngineState,
    EngineStats,
    FeedId,
    FeedListener,
    FeedStats,
    Full,
    Group,
    Holder,
    IceFragment,
    Level,
    NoSuchSession,
    OpenFeed,
    OpenSession,
    SessionId,
    SessionSummary,
    Ungranted,
    WhyUngranted,
)
from media.publisher import Publisher
from media.rtp import Kind
from media.stats import Drops
from media.subscriber import Subscriber

_log = logging.getLogger(__name__)

TICK_S = 0.05
_GOODBYE_S = 5.0
_REPORT_EVERY_S = 60.0

_UFRAG = re.compile(r"^a=ice-ufrag:([0-9A-Za-z+/]{4,256})\s*$", re.MULTILINE | re.ASCII)
_PWD = re.compile(r"^a=ice-pwd:([0-9A-Za-z+/]{22,256})\s*$", re.MULTILINE | re.ASCII)

Session = Publisher | Subscriber


class EmbeddedSfu:
    """The engine in this process. Construct anywhere; `start` opens the port on the running loop."""

    def __init__(
        self,
        config: SfuConfig,
        listener: FeedListener,
        keys: GrantKeys,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`wall` tells unix time, s. Raises ValueError for keys that are none."""
        self.drops: Drops = Drops()
        self.ungranted = Counter[WhyUngranted]()
        self._gate, self._wall = Gate(keys), wall
        self._config = config
        self._listener = listener
        self._port = Port(config, self.drops)
        self._newsroom = Newsroom(self.drops)
        self._handshakes = Handshakes(config.handshakes)
        self._certificate: rtc.Certificate | None = None
        self._feeds: dict[FeedId, Feed] = {}
        self._sessions: dict[SessionId, Session] = {}
        self._holders: dict[Holder, set[SessionId]] = {}
        self._groups: dict[FeedId, Group] = {}
        self._tags: dict[SessionId, str] = {}
        self._budgets: dict[Holder, Budget] = {}
        self._ended = JustEnded()
        self._tasks: set[asyncio.Task[None]] = set()  # the peers' DTLS; each ends with its session
        self._timer: asyncio.TimerHandle | None = None
        self._next_second = 0.0
        self._next_report = 0.0
        self._drops_before: Drops = Drops()
        self._packets_before = [0, 0]  # in and out, of feeds that are gone
        self._tick_at = 0.0
        self._lag_ms = 0.0  # the longest of the last second
        self._lag_now_ms = 0.0

    @property
    def port(self) -> int:
        """The bound port, UDP and TCP; 0 before `start`."""
        return self._port.number

    @property
    def listening(self) -> bool:
        return self._certificate is not None

    @property
    def addresses(self) -> tuple[str, ...]:
        """What peers are told to send to."""
        return self._port.addresses

    async def start(self) -> None:
        """Open the port and begin. Raises OSError when the address cannot be bound."""
        for address in self._config.advertised:
            if not negotiate.is_address(address):
                raise ValueError(f"{address!r} is not an IP address that peers can be told")
        self._certificate = rtc.Certificate()
        self._port.open(self._config.host, self._config.port, self._config.advertised)
        self._newsroom.open()
        self._tick()

    async def stop(self) -> None:
        """End every session, tell the listener, and close the port."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for session in list(self._sessions.values()):
            self._end(session, EndReason.SHUTDOWN)
        self._feeds.clear()
        if self._tasks:  # they say goodbye on their way out
            _, late = await asyncio.wait(self._tasks, timeout=_GOODBYE_S)
            if late:
                _log.warning("%d peers did not end in time", len(late))
        self._port.close()
        self._certificate = None
        await self._newsroom.close()

    # media.ports.Sfu

    async def publish(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        group: Group = ALONE,
        tag: str = "",
        own: bool = False,
    ) -> Answer:
        agreed = negotiate.for_publisher(rtc.parse_offer(offer))
        self._admit(feed, holder, replaces=feed in self._feeds and self._feeds[feed].publisher is not None)
        home = self._feed(feed, group)
        if home.own not in (None, own):
            raise Closed("this feed is somebody else's kind of picture")
        home.own = own
        if home.publisher is not None:
            self._end(home.publisher, EndReason.REPLACED)
        session = Publisher(
            _session_id(), feed, holder, agreed, sink=home, config=self._config, drops=self.drops,
            later=asyncio.get_running_loop().call_later,
        )  # fmt: skip
        answer = self._open(session, agreed, {}, {})
        self._tags[session.session] = tag
        home.take_publisher(session)
        return answer

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        claims, until = self._granted(grant, feed, holder)
        agreed = negotiate.for_subscriber(rtc.parse_offer(offer))
        self._admit(feed, holder)
        home = self._feed(feed, group)
        if len(home.subscribers) >= self._config.subscribers_per_feed:
            raise Full("this feed has as many subscribers as it may")
        session = Subscriber(
            _session_id(), feed, holder, agreed, granted=Granted(claims, until), source=home,
            drops=self.drops, most=most,
        )  # fmt: skip
        answer = self._open(session, agreed, session.ssrcs, session.repairs)
        self._tags[session.session] = tag
        home.take_subscriber(session)
        return answer

    async def limit(self, session: SessionId, most: Level) -> None:
        known = self._sessions.get(session)
        if not isinstance(known, Subscriber):
            raise NoSuchSession("the session ended or never was, or it publishes")
        known.limit(most, time.monotonic())

    async def renew(self, grant: bytes) -> None:
        said = read(grant)
        claims, until = self._granted(grant, said.feed, said.holder)
        now, home = time.monotonic(), self._feeds.get(claims.feed)
        for each in home.subscribers.values() if home is not None else ():
            if each.holder == claims.holder:
                each.granted.renew(claims, until, each.seconds(now), each.packets, each.bytes_out)
        if home is not None:
            home.grants_changed()

    async def restart_ice(self, session: SessionId, fragment: str) -> IceFragment | None:
        known = self._sessions.get(session)
        if known is None:
            raise NoSuchSession("the session ended or never was")
        if len(fragment) > rtc.MAX_OFFER:
            raise BadOffer("the fragment is too long")
        ufrag, password = _UFRAG.search(fragment), _PWD.search(fragment)
        if (ufrag is None) != (password is None):
            raise BadOffer("ice-ufrag and ice-pwd belong together")
        if ufrag is None or password is None:
            if "a=candidate:" in fragment or "a=end-of-candidates" in fragment:
                return None  # an ICE-lite side never checks, so it has no use for candidates
            raise BadOffer("neither candidates nor an ice-ufrag")
        peer = known.peer
        if (ufrag[1], password[1]) == (peer.remote_ufrag, peer.remote_pwd):
            return None
        peer.restart_ice(ufrag[1], password[1])
        return IceFragment(sdp=negotiate.fragment(known.agreed, self._side(peer)), etag=peer.ufrag)

    async def end_session(self, session: SessionId, reason: EndReason) -> None:
        known = self._sessions.get(session)
        if known is not None:
            self._end(known, reason)

    async def end_holder(self, holder: Holder, reason: EndReason) -> None:
        self._ended.add(holder)
        for session in list(self._holders.get(holder, ())):
            self._end(self._sessions[session], reason)

    async def end_feed(self, feed: FeedId, reason: EndReason) -> None:
        if reason is EndReason.CLOSED:
            self._ended.add(feed)
        home = self._feeds.get(feed)
        if home is None:
            return
        for session in home.sessions():
            self._end(session, reason)
        self._forget(home)

    def session(self, session: SessionId) -> OpenSession | None:
        known = self._sessions.get(session)
        if known is None:
            return None
        return OpenSession(
            session=session,
            feed=known.feed,
            group=self._groups[known.feed],
            holder=known.holder,
            publishes=isinstance(known, Publisher),
            tag=self._tags[session],
            etag=known.peer.ufrag,
        )

    def state(self) -> EngineState:
        return EngineState(
            feeds=tuple(
                OpenFeed(feed=name, group=self._groups[name], live=home.is_live)
                for name, home in self._feeds.items()
            ),
            sessions=tuple(known for name in self._sessions if (known := self.session(name))),
        )

    async def settled(self) -> None:
        """Returns once everything that has happened so far has been told to the listener."""
        await self._newsroom.empty()

    async def stats(self) -> tuple[EngineStats, ...]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        feeds = tuple(home.stats() for home in self._feeds.values())
        return (
            EngineStats(
                index=self._config.index,
                pid=os.getpid(),
                sessions=len(self._sessions),
                feeds=feeds,
                packets_in=self._packets_before[0] + sum(feed.packets_in for feed in feeds),
                packets_out=self._packets_before[1] + sum(feed.packets_out for feed in feeds),
                cpu_s=used.ru_utime + used.ru_stime,
                loop_lag_ms=self._lag_ms,
                drops={drop.value: count for drop, count in self.drops.items()},
                ungranted={why.value: count for why, count in self.ungranted.items()},
            ),
        )

    def feed_stats(self, feed: FeedId) -> FeedStats | None:
        """One feed as it stands now; None when it is not here."""
        home = self._feeds.get(feed)
        return home.stats() if home is not None else None

    # Sessions

    def _granted(self, grant: bytes, feed: FeedId, holder: Holder) -> tuple[Claims, float]:
        """What allows it, and until when by the monotonic clock. Raises Ungranted, which is counted."""
        home, wall = self._feeds.get(feed), self._wall()
        try:
            claims = self._gate.verify(grant, feed, holder, wall, own=home is not None and bool(home.own))
        except Ungranted as no:
            self.ungranted[no.why] += 1
            raise
        return claims, time.monotonic() + claims.expires_at - wall

    def _admit(self, feed: FeedId, holder: Holder, *, replaces: bool = False) -> None:
        if not self.listening:
            raise Full("the engine is not running")
        self._ended.check(feed, holder)
        if len(self._sessions) - replaces >= self._config.sessions:
            raise Full("the engine has as many sessions as it may")
        if len(self._holders.get(holder, ())) - replaces >= self._config.sessions_per_holder:
            raise Full("what allows this has as many sessions as it may")

    def _feed(self, name: FeedId, group: Group) -> Feed:
        home = self._feeds.get(name)
        if home is None:
            if len(self._feeds) >= self._config.feeds:
                empty = next((f for f in self._feeds.values() if not f.publisher and not f.subscribers), None)
                if empty is None:
                    raise Full("the engine has as many feeds as it may")
                self._forget(empty)
            home = Feed(
                name,
                self.drops,
                over=self._end,
                live=self._went_live,
                levels=self._level_changed,
                soon=self._port.flush_soon,
            )
            self._feeds[name] = home
            self._groups[name] = group
        return home

    def _forget(self, home: Feed) -> None:
        stats = home.stats()
        self._packets_before[0] += stats.packets_in
        self._packets_before[1] += stats.packets_out
        del self._feeds[home.name], self._groups[home.name]

    def _open(
        self, session: Session, agreed: Agreed, ssrcs: Mapping[Kind, int], repairs: Mapping[Kind, int]
    ) -> Answer:
        assert self._certificate is not None
        peer = session.peer = Peer(
            self._port,
            self._certificate,
            agreed.offer,
            owner=session,
            publishes=isinstance(session, Publisher),
            handshakes=self._handshakes,
            drops=self.drops,
            allowance=Allowance(self._config.packets_per_peer),
            spawn=self._spawn,
            now=time.monotonic(),
        )
        self._sessions[session.session] = session
        self._holders.setdefault(session.holder, set()).add(session.session)
        sdp = negotiate.answer(
            agreed,
            self._side(peer),
            active=peer.active,
            ssrcs=ssrcs,
            repairs=repairs,
            start_bitrate_bps=self._config.start_bitrate_bps,
        )
        return Answer(session=session.session, sdp=sdp, etag=peer.ufrag)

    def _side(self, peer: Peer) -> negotiate.Side:
        assert self._certificate is not None
        return negotiate.Side(
            peer.ufrag, peer.password, self._certificate.fingerprint, self._port.addresses, self._port.number
        )

    def _spawn(self, peer: Peer) -> asyncio.Task[None]:
        task = asyncio.create_task(_survive(peer.run), name="media-dtls")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _end(self, session: Session, reason: EndReason) -> None:
        """End one session, once: nothing of it is sent or taken after this."""
        if self._sessions.pop(session.session, None) is None:
            return
        self._tags.pop(session.session, None)
        session.peer.close()
        of_holder = self._holders[session.holder]
        of_holder.discard(session.session)
        if not of_holder:
            del self._holders[session.holder]
            self._budgets.pop(session.holder, None)
        home = self._feeds[session.feed]
        if isinstance(session, Publisher):
            home.drop_publisher()
            self._newsroom.tell(partial(self._listener.ended, session.feed, reason, session.session))
        else:
            home.drop_subscriber(session)
            now = time.monotonic()
            summary = SessionSummary(
                session=session.session,
                feed=session.feed,
                holder=session.holder,
                reason=reason,
                seconds=session.seconds(now),
                bytes_out=session.bytes_out,
                by_grant=session.by_grant(now),
            )
            self._newsroom.tell(partial(self._listener.subscriber_ended, summary))

    # Time

    def _tick(self) -> None:
        """Every 50 ms: feedback, silence, and peers that are gone."""
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        now = time.monotonic()
        if self._tick_at:
            self._lag_now_ms = max(self._lag_now_ms, (now - self._tick_at - TICK_S) * 1000)
        self._tick_at = now
        second = now >= self._next_second
        if second:
            self._lag_ms, self._lag_now_ms = self._lag_now_ms, 0.0
            self._next_second = now + 1.0
            self._port.second(now)
            self._allow()
            self._report_drops(now)
        for feed in list(self._feeds.values()):
            try:
                feed.tick(now)
                if second:
                    feed.second(now)
                self._watch(feed, now)
            except Exception:  # one feed's fault must not stop the others' clock
                _log.exception("tick of %s failed", feed.name)

    def _allow(self) -> None:
        """Once a second: what each peer may send in the next one."""
        for holder, sessions in self._holders.items():
            budget = self._budgets.get(holder)
            if budget is None:
                budget = self._budgets[holder] = Budget(self._config.packets_per_holder)
            budget.second()
            for session in sessions:
                self._sessions[session].peer.second(budget)

    def _report_drops(self, now: float) -> None:
        """One line a minute, when anything was dropped: never one for each."""
        if now < self._next_report:
            return
        self._next_report = now + _REPORT_EVERY_S
        more = self.drops - self._drops_before
        self._drops_before = self.drops.copy()
        if more:
            words = ", ".join(f"{count} {drop.value}" for drop, count in more.most_common())
            _log.info("dropped within a minute: %s", words)

    def _watch(self, feed: Feed, now: float) -> None:
        config = self._config
        publisher = feed.publisher
        if publisher is not None and feed.is_live and now - (publisher.media_at or 0) > config.silent_after_s:
            feed.is_live = False
            self._newsroom.tell(partial(self._listener.went_silent, feed.name))
        for session in feed.sessions():
            peer = session.peer
            if not peer.up and now - peer.opened_at > config.connect_within_s:
                self._end(session, EndReason.FAILED)
            elif peer.up and now - peer.heard_at > session.patience(config, now):
                self._end(session, EndReason.SILENT)

    def _level_changed(self, session: Subscriber) -> None:
        told = partial(
            self._listener.subscriber_level, session.feed, session.session, session.holder, session.level
        )
        self._newsroom.tell(told)

    def _went_live(self, feed: Feed) -> None:
        self._newsroom.tell(partial(self._listener.went_live, feed.name))


async def _survive(run: Callable[[], Awaitable[None]]) -> None:
    try:
        await run()
    except Exception:  # a bug in DTLS ends one session, never the engine
        _log.exception("a peer's DTLS failed")


def _session_id() -> SessionId:
    return SessionId(f"ses_{secrets.token_hex(16)}")
