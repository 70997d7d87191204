"""Advice: what a pilot can do about what is wrong with a flight, in words. Rules only.

What the drone does by itself is said by whoever found the fault; this is what is left for people.
"""

from collections.abc import Iterable

from backend.model.flights import Phase
from backend.model.telemetry import Action, Fault, Finding

_BY_FAULT = {
    Fault.QUIET: "Leave it its way: it is heard again, or it comes home by itself. If you have another"
    " ground station, look for it there.",
    Fault.BLIND: "Follow its picture, and have people below it moved away. When its position is back, it"
    " goes on.",
    Fault.GAUGE_HIGH: "Let it come home. Send another one if the scene must be seen.",
    Fault.GAUGE_FALLS: "Let it come home. Send another one if the scene must be seen.",
    Fault.LOW: "Let it come home. Send another one if the scene must be seen.",
    Fault.TOO_LOW: "Have the place below it cleared, and have somebody fetch it.",
}
_BY_PHASE = {
    Phase.PARACHUTE: "Have people below it moved away, and send somebody to where it comes down.",
    Phase.DIVERTED: "Have the place where it lands cleared, and have somebody fetch it.",
}
_OUTSIDE = "Let it come home, or steer it back by hand: the map shows the areas."


def advice(phase: Phase, findings: Iterable[Finding], *, outside: bool) -> tuple[str, ...]:
    """What is to be done, each once; `outside`: it breaks a rule of place. Nothing where nothing is wrong."""
    if phase in _BY_PHASE:
        return (_BY_PHASE[phase],)
    found = [_BY_FAULT[finding.fault] for finding in findings if finding.action > Action.GO_ON]
    return tuple(dict.fromkeys([*found, *([_OUTSIDE] if outside else [])]))
