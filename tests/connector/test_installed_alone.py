"""A connector as installed beside cameras: the wheel, what requirements/connector.txt names, and no more.

Needs what `make build` leaves: uv, and its cache of packages.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from media.connector import wire
from tests.connector.desk import ROOT, Connector, Desk, RtspCamera

UV = ROOT / ".tools" / "bin" / "uv"
ABSENT = ("litestar", "sqlalchemy", "twilio", "cv2", "uvicorn", "alembic", "pywebpush")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a fresh environment with the connector in it."""
    if not UV.exists() or not (ROOT / "pwa" / "dist").exists():
        pytest.skip("the wheel needs what `make build` makes")
    folder = tmp_path_factory.mktemp("alone")
    env = {**os.environ, "VIRTUAL_ENV": str(folder / "venv")}

    def uv(*arguments: str) -> None:
        done = subprocess.run(
            [str(UV), *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        if done.returncode and "Failed to download" in done.stderr:
            pytest.skip("a package is neither in uv's cache nor to be had")
        assert done.returncode == 0, done.stderr

    uv("venv", "-q", "--python", str(ROOT / ".venv" / "bin" / "python"), str(folder / "venv"))
    uv("build", "-q", "--wheel", "--no-build-isolation", "--python", str(ROOT / ".venv" / "bin" / "python"),
       "-o", str(folder / "dist"))  # fmt: skip
    (wheel,) = (folder / "dist").glob("*.whl")
    uv("pip", "sync", "-q", "--require-hashes", "requirements/connector.txt")
    uv("pip", "install", "-q", "--no-deps", str(wheel))
    return str(folder / "venv" / "bin" / "python")


def test_nothing_of_the_web_or_the_database_comes_with_it(python: str, tmp_path: Path) -> None:
    code = (
        "import importlib.util, json, sys; "
        f"print(json.dumps([n for n in {ABSENT!r} if importlib.util.find_spec(n)]))"
    )
    out = subprocess.check_output([python, "-c", code], cwd=tmp_path, text=True)
    assert json.loads(out) == []
    command = Path(python).with_name("sightline")
    said = subprocess.run(
        [command, "connector", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for word in ("enrol", "add", "cameras", "discover", "run"):
        assert word in said.stdout


async def test_it_shows_a_camera_from_there(
    python: str, service: Desk, camera: RtspCamera, tmp_path: Path
) -> None:
    (tmp_path / "connector").mkdir()
    connector = await Connector(tmp_path / "connector", python).enrol(service)
    try:
        assert (await connector.do("add", camera.url("/baseline"), "--name", "camera")).returncode == 0
        connector.run()
        await service.until(lambda: service.sources(), "it has told its sources")
        await service.start("fed_a", "camera")
        viewer = await service.watch("fed_a")
        await service.until(lambda: viewer.frames["video"] > 5, "the picture moves")
        await service.say(wire.TakeStill(source="camera"))
        await service.until(lambda: service.all(wire.Still), "a preview")
        await viewer.close()
    finally:
        connector.kill()
