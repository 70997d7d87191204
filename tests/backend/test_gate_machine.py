"""Whatever people, owners, the clock and the log do: no packet reaches a viewer outside a logged grant.

A real engine with real peers, asked in the moment at which it sends: is there a grant of this holder for this
feed that has not run out, and is its entry in the log, or in the spool for a caller's own picture? What was
sent is counted there, and in the end the log tells the same.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backend.model.cameras import Pause
from backend.model.glass import GlassReason
from backend.model.grants import Grant, Scope
from backend.model.ids import (
    CameraId,
    GrantId,
    GrantSecret,
    IncidentId,
    SessionId,
    new_id,
    new_secret,
)
from backend.model.ids import FeedId as ModelFeedId
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.openings import OpeningEnd, Reason
from backend.model.people import StaffSession, User
from backend.model.positions import PositionReport
from backend.model.refusals import Refused
from backend.parts import build
from media import ports as media
from media.grants import Basis, read
from media.sfu import EmbeddedSfu
from media.subscriber import Subscriber
from signaling import ports as signaling
from tests.backend.filelog import FileLog
from tests.backend.house import Clock, House, embedded, filed
from tests.backend.house import settings as config_of
from tests.backend.lent import ASK, NEARBY, SHOP, Lent, Sockets, lending
from tests.lean import DELTA, KEYFRAME, LeanPeer
from tests.peers import until

CAMERAS, PEOPLE, PLACES = st.integers(0, 1), st.sampled_from(("dana", "lee", "sam")), st.integers(0, 1)
NO = (Refused, signaling.Refused, media.Ungranted, media.Closed, media.Full)


class _Rooms:
    """As much of a house as `lending` needs, with an engine that runs."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.parts = build(
            config_of(folder), self.clock, lambda config, heard: embedded(config, heard, self.clock), filed
        )


class Machine(RuleBasedStateMachine):
    """Two lent cameras, two incidents with a caller each, one engine, one log.

    A dispatcher, a supervisor, and an officer who sees only by the glass that the supervisor breaks.
    """

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self._folder / "data")
        self.outside: list[str] = []  # packets that nothing in the log allows
        self.broken: dict[str, datetime] = {}  # glass for the officer, by incident: until when
        self.holders: dict[str, tuple[str, str]] = {}  # who watches, and of which incident
        self.sent = Counter[str]()  # datagrams by session
        self.summaries: dict[str, media.SessionSummary] = {}

    def _do(self, what: Any) -> Any:
        """Run it; that it is refused is one of the outcomes."""
        try:
            return self._loop.run_until_complete(what)
        except NO:
            return None

    @initialize()
    def begin(self) -> None:
        self._loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        rooms: Any = _Rooms(self._folder / "data")
        self.clock, self.parts = rooms.clock, rooms.parts
        self.lent: Lent = await lending(cast(House, rooms))
        self.sockets: Sockets = self.lent.sockets
        self.sfu = cast(EmbeddedSfu, self.parts.sfu)
        self.log = cast(FileLog, self.parts.public_log)
        self.spooled: list[Any] = []
        self.peers: dict[str, LeanPeer] = {}
        await self.sfu.start()
        self._look_on()
        self.cameras = [CameraId(await self.lent.camera()) for _ in range(2)]
        self.sessions: dict[str, StaffSession] = {}
        async with self.parts.store.begin() as tx:
            for name in ("dana", "lee", "sam"):
                held = await tx.users.by_name(name)
                assert held is not None
                self.sessions[name] = _session(held[0], self.clock() + timedelta(days=300))
                await tx.sessions.add(self.sessions[name], new_secret(), self.clock())
        self.incidents = [await self._incident(), await self._incident()]

    def _look_on(self) -> None:
        """Every datagram that leaves for a subscriber is looked at as it leaves; every summary is kept."""
        open_session, told = self.sfu._open, self.parts.feeds.subscriber_ended
        real_grant = self.parts.uses.grant

        def opened(session: Any, *rest: Any) -> Any:
            answer = open_session(session, *rest)
            if isinstance(session, Subscriber):
                for name in ("send_rtp", "send_burst"):
                    setattr(session.peer, name, self._spied(session, getattr(session.peer, name)))
            return answer

        async def ended(summary: media.SessionSummary) -> None:
            self.summaries[summary.session] = summary
            await told(summary)

        async def granted(entry: Any, feed: Any, holder: Any) -> Any:
            signed = await real_grant(entry, feed, holder)
            claims = read(signed)
            if claims.basis is Basis.SPOOL:
                assert feed.kind is FeedKind.CALLER
                self.spooled.append(claims)
            return signed

        self.sfu._open = opened  # type: ignore[method-assign, assignment]
        self.parts.feeds.subscriber_ended = ended
        self.parts.uses.grant = granted

    def _spied(self, session: Subscriber, send: Any) -> Any:
        def spied(*what: Any) -> Any:
            count, size, octets = send(*what)
            if count:
                self.sent[session.session] += size
                now, leaves = self.clock().timestamp(), len(self.log._indexes)
                by = [
                    claims
                    for claims in (*self.log.granted, *self.spooled)
                    if (claims.feed, claims.holder) == (session.feed, session.holder)
                    and now < claims.expires_at
                    and (claims.basis is Basis.SPOOL or claims.index < leaves)
                ]
                who, incident = self.holders[session.holder]
                until_then = self.broken.get(incident)
                locked_out = who == "sam" and (until_then is None or self.clock() >= until_then)
                if not by or locked_out:
                    self.outside.append(session.session)
            return count, size, octets

        return spied

    async def _incident(self) -> tuple[IncidentId, ModelFeedId]:
        """An incident whose caller shows a picture."""
        at = PositionReport(latitude=SHOP.latitude, longitude=SHOP.longitude, accuracy_m=5.0)
        view = await self.parts.incidents.open(
            self.sessions["dana"].user, incident_type="Fire", words="", callback_number=None, position=at
        )
        incident, now = IncidentId(view.id), self.clock()
        feed = Feed(
            id=ModelFeedId(new_id("fed")),
            incident_id=incident,
            kind=FeedKind.CALLER,
            state=FeedState.WAITING,
            since=now,
        )
        grant = Grant(
            id=GrantId(new_id("grt")),
            scope=Scope.PUBLISH,
            incident_id=incident,
            feed_id=feed.id,
            issued_at=now,
            expires_at=now + timedelta(days=300),
        )
        secret = new_secret()
        async with self.parts.store.begin() as tx:
            await tx.feeds.add(feed)
            await tx.grants.add(grant, GrantSecret(secret).hashed)
        await self._publish(secret)
        return incident, feed.id

    async def _publish(self, secret: str) -> None:
        admission = await self.parts.access.admit_publisher(signaling.Bearer(secret))
        peer = LeanPeer("sendonly")
        answer = await self.sfu.publish(
            admission.feed, admission.holder, peer.offer(), group=admission.group, own=admission.own
        )
        await self._up(peer, answer)

    async def _up(self, peer: LeanPeer, answer: media.Answer) -> None:
        self.peers[answer.session] = peer
        await peer.answered(answer.sdp)
        await asyncio.wait_for(peer.up.wait(), 20)
        await until(lambda: all(s.peer.up for s in self.sfu._sessions.values()), "it is connected")

    @rule(who=PEOPLE, place=PLACES, camera=CAMERAS)
    def press(self, who: str, place: int, camera: int) -> None:
        async def press() -> None:
            self.parts.openings._rate._held.clear()
            user, incident = self.sessions[who].user, self.incidents[place][0]
            await self.parts.openings.open(user, incident, self.cameras[camera], Reason.SEE_SCENE)

        self._do(press())
        self._do(self._connectors_publish())

    async def _connectors_publish(self) -> None:
        publishing = {s.feed for s in self.sfu.state().sessions if s.publishes}
        for run, held in list(self.sockets.running.items()):
            if media.FeedId(run) not in publishing:
                await self._publish(held[2].reveal())

    @rule(who=PEOPLE, which=st.integers(0, 3))
    def watch(self, who: str, which: int) -> None:
        feeds = sorted(feed.feed for feed in self.sfu.state().feeds)
        if feeds:
            self._do(self._watch(who, feeds[which % len(feeds)]))

    @rule(place=PLACES)
    def both_watch_a_caller(self, place: int) -> None:
        for who in self.sessions:
            self._do(self._watch(who, media.FeedId(self.incidents[place][1])))

    @rule(who=PEOPLE, place=PLACES, camera=CAMERAS)
    def press_and_watch(self, who: str, place: int, camera: int) -> None:
        self.press(who, place, camera)
        for run in self.sockets.running:
            self._do(self._watch(who, media.FeedId(run)))

    async def _watch(self, who: str, feed: media.FeedId) -> None:
        self.parts.access._watches._held.clear()
        secret, _ = await self.parts.access.watch(self.sessions[who], ModelFeedId(feed))
        admission = await self.parts.access.admit_subscriber(signaling.Bearer(secret.reveal()), feed)
        self.holders[admission.holder] = (who, admission.group)
        peer = LeanPeer("recvonly")
        answer = await self.sfu.subscribe(
            admission.feed, admission.holder, peer.offer(), grant=admission.grant, group=admission.group
        )
        await self._up(peer, answer)

    @rule(place=PLACES, minutes=st.sampled_from((5, 30)), watches=st.booleans())
    def break_glass(self, place: int, minutes: int, watches: bool) -> None:
        async def break_it() -> None:
            self.parts.glass._rate._held.clear()
            incident, officer = self.incidents[place][0], self.sessions["sam"].user.id
            view = await self.parts.glass.break_for(
                self.sessions["lee"].user, incident, officer, GlassReason.NEAREST, minutes
            )
            self.broken[incident] = view.glass[0].expires_at
            if watches:
                await self._watch("sam", media.FeedId(self.incidents[place][1]))

        self._do(break_it())

    @rule(place=PLACES)
    def revoke_glass(self, place: int) -> None:
        async def revoke() -> None:
            async with self.parts.store.read() as tx:
                held = await tx.glass.of_incident(self.incidents[place][0])
            for glass in held:
                await self.parts.glass.revoke(self.sessions["lee"].user, glass.id)
            self.broken.pop(self.incidents[place][0], None)

        self._do(revoke())

    @rule(which=st.integers(0, 5))
    def hang_up(self, which: int) -> None:
        watching = [s.session for s in self.sfu.state().sessions if not s.publishes]
        if watching:
            session = watching[which % len(watching)]
            self._do(self.sfu.end_session(session, media.EndReason.HUNG_UP))

    @rule(camera=CAMERAS, level=st.sampled_from((NEARBY, ASK)))
    def set_level(self, camera: int, level: Any) -> None:
        self._do(self._set(camera, level=level))

    @rule(camera=CAMERAS, pause=st.booleans())
    def pause(self, camera: int, pause: bool) -> None:
        self._do(self._set(camera, pause=Pause(since=self.clock(), until=None) if pause else None))

    async def _set(self, camera: int, **fields: Any) -> None:
        await self.lent.change(self.cameras[camera], **fields)
        await self.parts.openings.camera_changed(self.cameras[camera], OpeningEnd.OWNER_CHANGED)

    @rule(camera=CAMERAS)
    def stop(self, camera: int) -> None:
        self._do(self.parts.openings.stop(self.cameras[camera]))

    @rule(who=PEOPLE, which=st.integers(0, 3), renew=st.booleans())
    def close_or_renew(self, who: str, which: int, renew: bool) -> None:
        async def one_of_them() -> None:
            async with self.parts.store.read() as tx:
                held = await tx.openings.all()
            if held:
                verb = self.parts.openings.renew if renew else self.parts.openings.close
                await verb(self.sessions[who].user, held[which % len(held)].id)

        self._do(one_of_them())

    @rule(minutes=st.sampled_from((1, 12, 31)), served=st.booleans())
    def time_passes(self, minutes: int, served: bool) -> None:
        """For the engine too. `served`: the web process is there, and does what it does each second."""
        self._pass(minutes)
        if served:
            self._do(self.parts.openings.look())
            self._do(self.parts.glass.look())
            self._do(self.parts.uses.look(self.sfu))

    @rule()
    def half_an_hour_passes_without_the_web_process(self) -> None:
        self._pass(31)

    def _pass(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        for session in self.sfu._sessions.values():
            if isinstance(session, Subscriber):
                session.granted.until -= minutes * 60
        for feed in self.sfu._feeds.values():
            feed.grants_changed()

    @rule(away=st.booleans(), loses=st.integers(0, 1))
    def the_log(self, away: bool, loses: int) -> None:
        self.log.away, self.log.loses = away, loses

    @rule()
    def hand_over(self) -> None:
        self._do(self.parts.uses.look(self.sfu))

    @rule(place=PLACES)
    def close_the_incident(self, place: int) -> None:
        async def again() -> None:
            await self.parts.incidents.close(self.sessions["dana"].user, self.incidents[place][0])
            self.broken.pop(self.incidents[place][0], None)
            self.incidents[place] = await self._incident()

        self._do(again())

    @invariant()
    def nobody_is_sent_what_no_entry_allows(self) -> None:
        if hasattr(self, "incidents"):
            self._loop.run_until_complete(self._send())
            assert self.outside == []

    async def _send(self) -> None:
        """Everybody who publishes sends; what arrives is forwarded to whoever may see it."""
        await self.sfu.settled()
        for session in self.sfu.state().sessions:
            if session.publishes:
                for payload in (KEYFRAME, DELTA, DELTA):
                    peer = self.peers[session.session]
                    peer.send(peer.frame(payload))
        await asyncio.sleep(0.02)

    def teardown(self) -> None:
        if hasattr(self, "incidents"):
            self._loop.run_until_complete(self._end())
        self._loop.close()
        shutil.rmtree(self._folder)

    async def _end(self) -> None:
        """Everything ends, the log is there: it tells what the engine counted, and all of it."""
        self.log.away = self.log.pause_s = self.log.loses = 0  # type: ignore[assignment]
        for incident, _ in self.incidents:
            await self.parts.incidents.close(self.sessions["dana"].user, incident)
        await self.sfu.settled()
        (stats,) = await self.sfu.stats()
        await self.parts.uses.hand_over()
        async with self.parts.store.read() as tx:
            rows = await tx.uses._where()
        leaves = self.log.leaves()
        assert len(leaves) == len(set(leaves)) == len(rows), "each leaf once, and none lost"
        assert all(row.index is not None and leaves[row.index] == row.leaf for row in rows)
        told = {row.session: {name: f.value for name, f in row.fields.items()} for row in rows if row.session}
        assert set(told) == set(self.summaries), "each session is told of, once"
        for session, summary in self.summaries.items():
            assert told[session]["duration_s"] == f"{summary.seconds:.1f}"
            assert int(told[session]["bytes"]) == summary.bytes_out == self.sent[session]
            parts = [entry.split(":") for entry in told[session]["entries"].split(",")]
            assert sum(int(part[2]) for part in parts) == summary.bytes_out
            by_index = {row.index: row for row in rows}
            for index, _, _ in parts:  # and by an entry that is about this person and this picture
                if index == "waiting":  # it ended before the log was back
                    continue
                row = by_index[int(index)]
                assert row.kind.value in ("open", "renew")
                assert row.feed_id == summary.feed
        packets = sum(by.packets for summary in self.summaries.values() for by in summary.by_grant)
        assert packets == stats.packets_out, "the engine forwarded no packet that is not counted to a grant"
        for peer in self.peers.values():
            await peer.close()
        await self.sfu.stop()
        await self.parts.store.close()


def _session(user: User, until_then: Any) -> StaffSession:
    return StaffSession(id=SessionId(new_id("ses")), user=user, expires_at=until_then)


def test_no_packet_reaches_anybody_outside_a_logged_grant_whatever_happens(peopled: Path) -> None:
    Machine.template = peopled
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6,
            phases=(Phase.generate,),  # a history takes seconds
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
