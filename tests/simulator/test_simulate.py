"""`sightline drone simulate` itself: where it listens, the lines it reads, what it refuses to start."""

import asyncio
import contextlib
import sys
from typing import Any

import msgspec
import pytest

from backend.cli import main
from media.simulator.drone import Fault
from media.simulator.flying import Mode
from media.simulator.simulate import Fleet, Plan


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--dock", "91,24"), "LAT,LON"),
        (("--dock", "nowhere"), "LAT,LON"),
        (("--drones", "0"), "from 1 to 250"),
        (("--drones", "251"), "from 1 to 250"),
        (("--wind", "4,nan"), "M_S,FROM_DEG,GUST"),
        (("--picture", "99999x2@9"), "WxH@FPS"),
        (("--to", "localhost"), "HOST:PORT"),
        (("--charge", "nan"), "--charge"),
        (("--key-file", "/nonexistent"), "No such file"),
        (("--host", "192.0.2.1"), "assign requested address"),
    ],
)
def test_what_cannot_be_is_not_started(words: tuple[str, ...], said: str, capsys: Any) -> None:
    assert main(["drone", "simulate", *words]) == 2
    assert said in capsys.readouterr().err


def test_lines_break_mend_and_service() -> None:
    fleet = Fleet(Plan(count=3, picture=None))
    first, second, third = fleet.drones
    assert "Broken" in fleet.obey("break 2 gps 30")
    assert Fault.GPS in second.faults
    assert Fault.GPS not in first.faults
    second.run(31)
    assert not second.faults
    fleet.obey("break all motor")
    assert third.body.motors == 3
    fleet.obey("mend 3 motor")
    assert (third.body.motors, first.body.motors) == (4, 3)
    assert fleet.obey("service all") == "Serviced: 1, 2, 3."
    fleet.obey("wind 12 270 3")
    assert first.air.weather.wind_m_s == 12
    assert len(fleet.obey("list").splitlines()) == 3
    for line in (
        "break 9 gps",
        "break 1 wings",
        "break 1 gps -1",
        "break 1 gps nan",
        "wind 500 0",
        "",
        "fly",
    ):
        answer = fleet.obey(line)
        assert answer.startswith(("Not done", "Lines are", "So many"))
    assert not first.faults


def test_many_drones_share_docks_and_none_stands_on_another() -> None:
    fleet = Fleet(Plan(count=20, picture=None))
    places = {drone.body.position for drone in fleet.drones}
    assert len(places) == 20
    for drone in fleet.drones:
        drone.autopilot.arm()
        drone.autopilot.take_off(None)
    for _ in range(600):
        fleet.step()
    assert {drone.autopilot.mode for drone in fleet.drones} == {Mode.HOLD}


async def test_a_program_starts_it_reads_one_line_and_ends_it_by_closing() -> None:
    words = "drone simulate --drones 2 --json --until-closed --no-picture --seed 4"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "backend", *words.split()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            first, second = msgspec.json.decode(await process.stdout.readline())
            assert first["udp"] != second["udp"]
            assert first["udp"].split(":")[-1] == first["tcp"].split(":")[-1]
            process.stdin.write(b"x" * 5000 + b"\nlist\n")
            said = b""
            while not said.startswith(b"2 "):
                said = await process.stdout.readline()
            assert b"ready" in said
            process.stdin.close()
            assert await process.wait() == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
