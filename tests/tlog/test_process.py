"""The log's process and its client: over a real socket, and killed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from backend.tlog import checkpoints, keys, proofs
from backend.tlog.client import LogAway, LogClient, LogRefused
from backend.tlog.config import CANNOT_START, LogConfig, PublicKeys
from backend.tlog.folder import CHECKPOINT
from backend.tlog.notes import Verifier
from backend.tlog.process import Keeper, open_log
from media.grants import Basis, Claims, Gate, GrantKeys
from media.ports import FeedId, Holder
from tests.tlog.logs import BALLAST, leaf

RUN = "a run"
FEED, HOLDER = FeedId("fed_1"), Holder("grt_1")


class Process:
    """`python -m backend.tlog.process`, started, killed and started again."""

    def __init__(self, root: Path, **more: object) -> None:
        self.config = msgspec.convert(
            {
                "folder": str(root / "log"),
                "keys": str(root / "keys"),
                "anchor": str(root / "anchor"),
                "new_origin": "call.example.gov/log",
                "control": str(root / "log.sock"),
                "ballast_bytes": BALLAST,
                "run": RUN,
                **more,
            },
            LogConfig,
        )
        self.said = root / "said"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        argument = msgspec.json.encode(self.config).decode()
        with self.said.open("ab") as said:
            command = [sys.executable, "-m", "backend.tlog.process", argument]
            self.process = await asyncio.create_subprocess_exec(*command, stderr=said)

    async def end(self, number: signal.Signals = signal.SIGKILL) -> int:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        return await self.process.wait()

    def client(self, run: str = RUN, timeout_s: float = 30.0) -> LogClient:
        return LogClient(Path(self.config.control), run, timeout_s)

    def vkey(self) -> Verifier:
        return keys.signer(self.config).verifier


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Process]]:
    made: list[Process] = []

    def create(**more: object) -> Process:
        made.append(Process(tmp_path, **more))
        return made[-1]

    yield create
    for each in made:
        if each.process is not None and each.process.returncode is None:
            await each.end()


@contextlib.asynccontextmanager
async def connected(process: Process, **more: float) -> AsyncIterator[LogClient]:
    client = process.client(**more)  # type: ignore[arg-type]
    client.open()
    try:
        yield client
    finally:
        await client.close()


async def test_what_is_asked_is_answered(make: Callable[..., Process]) -> None:
    process = make(cadence_s=1.0)
    await process.start()
    async with connected(process) as client:
        assert await client.append([b"a", b"b"]) == [0, 1]
        at_once = await asyncio.gather(*(client.append([leaf(index)]) for index in range(200)))
        assert sorted(index for (index,) in at_once) == list(range(2, 202))

        claims = Claims(index=0, feed=FEED, holder=HOLDER, expires_at=2_000.0)
        grant = await client.grant(b"an opening", claims)
        public = keys.public(process.config)
        gate = Gate(GrantKeys(entry=public.grant, spool=public.spool))
        said = gate.verify(grant, FEED, HOLDER, 1_000.0)
        assert (said.index, said.basis) == (202, Basis.ENTRY)
        assert await client.grant(b"an opening", claims) == grant  # asked again: the same entry

        with pytest.raises(LogRefused, match="not in the published checkpoint"):
            await client.prove(500)
        with pytest.raises(LogRefused, match="not in the published checkpoint"):
            await client.prove(-1)

        async def grown() -> bool:
            return (await client.status()).published == 203

        for _ in range(300):
            if await grown():
                break
            await asyncio.sleep(0.1)
        status = await client.status()
        assert (status.entries, status.published, status.room, status.trouble) == (203, 203, True, None)
        raw = await client.checkpoint()
        assert checkpoints.read(raw, process.vkey()).checkpoint.size == 203
        for index, mine in ((0, b"a"), (202, b"an opening")):
            proof = proofs.parse(await client.prove(index))
            assert proofs.check(proof, mine, process.vkey()).checkpoint.size == 203
    assert await process.end(signal.SIGTERM) == 0


async def test_a_client_whose_log_is_killed_loses_nothing(make: Callable[..., Process]) -> None:
    process = make()
    await process.start()
    acknowledged: dict[bytes, int] = {}
    async with connected(process) as client:
        await client.append([b"begun"])

        async def keep_on(who: int) -> None:
            for number in range(40):
                mine = b"%d of %d" % (number, who)
                (acknowledged[mine],) = await client.append([mine])

        async with asyncio.TaskGroup() as group:
            for who in range(8):
                group.create_task(keep_on(who))
            for _ in range(2):
                await asyncio.sleep(0.05)
                await process.end()
                await process.start()
        assert len(set(acknowledged.values())) == 320
        again = {mine: (await client.append([mine]))[0] for mine in list(acknowledged)[::7]}
        assert all(acknowledged[mine] == index for mine, index in again.items())
        assert (await client.status()).entries == 321


async def test_a_log_that_is_away_is_said_to_be(make: Callable[..., Process]) -> None:
    process = make()
    async with connected(process, timeout_s=0.3) as client:
        with pytest.raises(LogAway, match=r"0\.3 s"):
            await client.append([b"nobody"])
        assert not client.up
    await process.start()
    async with connected(process) as client:
        await client.append([b"somebody"])
        stranger = process.client("another run", 0.5)
        stranger.open()
        with pytest.raises(LogAway):
            await stranger.append([b"from another run"])
        await stranger.close()
        with pytest.raises(LogRefused, match="bytes of at most"):
            await client.append([bytes(60_000)] * 200)
        assert await client.append([b"goes on"]) == [1]


async def test_a_second_process_on_the_same_folder_ends_with_words(make: Callable[..., Process]) -> None:
    first, second = make(), make(control="/nowhere/log.sock")
    await first.start()
    async with connected(first) as client:
        await client.append([b"a"])
        await second.start()
        assert second.process is not None
        assert await second.process.wait() == CANNOT_START
        assert f"pid {first.process.pid if first.process else 0}" in second.said.read_text()
        assert await client.append([b"b"]) == [1]


async def test_damage_that_is_found_later_stops_signing_and_not_appending(
    make: Callable[..., Process],
) -> None:
    process = make(cadence_s=1.0)
    await process.start()
    async with connected(process) as client:
        await client.append([leaf(index) for index in range(256)])
        for _ in range(300):
            if (await client.status()).published == 256:
                break
            await asyncio.sleep(0.1)
        bundle = Path(process.config.folder) / "tile/entries/000"
        held = bundle.read_bytes()
        bundle.write_bytes(held[:9] + b"?" + held[10:])
        await client.append([b"later"])
        for _ in range(300):
            status = await client.status()
            if status.trouble is not None:
                break
            await asyncio.sleep(0.1)
        assert status.trouble is not None
        assert "tile/entries/000" in status.trouble
        assert (status.entries, status.published) == (257, 256)
        assert await client.append([b"later still"]) == [257]
        bundle.write_bytes(held)
        for _ in range(300):
            status = await client.status()
            if status.published == 258:
                break
            await asyncio.sleep(0.1)
        assert (status.published, status.trouble) == (258, None)


async def test_checkpoints_come_at_their_cadence_though_the_clock_jumps(
    make: Callable[..., Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = make(cadence_s=0.3)
    days = [0.0]
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000 + 86_400 * days[0])
    keeper = Keeper(process.config, open_log(process.config), ())
    await keeper.start()
    path = Path(process.config.folder) / CHECKPOINT
    async with connected(process) as client:
        for days[0] in (0, 400, -4_000, 20_000):
            before, size = path.stat().st_ino, len(await client.append([b"on day %d" % days[0]]))
            assert size == 1
            os.utime(path, (0, time.time()))  # what a jump leaves behind in files
            for _ in range(600):
                if path.stat().st_ino != before:
                    break
                await asyncio.sleep(0.05)
            assert path.stat().st_ino != before
        assert (await client.status()).trouble is None
    await keeper.stop()


def test_keys_are_made_once_for_this_user_alone(tmp_path: Path) -> None:
    config = Process(tmp_path).config
    argument = msgspec.json.encode(config).decode()
    command = [sys.executable, "-m", "backend.tlog.keys", argument]
    said = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]
    assert said[0] == said[1]
    public = msgspec.json.decode(said[0], type=PublicKeys)
    assert Verifier.parse(public.log).name == "call.example.gov/log"
    home = tmp_path / "keys"
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()} == {
        keys.LOG: 0o600,
        keys.GRANT: 0o600,
        keys.SPOOL: 0o600,
    }
    (home / keys.GRANT).chmod(0o640)
    refused = subprocess.run(command, capture_output=True, check=False, text=True)
    assert refused.returncode == CANNOT_START
    assert "chmod 600" in refused.stderr
    (home / keys.GRANT).chmod(0o600)
    (home / keys.LOG).unlink()
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / CHECKPOINT).write_text("of before")
    refused = subprocess.run(command, capture_output=True, check=False, text=True)
    assert refused.returncode == CANNOT_START
    assert "there is a log that it signed" in refused.stderr
