"""Whatever people, owners, connectors and time do, in whatever order: what runs is what somebody has open."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backend.model.cameras import Pause
from backend.model.ids import CameraId, ConnectorId, IncidentId, SessionId, UserId, new_id, new_secret
from backend.model.openings import OpeningEnd, Reason
from backend.model.people import StaffSession, User
from backend.model.positions import PositionReport
from backend.model.refusals import Refused
from backend.parts import build
from tests.backend.house import Clock, House, embedded, filed
from tests.backend.house import settings as config_of
from tests.backend.lent import ASK, NEARBY, REGISTRY, SHOP, Lent, Sockets, lending

CAMERAS, PEOPLE, PLACES = st.integers(0, 1), st.sampled_from(("dana", "lee")), st.integers(0, 1)


class _Rooms:
    """As much of a house as `lending` needs: no HTTP, no engine that runs."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.clock = Clock()
        config = config_of(folder, database_url=database_url)
        self.parts = build(config, self.clock, embedded, filed)


class Gate(RuleBasedStateMachine):
    """Two cameras of one connector, two incidents, two people."""

    template: Path
    database: Callable[[], str]  # one more, with the people in it; empty for SQLite

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self._folder / "data")

    def _do(self, what: Any) -> Any:
        """Run it; that it is refused is one of the outcomes."""
        try:
            return self._loop.run_until_complete(what)
        except Refused:
            return None

    def _together(self, doing: list[Any]) -> None:
        async def all_of_it() -> None:
            for outcome in await asyncio.gather(*doing, return_exceptions=True):
                assert outcome is None or isinstance(outcome, Refused), outcome

        self._do(all_of_it())

    @initialize()
    def begin(self) -> None:
        async def begin() -> None:
            self.rooms: Any = _Rooms(self._folder / "data", type(self).database())
            self.parts = self.rooms.parts
            self.lent: Lent = await lending(cast(House, self.rooms))  # it needs no more of a house
            self.sockets: Sockets = self.lent.sockets
            self.cameras = [CameraId(await self.lent.camera()) for _ in range(2)]
            self.users: dict[str, User] = {}
            async with self.parts.store.begin() as tx:
                for name in ("dana", "lee"):
                    held = await tx.users.by_name(name)
                    assert held is not None
                    self.users[name] = held[0]
            for name in self.users:
                await self._sign_in(name)
            self.incidents = [await self._incident(), await self._incident()]

        self._loop.run_until_complete(begin())

    async def _sign_in(self, name: str) -> None:
        until = self.rooms.clock() + timedelta(days=300)
        session = StaffSession(id=SessionId(new_id("ses")), user=self.users[name], expires_at=until)
        async with self.parts.store.begin() as tx:
            await tx.sessions.add(session, new_secret(), self.rooms.clock())

    async def _incident(self) -> IncidentId:
        at = PositionReport(latitude=SHOP.latitude, longitude=SHOP.longitude, accuracy_m=5.0)
        view = await self.parts.incidents.open(
            self.users["dana"], incident_type="Fire", words="", callback_number=None, position=at
        )
        return IncidentId(view.id)

    @rule(who=PEOPLE, place=PLACES, camera=CAMERAS)
    def press(self, who: str, place: int, camera: int) -> None:
        self._do(self._press(who, place, camera))

    @rule(place=PLACES, camera=CAMERAS)
    def press_together(self, place: int, camera: int) -> None:
        self._together([self._press(who, place, camera) for who in ("dana", "lee", "dana")])

    @rule(who=PEOPLE, place=PLACES, camera=CAMERAS)
    def press_while_the_owner_pauses(self, who: str, place: int, camera: int) -> None:
        self._together([self._press(who, place, camera), self._set(camera, pause=True)])
        self.nothing_of(camera)
        self._do(self._set(camera, pause=False))

    async def _press(self, who: str, place: int, camera: int) -> None:
        self.parts.openings._rate._held.clear()  # how often one may press is not what is tried here
        await self.parts.openings.open(
            self.users[who], self.incidents[place], self.cameras[camera], Reason.SEE_SCENE
        )

    @rule(camera=CAMERAS, level=st.sampled_from((NEARBY, ASK, REGISTRY)))
    def set_level(self, camera: int, level: Any) -> None:
        self._do(self._set(camera, level=level))
        if level is not NEARBY:
            self.nothing_of(camera)

    async def _set(self, camera: int, pause: bool | None = None, **fields: Any) -> None:
        end = OpeningEnd.OWNER_CHANGED
        if pause is not None:
            end = OpeningEnd.OWNER_PAUSED
            fields["pause"] = Pause(since=self.rooms.clock(), until=None) if pause else None
        await self.lent.change(self.cameras[camera], **fields)
        await self.parts.openings.camera_changed(self.cameras[camera], end)

    @rule(camera=CAMERAS)
    def stop(self, camera: int) -> None:
        self._do(self.parts.openings.stop(self.cameras[camera]))
        self.nothing_of(camera)

    @rule(who=PEOPLE, which=st.integers(0, 3), renew=st.booleans())
    def close_or_renew(self, who: str, which: int, renew: bool) -> None:
        held = self._held()
        if held:
            verb = self.parts.openings.renew if renew else self.parts.openings.close
            self._do(verb(self.users[who], held[which % len(held)].id))

    @rule(minutes=st.sampled_from((1, 10, 31)))
    def time_passes(self, minutes: int) -> None:
        self.rooms.clock.advance(minutes=minutes)
        self._do(self.parts.openings.look())

    @rule(place=PLACES)
    def close_the_incident(self, place: int) -> None:
        async def again() -> None:
            await self.parts.incidents.close(self.users["dana"], self.incidents[place])
            self.incidents[place] = await self._incident()

        self._do(again())

    @rule(who=PEOPLE)
    def sign_out_and_in(self, who: str) -> None:
        async def out_and_in() -> None:
            async with self.parts.store.begin() as tx:
                await tx.sessions.expire_all(self.users[who].id, self.rooms.clock())
            await self.parts.sessions.end_expired()
            async with self.parts.store.read() as tx:
                assert await tx.openings.of_users([UserId(self.users[who].id)]) == []
            await self._sign_in(who)

        self._do(out_and_in())

    @rule()
    def the_connector_leaves(self) -> None:
        self.sockets.away.add(self.lent.connector)
        self.sockets.forgets(self.lent.connector)
        self._do(self.parts.openings.connector_away(ConnectorId(self.lent.connector)))

    @rule()
    def the_connector_comes(self) -> None:
        self.sockets.away.clear()
        self.sockets.forgets(self.lent.connector)
        self._do(self.parts.openings.connector_back(ConnectorId(self.lent.connector)))

    @rule(which=st.integers(0, 3))
    def a_run_fails(self, which: int) -> None:
        runs = sorted(self.sockets.running)
        if runs:
            run = runs[which % len(runs)]
            del self.sockets.running[run]
            self._do(self.parts.openings.run_failed(run, "no"))

    def _held(self) -> list[Any]:
        async def read() -> list[Any]:
            async with self.parts.store.read() as tx:
                return await tx.openings.all()

        return self._loop.run_until_complete(read())

    def nothing_of(self, camera: int) -> None:
        assert [held for held in self._held() if held.camera_id == self.cameras[camera]] == []

    @invariant()
    def what_runs_is_what_is_open(self) -> None:
        if not hasattr(self, "incidents"):
            return
        held = self._held()
        of_feed = {opening.feed_id: (opening.camera_id, opening.incident_id) for opening in held}
        assert len(set(of_feed.values())) == len(of_feed), "one camera of one incident has two feeds"
        assert len({(o.user_id, o.camera_id, o.incident_id) for o in held}) == len(held)
        if self.sockets.away:
            assert self.sockets.running == {}
        else:
            assert set(self.sockets.running) == set(of_feed)

    @invariant()
    def no_grant_outlives_what_allowed_it(self) -> None:
        if not hasattr(self, "incidents"):
            return

        async def read() -> None:
            async with self.parts.store.read() as tx:
                open_now = {opening.feed_id for opening in await tx.openings.all()}
                for incident in self.incidents:
                    for feed in await tx.feeds.of_incident(incident):
                        grant = await tx.grants.publisher_of(feed.id)
                        assert (grant is not None) == (feed.id in open_now)

        self._loop.run_until_complete(read())

    def teardown(self) -> None:
        if hasattr(self, "incidents"):
            for place in self.incidents:  # everything ends
                self._do(self.parts.incidents.close(self.users["dana"], place))
            assert self._held() == []
            assert self.sockets.running == {}
            self._loop.run_until_complete(self.parts.store.close())
        self._loop.close()
        shutil.rmtree(self._folder)


def walk(template: Path, database: Callable[[], str], examples: int) -> None:
    """A Gate of its own: hypothesis keeps what it has learnt by class."""
    own = type("Gate", (Gate,), {"template": template, "database": staticmethod(database)})
    run_state_machine_as_test(
        own,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_what_runs_is_what_somebody_has_open_whatever_happens(peopled: Path) -> None:
    walk(peopled, lambda: "", 25)


def test_and_on_postgresql(peopled: Path, peopled_postgres: str, postgres_url: Callable[[str], str]) -> None:
    walk(peopled, lambda: postgres_url(peopled_postgres), 4)
