"""What every folder's tests may ask for: a real PostgreSQL beside the SQLite that needs no fixture."""

import gc
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import psycopg
import pytest
from argon2.profiles import CHEAPEST
from playwright.async_api import expect

from backend.services import credentials
from tests.connector.desk import SYSTEM_PYTHON

# What is timed is a benchmark: a busy machine is slow at making examples, and at drawing pages.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")
expect.set_options(timeout=30_000)

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A throwaway PostgreSQL on a socket of its own: its folder. It forgets on power loss, to be quick."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    folder = tempfile.mkdtemp(prefix="sightline-pg-")  # short: a socket's path has 107 bytes
    become = []
    if os.geteuid() == 0:  # PostgreSQL refuses to be root
        if "postgres" not in {user.pw_name for user in pwd.getpwall()}:
            pytest.skip("PostgreSQL cannot be started by root without a user named postgres")
        shutil.chown(folder, "postgres")
        become = ["runuser", "-u", "postgres", "--"]
    run = [*become, str(POSTGRES / "initdb"), "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-N"]
    subprocess.run([*run, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, cwd="/")
    settings = f"-k {folder} -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=60"
    control = [*become, str(POSTGRES / "pg_ctl"), "-D", f"{folder}/data", "-w", "-l", f"{folder}/log"]
    subprocess.run([*control, "-o", settings, "start"], check=True, capture_output=True, cwd="/")
    try:
        yield folder
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
        shutil.rmtree(folder)


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[Callable[[str], str]]:
    """Makes databases: call it with a template's name for a copy; all are dropped after the test."""
    made: list[str] = []

    def create(template: str = "template1") -> str:
        name = f"t{uuid4().hex}"
        with psycopg.connect(f"host={postgres} user=postgres dbname=postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        made.append(name)
        return f"postgresql+psycopg://postgres@/{name}?host={postgres}"

    yield create
    with psycopg.connect(f"host={postgres} user=postgres dbname=postgres", autocommit=True) as admin:
        for name in made:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Most tests have a password and few are about it; test_parts sees what one costs in earnest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credentials, "COST", CHEAPEST)
        yield


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


def pytest_collection_finish() -> None:
    """What is loaded and collected stays: looking through it for garbage finds none and takes long."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The stories first: they are the longest files, and one that begins last keeps the others waiting."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)
