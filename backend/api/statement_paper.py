"""What a monthly statement says, once, for its page and its PDF: both are the same paper."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from backend.model import telling
from backend.model.receipts import ReceiptView
from backend.model.statements import MOST_LINES, Printed, Verdict

CAMERA_HEADS = ("Camera", "Opened", "Watched", "Sent to viewers", "Stills", "Recorded")
LINE_HEADS = ("Opened", "Camera", "By, and why", "Ended because", "Watched", "Bytes")


class StatementPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A statement in words. `loud` where it does not match."""

    title: str
    issuer: str
    addressee: tuple[str, ...]
    made_at: datetime
    facts: tuple[tuple[str, str], ...]
    verdict: str
    loud: bool
    cameras: tuple[tuple[str, ...], ...]  # as CAMERA_HEADS
    lines: tuple[tuple[str, ...], ...]  # as LINE_HEADS
    counts: tuple[str, ...]
    notes: tuple[str, ...]


def paper(printed: Printed) -> StatementPaper:
    """All of it in the agency's zone."""
    statement, zone = printed.statement, printed.zone
    month = statement.starts_at.astimezone(zone)
    opened = sum(camera.openings for camera in statement.cameras)
    shown = len(printed.lines)
    notes = [
        "What viewers were sent is counted by the service; what left the site is counted and signed by the "
        "connector. A receipt with a proof for each opening is on your page.",
    ]
    if opened > shown:
        notes.insert(0, f"{opened - shown} more openings are not listed here ({MOST_LINES} are at most).")
    return StatementPaper(
        title=f"Statement for {month:%B %Y}",
        issuer=printed.agency,
        addressee=(printed.owner, *filter(None, (line.strip() for line in printed.address.split("\n")))),
        made_at=statement.made_at,
        facts=(
            ("For", f"cameras at {printed.site}"),
            ("Month", f"{month:%B %Y}, by the clock of {zone.key}"),
            ("Made", _time(statement.made_at, zone)),
            ("Result", _result(opened)),
        ),
        verdict=telling.VERDICTS[statement.verdict],
        loud=statement.verdict is Verdict.MISMATCH,
        cameras=tuple(
            (
                camera.name,
                f"{camera.openings} ×" if camera.openings else "not opened",
                telling.lasting(camera.seconds) if camera.openings else "–",
                telling.much(camera.bytes) if camera.openings else "–",
                str(camera.stills),
                str(camera.recorded) if camera.recorded else "no",
            )
            for camera in statement.cameras
        ),
        lines=tuple(_line(line, zone) for line in printed.lines),
        counts=tuple(telling.counts(statement.counted)),
        notes=tuple(notes),
    )


def _result(opened: int) -> str:
    if opened == 0:
        return "not opened"
    return "opened once" if opened == 1 else f"opened {opened} times"


def _line(line: ReceiptView, zone: ZoneInfo) -> tuple[str, ...]:
    if line.sealed is not None:
        until = _time(line.sealed.until, zone) if line.sealed.until is not None else "further notice"
        return (line.hour or "", line.camera, f"sealed until {until}", "", "", "")
    who = telling.said(telling.ROLES, line.role)
    return (
        _time(line.opened_at, zone) if line.opened_at is not None else (line.hour or "not said"),
        line.camera,
        f"{who}, {telling.said(telling.REASONS, line.reason)}",
        telling.said(telling.ENDS, line.outcome) if line.over else "still open",
        telling.lasting(line.seconds),
        telling.much(line.bytes),
    )


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
