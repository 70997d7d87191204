"""The supervisor: what it starts, what it starts again, and that nothing stays behind."""

import asyncio
import contextlib
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from backend import supervisor
from backend.config import Config, read, written
from backend.supervisor import Child, Supervisor
from backend.tlog.client import LogClient
from tests.peers import until
from tests.pwa.service import Service, free_port

LIVES = ("web", "log", "media-0", "media-1")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, media_processes="2", media_port=str(pair_of_ports()))
    yield service.start()
    service.kill()


def pair_of_ports() -> int:
    """A free UDP port whose next is free too."""
    while True:
        port = free_port(socket.SOCK_DGRAM)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", port + 1))
            return port


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def udp_ports(pid: int) -> set[int]:
    """Bound by this process."""
    held = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    lines = [line.split() for line in Path(f"/proc/{pid}/net/udp").read_text().splitlines()[1:]]
    return {int(line[1].partition(":")[2], 16) for line in lines if f"socket:[{line[9]}]" in held}


async def get(service: Service, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=service.url, timeout=60) as http:
        return await http.get(path)


async def test_whatever_dies_comes_back_and_nothing_outlives_the_supervisor(service: Service) -> None:
    first = int(service.settings["SIGHTLINE_MEDIA_PORT"])
    before = {name: service.pid(name) for name in LIVES}
    assert udp_ports(before["media-0"]) == {first}
    assert udp_ports(before["media-1"]) == {first + 1}

    for name in LIVES:
        service.kill_one(name)

    def other(name: str) -> bool:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return service.pid(name) != before[name]
        return False

    await until(lambda: all(map(other, LIVES)), "each has a successor", 60)
    after = {name: service.pid(name) for name in LIVES}
    assert (await get(service, "/healthz")).status_code == 200  # asked while the web process was away
    await until(lambda: udp_ports(after["media-1"]) == {first + 1}, "it has its port again")
    for _ in range(60):
        figures = (await get(service, "/metrics")).text
        if len(re.findall(r"^sightline_engine_restarts\S* 1\.0$", figures, re.MULTILINE)) == 2:
            break
        await asyncio.sleep(0.5)
    else:
        raise AssertionError(figures)

    service.kill()
    await until(lambda: not any(map(is_alive, after.values())), "no orphan is left")
    service.start()
    assert udp_ports(service.pid("media-0")) == {first}


class Short(Supervisor):
    """Supervises two children that end by themselves, with this code, or that are stuck once ready."""

    def __init__(self, config: Config, code: int, *, stuck: bool = False) -> None:
        super().__init__(config)
        self._ends_with, self._stuck = code, stuck

    def _log_child(self) -> Child:
        return self._short("log")

    def _media_child(self, index: int) -> Child:
        return self._short("media")

    def _web_child(self, listening: int) -> Child:
        return self._short("web")

    def _short(self, name: str) -> Child:
        def command(_: int, held: int) -> list[str]:
            return ["tests.backend.ending", str(self._ends_with), *([str(held)] if self._stuck else [])]

        return Child(name, command, (), 1.0)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(
        data_dir=tmp_path / "data",
        log_anchor=tmp_path / "anchor",
        port=0,
        media_port=0,
        media_processes=1,
    )


async def test_a_crash_loop_is_told_and_does_not_spin(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE_S", 0.05)
    short = Short(config, 0)
    running = asyncio.create_task(short.run())
    await until(lambda: "web is in a crash loop" in caplog.text, "it is called by its name", 60)
    short.stop()
    assert await asyncio.wait_for(running, 30) == 0
    told = [record.message.rpartition("; ")[2] for record in caplog.records if "web (pid" in record.message]
    assert [words.partition(", ")[2] for words in told[:5]] == [
        "again at once",
        "again in 0.02 s",
        "again in 0.04 s",
        "again in 0.05 s",
        "again in 0.05 s",
    ]


async def test_a_child_that_cannot_be_made_is_tried_again(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.02)
    make, refused = asyncio.create_subprocess_exec, 4

    async def scarce(*given: Any, **more: Any) -> Any:
        nonlocal refused
        if refused:
            refused -= 1
            raise BlockingIOError("no more processes")
        return await make(*given, **more)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", scarce)
    short = Short(config, 0, stuck=True)
    (config.data_dir / "run" / "web.pid").mkdir(parents=True)  # nor can its number be written down
    running = asyncio.create_task(short.run())
    await until(short.ready.is_set, "both are ready", 60)
    assert "no more processes" in caplog.text
    short.stop()
    assert await asyncio.wait_for(running, 30) == 0


async def test_a_child_that_is_stuck_before_it_is_ready_is_killed(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "BEGINS_WITHIN_S", 1.0)
    short = Short(config, 9, stuck=True)
    running = asyncio.create_task(short.run())
    await until(lambda: "killed by signal 9" in caplog.text, "it is killed", 60)
    short.stop()
    assert await asyncio.wait_for(running, 30) == 0


async def test_a_child_that_is_stuck_is_killed_and_started_again(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    short = Short(config, 0, stuck=True)
    running = asyncio.create_task(short.run())
    await until(lambda: "killed by signal 9" in caplog.text, "it is killed", 60)
    assert "has been stuck" in caplog.text
    short.stop()
    assert await asyncio.wait_for(running, 30) == 0


async def test_a_second_service_in_the_same_folder_is_refused(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "BIND_WITHIN_S", 0.2)
    first = Short(config, 0, stuck=True)
    running = asyncio.create_task(first.run())
    await asyncio.wait_for(first.ready.wait(), 30)
    assert await Supervisor(config).run() == 1
    assert "another service runs in" in caplog.text
    first.stop()
    assert await asyncio.wait_for(running, 30) == 0


class Logged(Short):
    """The log's process is the real one."""

    def _log_child(self) -> Child:
        return Supervisor._log_child(self)

    def client(self) -> LogClient:
        return LogClient(supervisor.log_socket(self._config), self._run, 30)


async def published(client: LogClient, entries: int) -> None:
    for _ in range(300):
        if (await client.status()).published == entries:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{entries} entries were not published")


async def test_a_service_whose_log_was_rolled_back_does_not_start(
    config: Config, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = msgspec.structs.replace(config, log_cadence_s=1)
    service = Logged(config, 0, stuck=True)
    running = asyncio.create_task(service.run())
    client = service.client()
    client.open()
    await client.append([b"first"])
    await published(client, 1)
    shutil.copytree(config.data_dir / "log", tmp_path / "backup")
    await client.append([b"second"])
    await published(client, 2)
    await client.close()
    await asyncio.wait_for(service.ready.wait(), 60)
    service.stop()
    assert await asyncio.wait_for(running, 60) == 0

    shutil.rmtree(config.data_dir / "log")
    (tmp_path / "backup").rename(config.data_dir / "log")
    assert await asyncio.wait_for(Logged(config, 0, stuck=True).run(), 60) == 1
    assert "holds 1 entries, and the anchor" in capfd.readouterr().err


@pytest.mark.parametrize(("code", "said"), [(2, 2), (3, 1)])
async def test_what_cannot_begin_is_not_tried_again(
    config: Config, caplog: pytest.LogCaptureFixture, code: int, said: int
) -> None:
    assert await asyncio.wait_for(Short(config, code).run(), 30) == said
    assert "the service cannot start" in caplog.text


async def test_a_port_that_another_program_holds_is_named(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervisor, "BIND_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port: int = held.getsockname()[1]
        taken = Config(data_dir=config.data_dir, log_anchor=config.log_anchor, port=port, media_port=0)
        assert await Supervisor(taken).run() == 1
    assert f"port {port}" in caplog.text


def test_the_children_are_given_the_settings_that_were_read(tmp_path: Path) -> None:
    given = {
        "SIGHTLINE_DATA_DIR": str(tmp_path),
        "SIGHTLINE_MEDIA_ADVERTISE": "127.0.0.1,::1",
        "SIGHTLINE_MEDIA_PROCESSES": "3",
        "SIGHTLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "SIGHTLINE_TWILIO_AUTH_TOKEN": "0" * 32,
        "SIGHTLINE_TWILIO_SENDER": "+12125550100",
    }
    for environ in ({}, given):
        assert read(written(read(environ))) == read(environ)
