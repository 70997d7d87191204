"""Controls: what a pilot, or the desk, has a drone in the air do, each with the drone's own answer.

The rules of backend.model.flights say who may: one person steers at a time, the pilot in command always.
What is refused here never reaches the drone.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from backend.model import flights as rules
from backend.model import gimbals
from backend.model.docks import Parachute
from backend.model.entries import Action
from backend.model.flight_records import looks_down_deg
from backend.model.flights import WORDS, Denied, Flight, Phase
from backend.model.groundings import Grounding
from backend.model.hangar import Order
from backend.model.ids import FlightId
from backend.model.people import User
from backend.model.positions import Point, distance_m
from backend.model.progress import comes_home
from backend.model.refusals import Refusal, Refused
from backend.services.aloft import Aloft, Live
from backend.services.board import is_desk
from backend.services.courses import Courses
from backend.services.drones import Told
from backend.services.limits import Rate
from backend.services.relays import Relays
from backend.services.steps import Steps
from media.connector import drone_frames as frames
from media.connector.drone_frames import Do, Place

HOME_AGAIN_AFTER = timedelta(seconds=10)
_DONE = Order(accepted=True, words="", took_ms=0)
_PRESS_AGAIN = f"Press again within {rules.PRESS_AGAIN_WITHIN.seconds} seconds to fire the parachute."


class Controls:
    """One verb for each press. All raise Refused (not-found, drone-denied, too-often)."""

    def __init__(self, steps: Steps, aloft: Aloft, courses: Courses, relays: Relays) -> None:
        self._steps, self._aloft, self._courses, self._relays = steps, aloft, courses, relays
        self._presses = Rate(every_s=0.5, burst=20)
        self._stick = Rate(every_s=0.05, burst=20)  # sticks and gimbal come many times a second

    # The flight

    async def hold(self, user: User, flight: FlightId) -> Order:
        """Stay where it is, until it is told to go on."""
        live = self._pressed(user, flight)
        async with live.turn:
            _allowed(rules.hold(live.flight, user.id, self._steps.clock()))
            told = await self._courses.ask(live, frames.Hold())
            if told.accepted:
                live.hand_at = None
                live.follow(rules.hold(live.flight, user.id, self._steps.clock()))
                live.steerer = user.display_name
        return await self._noted(live, Action.DRONE_HOLD, user, told)

    async def go_on(self, user: User, flight: FlightId) -> Order:
        """End a hold, or turn back from the way home when the battery allows it."""
        live, now = self._pressed(user, flight), self._steps.clock()
        async with live.turn:
            _allowed(rules.go_on(live.flight, user.id, now))
            told = await self._courses.onward(live, live.record.plan.place, now)
            if isinstance(told, Grounding):
                raise Refused(Refusal.DRONE_DENIED, told.words)
            if told.accepted:
                live.hand_at = None
                live.follow(rules.go_on(live.flight, user.id, now))
                live.follow(rules.let_go(live.flight, user.id))
                if live.phase is Phase.RETURNING:
                    live.follow(rules.advance(live.flight, Phase.EN_ROUTE, now))
        return await self._noted(live, Action.DRONE_GO_ON, user, told)

    async def follow(self, user: User, flight: FlightId) -> Order:
        """Follow the incident's place where that moves. Again it changes nothing."""
        return await self._follow(user, flight, follows=True)

    async def stay(self, user: User, flight: FlightId) -> Order:
        """Follow it no longer. Again it changes nothing, whoever of two pilots presses second."""
        return await self._follow(user, flight, follows=False)

    async def send_home(self, user: User, flight: FlightId) -> Order:
        """Home by a way that keeps every rule; once more where it was held on that way.

        Pressed again while it comes, it changes nothing: with each order it would climb and begin a new way.
        """
        live, now = self._pressed(user, flight), self._steps.clock()
        async with live.turn:
            if live.phase is not Phase.RETURNING:
                _allowed(rules.advance(live.flight, Phase.RETURNING, now))
            elif _comes(live, now):
                return _DONE
            told = await self._courses.home(live)
            if told.accepted:
                live.looked["home"], live.hand_at = now, None
                live.follow(rules.advance(live.flight, Phase.RETURNING, self._steps.clock()), goes=True)
        return await self._noted(live, Action.DRONE_RETURN, user, told)

    async def land(self, user: User, flight: FlightId) -> Order:
        """Down where it is, now."""
        live = self._pressed(user, flight)
        async with live.turn:
            if live.phase is not Phase.DIVERTED:
                _allowed(rules.advance(live.flight, Phase.DIVERTED, self._steps.clock()))
            told = await self._courses.ask(live, frames.Land())
            if told.accepted:
                live.lands_at = live.hand_at = None
                live.follow(rules.advance(live.flight, Phase.DIVERTED, self._steps.clock()), goes=True)
        return await self._noted(live, Action.DRONE_LAND, user, told)

    async def command(self, user: User, flight: FlightId) -> Order:
        """Be its pilot in command from here on, from whatever ground station, its camera with it."""
        live = self._pressed(user, flight)
        before = live.pilot
        live.change(_allowed(rules.take_command(live.flight, user.id)))
        live.pilot = user.display_name
        await self._aloft.record(live, Action.DRONE_COMMAND, user.id, before=before)
        told = await self._courses.ask(live, frames.TakeCamera())
        words = "" if told.accepted else f"You are in command. Its camera was not had: {told.words}"
        return Order(accepted=True, words=words, took_ms=told.took_ms)

    async def handover(self, user: User, flight: FlightId) -> Order:
        """Send the next drone now; this one leaves when that one is there."""
        live = self._pressed(user, flight)
        async with live.turn:
            if live.phase is not Phase.ON_SCENE:
                raise Refused(Refusal.DRONE_DENIED, WORDS[Denied.NOT_NEXT])
            relief = await self._relays.relieve(live, by=user.id)
        return Order(accepted=True, words=f"{relief.stand.drone.name} takes over.", took_ms=0)

    async def parachute(self, user: User, flight: FlightId) -> Order:
        """The first press arms, the second fires. Only the pilot in command."""
        live, now = self._pressed(user, flight), self._steps.clock()
        pressed = _allowed(rules.press_parachute(live.flight, user.id, now))
        if pressed is live.flight:
            return Order(accepted=True, words=_PRESS_AGAIN, took_ms=0)
        fire = pressed.phase is Phase.PARACHUTE
        armed = live.heard is not None and live.heard.parachute is Parachute.ARMED
        if not fire:
            live.change(pressed)
            await self._aloft.record(live, Action.DRONE_PARACHUTE, user.id, press="first")
            if armed:
                return Order(accepted=True, words=_PRESS_AGAIN, took_ms=0)
        told = await self._courses.ask(live, frames.Parachute(fire=fire))  # waits for nobody's turn
        if not fire:
            return _order(told, _PRESS_AGAIN)
        if told.accepted:
            live.follow(rules.advance(live.flight, Phase.PARACHUTE, self._steps.clock()))
        return await self._noted(live, Action.DRONE_PARACHUTE, user, told, press="second")

    # By hand

    async def steer(self, user: User, flight: FlightId, do: frames.Steer) -> Order:
        """Fly it, for a second. Whoever does has the controls."""
        live, now = await self._hands(user, flight)
        live.hand_at = now
        return _order(await self._courses.ask(live, do))

    async def let_go(self, user: User, flight: FlightId) -> Order:
        """Give the controls back to the plan, which takes it to the scene again."""
        live, now = self._pressed(user, flight), self._steps.clock()
        live.change(_allowed(rules.let_go(live.flight, user.id)))
        told = None
        async with live.turn:
            if live.hand_at is not None and not live.flight.holds:
                told = await self._courses.resume(live, now)
        await self._aloft.record(live, Action.DRONE_STEER, user.id, what="let go")
        return _order(told) if told is not None else _DONE

    async def gimbal(self, user: User, flight: FlightId, do: frames.Gimbal) -> Order:
        """Turn the camera: level everywhere, down only around the incident."""
        return await self._turn(user, flight, do, lambda live: do.pitch_deg)

    async def look_at(self, user: User, flight: FlightId, place: Point) -> Order:
        """Keep the camera on a place on the ground."""
        live = self._aloft.get(flight)
        at = Place(latitude=place.latitude, longitude=place.longitude)
        return await self._turn(
            user, flight, frames.LookAt(place=at, height_m=-live.roof_m), lambda live: _down(live, place)
        )

    async def zoom(self, user: User, flight: FlightId, times: float) -> Order:
        """So many times nearer."""
        live, _ = await self._hands(user, flight)
        return _order(await self._courses.ask(live, frames.Zoom(times=times)))

    # Inside

    async def _follow(self, user: User, flight: FlightId, *, follows: bool) -> Order:
        live = self._pressed(user, flight)
        if live.record.follows is not follows:
            live.change(follows=follows)
            await self._aloft.record(live, Action.DRONE_FOLLOW, user.id, follows="yes" if follows else "no")
        return _DONE

    async def _turn(self, user: User, flight: FlightId, do: Do, pitch: Callable[[Live], float]) -> Order:
        live, _ = await self._hands(user, flight)
        within_m = gimbals.radius_m(live.record.plan.away_m)
        if not gimbals.may_look(pitch(live), live.from_place_m, within_m):
            words = f"The camera looks down only within {within_m:.0f} m of the incident."
            raise Refused(Refusal.DRONE_DENIED, words)
        return _order(await self._courses.ask(live, do))

    async def _hands(self, user: User, flight: FlightId) -> tuple[Live, datetime]:
        """The flight, with this person at its controls; who takes them is on record once."""
        live, now = self._aloft.get(flight), self._steps.clock()
        if not self._stick.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        before = live.flight.steering
        taken = _allowed(rules.steer(live.flight, user.id, now))
        live.change(taken)
        if before is None or before.by != user.id:
            live.steerer = user.display_name
            await self._aloft.record(live, Action.DRONE_STEER, user.id, what="took the controls")
        return live, now

    def _pressed(self, user: User, flight: FlightId) -> Live:
        if not self._presses.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then press again.")
        return self._aloft.get(flight)

    async def _noted(self, live: Live, action: Action, user: User, told: Told, **details: str) -> Order:
        """In the log with the drone's own answer, who asked and as what."""
        refusal = None if told.accepted else Refusal.DRONE_REFUSED
        by = "desk" if is_desk(user) else "pilot"
        await self._aloft.record(
            live, action, user.id, refusal, by=by, answer=told.result.value, words=told.words, **details
        )
        return _order(told)


def _allowed(flight: Flight | Denied) -> Flight:
    if isinstance(flight, Denied):
        raise Refused(Refusal.FLIGHT_OVER if flight is Denied.OVER else Refusal.DRONE_DENIED, WORDS[flight])
    return flight


def _comes(live: Live, now: datetime) -> bool:
    """Whether it is on its way home, and nobody has stopped it: it was told just now, or says so itself."""
    if live.flight.holds or live.hand_at is not None:
        return False
    told_at = live.looked.get("home")
    told = told_at is not None and now - told_at < HOME_AGAIN_AFTER
    return told or (live.heard is not None and comes_home(live.heard))


def _down(live: Live, place: Point) -> float:
    """The pitch by which it looks at that place; none, where nobody knows where it is."""
    if live.heard is None:
        return float("nan")
    height_m = live.heard.height_m + live.roof_m
    return looks_down_deg(height_m, distance_m(live.heard.point, place))


def _order(told: Told, words: str = "") -> Order:
    return Order(
        accepted=told.accepted, words=(words if told.accepted else "") or told.words, took_ms=told.took_ms
    )
