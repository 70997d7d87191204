"""The agency's own sources: devices with a token, by real WHIP, and an officer's own phone."""

import asyncio
import contextlib
import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from backend.model.cameras import Camera, ParticipationLevel
from backend.model.ids import CameraId, new_id, new_secret
from tests.backend.agents import HERE, a_site
from tests.backend.house import House, Staff, no
from tests.backend.lent import press
from tests.peers import AiortcPeer, until

SYSTEM_PYTHON = "/usr/bin/python3"
LIVE_WITHIN_S = 60.0  # ICE may try for seconds what does not pass
_THERE = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstWebRTC', '1.0');"
    "from gi.repository import Gst, GstWebRTC; Gst.init(None);"
    "assert all(map(Gst.ElementFactory.find, ('webrtcbin', 'nicesink', 'dtlsenc', 'x264enc')))"
)


class Publisher:
    """Something that speaks WHIP with a bearer."""

    def __init__(self, house: House, bearer: str, stack: AsyncExitStack) -> None:
        self.house, self.bearer, self._stack = house, bearer, stack

    async def post(self, offer: str = "v=0") -> Any:
        headers = {"Authorization": f"Bearer {self.bearer}", "Content-Type": "application/sdp"}
        return await self.house.client().post("/whip", content=offer, headers=headers)

    async def publish(self) -> str:
        """Its session URL, when its picture is on the way."""
        peer = AiortcPeer()
        self._stack.push_async_callback(peer.close)
        reply = await self.post(await peer.offer_to_send(audio=False))
        assert reply.status_code == 201, reply.text
        await peer.answered(reply.text)
        return str(reply.headers["location"])

    async def hang_up(self, where: str) -> None:
        headers = {"Authorization": f"Bearer {self.bearer}"}
        assert (await self.house.client().delete(where, headers=headers)).status_code == 200


@pytest.fixture(scope="session")
def webrtcbin() -> None:
    """Skips where GStreamer cannot speak WebRTC."""
    found = subprocess.run([SYSTEM_PYTHON, "-c", _THERE], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("GStreamer's webrtcbin is not installed: tests/machine.sh says how")


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def registered(house: House, kind: str = "body-worn", **more: Any) -> tuple[Any, str]:
    lee = await house.staff("lee")
    if kind != "encoder":
        more.setdefault("unit_id", (await house.staff("sam")).user.unit_id)
    answer = await lee.post("/api/agency/devices", {"kind": kind, "name": f"A {kind}", **more})
    assert (answer["whip"], answer["token"][:4]) == ("/whip", "dvc_")
    return answer["device"], answer["token"]


async def live(dana: Staff, incident: Any, state: str = "live") -> Any:
    """The incident's newest feed, once it is in that state."""
    async with asyncio.timeout(LIVE_WITHIN_S), dana.socket() as socket:
        view = next(i for i in socket.snapshot["incidents"] if i["id"] == incident["id"])
        while not (view["feeds"] and view["feeds"][-1]["state"] == state):
            view = (await socket.until(lambda e: e["type"] == "incident"))["incident"]
    return view["feeds"][-1]


@pytest.mark.parametrize("kind", ["body-worn", "dash"])
async def test_what_a_unit_carries_publishes_while_the_unit_is_on_an_incident(
    house: House, dana: Staff, sam: Staff, stack: AsyncExitStack, kind: str
) -> None:
    _, token = await registered(house, kind)
    camera = Publisher(house, token, stack)
    for _ in range(5):
        assert "no open incident" in no(await camera.post(), 403, "not-needed")["detail"]
    assert len(await house.entries("feed.publish")) == 3  # it asks all day: the log does not
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
    first = await camera.publish()
    feed = await live(dana, incident)
    assert (feed["kind"], feed["unit_id"], feed["camera_id"]) == (kind, sam.user.unit_id, None)
    assert feed["name"] == f"Unit 12, A {kind}"
    await sam.post(f"/api/feeds/{feed['id']}/watch")
    no(await (await house.staff("kim")).http.post(f"/api/feeds/{feed['id']}/watch"), 403, "not-assigned")
    await camera.hang_up(first)
    await live(dana, incident, "ended")
    await camera.publish()
    assert (await live(dana, incident))["id"] == feed["id"]  # continued
    told = await dana.get(f"{where}/entries")
    assert {e["actor"] for e in told if e["action"] in ("feed.publish", "feed.live")} == {f"A {kind}"}
    await dana.delete(f"{where}/units/{sam.user.unit_id}")
    assert (await dana.see(incident))["feeds"][-1]["state"] == "ended"
    assert not house.parts.sfu.state().sessions
    no(await camera.post(), 403, "not-needed")
    await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
    await camera.publish()
    assert (await live(dana, incident))["id"] != feed["id"]
    await dana.post(f"{where}/close")
    assert not house.parts.sfu.state().sessions
    no(await camera.post(), 403, "not-needed")


async def test_a_retired_device_is_over(house: House, dana: Staff, sam: Staff, stack: AsyncExitStack) -> None:
    device, token = await registered(house)
    camera, lee = Publisher(house, token, stack), await house.staff("lee")
    incident = await dana.open()
    await dana.post(f"/api/incidents/{incident['id']}/units", {"unit_id": sam.user.unit_id})
    await camera.publish()
    await live(dana, incident)
    assert [held["id"] for held in await lee.get("/api/agency/devices")] == [device["id"]]
    await lee.delete(f"/api/agency/devices/{device['id']}")
    assert not house.parts.sfu.state().sessions
    no(await camera.post(), 403, "device-retired")
    assert await lee.get("/api/agency/devices") == []
    no(await lee.http.delete(f"/api/agency/devices/{device['id']}"), 404, "not-found")
    no(await Publisher(house, "dvc_" + new_secret(), stack).post(), 401, "unknown-grant")
    assert token not in str([entry.details for entry in await house.entries()])


async def test_an_encoder_publishes_while_its_camera_is_open(
    house: House, dana: Staff, stack: AsyncExitStack
) -> None:
    now = house.clock()
    camera = await a_camera(house)
    device, token = await registered(house, "encoder", camera_id=camera.id)
    async with house.parts.store.read() as tx:  # its page names what brings its picture
        assert (await house.parts.lending_board.camera(tx, camera, now)).device == device["name"]
    encoder = Publisher(house, token, stack)
    assert "Nobody has opened" in no(await encoder.post(), 403, "not-needed")["detail"]
    incident, opening = await opened(dana, camera)
    await encoder.publish()
    assert (await live(dana, incident))["name"] == "Market"
    await dana.delete(f"/api/openings/{opening['id']}")
    no(await encoder.post(), 403, "not-needed")
    assert (await house.entries("feed.publish"))[-1].actor == device["id"]


async def test_gstreamers_own_whip_publishes_with_a_devices_token(
    house: House, dana: Staff, webrtcbin: None
) -> None:
    """Nothing of ours: its offer, ICE (libnice), DTLS with an RSA key, and SRTP."""
    camera = await a_camera(house)
    _, token = await registered(house, "encoder", camera_id=camera.id)
    incident, _ = await opened(dana, camera)
    encoder = await asyncio.create_subprocess_exec(
        SYSTEM_PYTHON, str(Path(__file__).with_name("gst_encoder.py")),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )  # fmt: skip
    assert encoder.stdin is not None
    try:
        wanted = {"url": f"{house.url}/whip", "bearer": token}
        encoder.stdin.write(json.dumps(wanted).encode() + b"\n")
        feed = await live(dana, incident)
        grant = await dana.post(f"/api/feeds/{feed['id']}/watch")
        viewer = AiortcPeer()
        headers = {"Authorization": f"Bearer {grant['bearer']}", "Content-Type": "application/sdp"}
        offer = await viewer.offer_to_receive(audio=False)
        answer = await house.client().post(grant["whep"], content=offer, headers=headers)
        assert answer.status_code == 201, answer.text
        await viewer.answered(answer.text)
        await until(lambda: viewer.frames["video"] > 5, "the picture moves")
        await viewer.close()
        said, _ = await encoder.communicate(b"")  # which closes its input: it hangs up
    finally:
        with contextlib.suppress(ProcessLookupError):
            encoder.kill()
    answers = [line for line in said.decode().splitlines() if line.startswith("http")]
    assert answers == ["http 201", "http 200"]


async def a_camera(house: House) -> Camera:
    """The city's, on the market square."""
    site, now = await a_site(house), house.clock()
    camera = Camera(
        id=CameraId(new_id("cam")), site_id=site.id, name="Market", point=HERE, added_at=now,
        level=ParticipationLevel.NEARBY,
    )  # fmt: skip
    async with house.parts.store.begin() as tx:
        await tx.cameras.add(camera)
    return camera


async def opened(dana: Staff, camera: Camera) -> tuple[Any, Any]:
    """Dana has opened it for an incident there; nothing is published yet."""
    place = {"latitude": HERE.latitude, "longitude": HERE.longitude, "accuracy_m": 10.0}
    incident = await dana.open(position=place)
    return incident, (await press(dana, incident, camera.id))["opening"]


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "body-worn"},
        {"kind": "dash", "unit_id": "unt_0000000000000000000000"},
        {"kind": "encoder"},
        {"kind": "encoder", "camera_id": "cam_0000000000000000000000"},
    ],
)
async def test_a_device_belongs_to_something(house: House, more: dict[str, str]) -> None:
    lee = await house.staff("lee")
    no(await lee.http.post("/api/agency/devices", json={"name": "x", **more}), 422, "bad-device")


async def test_an_officers_own_phone_is_a_camera_until_anything_ends_it(
    house: House, dana: Staff, sam: Staff, stack: AsyncExitStack
) -> None:
    incident = await dana.open()
    where = f"/api/incidents/{incident['id']}"
    no(await sam.http.post(f"{where}/my-camera"), 403, "not-assigned")
    no(await dana.http.post(f"{where}/my-camera"), 403, "wrong-role")
    await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
    await sam.delete(f"{where}/my-camera")  # it was none
    share = await sam.post(f"{where}/my-camera")
    await Publisher(house, share["bearer"], stack).publish()
    feed = await live(dana, incident)
    assert (feed["id"], feed["kind"]) == (share["feed_id"], "officer")
    assert (feed["unit_id"], feed["name"]) == (sam.user.unit_id, "Unit 12, Sam Ortiz")
    again = await sam.post(f"{where}/my-camera")  # from another page: it takes the place
    assert again["feed_id"] == share["feed_id"]
    no(await Publisher(house, share["bearer"], stack).post(), 403, "grant-revoked")
    await Publisher(house, again["bearer"], stack).publish()
    await live(dana, incident)
    await sam.delete(f"{where}/my-camera")
    assert not house.parts.sfu.state().sessions
    third = await sam.post(f"{where}/my-camera")
    assert third["feed_id"] != share["feed_id"]
    await Publisher(house, third["bearer"], stack).publish()
    await live(dana, incident)
    done = await sam.http.delete("/api/session")
    assert done.status_code == 204
    assert not house.parts.sfu.state().sessions
    assert (await dana.see(incident))["feeds"][-1]["state"] == "ended"
    back = await house.staff("sam")
    no(await back.http.post(f"{where}/my-camera"), 403, "not-assigned")  # the last session ended the duty
    await back.post("/api/duty", {"unit_id": sam.user.unit_id})
    last = await back.post(f"{where}/my-camera")
    await Publisher(house, last["bearer"], stack).publish()
    await live(dana, incident)
    await dana.delete(f"{where}/units/{sam.user.unit_id}")
    assert not house.parts.sfu.state().sessions
    no(await back.http.post(f"{where}/my-camera"), 403, "not-assigned")
    no(await Publisher(house, last["bearer"], stack).post(), 403, "grant-revoked")
    actors = {e.actor for e in await house.entries() if e.action.value in ("feed.live", "officer.share")}
    assert actors == {sam.user.id}
