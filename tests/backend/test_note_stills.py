"""A still in a note is of what its writer has on, is counted with that, and each look is on record."""

import asyncio
import base64
from typing import Any

import pytest

from backend.model.ids import FeedId, new_id
from backend.model.incidents import FeedKind
from backend.model.uses import LeafKind
from tests.backend.house import House, Phone, Staff, no
from tests.backend.lent import AT_THE_SHOP, Lent, press
from tests.media.test_frames import a_picture
from tests.peers import AiortcPeer, until

PICTURE = a_picture(640, 360)


@pytest.fixture
async def house(any_house: House) -> House:
    """All of this on SQLite and on PostgreSQL."""
    any_house.parts.notes._stills._burst = 100
    return any_house


def note(feed: str, jpeg: bytes = PICTURE, text: str = "Look at the door") -> Any:
    still = {"feed_id": feed, "jpeg": base64.b64encode(jpeg).decode()}
    return {"id": new_id("nte"), "text": text, "still": still}


async def told(house: House, kind: LeafKind) -> list[dict[str, str]]:
    """What leaves of that kind commit to, the first first."""
    async with house.parts.store.read() as tx:
        rows = [row for row in await tx.uses._where() if row.kind is kind]
    return [{name: field.value for name, field in row.fields.items()} for row in rows]


async def until_ended(house: House) -> dict[str, str]:
    """What the one screen's end commits to."""
    for _ in range(1000):
        found = await told(house, LeafKind.END)
        if found:
            return found[0]
        await asyncio.sleep(0.02)
    raise AssertionError("the end of a session is never told")


async def test_a_still_of_a_lent_camera_is_counted_and_looks_are_on_record(
    house: House, dana: Staff, sam: Staff, lee: Staff, lent: Lent, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera, incident = await lent.camera(name="Back door"), await dana.open(**AT_THE_SHOP)
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    where = f"/api/incidents/{incident['id']}/notes"
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    no(await dana.http.post(where, json=note(feed)), 409, "not-watching")
    await lent.publish(lent.sockets.starts[0])
    screen = await lent.watch(dana, feed)
    no(await sam.http.post(where, json=note(feed)), 403, "not-opened")
    no(await lee.http.post(where, json=note(feed)), 403, "not-opened")
    refused = [(e.actor, e.refusal) for e in await house.entries("note.write")]
    assert refused == [
        (dana.user.id, "not-watching"),
        (sam.user.id, "not-opened"),
        (lee.user.id, "not-opened"),
    ]
    body = note(feed)
    async with sam.socket() as phone:
        view = await dana.post(where, body)
        assert (await phone.until(lambda e: e["type"] == "note"))["note"] == view
    assert view["still"] == {"kind": "camera", "name": "Back door", "width": 640, "height": 360}
    house.parts.notes._stills._burst = 0
    assert await dana.post(where, body) == view, "sent again it is one, and no second picture is made"
    no(await dana.http.post(where, json=note(feed)), 429, "too-often")
    house.parts.notes._stills._burst = 100
    house.parts.notes._stills._held.clear()
    monkeypatch.setattr("backend.services.notes.MOST_STILLS", 1)
    no(await dana.http.post(where, json=note(feed)), 409, "too-many")
    for who in (sam, sam, dana, lee):
        reply = await who.http.get(f"/api/notes/{view['id']}/still")
        assert (reply.status_code, reply.headers["content-type"]) == (200, "image/jpeg")
        assert (reply.headers["cache-control"], reply.content[:2]) == ("no-store", b"\xff\xd8")
        assert reply.content != PICTURE
    looks = [(e.actor, e.subject, e.incident_id) for e in await house.entries("note.look")]
    assert looks == [(who.user.id, view["id"], incident["id"]) for who in (sam, sam, dana, lee)]
    leaves = await told(house, LeafKind.LOOK)
    (opened,) = [leaf for leaf in await told(house, LeafKind.OPEN) if leaf["camera"] == camera]
    assert [(leaf["use"], leaf["by"]) for leaf in leaves] == [
        (opened["use"], by) for by in ("officer", "dispatcher", "supervisor")
    ]
    assert len(house.log.leaves()) >= 4
    no(await (await house.staff("kim")).http.get(f"/api/notes/{view['id']}/still"), 403, "not-assigned")
    await screen.close()
    assert (await until_ended(house))["stills"] == "1"
    ola = await lent.signed_in()
    await dana.post(f"/api/incidents/{incident['id']}/close")
    (receipt,) = (await ola.get("/api/receipts"))["receipts"]
    assert (receipt["use"], receipt["stills"], receipt["looks"]) == (opened["use"], 1, 3)
    no(await sam.http.get(f"/api/notes/{view['id']}/still"), 410, "incident-closed")
    assert (await dana.http.get(f"/api/notes/{view['id']}/still")).status_code == 200
    house.log.away = True
    no(await lee.http.get(f"/api/notes/{view['id']}/still"), 503, "log-away")


async def test_what_the_owner_shuts_gives_no_still(house: House, dana: Staff, lent: Lent) -> None:
    camera, incident = await lent.camera(), await dana.open(**AT_THE_SHOP)
    other = await dana.open()
    where = f"/api/incidents/{incident['id']}/notes"
    feed = (await press(dana, incident, camera))["opening"]["feed_id"]
    await lent.publish(lent.sockets.starts[0])
    await lent.watch(dana, feed)
    for bad in (
        b"\xff\xd8\xff\xd9",
        b"no picture",
        PICTURE[:500],
        PICTURE.replace(b"\xff\xc0", b"\xff\xc1\x00"),
    ):
        no(await dana.http.post(where, json=note(feed, bad)), 422, "bad-picture")
    no(await dana.http.post(f"/api/incidents/{other['id']}/notes", json=note(feed)), 404, "not-found")
    no(await dana.http.post(where, json=note(new_id("fed"))), 404, "not-found")
    no(await dana.http.post(where, json=note(feed, b"\xff" * (320 * 1024 + 1))), 400, "malformed")
    await (await lent.signed_in()).post(f"/api/cameras/{camera}/pause", {"minutes": 60})
    no(await dana.http.post(where, json=note(feed)), 403, "not-opened")
    assert (await dana.get(where))["notes"] == []
    assert (await until_ended(house))["stills"] == "0"


async def test_a_caller_is_told_of_stills_too(house: House, dana: Staff) -> None:
    incident = await dana.open()
    link = await dana.issue(incident)
    phone = Phone(house, house.token(link["id"]))
    bearer = await phone.share()
    caller, screen = AiortcPeer(), AiortcPeer()
    sdp = {"Content-Type": "application/sdp"}
    offer = await caller.offer_to_send(audio=False)
    reply = await house.client().post(
        "/whip", content=offer, headers={"Authorization": f"Bearer {bearer}", **sdp}
    )
    await caller.answered(reply.text)
    feed = (await dana.see(incident))["feeds"][0]["id"]
    grant = await dana.post(f"/api/feeds/{feed}/watch")
    offer = await screen.offer_to_receive(audio=False)
    headers = {"Authorization": f"Bearer {grant['bearer']}", **sdp}
    await screen.answered((await house.client().post(grant["whep"], content=offer, headers=headers)).text)
    await until(lambda: screen.frames["video"], "a frame is shown")
    view = await dana.post(f"/api/incidents/{incident['id']}/notes", note(feed, text=""))
    assert (view["text"], view["still"]["kind"], view["still"]["name"]) == ("", FeedKind.CALLER.value, "")
    house.log.away = True  # a caller's own picture goes on without the log
    assert (await dana.http.get(f"/api/notes/{view['id']}/still")).status_code == 200
    house.log.away = False
    await screen.close()
    await caller.close()
    assert (await until_ended(house))["stills"] == "1"
    await house.parts.uses.hand_over()
    async with house.parts.store.read() as tx:
        assert [e.kind for e in await tx.receipts.of_feed(FeedId(feed))] == [
            LeafKind.OPEN,
            LeafKind.LOOK,
            LeafKind.END,
        ]
    challenge = (await phone.http.post("/api/caller/receipt/challenge", json={"token": phone.token})).json()
    signed = phone.sign(challenge["challenge"], purpose="sightline-receipt")
    body = {
        "token": phone.token,
        "challenge": challenge["challenge"],
        "key": phone.public(),
        "signature": signed,
    }
    assert (await phone.http.post("/api/caller/receipt", json=body)).json()["stills"] == 1
