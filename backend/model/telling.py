"""Receipts and statements in plain English, for paper and the command line. Pages have their own words."""

from collections.abc import Mapping
from typing import Any

from backend.model.contests import ContestOutcome, ContestReason
from backend.model.openings import OpeningEnd, Reason
from backend.model.people import Role
from backend.model.statements import Counted, Verdict

ROLES = {
    Role.DISPATCHER: "a dispatcher",
    Role.OFFICER: "an officer",
    Role.PILOT: "a pilot",
    Role.SUPERVISOR: "a supervisor",
}
REASONS = {
    Reason.SEE_SCENE: "to judge what is happening",
    Reason.FIND_PERSON: "to find somebody in danger",
    Reason.FOLLOW_SUSPECT: "to follow a suspect",
    Reason.OFFICER_SAFETY: "to keep officers safe",
    Reason.SITE_CALL: "because the site called",
}
ENDS = {
    OpeningEnd.CLOSED: "closed by whoever had opened it",
    OpeningEnd.EXPIRED: "its time ran out",
    OpeningEnd.INCIDENT_CLOSED: "the emergency was over",
    OpeningEnd.RELEASED: "the officer was sent elsewhere or signed out",
    OpeningEnd.OWNER_STOPPED: "stopped by the owner",
    OpeningEnd.OWNER_PAUSED: "paused by the owner",
    OpeningEnd.OWNER_CHANGED: "the owner's rules no longer allowed it",
    OpeningEnd.CONNECTOR_AWAY: "the connector was away",
    OpeningEnd.CAMERA_TROUBLE: "the camera failed",
    OpeningEnd.LOG_AWAY: "it could not be written down, so nobody saw it",
}
WHYS = {
    ContestReason.NO_EMERGENCY: "there was no emergency",
    ContestReason.NOT_ALLOWED: "it was not allowed",
    ContestReason.TOO_LONG: "it was watched for too long",
    ContestReason.WRONG_REASON: "the reason is not right",
    ContestReason.MISUSED: "what was seen was misused",
    ContestReason.FACTS_WRONG: "the receipt is not right",
}
OUTCOMES = {
    ContestOutcome.UPHELD: "the owner is right",
    ContestOutcome.PARTLY: "the owner is partly right",
    ContestOutcome.EXPLAINED: "it was within the rules",
}
VERDICTS = {
    Verdict.MATCHES: "Matches: every minute in which the connector sent pictures lies inside an opening.",
    Verdict.GAPS: "Matches as far as it was counted. For some minutes the connector told nothing.",
    Verdict.UNCOUNTED: "Not counted: no connector was enrolled here in this month.",
    Verdict.MISMATCH: "DOES NOT MATCH what the connector counted. The agency has been told.",
}


def said(words: Mapping[Any, str], code: str | None) -> str:
    """The words for a code of the log; the code itself where there are none, for logs outlive programs."""
    return "not said" if code is None else words.get(code, code)


def lasting(seconds: float | None) -> str:
    """How long, as people say it."""
    if seconds is None:
        return "not said"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def much(count: int | None) -> str:
    """How many bytes, as people say it."""
    if count is None:
        return "not said"
    size, unit = float(count), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{count} bytes" if unit == "bytes" else f"{size:.1f} {unit}"


def counts(counted: Counted) -> list[str]:
    """What the connectors' counters say, what is missing, and what does not match: a sentence each."""
    if counted.connectors == 0:
        return ["No connector was enrolled here in this month, so nothing was counted."]
    lines = [
        f"The connector counted {counted.minutes} of {counted.expected} minutes and sent pictures in "
        f"{counted.sending} of them, {much(counted.media_bytes)} in all."
    ]
    if counted.gaps:
        missing, gaps = max(0, counted.expected - counted.minutes), "gap" if counted.gaps == 1 else "gaps"
        lines.append(
            f"{missing} minutes did not come, in {counted.gaps} {gaps}. The "
            "connector was off or not online, and what it did then is not known."
        )
    if counted.unopened:
        lines.append(
            f"In {counted.unopened} minutes it sent pictures, {much(counted.unopened_bytes)}, although no "
            "camera was open."
        )
    if counted.unmatched:
        lines.append(
            f"{counted.unmatched} of {counted.sessions} times that somebody watched, they were sent more "
            "than the connector counted."
        )
    if counted.unsure:
        lines.append(
            f"{counted.unsure} of {counted.sessions} times that somebody watched cannot be compared: minutes "
            "are missing."
        )
    if counted.forged:
        lines.append(f"{counted.forged} minutes do not bear the connector's signature and were not believed.")
    return lines
