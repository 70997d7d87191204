"""The store on SQLite and on PostgreSQL: the same promises, kept by both."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import StatementError

from backend.fittings import open_store
from backend.model.entries import Action
from backend.model.ids import IncidentId, ResponseId, UnitId, new_id
from backend.model.incidents import Incident
from backend.model.people import Unit
from backend.model.positions import Position, PositionSource
from backend.model.responses import Response
from backend.services import audit
from backend.store.store import Store
from backend.store.tables import METADATA
from tests.backend.house import settings

NOW = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
async def store(folder: Path, database_url: str) -> AsyncIterator[Store]:
    store = open_store(settings(folder, database_url=database_url))
    yield store
    await store.close()


async def some_user(store: Store) -> str:
    async with store.read() as tx:
        return next(user.id for user in await tx.users.all())


def an_incident(user: str, **more: Any) -> Incident:
    given = {"id": new_id("inc"), "type": "Fire", "words": "", "opened_at": NOW, "opened_by": user}
    return Incident(**{**given, **more})


def test_the_migrations_make_the_tables(folder: Path, database_url: str) -> None:
    path = folder / "sightline.db"

    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    engine = create_engine(database_url or f"sqlite:///{path}")
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


async def test_migrating_again_changes_nothing(store: Store) -> None:
    before = await some_user(store)
    await store.migrate()
    assert await some_user(store) == before


async def test_a_database_of_a_later_version_is_refused(folder: Path) -> None:
    engine = create_engine(f"sqlite:///{folder / 'sightline.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    store = open_store(settings(folder))
    with pytest.raises(Exception, match="9999"):
        await store.migrate()
    await store.close()


async def test_what_goes_in_comes_out(store: Store) -> None:
    place = Position(
        latitude=42.3223,
        longitude=-83.1763,
        accuracy_m=12.5,
        at=NOW,
        source=PositionSource.CALLER,
        heading_deg=90.0,
    )
    incident = an_incident(await some_user(store), words="äß 🚒 'quoted' \"twice\"", callback_number="+1212")
    unit = Unit(id=UnitId(new_id("unt")), call_sign="Wagen Ω")
    async with store.begin() as tx:
        await tx.incidents.add(incident)
        await tx.units.add(unit)
        await tx.responses.add(
            Response(
                id=ResponseId(new_id("rsp")), incident_id=incident.id, unit_id=unit.id, dispatched_at=NOW
            )
        )
        await tx.incidents.move(incident.id, place)
        await tx.units.move([(unit.id, place)])
    async with store.read() as tx:
        found = await tx.incidents.get(incident.id)
        moved = await tx.units.get(unit.id)
        assert await tx.incidents.trail(incident.id, 10) == [place]
        assert [i.id for i in await tx.incidents.open()] == [incident.id]
    assert found == an_incident(
        incident.opened_by,
        id=incident.id,
        words=incident.words,
        callback_number="+1212",
        position=place,
        unit_ids=(unit.id,),
    )
    assert moved is not None
    assert moved.position == place


async def test_moments_come_back_in_utc(store: Store) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=-5)))
    incident = an_incident(await some_user(store), opened_at=local)
    async with store.begin() as tx:
        await tx.incidents.add(incident)
    async with store.read() as tx:
        found = await tx.incidents.get(incident.id)
    assert found is not None
    assert found.opened_at == NOW
    assert found.opened_at.utcoffset() == timedelta()


async def test_a_naive_datetime_is_refused(store: Store) -> None:
    incident = an_incident(await some_user(store), opened_at=NOW.replace(tzinfo=None))
    with pytest.raises(StatementError, match="naive"):
        async with store.begin() as tx:
            await tx.incidents.add(incident)


async def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    user = await some_user(store)
    incident = an_incident(user)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  the transaction has to begin for that
        async with store.begin() as tx:
            await tx.incidents.add(incident)
            await audit.record(tx, NOW, Action.INCIDENT_OPEN, actor=user, subject=incident.id)
            raise ZeroDivisionError
    async with store.read() as tx:
        assert await tx.incidents.get(incident.id) is None
    assert (await audit.verify(store)).problem is None


async def test_transactions_that_read_and_then_write_all_succeed(folder: Path, database_url: str) -> None:
    """Two stores, as two processes would have: neither is told that the database is busy."""
    stores = [open_store(settings(folder, database_url=database_url)) for _ in range(2)]
    user = await some_user(stores[0])
    before = (await audit.verify(stores[0])).entries

    async def write(store: Store, number: int) -> None:
        async with store.begin() as tx:
            await tx.incidents.open()
            await asyncio.sleep(0)
            await tx.incidents.add(an_incident(user, words=str(number)))
            await audit.record(tx, NOW, Action.INCIDENT_OPEN, actor=user, subject=str(number))

    await asyncio.gather(*(write(stores[n % 2], n) for n in range(60)))
    verdict = await audit.verify(stores[1])
    async with stores[0].read() as tx:
        assert len(await tx.incidents.open()) == 60
    assert (verdict.entries, verdict.problem) == (before + 60, None)
    for store in stores:
        await store.close()


async def test_a_reader_sees_one_moment(store: Store) -> None:
    user = await some_user(store)
    async with store.read() as reader:
        assert await reader.incidents.open() == []
        async with store.begin() as writer:
            await writer.incidents.add(an_incident(user))
        assert await reader.incidents.open() == []
    async with store.read() as reader:
        assert len(await reader.incidents.open()) == 1


async def test_verifying_while_others_write_finds_nothing_wrong(store: Store) -> None:
    async def write(number: int) -> None:
        async with store.begin() as tx:
            await audit.record(tx, NOW, Action.USER_SIGN_IN, actor="a", subject=str(number))

    async with asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(write(number))
        for _ in range(5):
            assert (await audit.verify(store)).problem is None
            await asyncio.sleep(0)
    assert (await audit.verify(store)).problem is None


async def test_what_is_missing_is_none_and_not_an_error(store: Store) -> None:
    async with store.read() as tx:
        assert await tx.incidents.get(IncidentId("inc_none")) is None
        assert await tx.units.get(UnitId("unt_none")) is None
        assert await tx.users.by_name("nobody") is None
        assert await tx.units.crew(UnitId("unt_none")) == []
        assert await tx.sessions.expired(NOW) == []


async def test_closing_an_unused_store_is_no_error(tmp_path: Path) -> None:
    await open_store(settings(tmp_path / "new")).close()


WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from backend.model.entries import Action
from backend.services import audit
from backend.store.store import Store

async def main() -> None:
    store = Store(f"sqlite+aiosqlite:///{sys.argv[1]}/sightline.db")
    while True:
        async with store.begin() as tx:
            entry = await audit.record(tx, datetime.now(UTC), Action.USER_SIGN_IN, actor="a", subject="b")
        print(entry.hash, flush=True)

asyncio.run(main())
"""


def test_no_acknowledged_entry_is_lost_when_the_writer_is_killed(folder: Path) -> None:
    acknowledged: list[str] = []
    for kill in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, cwd=Path.cwd(), text=True
        )
        assert writer.stdout is not None
        acknowledged += [writer.stdout.readline().strip() for _ in range(1 + 7 * kill)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [line.strip() for line in writer.stdout if len(line) == 65]
        writer.stdout.close()
        writer.wait()

    async def look() -> tuple[str | None, set[str]]:
        store = open_store(settings(folder))
        verdict = await audit.verify(store)
        async with store.read() as tx:
            kept = {entry.hash async for entry in tx.entries.all()}
        await store.close()
        return verdict.problem, kept

    problem, kept = asyncio.run(look())
    assert problem is None
    assert len(acknowledged) > 100
    assert set(acknowledged) <= kept
