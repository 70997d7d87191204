"""What owners see, and supervisors of the city's: sites with all that stands there, and who sees it now."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from backend.hub import News, SiteChanged
from backend.model.cameras import Camera
from backend.model.connectors import Connector, Source
from backend.model.ids import CameraId, ConnectorId, SiteId
from backend.model.lending import (
    CameraView,
    CitySite,
    CitySiteGone,
    CityView,
    ConnectorView,
    OwnerView,
    SiteView,
    SourceView,
    Watching,
)
from backend.model.people import StaffSession, User
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site
from backend.store.store import Store, Tx

DAY = timedelta(hours=24)
T = TypeVar("T")


class LendingBoard:
    """Views of the store; `connected` knows which connectors are there."""

    def __init__(self, store: Store, connected: Callable[[ConnectorId], bool]) -> None:
        self._store, self._connected = store, connected

    async def owner(self, user: User, now: datetime) -> OwnerView:
        """Everything that this owner may see."""
        async with self._store.read() as tx:
            sites = await self._sites(tx, await tx.sites.of_owner(user.id), now)
            cameras = [CameraId(camera.id) for site in sites for camera in site.cameras]
            asks = await tx.lending.asks(cameras, now)
        return OwnerView(now=now, sites=tuple(sites), asks=tuple(asks))

    async def city(self, now: datetime) -> list[SiteView]:
        """The agency's own sites."""
        async with self._store.read() as tx:
            return await self._sites(tx, await tx.sites.of_owner(None), now)

    async def city_site(self, site_id: SiteId, now: datetime) -> CitySite | CitySiteGone:
        """One of them, or that it is gone."""
        async with self._store.read() as tx:
            site = await tx.sites.get(site_id)
            if site is None or site.owner_id is not None or site.retired_at is not None:
                return CitySiteGone(now=now, site_id=site_id)
            return CitySite(now=now, site=await self.site(tx, site, now))

    async def site(self, tx: Tx, site: Site, now: datetime) -> SiteView:
        """One site as of this transaction."""
        return (await self._sites(tx, [site], now))[0]

    async def camera(self, tx: Tx, camera: Camera, now: datetime) -> CameraView:
        """One standing camera as of this transaction. Raises Refused."""
        site = await tx.sites.get(camera.site_id)
        views = (await self.site(tx, site, now)).cameras if site is not None else ()
        for view in views:
            if view.id == camera.id:
                return view
        raise Refused(Refusal.NOT_FOUND)

    async def _sites(self, tx: Tx, sites: Sequence[Site], now: datetime) -> list[SiteView]:
        if not sites:
            return []
        where = [site.id for site in sites]
        cameras = await tx.cameras.of_sites(where)
        ids = [camera.id for camera in cameras]
        connectors = await tx.lending.connectors(where)
        agents = [connector.id for connector in connectors]
        sources = await tx.lending.sources(agents)
        sent = await tx.lending.media_bytes(agents, now - DAY)
        watching = await tx.lending.watching(ids, now)
        stills = await tx.lending.stills(ids)
        devices = await tx.devices.names_of(ids)
        cents = await tx.fees.prices()
        shown: dict[tuple[str | None, str | None], CameraId] = {
            (camera.connector_id, camera.source): camera.id for camera in cameras
        }
        trouble: dict[tuple[str | None, str | None], str | None] = {
            (source.connector_id, source.name): source.trouble for source in sources
        }
        troubled: dict[str | None, str | None] = {agent.id: agent.trouble for agent in connectors}

        standing = _grouped(cameras, lambda camera: camera.site_id)
        serving = _grouped(connectors, lambda agent: agent.site_id)
        found = _grouped(sources, lambda source: source.connector_id)

        def camera_view(camera: Camera) -> CameraView:
            agent = camera.connector_id
            return _camera(
                camera,
                device=devices.get(camera.id),
                connected=agent is not None and self._connected(agent),
                trouble=trouble.get((agent, camera.source)) or troubled.get(agent),
                still_at=stills.get(camera.id),
                watching=watching.get(camera.id, []),
            )

        def connector_view(connector: Connector) -> ConnectorView:
            return ConnectorView(
                id=connector.id,
                name=connector.name,
                connected=self._connected(connector.id),
                seen_at=connector.seen_at,
                version=connector.version,
                trouble=connector.trouble,
                media_bytes_day=sent.get(connector.id, 0),
                sources=tuple(
                    _source(source, shown.get((source.connector_id, source.name)))
                    for source in found.get(connector.id, [])
                ),
            )

        return [
            SiteView(
                id=site.id,
                kind=site.kind,
                name=site.name,
                address=site.address,
                point=site.point,
                numbers=site.numbers,
                cents_a_year=sum(cents.get(camera.level, 0) for camera in standing.get(site.id, [])),
                cameras=tuple(map(camera_view, standing.get(site.id, []))),
                connectors=tuple(map(connector_view, serving.get(site.id, []))),
            )
            for site in sites
        ]


class OwnerAudience:
    """One owner's socket: the whole view whenever something in it changed, and nothing of anybody else."""

    def __init__(self, session: StaffSession, board: LendingBoard, clock: Callable[[], datetime]) -> None:
        self._session, self._board, self._clock = session, board, clock

    @property
    def user(self) -> User:
        return self._session.user

    async def whole(self) -> list[OwnerView]:
        return [await self._board.owner(self.user, self._clock())]

    async def hears(self, news: News) -> Sequence[OwnerView]:
        """The news of staff are none of an owner's."""
        match news:
            case SiteChanged() if news.owner_id == self.user.id:
                return await self.whole()
            case _:
                return ()


class CityAudience:
    """A supervisor's socket for the city's cameras: all of them once, then each site that changed."""

    def __init__(self, session: StaffSession, board: LendingBoard, clock: Callable[[], datetime]) -> None:
        self._session, self._board, self._clock = session, board, clock

    @property
    def user(self) -> User:
        return self._session.user

    async def whole(self) -> list[CityView]:
        now = self._clock()
        return [CityView(now=now, sites=tuple(await self._board.city(now)))]

    async def hears(self, news: News) -> Sequence[CitySite | CitySiteGone]:
        """What owners keep is none of it."""
        match news:
            case SiteChanged() if news.owner_id is None:
                return [await self._board.city_site(SiteId(news.site_id), self._clock())]
            case _:
                return ()


def _grouped(things: Sequence[T], of: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for thing in things:
        groups.setdefault(of(thing), []).append(thing)
    return groups


def _camera(
    camera: Camera,
    *,
    device: str | None,
    connected: bool,
    trouble: str | None,
    still_at: datetime | None,
    watching: Sequence[Watching],
) -> CameraView:
    return CameraView(
        id=camera.id,
        site_id=camera.site_id,
        name=camera.name,
        point=camera.point,
        view=camera.view,
        indoor=camera.indoor,
        level=camera.level,
        radius_m=camera.radius_m,
        hours=camera.hours,
        pause=camera.pause,
        sound=camera.sound,
        connector_id=camera.connector_id,
        source=camera.source,
        device=device,
        connected=connected,
        trouble=trouble,
        still_at=still_at,
        watching=tuple(watching),
    )


def _source(source: Source, camera: CameraId | None) -> SourceView:
    return SourceView(
        name=source.name,
        label=source.label,
        codec=source.codec,
        width=source.width,
        height=source.height,
        transcodes=source.transcodes,
        has_sound=source.has_sound,
        trouble=source.trouble,
        camera_id=camera,
    )
