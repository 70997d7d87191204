"""A caller sends a photo or a clip by tus: in pieces, on any page of the link; a look at it is on record."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.model.ids import UploadId
from backend.model.uploads import MOST_BYTES, MOST_OPEN, UploadState
from backend.model.uses import LeafKind
from backend.services.uploads import Uploads
from tests.backend.house import House, Phone, Staff, no
from tests.backend.test_note_stills import told
from tests.backend.test_sharing import shared
from tests.media import clips

TUS = {"Tus-Resumable": "1.0.0"}


class Tus:
    """A client of tus 1.0.0, by hand."""

    def __init__(self, house: House, phone: Phone) -> None:
        self.http, self.phone = house.client(), phone

    @property
    def headers(self) -> dict[str, str]:
        return {**TUS, "Authorization": f"Bearer {self.phone.bearer}"}

    async def begin(self, length: int | str) -> httpx.Response:
        headers = {**self.headers, "Upload-Length": str(length)}
        return await self.http.post("/api/caller/uploads", headers=headers)

    async def begun(self, length: int) -> str:
        reply = await self.begin(length)
        assert reply.status_code == 201, reply.text
        assert reply.headers["tus-resumable"] == "1.0.0"
        return str(reply.headers["location"])

    async def send(self, where: str, offset: int, piece: bytes, **more: str) -> httpx.Response:
        headers = {
            **self.headers,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        return await self.http.patch(where, content=piece, headers={**headers, **more})

    async def offset(self, where: str) -> int:
        reply = await self.http.head(where, headers=self.headers)
        assert reply.status_code == 200, reply.status_code
        assert reply.headers["cache-control"] == "no-store"
        return int(reply.headers["upload-offset"])


@pytest.fixture
async def house(any_house: House) -> House:
    """On SQLite and on PostgreSQL, without waiting between uploads."""
    any_house.parts.uploads._begins._burst = 1000
    any_house.parts.uploads._asks._burst = 1000
    return any_house


def files(house: House) -> list[str]:
    return sorted(path.suffix for path in (house.config.data_dir / "uploads").glob("*"))


async def until_state(dana: Staff, incident: Any, state: str) -> Any:
    for _ in range(1500):
        views = (await dana.see(incident))["uploads"]
        if views and views[-1]["state"] == state:
            return views[-1]
        await asyncio.sleep(0.02)
    raise AssertionError(f"it is {views}, and never {state}")


async def test_a_photo_in_pieces_over_two_pages_is_seen_and_each_look_is_on_record(
    house: House, dana: Staff, sam: Staff
) -> None:
    incident, _, phone = await shared(house, dana)
    tus, photo = Tus(house, phone), clips.sideways()
    where, half = await tus.begun(len(photo)), len(photo) // 2
    reply = await tus.send(where, 0, photo[:half])
    assert (reply.status_code, reply.headers["upload-offset"]) == (204, str(half))
    assert "upload-expires" in reply.headers
    assert (await dana.see(incident))["uploads"][0]["received"] == half
    await phone.share()  # the page was closed, and the link is opened again
    assert await tus.offset(where) == half
    no(await tus.send(where, 0, photo), 409, "bad-offset")
    assert (await tus.send(where, half, photo[half:] + b"more than there is")).status_code == 204
    view = await until_state(dana, incident, "ready")
    assert (view["kind"], view["width"], view["height"], view["received"]) == ("photo", 600, 800, len(photo))
    assert files(house) == [".made"], "what was sent is gone"
    no(await tus.send(where, len(photo), b""), 409, "bad-offset")

    path = where.replace("/api/caller", "/api")
    no(await sam.http.get(path), 403, "not-assigned")
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    for who in (dana, dana, sam):
        seen = await who.http.get(path)
        assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
        assert b"Main Street" not in seen.content
    looks = [(e.actor, e.incident_id) for e in await house.entries("upload.look") if e.refusal is None]
    assert looks == [(who.user.id, incident["id"]) for who in (dana, dana, sam)]
    leaves = await told(house, LeafKind.LOOK)
    assert [leaf["by"] for leaf in leaves] == ["dispatcher", "officer"]
    assert len({leaf["use"] for leaf in leaves}) == 1
    told_of = [
        (e.action.value, e.details) for e in await house.entries() if e.action.value.startswith("upload.")
    ]
    assert told_of[:2] == [
        ("upload.begin", {"bytes": str(len(photo))}),
        ("upload.end", {"state": "ready", "kind": "photo"}),
    ]


async def test_a_sender_that_leaves_loses_nothing_that_arrived(
    house: House, dana: Staff, tmp_path: Path
) -> None:
    incident, _, phone = await shared(house, dana)
    tus, clip = Tus(house, phone), clips.clip(tmp_path / "clip").read_bytes()
    where = await tus.begun(len(clip))

    async def torn() -> Any:
        yield clip[:1000]
        await asyncio.sleep(0.2)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await tus.send(where, 0, torn())
    for _ in range(500):
        if await tus.offset(where) == 1000 and not house.parts.uploads._writing:
            break
        await asyncio.sleep(0.02)
    part = house.config.data_dir / "uploads" / f"{where.rsplit('/', 1)[-1]}.part"
    part.write_bytes(clip[:1000] + b"written, and never told")
    assert (await tus.send(where, 1000, clip[1000:])).status_code == 204
    view = await until_state(dana, incident, "ready")
    assert (view["kind"], view["width"]) == ("clip", 320)
    reply = await dana.http.get(where.replace("/api/caller", "/api"))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "video/mp4")


async def test_what_is_no_picture_is_refused_and_deleted(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    tus = Tus(house, phone)
    for lie in (clips.bomb(20_000, 20_000), b"<script>alert(1)</script>" * 10):
        where = await tus.begun(len(lie))
        assert (await tus.send(where, 0, lie)).status_code == 204
        await until_state(dana, incident, "refused")
        assert files(house) == []
        no(await dana.http.get(where.replace("/api/caller", "/api")), 404, "not-found")
        assert (await tus.http.head(where, headers=tus.headers)).headers["upload-state"] == "refused"
    assert {e.refusal for e in await house.entries("upload.end")} == {"bad-picture"}


async def test_what_is_too_much_is_refused_before_a_byte_is_taken(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, phone = await shared(house, dana)
    tus = Tus(house, phone)
    no(await tus.begin(200 * 1024 * 1024), 413, "too-large")
    no(await tus.begin(MOST_BYTES + 1), 413, "too-large")
    no(await tus.begin(0), 413, "too-large")
    for bad in ("", "-1", "1e9", "9" * 16):
        assert (await tus.begin(bad)).status_code == 400
    for _ in range(MOST_OPEN):
        await tus.begun(1000)
    no(await tus.begin(1000), 409, "too-many")
    _, _, other = await shared(house, dana)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1 << 40, 0, 1 << 30))
    no(await Tus(house, other).begin(1000), 503, "full")
    house.parts.uploads._begins._burst, house.parts.uploads._begins._held = (
        2,
        type(house.parts.uploads._begins._held)(),
    )
    codes = [(await Tus(house, other).begin(1000)).status_code for _ in range(4)]
    assert codes == [503, 503, 429, 429]


async def test_only_by_its_own_link_and_only_as_tus_says(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    _, _, stranger = await shared(house, dana)
    _, _, for_place = await shared(house, dana, kind="position")
    tus, theirs = Tus(house, phone), Tus(house, stranger)
    no(await Tus(house, for_place).begin(10), 403, "wrong-scope")
    where = await tus.begun(10)
    no(await theirs.send(where, 0, b"x"), 404, "not-found")
    assert (await theirs.http.head(where, headers=theirs.headers)).status_code == 404
    assert (await tus.send(where, 0, b"x", **{"Content-Type": "image/jpeg"})).status_code == 415
    spoken = await tus.send(where, 0, b"x", **{"Tus-Resumable": "0.2.2"})
    assert (spoken.status_code, spoken.headers["tus-version"]) == (412, "1.0.0")
    asked = await tus.http.options("/api/caller/uploads")
    assert (asked.status_code, asked.headers["tus-max-size"]) == (204, str(MOST_BYTES))
    no(await tus.http.get(where.replace("/api/caller", "/api")), 401, "not-signed-in")
    no(await dana.http.get(where.replace("/api/caller", "/api")), 404, "not-found")
    house.clock.advance(hours=11)
    await phone.share()
    house.clock.advance(hours=13, minutes=1)
    await phone.share()
    await house.parts.uploads.look_after()
    assert (await tus.http.head(where, headers=tus.headers)).status_code == 404
    assert files(house) == []
    where = await tus.begun(10)
    await (await house.staff("dana")).post(f"/api/incidents/{incident['id']}/close")
    no(await tus.send(where, 0, b"x"), 410, "incident-closed")
    await house.parts.uploads.look_after()
    assert files(house) == []


async def test_a_link_for_uploads_takes_one(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana, kind="upload")
    tus, photo = Tus(house, phone), clips.sideways()
    assert (await tus.send(await tus.begun(len(photo)), 0, photo)).status_code == 204
    await until_state(dana, incident, "ready")


@pytest.mark.parametrize("ends", ["stop", "revoke", "close"])
async def test_what_is_on_its_way_when_sharing_ends_is_not_taken(
    house: House, dana: Staff, ends: str
) -> None:
    incident, link, phone = await shared(house, dana)
    tus = Tus(house, phone)
    where = await tus.begun(2000)
    assert (await tus.send(where, 0, b"x" * 500)).status_code == 204
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> Any:
        yield b"x" * 1000
        begun.set()
        await ended.wait()
        yield b"x" * 500

    sending = asyncio.create_task(tus.send(where, 500, slow()))
    await begun.wait()
    if ends == "stop":
        assert (await phone.send("stop")).status_code == 204
    else:
        thing = f"links/{link['id']}" if ends == "revoke" else f"incidents/{incident['id']}"
        await dana.post(f"/api/{thing}/{ends}")
    ended.set()
    refused = await sending
    assert refused.status_code in (403, 410), refused.text
    async with house.parts.store.read() as tx:
        held = await tx.uploads.get(UploadId(where.rsplit("/", 1)[-1]))
    assert held is not None
    assert (held.state, held.received) == (UploadState.RECEIVING, 500)


async def test_a_piece_that_could_not_be_written_down_may_come_again(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, phone = await shared(house, dana)
    tus = Tus(house, phone)
    where = await tus.begun(10)

    async def fails(*_: Any, **__: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as once:
        once.setattr("backend.store.uploads.Uploads.change", fails)
        assert (await tus.send(where, 0, b"12345")).status_code == 500
    assert await tus.offset(where) == 0
    assert (await tus.send(where, 0, b"12345")).status_code == 204


async def test_two_pages_that_send_the_same_piece_do_not_undo_each_other(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second has asked how far the file is before the first was done, and goes on after it."""
    incident, _, phone = await shared(house, dana)
    tus, photo = Tus(house, phone), clips.sideways()
    where = await tus.begun(len(photo))
    find, first = Uploads.find, await_first()

    async def slow(self: Uploads, bearer: Any, upload: UploadId) -> Any:
        found = await find(self, bearer, upload)
        await first()
        return found

    monkeypatch.setattr(Uploads, "find", slow)
    both = await asyncio.gather(tus.send(where, 0, photo), tus.send(where, 0, photo))
    assert sorted(reply.status_code for reply in both) == [204, 409]
    monkeypatch.undo()
    assert (await until_state(dana, incident, "ready"))["received"] == len(photo)


def await_first() -> Any:
    """Whoever asks second waits for a moment."""
    asked: list[None] = []

    async def wait() -> None:
        asked.append(None)
        await asyncio.sleep(0.3 * (len(asked) - 1))

    return wait


async def test_what_a_process_left_that_ended_too_soon_is_deleted(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    tus, photo = Tus(house, phone), clips.sideways()
    where = await tus.begun(len(photo))
    assert (await tus.send(where, 0, photo)).status_code == 204
    await until_state(dana, incident, "ready")
    going = await tus.begun(10)
    assert (await tus.send(going, 0, b"12345")).status_code == 204
    folder = house.config.data_dir / "uploads"
    (folder / f"{where.rsplit('/', 1)[-1]}.part").write_bytes(photo)  # with the place where it was taken
    await house.parts.uploads.sweep()
    assert files(house) == [".made", ".part"]
    assert (await tus.send(going, 5, b"67890")).status_code == 204


async def test_a_file_that_a_backup_left_out_is_told_as_gone(house: House, dana: Staff) -> None:
    incident, _, phone = await shared(house, dana)
    tus, photo = Tus(house, phone), clips.sideways()
    where = await tus.begun(len(photo))
    assert (await tus.send(where, 0, photo)).status_code == 204
    await until_state(dana, incident, "ready")
    (made,) = (house.config.data_dir / "uploads").glob("*.made")
    made.unlink()
    problem = no(await dana.http.get(where.replace("/api/caller", "/api")), 404, "not-found")
    assert "left out of a backup" in problem["detail"]
    assert [e.refusal for e in await house.entries("upload.look")] == ["not-found"]


async def test_what_callers_began_and_left_keeps_nobody_else_out(
    house: House, dana: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.services.uploads.MOST_WAITING", 2)
    for _ in range(3):
        _, _, phone = await shared(house, dana)
        await Tus(house, phone).begun(1000)
    monkeypatch.setattr(house.parts.uploads, "look_after", asyncio.Event().wait)  # the machine has no time
    for left in (2, 1, 0):
        _, _, phone = await shared(house, dana)
        tus = Tus(house, phone)
        if not left:
            no(await tus.begin(10), 503, "full")
        else:
            assert (await tus.send(await tus.begun(10), 0, b"1234567890")).status_code == 204
