"""A desk, and a connector beside a real camera, for each test that asks."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.connector.desk import SYSTEM_PYTHON, Connector, Desk, RtspCamera, desk


@pytest.fixture(scope="session")
def rtsp() -> None:
    """Skips where Debian's GStreamer RTSP server is not installed."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if (
        not Path(SYSTEM_PYTHON).exists()
        or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True).returncode
    ):
        pytest.skip(
            "GStreamer's RTSP server is not installed (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi)"
        )


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
