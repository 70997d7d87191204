"""A monthly statement as CSV: a line for each opening, and one for each camera that was not opened."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from backend.api.books import harmless
from backend.model.statements import Printed

COLUMNS = (
    "month", "site", "camera", "opened", "ended", "role", "reason", "ended_by", "watched_s", "bytes",
    "stills", "recorded", "use",
)  # fmt: skip


def csv_of(printed: Printed) -> bytes:
    """RFC 4180 in UTF-8 with a BOM, which spreadsheets need; times by the agency's clock, with offsets."""
    text, zone = io.StringIO(newline=""), printed.zone
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    site = harmless(printed.site)
    for camera in printed.statement.cameras:
        if camera.openings == 0:
            rows.writerow((printed.statement.month, site, harmless(camera.name), "not opened", *[""] * 9))
    for line in printed.lines:
        sealed = line.sealed is not None
        rows.writerow(
            (
                printed.statement.month,
                site,
                harmless(line.camera),
                "sealed" if sealed else _time(line.opened_at, zone),
                _time(line.ended_at, zone),
                line.role or "",
                line.reason or "",
                line.outcome or "",
                "" if sealed or line.seconds is None else f"{line.seconds:.1f}",
                "" if sealed or line.bytes is None else line.bytes,
                "" if sealed or line.stills is None else line.stills,
                "" if sealed or line.recorded is None else ("yes" if line.recorded else "no"),
                line.use,
            )
        )
    return text.getvalue().encode("utf-8-sig", "replace")


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat(timespec="seconds") if at is not None else ""
