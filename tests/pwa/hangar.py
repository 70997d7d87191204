"""Docks, flights and drones for the double of the server, in the shapes of pwa/src/wire.ts."""

from typing import Any

from tests.pwa.agency import Json, near, now, position

THERE = position()


def point(north_m: float, east_m: float) -> Json:
    """Metres from the caller."""
    where = near(north_m, east_m)
    return {"latitude": where["latitude"], "longitude": where["longitude"]}


def dock(number: int, name: str, **changes: Any) -> Json:
    """One whose drone is ready."""
    return {
        "id": f"dck_{number}",
        "name": name,
        "point": point(700 - 400 * number, 300 * number),
        "roof_m": 12.0,
        "waiver": {
            "number": "107W-2026-0417",
            "begins": now(days=100),
            "ends": now(days=-100),
            "ceiling_m": 60.0,
            "radius_m": 3200.0,
            "light": "twilight",
            "observers": 0,
            "parachute": True,
        },
        "trouble": None,
        "watch": {"pilot_id": "usr_1", "pilot": "Ana Ortiz", "observers": 0, "since": now(hours=1)},
        "drone": {
            "id": f"drn_{number}",
            "dock_id": f"dck_{number}",
            "name": f"Kestrel {number}",
            "model": "Kestrel X4",
            "colour": True,
            "thermal": True,
            "heard_at": now(seconds=-3600),
            "charge": 0.97,
            "parachute": "armed",
            "trouble": None,
            "remote_id": "1787F04BM24010011",
            "air_hours": 41.2,
            "cycles": 88,
            "service_due": None,
            "flight_id": None,
        },
        **changes,
    }


def flight(number: int = 1, phase: str = "on-scene", **changes: Any) -> Json:
    """For the first incident, of the first dock's drone, with the reader in command."""
    return {
        "id": f"flt_{number}",
        "incident_id": "inc_1",
        "dock_id": f"dck_{number}",
        "dock": "Harbour dock",
        "drone_id": f"drn_{number}",
        "drone": f"Kestrel {number}",
        "pilot_id": "usr_1",
        "pilot": "Ana Ortiz",
        "phase": phase,
        "since": now(seconds=30),
        "launched_at": now(seconds=90),
        "on_scene_at": now(seconds=30) if phase == "on-scene" else None,
        "ended_at": None,
        "to_scene_s": 84.0,
        "leaves_at": now(minutes=-11),
        "route": [point(300, 300), point(60, -40)],
        "height_m": 45.0,
        "holds": False,
        "follows": False,
        "steered_by_id": None,
        "steered_by": None,
        "parachute_pressed": False,
        "colour_feed_id": f"fed_d{number}",
        "thermal_feed_id": f"fed_t{number}",
        "relieved_by": None,
        "warnings": [],
        "advice": [],
        **changes,
    }


def drone_at(number: int = 1, north_m: float = 60, east_m: float = -40, **changes: Any) -> Json:
    """In the air, looking at the caller."""
    return {
        "id": f"drn_{number}",
        "incident_id": "inc_1",
        "at": now(),
        "point": point(north_m, east_m),
        "height_m": 45.2,
        "heading_deg": 150.0,
        "ground_mps": 0.4,
        "climb_mps": 0.0,
        "charge": 0.74,
        "volts": 22.8,
        "satellites": 17,
        "mode": "Hold",
        "armed": True,
        "in_air": True,
        "parachute": "armed",
        "aim": {
            "pitch_deg": -32.0,
            "yaw_deg": 146.0,
            "across_deg": 70.0,
            "zoom": 1.0,
            "at": point(0, 0),
            "footprint": [point(30, -35), point(30, 25), point(-60, 80), point(-75, -10)],
        },
        "trouble": [],
        **changes,
    }


def answer(number: int, dock: str, **changes: Any) -> Json:
    """A drone that can go."""
    return {
        "dock_id": f"dck_{number}",
        "dock": dock,
        "drone_id": f"drn_{number}",
        "drone": f"Kestrel {number}",
        "straight_m": 640.0 * number,
        "charge": 0.97,
        "to_scene_s": 60.0 + 24 * number,
        "stays_s": 800.0,
        "height_m": 45.0,
        "away_m": 30.0,
        "route": [point(60, -40)],
        "groundings": [],
        **changes,
    }


def stays(number: int, dock: str, *words: str) -> Json:
    """A drone that cannot go, with every reason."""
    reasons = [{"why": "battery", "words": each} for each in words]
    return answer(number, dock, to_scene_s=None, stays_s=None, height_m=None, away_m=None, groundings=reasons)


def choice(*answers: Json, words: str = "Kestrel 1 is there first.") -> Json:
    weather = "Wind 4 m/s from the west, gusts 7, dry; measured 2 min ago."
    return {"at": now(), "answers": list(answers), "words": words, "weather": weather}


def offer(number: int = 1) -> Json:
    return {
        "incident_id": "inc_1",
        "drone_id": f"drn_{number}",
        "drone": f"Kestrel {number}",
        "dock": "Harbour dock",
        "to_scene_s": 84.0,
        "offered_at": now(seconds=6),
    }


def hangar(docks: list[Json], flights: list[Json] | None = None, offers: list[Json] | None = None) -> Json:
    return {"type": "hangar", "docks": docks, "flights": flights or [], "offers": offers or []}
