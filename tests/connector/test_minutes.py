"""Bytes by the minute: signed, kept while nobody takes them, never more than a week."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.exceptions import InvalidSignature

from media.connector import wire
from media.connector.folder import Folder
from media.connector.minutes import MOST, Minutes

NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def made(tmp_path: Path) -> tuple[Folder, Minutes]:
    folder = Folder(tmp_path)
    folder.prepare()
    return folder, Minutes(folder, "con_1", folder.make_key(), NOON)


def verified(folder: Folder, minute: wire.Minute) -> bool:
    try:
        signature = base64.urlsafe_b64decode(minute.signature + "==")
        folder.key().public_key().verify(signature, wire.minute_text("con_1", minute))
    except InvalidSignature:
        return False
    return True


def test_a_quiet_minute_is_a_signed_zero(tmp_path: Path) -> None:
    folder, minutes = made(tmp_path)
    minutes.tick(NOON + timedelta(minutes=1))
    (minute,) = minutes.to_send()
    assert (minute.media_bytes, minute.camera_bytes, minute.rtsp_sessions) == (0, 0, 0)
    assert minute.minute == NOON.replace(second=0)
    assert verified(folder, minute)


def test_what_was_carried_is_in_its_minute(tmp_path: Path) -> None:
    folder, minutes = made(tmp_path)
    minutes.session_began()
    minutes.count(media=1000, camera=900, control=80)
    minutes.tick(NOON + timedelta(minutes=1))
    minutes.session_ended()
    minutes.tick(NOON + timedelta(minutes=2))
    minutes.tick(NOON + timedelta(minutes=3))
    first, second, third = minutes.to_send()
    assert (first.media_bytes, first.camera_bytes, first.control_bytes, first.rtsp_sessions) == (
        1000,
        900,
        80,
        1,
    )
    assert second.rtsp_sessions == 1  # it was open when that minute began
    assert third.rtsp_sessions == 0
    forged = msgspec.structs.replace(first, media_bytes=0)
    assert verified(folder, first)
    assert not verified(folder, forged)


def test_minutes_outlive_the_connector_until_the_service_was_heard(tmp_path: Path) -> None:
    folder, minutes = made(tmp_path)
    minutes.count(media=7)
    minutes.tick(NOON + timedelta(minutes=1))
    assert len(minutes.to_send()) == 1
    minutes.connection_lost()
    again = Minutes(folder, "con_1", folder.key(), NOON + timedelta(minutes=1))
    assert [minute.media_bytes for minute in again.to_send()] == [7]
    assert again.to_send() == []  # once on one connection
    again.heard()
    assert Minutes(folder, "con_1", folder.key(), NOON).to_send() == []


def test_a_week_is_kept_and_a_clock_set_back_reports_nothing_twice(tmp_path: Path) -> None:
    _, minutes = made(tmp_path)
    minutes.tick(NOON - timedelta(hours=1))
    minutes.tick(NOON - timedelta(hours=1))
    assert minutes.to_send() == []
    minutes._waiting.extend(
        [
            wire.Minute(
                minute=NOON, media_bytes=0, camera_bytes=0, control_bytes=0, rtsp_sessions=0, signature=""
            )
        ]
        * (MOST + 5)
    )
    assert len(minutes._waiting) == MOST


def test_a_damaged_file_costs_its_minutes_only(tmp_path: Path) -> None:
    folder, _ = made(tmp_path)
    (tmp_path / "minutes.json").write_text("{")
    assert Minutes(folder, "con_1", folder.key(), NOON).to_send() == []


@pytest.mark.parametrize("damage", [b"", b"{", b'{"cameras": 3}'])
def test_a_damaged_folder_says_what_to_do(tmp_path: Path, damage: bytes) -> None:
    from media.connector.folder import FolderError

    folder = Folder(tmp_path)
    folder.prepare()
    folder.save("connector.json", damage)
    with pytest.raises(FolderError, match="enrol again"):
        folder.read()
