"""Flights are recorded as telemetry logs, and replayed from them into another connector."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymavlink import mavutil  # type: ignore[import-untyped]

from media.connector import recorder, wire
from media.connector.drone_frames import DroneState, Fly, Land, Landed
from media.connector.folder import Drone
from media.connector.recorder import AFTER_S, BEFORE_S, MOST_BYTES, Recorder
from media.recordings import BadRecording, Heard, read, record
from media.simulator.network import Network
from media.simulator.replay import Replay
from tests.connector.flown import Dock, dock
from tests.connector.test_drones import KEY, place, plan
from tests.peers import until
from tests.simulator.conftest import fleet

HEARTBEAT = bytes.fromhex("fd09000000010100000000000000020c510403") + bytes(2)


def states(here: Dock) -> dict[float, DroneState]:
    """What was told, by the drone's own clock."""
    told = (state for frame in here.heard if isinstance(frame, wire.Telemetry) for state in frame.states)
    placed = (state for state in told if state.latitude is not None)
    return {state.clock_s: state for state in placed if state.clock_s is not None}


async def test_a_flight_is_recorded_and_replayed_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "AFTER_S", 1.0)
    key = KEY.hex()
    async with (
        fleet(plan(key=KEY)) as (_, (at,)),
        dock([Drone(name="d", label="D", address=at.udp, key=key, record=True)], tmp_path / "f") as here,
    ):
        await here.sees("d", lambda s: s.latitude is not None and s.aim is not None, "it is heard")
        assert not (tmp_path / "f").exists(), "nothing flies"
        await here.do("d", Fly(points=(place(60), place(120)), height_m=40, speed_mps=15))
        await here.sees("d", lambda s: s.latitude > place(118).latitude, "it is there")
        await here.do("d", Land())
        await here.sees("d", lambda s: s.landed is Landed.GROUND and not s.armed, "it is down")
        flown, said = states(here), here.said("d")
        await asyncio.sleep(1.5)
    (file,) = (tmp_path / "f").iterdir()
    assert (file.stat().st_mode & 0o777, file.suffix) == (0o600, ".tlog")

    frames = list(read(file))
    assert [heard.at_s for heard in frames] == sorted(heard.at_s for heard in frames)
    by_another = mavutil.mavlink_connection(str(file))  # pymavlink's own reader of such files
    kinds: set[str] = set()
    while (message := by_another.recv_match()) is not None:
        kinds.add(message.get_type())
    assert {"HEARTBEAT", "GLOBAL_POSITION_INT", "BATTERY_STATUS", "GIMBAL_DEVICE_ATTITUDE_STATUS"} <= kinds

    flight = Replay(frames, speed=0.5)
    network = Network(flight)
    try:
        port = await network.open("127.0.0.1", 0, [])
        async with dock([Drone(name="again", label="D", address=f"tcp://127.0.0.1:{port}")]) as there:
            await asyncio.wait_for(flight.play(), 60)
            await there.sees("again", lambda s: s.landed is Landed.GROUND and not s.armed, "it is down again")
            again = states(there)
            assert there.said("again") == [words for words in said if words in there.said("again")]
    finally:
        network.close()
    assert len(again) > 20
    for clock_s, state in again.items():
        then = min(flown, key=lambda known: abs(known - clock_s))
        if abs(then - clock_s) < 0.05 and flown[then].height_m is not None:
            was = flown[then]
            assert state.latitude == pytest.approx(was.latitude, abs=1.5e-5), clock_s
            assert state.height_m == pytest.approx(was.height_m, abs=2), clock_s
            assert state.charge == pytest.approx(was.charge, abs=0.02), clock_s
    most = max(state.height_m or 0 for state in again.values())
    assert most == pytest.approx(max(state.height_m or 0 for state in flown.values()), abs=2)


def test_it_begins_before_the_flight_ends_after_it_and_each_has_its_file(tmp_path: Path) -> None:
    now = 1_800_000_000.0
    kept = Recorder(tmp_path / "flights", "d", lambda: now)
    first, again = 60, int(60 + 20 + AFTER_S + 40)
    for second in range(again + 20):
        now = 1_800_000_000.0 + second
        kept.heard(HEARTBEAT, flies=first <= second < first + 20 or second >= again)
    kept.close()
    one, two = sorted((tmp_path / "flights").iterdir())
    seconds = [round(heard.at_s - 1_800_000_000) for heard in read(one)]
    assert (seconds[0], seconds[-1]) == (first - BEFORE_S, first + 19 + AFTER_S - 1)
    assert round(next(read(two)).at_s - 1_800_000_000) == again - BEFORE_S


def test_a_disk_that_is_full_ends_the_recording_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    kept = Recorder(tmp_path / "flights", "d")
    with caplog.at_level(logging.ERROR):
        for _ in range(100):
            kept.heard(HEARTBEAT, flies=True)
    assert list((tmp_path / "flights").iterdir()) == []
    assert len(caplog.records) == 1, "once for a flight"
    monkeypatch.undo()
    monkeypatch.setattr(recorder, "MOST_BYTES", 1000)
    kept = Recorder(tmp_path / "flights", "d")
    for _ in range(100):
        kept.heard(HEARTBEAT, flies=True)
    kept.close()
    (file,) = (tmp_path / "flights").iterdir()
    assert 900 < file.stat().st_size < 1000 < MOST_BYTES


@pytest.mark.parametrize(
    ("data", "frames", "bad"),
    [
        (b"", 0, False),
        (record(Heard(1.0, HEARTBEAT)) * 3, 3, False),
        (record(Heard(1.0, HEARTBEAT)) * 3 + b"\0\0", 3, False),
        (record(Heard(1.0, HEARTBEAT)) + record(Heard(2.0, HEARTBEAT))[:-1], 1, False),
        (record(Heard(1.0, HEARTBEAT)) + b"this is no telemetry log", 1, True),
        (b"\x89PNG\r\n\x1a\n and more of it", 0, True),
    ],
)
def test_what_was_cut_off_is_left_out_and_what_is_none_is_refused(
    data: bytes, frames: int, bad: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.tlog").write_bytes(data)
    found = []
    told = read(tmp_path / "x.tlog")
    if bad:
        with pytest.raises(BadRecording, match=r"x\.tlog is no telemetry log from byte \d+ on"):
            found += list(told)
        assert len(list(_until_bad(tmp_path / "x.tlog"))) == frames
    else:
        assert len(list(told)) == frames


def _until_bad(file: Path) -> Iterator[Heard]:
    told = read(file)
    while True:
        try:
            yield next(told)
        except BadRecording:
            return


def replay(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend", "drone", "replay", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_the_command_plays_a_file_to_its_end_and_says_what_it_cannot(tmp_path: Path) -> None:
    file = tmp_path / "x.tlog"
    file.write_bytes(b"".join(record(Heard(1000.0 + n, HEARTBEAT)) for n in range(5)))
    told: list[bytes] = []

    class Listener(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            told.append(data)

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Listener, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    played = await asyncio.to_thread(replay, file, "--json", "--speed", "100", "--to", f"127.0.0.1:{port}")
    assert (played.returncode, json.loads(played.stdout)["frames"]) == (0, 5), played.stderr
    await until(lambda: len(told) == 5, "all of it arrives")
    transport.close()
    assert told[0] == HEARTBEAT
    file.write_bytes(b"nothing of the kind")
    for words in ([file], [tmp_path / "none.tlog"], [file, "--speed", "0"]):
        failed = await asyncio.to_thread(replay, *words)
        assert failed.returncode == 2
        assert failed.stderr.startswith("sightline drone: ")
