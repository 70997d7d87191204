"""Drones over HTTP and sockets: who sends, who is told, and what a dock's connector hears of it."""

import asyncio
from typing import Any

from media.connector import wire
from media.connector.drone_frames import Fence, Fly, Gimbal, Result, Steer
from tests.backend.agents import HERE, Wire, soon
from tests.backend.house import House, done, no
from tests.backend.test_docks import SKY, docked, shows, state

BOX = {"type": "Fire", "position": {"latitude": HERE.latitude + 0.004, "longitude": HERE.longitude}}


async def obeys(line: Wire, seen: list[Any]) -> None:
    """A connector whose drone does what it is asked."""
    while True:
        frame = await line.next()
        seen.append(frame)
        if isinstance(frame, wire.Command):
            result = Result.DENIED if isinstance(frame.do, Gimbal) else Result.ACCEPTED
            words = "Gimbal: stuck" if result is Result.DENIED else ""
            await line.say(
                wire.Answer(order=frame.order, drone=frame.drone, result=result, words=words, took_ms=40)
            )


async def test_a_dispatcher_sends_and_a_pilot_flies_and_an_officer_reads(house: House) -> None:
    dock, agent = await docked(house)
    dana, sam, pia, lee = [await house.staff(name) for name in ("dana", "sam", "pia", "lee")]
    night = {**dock["waiver"], "light": "night"}  # whenever this runs
    await lee.post(f"/api/docks/{dock['id']}/amend", {"waiver": night})
    incident = await dana.open(**BOX)
    where = f"/api/incidents/{incident['id']}"
    async with agent.line() as line:
        await shows(line, colour="harbour-colour", thermal="harbour-thermal")
        await line.say(wire.Telemetry(states=(state(),)))
        await soon(lambda: house.parts.drones.stands()[0].drone.heard_at)
        choice = await dana.get(f"{where}/drones")
        whys = {grounding["why"] for grounding in choice["answers"][0]["groundings"]}
        assert {"no-pilot", "no-weather"} <= whys  # every reason, at once
        refused = no(await dana.http.post(f"{where}/flights", json={}), 409, "drone-grounded")
        assert (
            "Nobody is pilot in command" in refused["detail"] or "each has its reasons" in refused["detail"]
        )
        done(await pia.http.put("/api/weather", json=SKY))
        await pia.post(f"/api/docks/{dock['id']}/watch", {"observers": 0})

        heard: list[Any] = []
        obeying = asyncio.create_task(obeys(line, heard))
        no(await sam.http.post(f"{where}/flights", json={}), 403, "wrong-role")
        no(await sam.http.get(f"{where}/drones"), 403, "not-assigned")
        async with pia.socket() as page:
            view = await dana.post(f"{where}/flights", {})
            while (event := await page.next())["type"] != "flight":
                pass
            assert event["flight"]["id"] == view["id"]
        flight = f"/api/flights/{view['id']}"
        assert view["pilot"] == "Pia Lind"
        commands = [frame.do for frame in heard if isinstance(frame, wire.Command)]
        assert [type(do) for do in commands] == [Fence, Fly]
        starts = await soon(lambda: [f for f in heard if isinstance(f, wire.Start)])
        assert {frame.run for frame in starts} <= {view["colour_feed_id"], view["thermal_feed_id"]}

        no(await dana.http.post(f"{flight}/steer", json={"forward_mps": 2}), 403, "wrong-role")
        order = done(await pia.http.post(f"{flight}/steer", json={"forward_mps": 2}))
        assert order["accepted"]
        assert isinstance(heard[-1].do, Steer)
        order = done(await pia.http.post(f"{flight}/gimbal", json={"pitch_deg": 0}))
        assert order == {"accepted": False, "words": "Gimbal: stuck", "took_ms": 40}  # the drone's own
        for body in ({"pitch_deg": 90}, {"pitch_deg": "x"}, {}, {"pitch_deg": 0, "roll": 1}):
            assert (await pia.http.post(f"{flight}/gimbal", json=body)).status_code == 400
        assert (await pia.http.post(f"{flight}/zoom", json={"times": 1e9})).status_code == 400
        no(await sam.http.get(f"{flight}/log"), 403, "not-assigned")
        await dana.post(f"{where}/units", {"unit_id": sam.user.unit_id})
        log = await sam.get(f"{flight}/log")
        assert log["lines"][0]["action"] == "drone.send"
        async with sam.socket() as page:
            assert page.hangar["docks"] == []
            assert [flight["id"] for flight in page.hangar["flights"]] == [view["id"]]
        assert (await dana.http.get("/api/flights?before=2026-01-01T00:00:00")).status_code == 400
        assert await dana.get("/api/flights?before=2026-01-01T00:00:00Z") == {"flights": [], "more": False}
        obeying.cancel()
        await asyncio.gather(obeying, return_exceptions=True)
