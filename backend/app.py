"""create_app: the only file that builds things and connects them."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
from litestar import Litestar
from litestar.datastructures import State

from backend import routes
from backend.api import headers, metrics, pages, tiles
from backend.api import plain as plain_api
from backend.api import transparency as transparency_api
from backend.api.traffic import Traffic
from backend.config import Config, ConfigError, Mail, push_key, secret_key, spool_key
from backend.hub import Hub
from backend.model.incidents import INCIDENT_TYPES
from backend.model.links import Way
from backend.model.people import Role
from backend.model.questions import canned
from backend.model.views import Agency
from backend.services.access import Access
from backend.services.accounts import Accounts
from backend.services.alerts import Alerts
from backend.services.aloft import Aloft
from backend.services.asks import Asks
from backend.services.board import Board
from backend.services.callers import Callers
from backend.services.cameras import Cameras
from backend.services.care import Care
from backend.services.connections import Connections
from backend.services.connectors import Connectors
from backend.services.contests import Contests
from backend.services.controls import Controls
from backend.services.courses import Courses
from backend.services.credentials import Passwords
from backend.services.devices import Devices
from backend.services.disclosures import Disclosures
from backend.services.dispatch import Dispatch
from backend.services.docks import Docks
from backend.services.drones import Drones
from backend.services.duties import Duties
from backend.services.endings import Endings
from backend.services.engines import Engines
from backend.services.enrolment import Enrolments
from backend.services.eyes import Eyes, Shown
from backend.services.feeds import Feeds
from backend.services.fees import Fees
from backend.services.figures import Figures
from backend.services.flight_feeds import FlightFeeds
from backend.services.flight_log import FlightLogs
from backend.services.flights import Flights
from backend.services.glass import Glass
from backend.services.handling import Handling
from backend.services.hints import Hints
from backend.services.hung_up import HungUp
from backend.services.incidents import Incidents
from backend.services.keys import Keys
from backend.services.leaving import Leaving
from backend.services.lending_board import LendingBoard
from backend.services.links import Links
from backend.services.locators import Locators
from backend.services.locks import Locks, limits
from backend.services.log_files import LogFiles
from backend.services.measured import Measured
from backend.services.minutes import Minutes
from backend.services.nearby import Surroundings
from backend.services.notes import Notes
from backend.services.offers import Offers
from backend.services.officers import Officers
from backend.services.openings import Openings
from backend.services.outbox import Outbox
from backend.services.owners import Owners
from backend.services.places import Places
from backend.services.plain import Plain
from backend.services.presses import Presses
from backend.services.push import Push
from backend.services.quality import Quality
from backend.services.receipts import ProvingLog, Receipts, Terms
from backend.services.relays import Relays
from backend.services.responses import Responses
from backend.services.review import LogState, Review
from backend.services.runs import Runs
from backend.services.sealing import Sealing
from backend.services.sessions import Sessions
from backend.services.sharing import Sharing
from backend.services.signin import SignIn
from backend.services.sites import Sites
from backend.services.skies import Skies
from backend.services.statements import Statements
from backend.services.steps import Clock, Steps
from backend.services.stills import Stills
from backend.services.talk import Talk
from backend.services.translators import Apertium, Nobody, Translator
from backend.services.transparency import Transparency
from backend.services.units import Units
from backend.services.uploads import Uploads
from backend.services.uses import Log, Uses, nowhere
from backend.services.ways import Ways
from backend.store.store import Store
from backend.tlog.client import LogClient
from backend.tlog.folder import CHECKPOINT
from media.frames import Frames
from media.looks import Looks
from media.pool import SfuPool
from media.ports import FeedListener, Sfu
from media.stills import Stills as StillWorkers
from media.uploads import Cleaner
from notifications import tak
from notifications.console import ConsoleSender
from notifications.mail import MailSender
from notifications.messages import misfit, quiet_words
from notifications.numbers import known_country
from notifications.ports import Pusher, Sender
from notifications.push import WebPush
from notifications.sms import API as TWILIO_API
from notifications.sms import TwilioSender
from notifications.templates import LANGUAGES

if TYPE_CHECKING:
    from backend.services.districts import Districts

log = logging.getLogger(__name__)

RESTART_S = 1.0
RUN = "SIGHTLINE_RUN"  # set by the supervisor for those that it starts; not a setting


def utc_now() -> datetime:
    """The time of day, aware."""
    return datetime.now(UTC)


class Engine(Sfu, Protocol):
    """What carries the media, with its beginning and its end."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class PublicLog(Log, LogState, ProvingLog, Protocol):
    """The line to the public log, with its beginning and its end."""

    def open(self) -> None: ...
    async def close(self) -> None: ...
    async def key(self) -> str: ...


class Parts(msgspec.Struct, frozen=True):
    """What create_app built, for those who look inside: the command line and tests."""

    store: Store
    hub: Hub
    board: Board
    steps: Steps
    sfu: "Engine"
    public_log: "PublicLog"
    uses: Uses
    sender: Sender
    sign_in: SignIn
    accounts: Accounts
    incidents: Incidents
    links: Links
    callers: Callers
    care: Care
    sharing: Sharing
    access: Access
    feeds: Feeds
    fees: Fees
    units: Units
    outbox: Outbox
    hung_up: HungUp
    ways: Ways
    engines: Engines
    figures: Figures
    connections: Connections
    quality: Quality
    owners: Owners
    sites: Sites
    cameras: Cameras
    lending_board: LendingBoard
    surroundings: Surroundings
    alerts: Alerts
    aloft: Aloft
    asks: Asks
    places: Places
    plain: Plain
    pushes: Push
    runs: Runs
    openings: Openings
    pusher: Pusher
    connectors: Connectors
    measured: Measured
    minutes: Minutes
    enrolments: Enrolments
    devices: Devices
    disclosures: Disclosures
    dispatch: Dispatch
    districts: "Districts | None"
    docks: Docks
    drones: Drones
    controls: Controls
    flight_logs: FlightLogs
    flights: Flights
    offers: Offers
    duties: Duties
    locators: Locators
    locks: Locks
    officers: Officers
    sealing: Sealing
    receipts: Receipts
    responses: Responses
    sessions: Sessions
    skies: Skies
    eyes: Eyes
    contests: Contests
    statements: Statements
    stills: Stills
    still_workers: StillWorkers
    glass: Glass
    handling: Handling
    review: Review
    log_files: LogFiles
    transparency: Transparency
    uploads: Uploads
    notes: Notes
    talk: Talk
    hints: Hints
    looks: Looks


def open_store(config: Config) -> Store:
    """The database of this configuration; SQLite in data_dir unless another is named."""
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = database_file(config)
    if not config.database_url:
        path.touch(mode=0o600)  # a folder that was there before may be open to others
    return Store(config.database_url or f"sqlite+aiosqlite:///{path}")


def database_file(config: Config) -> Path:
    """Where SQLite is, when no other database is named."""
    return config.data_dir.resolve() / "sightline.db"


def media_sockets(config: Config) -> list[Path]:
    """Where the media processes are spoken to."""
    return [config.data_dir.resolve() / "run" / f"media-{index}.sock" for index in range(config.media_count)]


def pooled(config: Config, listener: FeedListener) -> Engine:
    """The media processes of this machine."""
    return SfuPool(media_sockets(config), listener, os.environ.get(RUN, ""))


def logged(config: Config) -> PublicLog:
    """The log's process of this machine."""
    return LogClient(config.data_dir.resolve() / "run" / "log.sock", os.environ.get(RUN, ""))


def build(
    config: Config,
    clock: Clock = utc_now,
    engine: Callable[[Config, FeedListener], Engine] = pooled,
    public: Callable[[Config], PublicLog] = logged,
) -> Parts:
    """Everything, connected; nothing is opened or started. Raises ConfigError."""
    _refuse_misfits(config)
    sender = _sender(config)
    senders = {Way.SMS: sender} | ({Way.EMAIL: _mail(config.mail)} if config.mail else {})
    store, hub, keys = open_store(config), Hub(), Keys(secret_key(config.data_dir))
    connections, passwords = Connections(), Passwords()
    zone, after = ZoneInfo(config.timezone), timedelta(hours=config.disclose_after_hours)
    board = Board(store, sender.kind, connections)
    steps = Steps(store, hub, board, clock)
    minutes = Minutes(steps)
    connectors = Connectors(steps, minutes)
    lending_board = LendingBoard(store, connectors.is_connected)
    pusher = _pusher(config)
    pushes = Push(steps, pusher)
    alerts, asks = Alerts(steps, hub, pushes), Asks(steps, hub, pushes)
    public_log, districts = public(config), _districts(config, _basemap(config))
    uses = Uses(steps, keys, public_log, spool_key(config.data_dir), zone, districts or nowhere)
    log_files = LogFiles(config.data_dir / "log")
    disclosures = Disclosures(steps, log_files, after)
    feeds = Feeds(steps, hub, connections, uses)
    sfu = engine(config, feeds)
    engines = Engines(sfu)
    devices = Devices(steps, sfu)
    runs = Runs(steps, keys, connectors)
    presses = Presses(keys, runs, asks, uses, zone)
    lent = Openings(steps, presses, Endings(sfu, runs, uses), runs, asks, uses, sfu, zone)
    units, leaving = Units(steps), Leaving(lent, sfu)
    duties = Duties(steps, units, leaving)
    receipts = Receipts(
        steps, keys, public_log, sfu, config.agency, Terms(config.contact, config.keep_places_days)
    )
    locks = Locks(steps, sfu, _lock_limits(config))
    broken = Glass(steps, board, keys, uses, lent, sfu, zone)
    drones = Drones(steps, hub, connectors)
    connectors.drones = drones
    skies = Skies(steps, config.airspace)
    aloft = Aloft(steps, hub, drones)
    docks = Docks(steps, hub, drones, aloft, skies)
    courses = Courses(aloft, drones, skies)
    pictures = FlightFeeds(steps, keys, aloft, drones, connectors, sfu, lent)
    connectors.listener = pictures
    dispatch = Dispatch(steps, aloft, drones, docks, skies, courses, pictures)
    offers = Offers(steps, aloft, docks, dispatch, config.drone_types)
    relays = Relays(steps, aloft, courses, dispatch)
    drones.listener = flights = Flights(steps, aloft, drones, docks, courses, pictures, offers, relays)
    access, still_workers = Access(steps, devices, uses), StillWorkers()
    looks = Looks()
    stills = Stills(steps, access, sfu, still_workers, connections, hub)
    still_workers.over = stills.over
    outbox = Outbox(steps, senders, keys, agency=config.agency, public_url=config.public_url)
    going = [way for way, takes in senders.items() if takes.kind != "console"]
    links = Links(
        steps,
        board,
        keys,
        sfu,
        lasts=timedelta(minutes=config.link_minutes),
        country=config.country,
        public_url=config.public_url,
        ways=going,
        wake=outbox.wake,
    )
    incidents = Incidents(steps, board, sfu, lent, broken, config.country)
    callers, sharing = Callers(steps, keys, sfu), Sharing(steps, sfu)
    talk = Talk(steps, hub, _translator(config))
    uploads = Uploads(steps, uses, Cleaner(), config.data_dir / "uploads")
    return Parts(
        store=store,
        hub=hub,
        board=board,
        steps=steps,
        sfu=sfu,
        public_log=public_log,
        uses=uses,
        sender=sender,
        sign_in=SignIn(steps, keys, passwords, locks, timedelta(hours=config.session_hours)),
        accounts=Accounts(steps, passwords),
        incidents=incidents,
        links=links,
        callers=callers,
        care=Care(steps, zone),
        sharing=sharing,
        access=access,
        feeds=feeds,
        fees=Fees(
            steps,
            agency=config.agency,
            currency=config.currency,
            zone=ZoneInfo(config.timezone),
            month_first=config.country == "US",
        ),
        units=units,
        outbox=outbox,
        hung_up=HungUp(incidents, links),
        ways=Ways(steps, going, outbox.wake),
        engines=engines,
        figures=Figures(engines, store, hub),
        connections=connections,
        quality=Quality(engines, feeds, connections, steps, hub),
        owners=Owners(steps, passwords, country=config.country, public_url=config.public_url),
        sites=Sites(steps, lending_board, connectors, lent, country=config.country),
        cameras=Cameras(steps, lending_board, connectors, lent),
        lending_board=lending_board,
        surroundings=Surroundings(steps, zone, connectors.is_connected),
        alerts=alerts,
        aloft=aloft,
        asks=asks,
        places=Places(steps, config.keep_places_days),
        plain=Plain(callers, sharing, talk, uploads),
        pushes=pushes,
        runs=runs,
        openings=lent,
        pusher=pusher,
        connectors=connectors,
        measured=Measured(steps),
        minutes=minutes,
        enrolments=Enrolments(steps, keys, connectors, minutes),
        devices=devices,
        disclosures=disclosures,
        districts=districts,
        dispatch=dispatch,
        docks=docks,
        drones=drones,
        controls=Controls(steps, aloft, courses, relays),
        flight_logs=FlightLogs(steps, aloft),
        flights=flights,
        offers=offers,
        duties=duties,
        locators=Locators(steps, units),
        locks=locks,
        officers=Officers(steps, sfu),
        sealing=Sealing(steps, uses, disclosures, zone, after),
        receipts=receipts,
        responses=Responses(steps, board, leaving, alerts),
        skies=skies,
        sessions=Sessions(steps, sfu, lent, duties),
        eyes=Eyes(steps, _destinations(config), _shown(config), config.public_url),
        contests=Contests(steps, uses),
        statements=Statements(steps, receipts, config.agency, zone),
        stills=stills,
        still_workers=still_workers,
        glass=broken,
        handling=Handling(steps, board, hub, leaving),
        review=Review(steps, keys, public_log, log_files.folder / CHECKPOINT, zone),
        log_files=log_files,
        transparency=Transparency(steps, log_files, public_log.key, zone, after),
        uploads=uploads,
        notes=Notes(steps, uses, sfu, Frames(), aloft),
        talk=talk,
        hints=Hints(steps, looks),
        looks=looks,
    )


def create_app(
    config: Config,
    clock: Clock = utc_now,
    engine: Callable[[Config, FeedListener], Engine] = pooled,
    public: Callable[[Config], PublicLog] = logged,
) -> Litestar:
    """The service. Raises ConfigError for settings that cannot work."""
    parts = build(config, clock, engine, public)
    agency = Agency(
        name=config.agency,
        incident_types=INCIDENT_TYPES,
        sender=parts.sender.kind,
        email=config.mail is not None,
        quiet_words={language: quiet_words(language) for language in LANGUAGES},
        country=config.country,
        currency=config.currency,
    )
    basemap = _basemap(config)
    _read_areas(parts.skies)
    built, traffic = pages.read(built_pages()), Traffic()
    given: dict[str, Any] = {
        "config": config,
        "agency": agency,
        "clock": clock,
        "canned": canned(_english()),
        "pages": built,
        "speeches": plain_api.speeches(built_pages()),
        "basemap": basemap,
        "scrapes": metrics.Scrapes(parts.figures, traffic),
        "docks_service": parts.docks,
        "gatekeeper": parts.access,
        "glass_service": parts.glass,
        "public_assets": transparency_api.built_assets(built_pages()),
        "public_rates": transparency_api.Rates(),
        "sign_in_service": parts.sign_in,
        **{
            name: getattr(parts, name)
            for name in (
                "store",
                "hub",
                "board",
                "sfu",
                "incidents",
                "links",
                "callers",
                "care",
                "handling",
                "sharing",
                "access",
                "fees",
                "units",
                "outbox",
                "hung_up",
                "connections",
                "owners",
                "sites",
                "cameras",
                "lending_board",
                "surroundings",
                "alerts",
                "plain",
                "pushes",
                "openings",
                "connectors",
                "enrolments",
                "devices",
                "duties",
                "locators",
                "locks",
                "measured",
                "officers",
                "sealing",
                "receipts",
                "responses",
                "sessions",
                "skies",
                "controls",
                "dispatch",
                "flight_logs",
                "offers",
                "contests",
                "statements",
                "stills",
                "review",
                "log_files",
                "transparency",
                "uploads",
                "notes",
                "talk",
                "hints",
            )
        },
    }
    if isinstance(parts.sender, TwilioSender):
        given["carrier"] = parts.sender
    answering = routes.registered(frozenset(given), tuple(built.paths()))
    app = Litestar(
        lifespan=[lambda _: _running(parts)],
        state=State(
            {
                "config": config,
                "sign_in": parts.sign_in,
                "parts": parts,
                "given": given,
                "routes": answering.routes,
                "traffic": traffic,
            }
        ),
        openapi_config=None,
        logging_config=None,
        pdb_on_exception=False,
        debug=False,
    )
    app.asgi_handler = traffic.around(headers.around(answering.asgi_handler, secure=config.secure))
    return app


def built_pages() -> Path:
    """Where the built pages are: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    packed = here / "pwa"
    return packed if packed.is_dir() else here.parent / "pwa" / "dist"


def _english() -> dict[str, str]:
    """The words of what is asked by one press: in the installed package, or where the page's are."""
    here = Path(__file__).parent
    packed = here / "phrases.json"
    found = packed if packed.is_file() else here.parent / "pwa/src/caller/phrases/en.json"
    return msgspec.json.decode(found.read_bytes(), type=dict[str, str])


def _translator(config: Config) -> Translator:
    if not config.translator:
        return Nobody()
    try:
        return Apertium()
    except LookupError as error:
        raise ConfigError(f"SIGHTLINE_TRANSLATOR: {error}") from error


@asynccontextmanager
async def _running(parts: Parts) -> AsyncIterator[None]:
    await parts.store.migrate()
    parts.public_log.open()
    await parts.sfu.start()
    await parts.openings.look()
    await parts.feeds.recover(parts.sfu)
    if parts.districts is not None:
        async with parts.store.read() as tx:
            parts.districts.warn(await tx.cameras.points(1000))
    await parts.eyes.begin()
    await parts.docks.begin()
    await parts.flights.begin()
    work = [
        asyncio.create_task(_kept_up("outbox", parts.outbox.run)),
        asyncio.create_task(_kept_up("link expiry", parts.links.watch_expiry)),
        asyncio.create_task(_kept_up("ways of links", parts.ways.run)),
        asyncio.create_task(_kept_up("connection quality", parts.quality.run)),
        asyncio.create_task(_kept_up("openings", parts.openings.watch)),
        asyncio.create_task(_kept_up("broken glass", parts.glass.watch)),
        asyncio.create_task(_kept_up("the weekly review", parts.review.run)),
        asyncio.create_task(_kept_up("the public log", partial(parts.uses.run, parts.sfu))),
        asyncio.create_task(_kept_up("disclosures", parts.disclosures.run)),
        asyncio.create_task(_kept_up("alerts", parts.alerts.run)),
        asyncio.create_task(_kept_up("asks", parts.asks.run)),
        asyncio.create_task(_kept_up("pilots on watch", parts.docks.run)),
        asyncio.create_task(_kept_up("ledgers' age", parts.care.run)),
        asyncio.create_task(_kept_up("incidents handed over", parts.handling.run)),
        asyncio.create_task(_kept_up("callers' figures", parts.measured.run)),
        asyncio.create_task(_kept_up("places' age", parts.places.run)),
        asyncio.create_task(_kept_up("flights", parts.flights.run)),
        asyncio.create_task(_kept_up("units' positions", parts.units.run)),
        asyncio.create_task(_kept_up("uploads", parts.uploads.run)),
        asyncio.create_task(_kept_up("traffic's age", partial(parts.minutes.prune, parts.statements.make))),
        asyncio.create_task(_kept_up("session expiry", parts.sessions.watch_expiry)),
        asyncio.create_task(_kept_up("locks", parts.locks.run)),
        asyncio.create_task(_kept_up("permission to share", partial(parts.feeds.watch, parts.sfu))),
    ]
    if parts.eyes.destinations:
        work.append(asyncio.create_task(_kept_up("other eyes", parts.eyes.run)))
    try:
        yield
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await parts.still_workers.close()
        await parts.sfu.stop()
        await parts.public_log.close()
        await parts.sender.aclose()
        await parts.pusher.aclose()
        await parts.looks.close()
        await parts.store.close()


async def _kept_up(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Background work goes on after a fault: one bad row must not stop every later text."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s failed and starts again", name)
        await asyncio.sleep(RESTART_S)


def _refuse_misfits(config: Config) -> None:
    if not known_country(config.country):
        raise ConfigError(f"SIGHTLINE_COUNTRY: {config.country} is no country with telephone numbers")
    problem = misfit(config.agency, config.public_url)
    if problem:
        raise ConfigError(f"SIGHTLINE_AGENCY and SIGHTLINE_PUBLIC_URL: {problem}")


def _destinations(config: Config) -> list[tak.Destination]:
    files = (config.tak_cert, config.tak_key, config.tak_ca)
    cert, key, ca = files
    keys = tak.Keys(cert=cert, key=key, ca=ca) if cert and key and ca else None
    if keys is None and any(files):
        raise ConfigError("SIGHTLINE_TAK_CERT, SIGHTLINE_TAK_KEY and SIGHTLINE_TAK_CA go together")
    try:
        return [tak.Destination(url, keys) for url in config.tak]
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TAK: {error}") from error


def _shown(config: Config) -> frozenset[Shown]:
    try:
        return frozenset(Shown(word) for word in config.tak_shows)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TAK_SHOWS: {error}; there are {', '.join(Shown)}") from error


def _lock_limits(config: Config) -> dict[Role, timedelta]:
    try:
        return limits(config.lock_minutes)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_LOCK_MINUTES: {error}") from error


def _pusher(config: Config) -> Pusher:
    host = urlsplit(config.public_url).hostname
    contact = config.public_url if config.secure else f"mailto:sightline@{host}"
    try:
        return WebPush(push_key(config.data_dir), contact, config.push_services)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_PUSH_SERVICES: {error}") from error


def installed_basemap(config: Config) -> Path:
    """Where `sightline basemap` puts the map."""
    return config.data_dir / "basemap.pmtiles"


def _basemap(config: Config) -> tiles.Basemap | None:
    path = config.basemap or installed_basemap(config)
    if config.basemap is None and not path.exists():
        return None
    try:
        return tiles.Basemap(path)
    except (OSError, ValueError) as error:
        setting = "SIGHTLINE_BASEMAP: " if config.basemap else ""
        raise ConfigError(f"{setting}{error}") from error


def refuse_map_beside(config: Config, basemap: tiles.Basemap) -> None:
    """Raise ConfigError for a map that is not of the city whose districts are set."""
    _districts(config, basemap)


def _districts(config: Config, basemap: tiles.Basemap | None) -> "Districts | None":
    """Where a place is, in the city's own words."""
    if config.districts is None:
        return None
    from backend.services import districts  # shapely takes longer to load than the rest of a small agency

    try:
        found = districts.read(config.districts, config.district_name)
        if basemap is not None:
            found.refuse_beside(basemap.bounds)
        return found
    except districts.BadDistricts as bad:
        raise ConfigError(f"SIGHTLINE_DISTRICTS: {bad}") from bad


def _read_areas(skies: Skies) -> None:
    try:
        skies.read()
    except (OSError, ValueError) as error:  # BadAreas is one
        raise ConfigError(f"SIGHTLINE_AIRSPACE: {error}") from error


def _mail(mail: Mail) -> Sender:
    try:
        return MailSender(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            tls=mail.tls,
            user=mail.user,
            password=mail.password,
            ca=mail.ca,
        )
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_MAIL_…: {error}") from error


def _sender(config: Config) -> Sender:
    if config.twilio is None:
        return ConsoleSender()
    try:
        return TwilioSender(
            account_sid=config.twilio.account_sid,
            auth_token=config.twilio.auth_token,
            sender=config.twilio.sender,
            base_url=config.twilio.api_url or TWILIO_API,
        )
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TWILIO_…: {error}") from error
