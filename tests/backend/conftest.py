"""A house for each test: SQLite always, PostgreSQL too where the database could make a difference."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psycopg
import pytest

from backend.app import build
from backend.config import Config
from backend.model.duty import Crew
from backend.model.people import Role
from tests.backend import agents
from tests.backend.house import PASSWORD, PEOPLE, House, Phone, Staff, settings, with_mail
from tests.backend.lent import Lent, lending
from tests.notifications.mail_server import MailServer, mail_server
from tests.notifications.twilio_double import TwilioDouble


def _people(config: Config) -> None:
    async def add() -> None:
        parts = build(config)
        await parts.store.migrate()
        for name, display_name, role, call_sign in PEOPLE:
            user = await parts.accounts.add(
                name=name, display_name=display_name, role=Role(role), call_sign=call_sign, password=PASSWORD
            )
            if user.usual_unit_id is not None:
                await parts.duties.sign_on(user, user.usual_unit_id, Crew.ALONE)
        await parts.store.close()

    asyncio.run(add())


@pytest.fixture(scope="session")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with five people in it."""
    folder = tmp_path_factory.mktemp("peopled") / "data"
    _people(settings(folder))
    return folder


@pytest.fixture(scope="session")
def peopled_postgres(postgres: str, peopled: Path) -> str:
    """A PostgreSQL database with five people in it, to be copied."""
    with psycopg.connect(f"host={postgres} user=postgres dbname=postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE peopled")
    _people(settings(peopled, database_url=f"postgresql+psycopg://postgres@/peopled?host={postgres}"))
    return "peopled"


@pytest.fixture
def folder(peopled: Path, tmp_path: Path) -> Path:
    """A data folder of this test's own."""
    copy = tmp_path / "data"
    shutil.copytree(peopled, copy)
    return copy


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Empty for SQLite; a database of this test's own for PostgreSQL."""
    if request.param == "sqlite":
        return ""
    create: Callable[[str], str] = request.getfixturevalue("postgres_url")
    return create(request.getfixturevalue("peopled_postgres"))


@pytest.fixture
async def house(folder: Path) -> AsyncIterator[House]:
    """Without a carrier, on SQLite."""
    async with House(settings(folder)) as house:
        yield house


@pytest.fixture
async def any_house(folder: Path, database_url: str) -> AsyncIterator[House]:
    """The same on either database."""
    async with House(settings(folder, database_url=database_url)) as house:
        yield house


@pytest.fixture
async def any_dana(any_house: House) -> Staff:
    """A dispatcher there."""
    return await any_house.staff("dana")


@pytest.fixture
async def any_lent(any_house: House) -> AsyncIterator[Lent]:
    """What one owner lends there."""
    lent = await lending(any_house)
    yield lent
    await lent.hang_up()


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service does with the public log all the time is done when a test says so."""
    monkeypatch.setattr("backend.services.uses.LOOK_S", 3600.0)
    monkeypatch.setattr("backend.services.disclosures.LOOK_S", 3600.0)


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    """A mail server that keeps what it takes."""
    async with mail_server() as server:
        yield server


@pytest.fixture
async def desk(
    folder: Path, twilio: TwilioDouble, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, Staff]]:
    """A house with both carriers whose outbox looks often; its links are looked at when a test says so."""
    monkeypatch.setattr("backend.services.outbox.LOOK_S", 0.02)
    monkeypatch.setattr("backend.services.ways.LOOK_S", 3600.0)
    async with House(settings(folder, twilio, mail=with_mail(server))) as house:
        yield house, await house.staff("dana")


@pytest.fixture
async def dana(house: House) -> Staff:
    """A dispatcher."""
    return await house.staff("dana")


@pytest.fixture
async def sam(house: House) -> Staff:
    """An officer of Unit 12."""
    return await house.staff("sam")


@pytest.fixture
async def lee(house: House) -> Staff:
    """A supervisor."""
    return await house.staff("lee")


@pytest.fixture
async def ada(house: House) -> Staff:
    """An auditor."""
    return await house.staff("ada")


@pytest.fixture
async def lent(house: House) -> AsyncIterator[Lent]:
    """What one owner lends."""
    lent = await lending(house)
    yield lent
    await lent.hang_up()


@pytest.fixture
async def ola(lent: Lent) -> Staff:
    """Who lends it, signed in."""
    return await lent.signed_in()


@pytest.fixture
async def phone(house: House, dana: Staff) -> Phone:
    """A caller's phone that has just got a link."""
    link = await dana.issue(await dana.open())
    return Phone(house, house.token(link["id"]))


@pytest.fixture
async def olga(house: House) -> Staff:
    """An owner."""
    return await agents.owner(house)


@pytest.fixture
async def agent(house: House, olga: Staff) -> agents.Agent:
    """A connector of hers."""
    site = await agents.a_site(house, olga)
    code = await olga.post(f"/api/sites/{site.id}/enrolments")
    return await agents.Agent(house).enrolled(code["code"])


@pytest.fixture
def ear(house: House) -> agents.Ear:
    """In the place of the openings."""
    house.parts.connectors.listener = ear = agents.Ear()
    return ear
