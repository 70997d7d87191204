"""Finding cameras by WS-Discovery and ONVIF, with the libraries that a connector uses, against a camera's
answers."""

import socket
from pathlib import Path

import pytest

from media.connector.find import Device, Found, Search, search
from tests.connector.desk import Connector
from tests.connector.onvif_camera import OnvifCamera

SECONDS_SINCE_1970 = 56 * 365 * 86400


async def ask(camera: OnvifCamera, user: str = "", password: str = "") -> Found:
    device = Device(xaddr=camera.xaddr, user=user, password=password)
    (found,) = await search(Search(devices=(device,), networks=("127.0.0.0/8",)))
    return found


async def test_a_camera_that_answers_a_search_is_found_with_its_stream(host: str) -> None:
    with OnvifCamera(host, f"rtsp://{host}:8554/main") as camera:
        found = await search(Search(search_s=2, networks=(f"{host}/32",)))
    (one,) = [each for each in found if each.xaddr == camera.xaddr]
    assert one.label == "Back Door"
    assert (one.url, one.codec, one.width, one.height) == (f"rtsp://{host}:8554/main", "h264", 640, 360)
    assert one.trouble is None


async def test_a_camera_outside_the_list_is_not_asked(host: str) -> None:
    with OnvifCamera(host, f"rtsp://{host}:8554/main") as camera:
        found = await search(Search(devices=(Device(xaddr=camera.xaddr.replace(host, "127.0.0.1")),)))
        assert found == ()
        assert camera.asked == []


async def test_a_clock_in_1970_takes_the_right_password(host: str) -> None:
    with OnvifCamera(
        "127.0.0.1", "rtsp://127.0.0.1/main", user="admin", password="right", behind_s=SECONDS_SINCE_1970
    ) as camera:
        found = await ask(camera, "admin", "right")
        assert found.trouble is None
        assert found.url == "rtsp://127.0.0.1:554/main"
        assert camera.asked[0] == "GetSystemDateAndTime"


@pytest.mark.parametrize(("user", "words"), [("", "wants a name and a password"), ("admin", "does not take")])
async def test_a_password_that_is_missing_or_wrong_is_said(host: str, user: str, words: str) -> None:
    with OnvifCamera("127.0.0.1", "rtsp://127.0.0.1/main", user="admin", password="right") as camera:
        found = await ask(camera, user, "wrong" if user else "")
    assert words in (found.trouble or "")
    assert found.url == ""


async def test_addresses_that_a_camera_names_elsewhere_are_not_followed(host: str) -> None:
    with OnvifCamera("127.0.0.1", "rtsp://127.0.0.1:8554/main", lies="169.254.169.254") as camera:
        found = await ask(camera)
    assert found.url == "rtsp://127.0.0.1:8554/main"


async def test_an_onvif_camera_is_added_with_its_password_on_the_premises(host: str, tmp_path: Path) -> None:
    connector = Connector(tmp_path / "connector")
    assert (await connector.do("allow", "127.0.0.0/8")).returncode == 0
    with OnvifCamera("127.0.0.1", "rtsp://127.0.0.1:8554/main", user="admin", password="right") as camera:
        url = f"onvif://127.0.0.1:{camera.port}"
        refused = await connector.do("add", url, "--user", "admin", said="wrong\n")
        assert refused.returncode == 2
        assert "does not take" in refused.stderr
        added = await connector.do("add", url, "--user", "admin", "--name", "Yard", said="right\n")
        assert added.returncode == 0, added.stderr
    listed = await connector.do("cameras")
    assert "rtsp://127.0.0.1:8554/main" in listed.stdout
    assert "right" not in listed.stdout


async def test_what_answers_and_is_no_camera_is_left(host: str) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        device = Device(xaddr=f"http://127.0.0.1:{mute.getsockname()[1]}/onvif/device_service")
        (found,) = await search(Search(devices=(device,), networks=("127.0.0.0/8",)))
    assert found.trouble
