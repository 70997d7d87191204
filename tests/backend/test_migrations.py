"""A database that was made by an earlier version is carried over with all that is in it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, insert, text

from backend.model.cameras import ParticipationLevel, Unavailable
from backend.model.disclosure import Stage
from backend.model.ids import AskId, CameraId, ConnectorId, IncidentId, UserId, new_id
from backend.model.lending import Offer
from backend.model.openings import Ask, Reason, Waiter
from backend.model.positions import Position, PositionSource
from backend.services import nearby
from backend.store import tables
from backend.store.cameras import row
from backend.store.rows import columns
from backend.store.store import MIGRATIONS, Store
from tests.backend.lending import HERE, NOW, a_camera, a_site

USER, CONNECTOR, INCIDENT = UserId("usr_1"), ConnectorId("con_1"), IncidentId("inc_1")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if request.param == "postgresql":
        create: Callable[[], str] = request.getfixturevalue("postgres_url")
        url = create()
    engine = create_engine(url)
    yield engine
    engine.dispose()


def upgrade(engine: Engine, revision: str) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def fill(engine: Engine) -> tuple[str, str, Ask]:
    """Two cameras, one of them in trouble, and an ask that waits; by the tables as 0002 made them."""
    site = a_site()
    fine, broken = (
        a_camera(site.id, name=name, level=level, connector_id=CONNECTOR, source=name)
        for name, level in (("fine", ParticipationLevel.ASK), ("broken", ParticipationLevel.NEARBY))
    )
    at = Position(
        latitude=HERE.latitude,
        longitude=HERE.longitude,
        accuracy_m=5,
        at=NOW,
        source=PositionSource.CALLER,
    )
    ask = Ask(
        id=AskId(new_id("ask")),
        camera_id=fine.id,
        incident_id=INCIDENT,
        asked_by=USER,
        reason=Reason.SEE_SCENE,
        asked_at=NOW,
        expires_at=NOW + timedelta(seconds=60),
    )
    held: list[tuple[Any, dict[str, Any]]] = [
        (
            tables.users,
            {"id": USER, "name": "dana", "display_name": "Dana", "role": "dispatcher", "password_hash": "!"},
        ),
        (
            tables.sites,
            {
                "id": site.id,
                "kind": site.kind.value,
                "name": site.name,
                "address": "",
                "latitude": HERE.latitude,
                "longitude": HERE.longitude,
                "added_at": NOW,
            },
        ),
        (
            tables.connectors,
            {
                "id": CONNECTOR,
                "site_id": site.id,
                "name": "",
                "key": "key",
                "enrolled_at": NOW,
                "version": "1",
            },
        ),
        *(
            (
                tables.sources,
                {
                    "connector_id": CONNECTOR,
                    "name": name,
                    "label": name,
                    "kind": "rtsp",
                    "codec": "h264",
                    "width": 1920,
                    "height": 1080,
                    "transcodes": False,
                    "has_sound": False,
                    "trouble": trouble,
                    "seen_at": NOW,
                },
            )
            for name, trouble in (("fine", None), ("broken", "It wants a password."))
        ),
        *((tables.cameras, row(camera)) for camera in (fine, broken)),
        (
            tables.incidents,
            {
                "id": INCIDENT,
                "type": "Fire",
                "words": "äß",
                "position": msgspec.to_builtins(at),
                "opened_at": NOW,
                "opened_by": USER,
            },
        ),
        (tables.asks, columns(ask)),
    ]
    with engine.begin() as connection:
        for table, values in held:
            connection.execute(insert(table).values(**values))
    return fine.id, broken.id, ask


def everything(engine: Engine, like: dict[str, list[dict[str, Any]]] | None = None) -> dict[str, Any]:
    """Every row of every table; of the tables and columns of an earlier look only, when there is one."""
    found: dict[str, Any] = {}
    with engine.connect() as connection:
        for name in sorted(like if like is not None else tables.METADATA.tables):
            if engine.dialect.has_table(connection, name):
                rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()
                known = like[name][0] if like is not None and like[name] else None
                kept = [{key: row[key] for key in (known or row)} for row in rows]
                found[name] = sorted(kept, key=str)
    return found


async def test_leaves_of_0004_are_carried_over(engine: Engine) -> None:
    upgrade(engine, "0004")
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO users (id, name, display_name, role, password_hash)"
            " VALUES ('usr_1', 'dana', 'Dana', 'dispatcher', '!')",
            "INSERT INTO incidents (id, type, words, opened_at, opened_by)"
            " VALUES ('inc_1', 'Fire', '', '2026-11-27 02:00:00', 'usr_1')",
            "INSERT INTO feeds (id, incident_id, kind, state, since)"
            " VALUES ('fed_1', 'inc_1', 'caller', 'live', '2026-11-27 02:00:00')",
            """INSERT INTO uses (id, "key", kind, incident_id, feed_id, user_id, at, leaf, fields, "index")"""
            " VALUES ('use_1', 'grt_1', 'open', 'inc_1', 'fed_1', 'usr_1', '2026-11-27 02:00:00',"
            """ CAST('leaf' AS {bytes}), '{{"hour": {{"value": "2026-11-27T02", "salt": "AA=="}}}}', 0)""",
        ):
            kind = "BLOB" if engine.dialect.name == "sqlite" else "BYTEA"
            connection.exec_driver_sql(statement.format(bytes=kind) if "{bytes}" in statement else statement)
    before = everything(engine)
    store = Store(
        engine.url.render_as_string(hide_password=False).replace("sqlite://", "sqlite+aiosqlite://")
    )
    await store.migrate()
    assert len(before["uses"]) == 1
    assert everything(engine, like=before) == before
    async with store.begin() as tx:
        (entry,) = await tx.disclosed.unpublished(1, 10)
        await tx.disclosed.opened([(entry, ["hour"], Stage.AT_ONCE)])
        assert [shown.fields["hour"].value for shown in await tx.disclosed.bundle(0)] == ["2026-11-27T02"]
        assert await tx.disclosed.stale(10) == [0]
        assert await tx.disclosed.unpublished(1, 10) == []
    await store.close()


async def test_a_database_of_0002_is_carried_over_with_its_data_and_serves(engine: Engine) -> None:
    upgrade(engine, "0002")
    fine, broken, ask = fill(engine)
    before = everything(engine)
    assert "ask_waiters" not in before
    url = engine.url.render_as_string(hide_password=False)
    store = Store(url.replace("sqlite://", "sqlite+aiosqlite://"))
    await store.migrate()
    assert len(before["cameras"]) == len(before["sources"]) == 2
    assert everything(engine, like=before) == before
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.METADATA) == []
    async with store.begin() as tx:
        assert await tx.asks.waiters(ask.id) == []
        await tx.asks.wait(ask.id, Waiter(user_id=USER, reason=Reason.FIND_PERSON), NOW)
        assert len(await tx.asks.waiters(ask.id)) == 1
        incident = await tx.incidents.get(INCIDENT)
        assert incident is not None
        found = await nearby.around(tx, incident, NOW, zone=ZoneInfo("UTC"), connected=lambda _: True)
    assert [(held.camera_id, held.offer, held.why) for held in found.cameras] == [
        (CameraId(fine), Offer.ASKING, None),
        (CameraId(broken), Offer.NO, Unavailable.CAMERA_TROUBLE),
    ]
    await store.close()


async def test_units_that_are_assigned_in_0007_were_dispatched_when_the_log_says_so(engine: Engine) -> None:
    upgrade(engine, "0007")
    with engine.begin() as connection:
        for statement in (
            "INSERT INTO units (id, call_sign) VALUES ('unt_1', 'Unit 12')",
            "INSERT INTO users (id, name, display_name, role, unit_id, password_hash)"
            " VALUES ('usr_1', 'sam', 'Sam', 'officer', 'unt_1', '!')",
            "INSERT INTO incidents (id, type, words, opened_at, opened_by)"
            " VALUES ('inc_1', 'Fire', '', '2026-11-27 02:00:00', 'usr_1')",
            "INSERT INTO assignments (incident_id, unit_id) VALUES ('inc_1', 'unt_1')",
            """INSERT INTO entries
            ("index", at, action, actor, subject, incident_id, details, previous, hash) VALUES
            (0, '2026-11-27 02:03:00', 'unit.assign', 'usr_1', 'unt_1', 'inc_1', '{}', '', '')""",
        ):
            connection.exec_driver_sql(statement)
    url = engine.url.render_as_string(hide_password=False)
    store = Store(url.replace("sqlite://", "sqlite+aiosqlite://"))
    await store.migrate()
    async with store.read() as tx:
        (response,) = await tx.responses.of_incident(IncidentId("inc_1"))
        user, incident = await tx.users.get(UserId("usr_1")), await tx.incidents.get(IncidentId("inc_1"))
    assert response.dispatched_at == datetime(2026, 11, 27, 2, 3, tzinfo=UTC)
    assert incident is not None
    assert incident.unit_ids == ("unt_1",)
    assert user is not None
    assert (user.unit_id, user.usual_unit_id) == (None, "unt_1")  # an account is no duty
    await store.close()
