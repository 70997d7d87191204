"""The connector as a process beside a real camera and a real engine, ordered about over its socket."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import msgspec
import pytest

from media.connector import wire
from tests.connector.desk import CODE, Connector, Desk, RtspCamera, desk


async def running(connector: Connector, service: Desk, camera: RtspCamera, path: str, *options: str) -> None:
    """With one camera, named "camera", and connected."""
    added = await connector.do("add", camera.url(path), "--name", "camera", *options)
    assert added.returncode == 0, added.stderr
    connector.run()
    await service.until(lambda: service.sources(), "it has told its sources")


async def test_enrolling_makes_a_key_that_only_its_owner_can_read(service: Desk, tmp_path: Path) -> None:
    connector = Connector(tmp_path / "connector")
    wrong = await connector.do("enrol", service.url, "WRONG")
    assert wrong.returncode == 2
    assert "not known" in wrong.stderr
    right = await connector.do("enrol", service.url, CODE)
    assert "Corner Shop" in right.stdout
    for name in ("key.pem", "connector.json"):
        assert stat.S_IMODE((connector.folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(connector.folder.stat().st_mode) == 0o700


async def test_a_service_without_tls_is_refused(tmp_path: Path) -> None:
    done = await Connector(tmp_path / "connector").do("enrol", "http://video.example.org", CODE)
    assert done.returncode == 2
    assert "https" in done.stderr


async def test_a_camera_opens_for_a_start_and_closes_for_the_last_stop(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    before = camera.connections()
    await service.start("fed_a", "camera")
    await service.until(lambda: service.all(wire.Running), "the picture is on the way")
    viewer = await service.watch("fed_a")
    await service.until(lambda: viewer.frames["video"] > 10, "the picture moves")
    opened = camera.connections()
    assert opened == before + 1
    await service.start("fed_b", "camera")
    second = await service.watch("fed_b")
    await service.until(lambda: second.frames["video"] > 5, "the second run has it too")
    assert camera.connections() == opened  # one session serves both
    await service.say(wire.Stop(run="fed_a"))
    seen = second.frames["video"]
    await service.until(lambda: second.frames["video"] > seen + 15, "the second goes on")
    await service.say(wire.Stop(run="fed_b"))
    await service.until(lambda: camera.connections() == before, "the camera is closed")
    source = service.sources()["camera"]
    assert (source.codec, source.width, source.height, source.transcodes) == ("h264", 640, 360, False)
    assert source.trouble is None
    await viewer.close()
    await second.close()


@pytest.mark.parametrize("path", ["/high", "/h265"])
async def test_what_browsers_cannot_show_is_converted_and_said(
    service: Desk, connector: Connector, rtsp: None, path: str
) -> None:
    camera = RtspCamera(warm=[path]).start()
    try:
        await running(connector, service, camera, path)
        await service.start("fed_a", "camera")
        viewer = await service.watch("fed_a")
        await service.until(lambda: viewer.frames["video"] > 10, "the picture moves")
        assert service.sources()["camera"].transcodes
        await viewer.close()
    finally:
        camera.kill()


async def test_a_still_is_a_jpeg_and_closes_the_camera(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    before = camera.connections()
    await service.say(wire.TakeStill(source="camera"))
    await service.until(lambda: service.all(wire.Still), "a preview")
    assert service.all(wire.Still)[0].jpeg[:2] == b"\xff\xd8"
    await service.until(lambda: camera.connections() == before, "the camera is closed")


async def test_sound_goes_only_where_it_is_lent(service: Desk, connector: Connector, rtsp: None) -> None:
    camera = RtspCamera(warm=["/sound"]).start()
    try:
        await running(connector, service, camera, "/sound")
        await service.start("fed_b", "camera")  # opened without; the one with sound opens it anew
        await service.start("fed_a", "camera", sound=True)
        await service.until(lambda: len(service.all(wire.Running)) == 2, "both are on the way")
        hears, deaf = await service.watch("fed_a", audio=True), await service.watch("fed_b", audio=True)
        await service.until(
            lambda: hears.frames["audio"] > 20 and hears.frames["video"] > 5, "sound and picture"
        )
        await service.until(lambda: deaf.frames["video"] > 5, "the other has the picture")
        assert deaf.frames["audio"] == 0
        await hears.close()
        await deaf.close()
    finally:
        camera.kill()


async def test_a_password_opens_a_camera_and_is_in_no_log(
    service: Desk, connector: Connector, rtsp: None, tmp_path: Path
) -> None:
    camera = RtspCamera(password="s3cret-word").start()
    try:
        secret = tmp_path / "password"
        secret.write_text("s3cret-word\n")
        await running(
            connector, service, camera, "/baseline", "--user", "owner", "--password-file", str(secret)
        )
        await service.start("fed_a", "camera")
        viewer = await service.watch("fed_a")
        await service.until(lambda: viewer.frames["video"] > 5, "the picture moves")
        listed = await connector.do("cameras")
        said = msgspec.json.encode(service.heard).decode()
        for text in (connector.log, listed.stdout, said):
            assert "s3cret-word" not in text
        await viewer.close()
    finally:
        camera.kill()


async def test_a_wrong_password_is_said_once_and_not_tried_again(
    service: Desk, connector: Connector, rtsp: None
) -> None:
    camera = RtspCamera(password="right").start()
    try:
        added = await connector.do(
            "add", camera.url("/baseline"), "--name", "camera", "--user", "owner", said="wrong\n"
        )
        assert added.returncode == 0, added.stderr
        connector.run()
        await service.until(lambda: service.sources(), "it has told its sources")
        await service.start("fed_a", "camera")
        await service.until(lambda: service.words("fed_a"), "it fails")
        assert "name and password" in service.words("fed_a")[0]
        assert "name and password" in (service.sources()["camera"].trouble or "")
        await service.start("fed_b", "camera")
        await service.until(lambda: service.words("fed_b"), "it fails at once")
        assert "not asked again for" in service.words("fed_b")[0]
    finally:
        camera.kill()


async def test_a_crash_of_what_reads_one_camera_leaves_the_others_alone(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    other = RtspCamera(warm=["/baseline"]).start()
    try:
        assert (await connector.do("add", other.url("/baseline"), "--name", "other")).returncode == 0
        await running(connector, service, camera, "/baseline")
        await service.start("fed_a", "camera")
        await service.until(lambda: service.all(wire.Running), "the first is on the way")
        (reads_first,) = [pid for pid in connector.children() if talks_to(pid, camera.port)]
        await service.start("fed_b", "other")
        first, second = await service.watch("fed_a"), await service.watch("fed_b")
        await service.until(lambda: second.frames["video"] > 5 and first.frames["video"] > 5, "both move")
        os.kill(reads_first, signal.SIGSEGV)
        seen, before = second.frames["video"], first.frames["video"]
        await service.until(lambda: second.frames["video"] > seen + 15, "the other goes on")
        await service.until(lambda: first.frames["video"] > before + 10, "the first comes back")
        assert service.words("fed_a") == []
        await first.close()
        await second.close()
    finally:
        other.kill()


def talks_to(pid: int, port: int) -> bool:
    """Whether the process has a connection to this port of loopback."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        target = str(fd.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(f[2].endswith(f":{port:04X}") and f[9] in inodes for f in (line.split() for line in lines))


async def test_a_picture_that_the_service_ends_is_no_trouble_of_the_camera(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    await service.say(wire.Start(run="fed_a", source="camera", whip="/whip", bearer="ended", sound=False))
    await service.until(lambda: service.words("fed_a"), "it says so")
    assert service.all(wire.Failed)[-1].refused
    assert service.sources()["camera"].trouble is None


async def test_a_camera_that_starts_again_comes_back_by_itself(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    await service.start("fed_a", "camera")
    viewer = await service.watch("fed_a")
    await service.until(lambda: viewer.frames["video"] > 5, "the picture moves")
    camera.kill()
    await service.until(lambda: service.sources()["camera"].trouble, "the owner is told")
    camera.start()
    seen = viewer.frames["video"]
    await service.until(lambda: viewer.frames["video"] > seen + 10, "the picture is back", 30)
    assert service.sources()["camera"].trouble is None
    assert service.words("fed_a") == []
    await viewer.close()


async def test_the_engine_may_start_again_and_the_connector_too(tmp_path: Path, camera: RtspCamera) -> None:
    async with desk() as first:
        connector = await Connector(tmp_path / "connector").enrol(first)
        keys, port = first.keys, int(first.url.rsplit(":", 1)[1])
        await running(connector, first, camera, "/baseline")
        await first.start("fed_a", "camera")
        await first.until(lambda: first.all(wire.Running), "the picture is on the way")
    try:
        async with desk(port) as second:
            second.keys = keys
            await second.until(lambda: second.hellos, "it dials again", 30)
            await second.start("fed_a", "camera")
            viewer = await second.watch("fed_a")
            await second.until(lambda: viewer.frames["video"] > 5, "the picture moves again", 30)
            connector.kill()
            connector.run()
            await second.until(lambda: len(second.hellos) == 2, "it is there again")
            assert second.hellos[0].instance != second.hellos[1].instance
            seen = viewer.frames["video"]
            await second.start("fed_a", "camera")
            await second.until(lambda: viewer.frames["video"] > seen + 5, "and so is its picture")
            connector.stop()
            await viewer.close()
    finally:
        connector.kill()


async def test_what_is_not_started_again_after_a_welcome_is_over(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    before = camera.connections()
    await service.start("fed_a", "camera")
    await service.until(lambda: camera.connections() > before, "the camera is open")
    await service.sockets[-1].close()
    await service.until(lambda: len(service.hellos) == 2, "it dials again")
    await service.until(lambda: camera.connections() == before, "the camera is closed")


async def test_an_order_for_another_server_or_an_unknown_camera_is_not_followed(
    service: Desk, connector: Connector, camera: RtspCamera
) -> None:
    await running(connector, service, camera, "/baseline")
    before, tried = camera.connections(), list[str]()
    for whip, source in (
        ("http://127.0.0.1:9/whip", "camera"),
        ("//192.0.2.1/whip", "camera"),
        ("/whip", "none"),
    ):
        tried.append(source)
        await service.say(wire.Start(run="fed_x", source=source, whip=whip, bearer="b", sound=False))
        await service.until(lambda: len(service.words("fed_x")) == len(tried), "it refuses")
    assert camera.connections() == before


async def test_a_service_that_refuses_is_left_in_peace(service: Desk, connector: Connector) -> None:
    service.refuse = wire.Refuse(words="Retired by its owner.", retry=False)
    connector.run()
    await service.until(lambda: "Retired by its owner" in connector.log, "it says why")
    await asyncio.sleep(3)
    assert len(service.hellos) == 1


async def test_two_connectors_do_not_run_in_one_folder(service: Desk, connector: Connector) -> None:
    connector.run()
    await service.until(lambda: service.hellos, "the first is there")
    again = await connector.do("run")
    assert again.returncode == 2
    assert "already" in again.stderr
