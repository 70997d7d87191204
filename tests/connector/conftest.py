"""A desk, and a connector beside a real camera, for each test that asks."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.connector.desk import Connector, Desk, RtspCamera, desk


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
