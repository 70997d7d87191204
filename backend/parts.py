"""Parts: everything that the service is made of, built and connected, and nothing started."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

import msgspec

from backend import fittings
from backend.config import Config, secret_key, spool_key
from backend.hub import Hub
from backend.model.links import Way
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
from backend.services.eyes import Eyes
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
from backend.services.locks import Locks
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
from notifications.ports import Pusher, Sender

if TYPE_CHECKING:
    from backend.services.districts import Districts

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


def pooled(config: Config, listener: FeedListener) -> Engine:
    """The media processes of this machine."""
    return SfuPool(fittings.media_sockets(config), listener, os.environ.get(RUN, ""))


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
    fittings.refuse_misfits(config)
    sender = fittings.sender(config)
    senders = {Way.SMS: sender} | ({Way.EMAIL: fittings.mail(config.mail)} if config.mail else {})
    store, hub, keys = fittings.open_store(config), Hub(), Keys(secret_key(config.data_dir))
    connections, passwords = Connections(), Passwords()
    zone, after = ZoneInfo(config.timezone), timedelta(hours=config.disclose_after_hours)
    board = Board(store, sender.kind, connections)
    steps = Steps(store, hub, board, clock)
    minutes = Minutes(steps)
    connectors = Connectors(steps, minutes)
    lending_board = LendingBoard(store, connectors.is_connected)
    pusher = fittings.pusher(config)
    pushes = Push(steps, pusher)
    alerts, asks = Alerts(steps, hub, pushes), Asks(steps, hub, pushes)
    public_log, districts = public(config), fittings.districts(config, fittings.basemap(config))
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
    locks = Locks(steps, sfu, fittings.lock_limits(config))
    broken = Glass(steps, keys, uses, lent, sfu, zone)
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
    talk = Talk(steps, hub, fittings.translator(config))
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
            zone=zone,
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
        responses=Responses(steps, leaving, alerts),
        skies=skies,
        sessions=Sessions(steps, sfu, lent, duties),
        eyes=Eyes(steps, fittings.destinations(config), fittings.shown(config), config.public_url),
        contests=Contests(steps, uses),
        statements=Statements(steps, receipts, config.agency, zone),
        stills=stills,
        still_workers=still_workers,
        glass=broken,
        handling=Handling(steps, hub, leaving),
        review=Review(steps, keys, public_log, log_files.folder / CHECKPOINT, zone),
        log_files=log_files,
        transparency=Transparency(steps, log_files, public_log.key, zone, after),
        uploads=uploads,
        notes=Notes(steps, uses, sfu, Frames(), aloft),
        talk=talk,
        hints=Hints(steps, looks),
        looks=looks,
    )
