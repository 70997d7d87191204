"""Flights: which step follows which, who commands, who steers, and the two presses."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from backend.model.flights import (
    AIRBORNE,
    PRESS_AGAIN_AFTER,
    PRESS_AGAIN_WITHIN,
    STEERING_LASTS,
    WORDS,
    Denied,
    Flight,
    Phase,
    advance,
    go_on,
    hold,
    let_go,
    press_parachute,
    steer,
    take_command,
)
from backend.model.ids import DockId, DroneId, FlightId, IncidentId, UserId
from tests.backend.docked import NOW

PIA, OLA, SAM = UserId("usr_pia"), UserId("usr_ola"), UserId("usr_sam")
FLIGHT = Flight(
    id=FlightId("flt_1"),
    dock_id=DockId("dck_1"),
    drone_id=DroneId("drn_1"),
    incident_id=IncidentId("inc_1"),
    pilot=PIA,
    launched_at=NOW,
    since=NOW,
)
STORY = (Phase.EN_ROUTE, Phase.ON_SCENE, Phase.HANDING_OVER, Phase.RETURNING, Phase.LANDED)


def done(step: Flight | Denied) -> Flight:
    assert isinstance(step, Flight)
    return step


def test_a_flight_goes_its_way_and_ends() -> None:
    flight = FLIGHT
    for number, phase in enumerate(STORY):
        flight = done(advance(flight, phase, NOW + timedelta(seconds=number)))
        assert (flight.phase, flight.since) == (phase, NOW + timedelta(seconds=number))
    assert advance(flight, Phase.RETURNING, NOW) is Denied.OVER
    assert steer(flight, PIA, NOW) is Denied.OVER
    assert press_parachute(flight, PIA, NOW) is Denied.OVER


@pytest.mark.parametrize("phase", sorted(AIRBORNE))
def test_from_anywhere_it_can_come_down(phase: Phase) -> None:
    flight = msgspec.structs.replace(FLIGHT, phase=phase)
    assert done(advance(flight, Phase.LANDED, NOW)).phase is Phase.LANDED
    assert done(advance(flight, Phase.PARACHUTE, NOW)).phase is Phase.PARACHUTE


def test_it_does_not_leap() -> None:
    assert advance(FLIGHT, Phase.ON_SCENE, NOW) is Denied.NOT_NEXT
    assert advance(FLIGHT, Phase.HANDING_OVER, NOW) is Denied.NOT_NEXT


def test_one_steers_and_the_pilot_in_command_takes_over() -> None:
    flight = done(steer(FLIGHT, OLA, NOW))
    assert steer(flight, SAM, NOW + timedelta(seconds=1)) is Denied.STEERED
    assert hold(flight, SAM, NOW) is Denied.STEERED
    assert let_go(flight, SAM) is Denied.NOT_STEERING
    taken = done(steer(flight, PIA, NOW + timedelta(seconds=1)))
    assert steer(taken, OLA, NOW + timedelta(seconds=2)) is Denied.STEERED
    assert done(steer(flight, SAM, NOW + STEERING_LASTS)).steering is not None  # Ola let it slip
    assert done(let_go(taken, PIA)).steering is None


def test_a_hold_ends_by_a_press_or_by_the_next_phase() -> None:
    held = done(hold(FLIGHT, PIA, NOW))
    assert held.holds
    assert not done(go_on(held, PIA, NOW)).holds
    assert not done(advance(held, Phase.RETURNING, NOW)).holds


def test_another_pilot_takes_command_and_half_a_press_is_forgotten() -> None:
    pressed = done(press_parachute(done(steer(FLIGHT, OLA, NOW)), PIA, NOW))
    flight = done(take_command(pressed, SAM))
    assert (flight.pilot, flight.steering, flight.pressed) == (SAM, None, None)
    assert press_parachute(flight, PIA, NOW + timedelta(seconds=2)) is Denied.NOT_PILOT
    assert done(press_parachute(flight, SAM, NOW + timedelta(seconds=2))).phase is Phase.LAUNCHING


def test_the_parachute_takes_two_presses_neither_bounced_nor_late() -> None:
    first = done(press_parachute(FLIGHT, PIA, NOW))
    bounced = done(press_parachute(first, PIA, NOW + PRESS_AGAIN_AFTER / 2))
    assert bounced == first
    assert done(press_parachute(first, PIA, NOW + PRESS_AGAIN_AFTER)).phase is Phase.PARACHUTE
    late = done(press_parachute(first, PIA, NOW + PRESS_AGAIN_WITHIN * 2))
    assert late.phase is Phase.LAUNCHING
    assert late.pressed is not None
    assert late.pressed.at == NOW + PRESS_AGAIN_WITHIN * 2


def test_every_denial_has_words() -> None:
    assert set(WORDS) == set(Denied)


class AnyPresses(RuleBasedStateMachine):
    """Three people press whatever they like, whenever."""

    def __init__(self) -> None:
        super().__init__()
        self.flight, self.now = FLIGHT, NOW
        self.presses: list[tuple[UserId, float]] = []

    people = st.sampled_from([PIA, OLA, SAM])

    @rule(seconds=st.floats(0, 20))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(phase=st.sampled_from([phase for phase in Phase if phase is not Phase.PARACHUTE]))
    def advance(self, phase: Phase) -> None:
        self.take(advance(self.flight, phase, self.now))

    @rule(who=people)
    def steer(self, who: UserId) -> None:
        self.take(steer(self.flight, who, self.now))

    @rule(who=people)
    def command(self, who: UserId) -> None:
        if self.flight.phase in AIRBORNE:
            self.presses.clear()
        self.take(take_command(self.flight, who))

    @rule(who=people)
    def press(self, who: UserId) -> None:
        if who == self.flight.pilot and self.flight.phase in AIRBORNE:
            self.presses.append((who, self.now.timestamp()))
        self.take(press_parachute(self.flight, who, self.now))

    def take(self, step: Flight | Denied) -> None:
        if isinstance(step, Flight):
            assert self.flight.phase in AIRBORNE
            self.flight = step

    @invariant()
    def the_parachute_had_two_presses_of_one_pilot(self) -> None:
        if self.flight.phase is Phase.PARACHUTE:
            (who, last), earlier = self.presses[-1], self.presses[:-1]
            assert any(
                by == who and PRESS_AGAIN_AFTER.total_seconds() <= last - at <= 8 for by, at in earlier
            )

    @invariant()
    def nobody_steers_what_is_down(self) -> None:
        assert self.flight.phase in AIRBORNE or self.flight.steering is None


TestAnyPresses = AnyPresses.TestCase
