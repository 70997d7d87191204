"""A desk, and a connector beside a real camera, for each test that asks."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import ifaddr
import pytest

from tests.connector.desk import Connector, Desk, RtspCamera, desk


@pytest.fixture
def host() -> str:
    """An address of this machine that multicast leaves from."""
    for adapter in ifaddr.get_adapters():
        for address in adapter.ips:
            if isinstance(address.ip, str) and not address.ip.startswith(("127.", "169.254.")):
                return address.ip
    pytest.skip("this machine has no network but loopback")


@pytest.fixture
def camera(rtsp: None) -> Iterator[RtspCamera]:
    camera = RtspCamera(warm=["/baseline"]).start()
    yield camera
    camera.kill()


@pytest.fixture
async def service() -> AsyncIterator[Desk]:
    async with desk() as place:
        yield place


@pytest.fixture
async def connector(service: Desk, tmp_path: Path) -> AsyncIterator[Connector]:
    """Enrolled, with loopback allowed by hand; not running yet."""
    connector = await Connector(tmp_path / "connector").enrol(service)
    yield connector
    connector.kill()
