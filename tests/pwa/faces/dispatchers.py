"""The console and what stands beside it: care, and who is signed in where."""

from collections.abc import Iterable
from functools import partial

from playwright.async_api import Page

from tests.pwa.agency import Agency, Json, entry, feed, incident, link, now, opening, way
from tests.pwa.agency import note as noted
from tests.pwa.faces.played import played, presses, shows
from tests.pwa.faces.stage import Screen
from tests.pwa.test_cameras import around
from tests.pwa.test_console import OPEN, STATES, State, live, quiet, talking
from tests.pwa.test_pilot import agency as with_drones
from tests.pwa.visits import APP, PHONE

NAME = "console"
UPLOAD: Json = {
    "id": "upl_1",
    "link_id": "lnk_1",
    "state": "ready",
    "length": 2_400_000,
    "received": 2_400_000,
    "begun_at": now(seconds=40),
    "kind": "photo",
    "width": 600,
    "height": 800,
    "seconds": None,
}


def _made(prepare: State) -> Agency:
    agency = Agency(APP)
    prepare(agency)
    return agency


def unreached(agency: Agency) -> None:
    quiet(agency)
    ways = [way("sms", seconds=31), way("email", seconds=16)]
    both = {"email": "ann@example.com", "sender": "email"}
    agency.incidents["inc_1"]["links"] = [link(1, "sent", **both, ways=ways, unreached=True)]


def _rung(rung: str, reason: str, agency: Agency) -> None:
    live(agency)
    agency.incidents["inc_1"]["links"] = [link(1, "sharing", rung=rung, rung_reason=reason)]


def files(agency: Agency) -> None:
    """A photo, a clip that is coming and a file that could not be taken."""
    _rung("upload", "permission-refused", agency)
    clip = {"kind": "clip", "seconds": 12.0}
    agency.incidents["inc_1"]["uploads"] = [
        UPLOAD,
        {**UPLOAD, "id": "upl_2", "state": "receiving", "received": 900_000, "kind": None},
        {**UPLOAD, "id": "upl_3", "state": "refused", "kind": None},
        {**UPLOAD, "id": "upl_4", **clip},
    ]


def handed(agency: Agency) -> None:
    live(agency)
    agency.incidents["inc_1"]["handler"] = {
        "user_id": "usr_9",
        "name": "Kim Ono",
        "since": now(minutes=1),
        "from_id": "usr_1",
    }


def closed(agency: Agency) -> None:
    quiet(agency)
    over = incident(3, closed_at=now(minutes=4), links=[link(1, "ended")], feeds=[feed(1, "ended")])
    agency.closed = [over]
    agency.entries["inc_3"] = [entry(0, "incident.open"), entry(9, "incident.close")]


def written(agency: Agency) -> None:
    live(agency)
    agency.notes["inc_1"] = [
        noted(1, "Armed: keep your distance"),
        noted(2, "Understood", by="Sam Reed", unit="4B12"),
    ]
    for at, by in ((1, "Dana Reyes"), (2, "Sam Reed")):
        agency.entries["inc_1"].append(entry(at, "note.write", by, subject=f"nte_{at}"))


def glass(agency: Agency) -> None:
    live(agency)
    made = around()
    agency.cameras = made.cameras
    agency.incidents["inc_1"]["openings"] = [opening(1, made.cameras[0])]


async def _closed(page: Page, agency: Agency) -> None:
    await page.get_by_role("button", name="Closed").click()
    await page.get_by_role("button", name="Break-in").click()
    await page.get_by_text("closed").first.wait_for()


async def _typed(keys: Iterable[str], words: str, page: Page, agency: Agency) -> None:
    await page.get_by_text("Connected").first.wait_for()
    for key in keys:
        await page.keyboard.press(key)
    await page.get_by_text(words).first.wait_for()


async def _secrets(page: Page, agency: Agency) -> None:
    panel = page.get_by_role("region", name="Link", exact=True)
    await panel.get_by_role("button", name="Spoken code").click()
    await panel.get_by_role("button", name="Link and QR").click()
    await panel.get_by_text("Hold it up to the camera of a phone").wait_for()


async def _lost(page: Page, agency: Agency) -> None:
    await page.get_by_text("Connected").first.wait_for()
    await agency.lose()
    await page.get_by_text("Connection lost, trying again").wait_for()


def cared(role: str) -> Agency:
    """Three days of pictures on this person's screen, and on others'."""
    agency = Agency(APP, role=role)
    rows: list[Json] = [
        {"day": now(days=ago)[:10], "type": kind, "motion_s": motion, "still_s": still}
        for ago, kind, motion, still in (
            (0, "Break-in", 340, 25),
            (0, "Medical", 1310, 40),
            (1, "Traffic collision", 95, 0),
            (4, "Medical", 2460, 180),
        )
    ]
    usual = {"blur": True, "still_first": True}
    view = {"choice": usual, "usual": usual, "exposures": rows, "kept_days": 90}
    agency.answers["GET", "/api/care"] = (200, view)
    sums = {"today_motion_s": 1650, "today_still_s": 65, "week_motion_s": 4205, "week_still_s": 245}
    less = {"today_motion_s": 0, "today_still_s": 30, "week_motion_s": 310, "week_still_s": 95}
    agency.answers["GET", "/api/care/relief"] = (
        200,
        [
            {"user_id": "usr_1", "name": "Dana Reyes", "role": "dispatcher", **sums},
            {"user_id": "usr_2", "name": "Sam Reed", "role": "officer", **less},
        ],
    )
    return agency


def unseen() -> Agency:
    agency = cared("officer")
    usual = {"blur": False, "still_first": False}
    view = {"choice": usual, "usual": usual, "exposures": [], "kept_days": 90}
    agency.answers["GET", "/api/care"] = (200, view)
    return agency


def devices() -> Agency:
    agency = Agency(APP)
    held = {
        "id": "ses_1",
        "device": "Chrome on Linux",
        "since": now(hours=3),
        "seen_at": now(minutes=4),
        "locked": False,
        "here": True,
    }
    phone = {**held, "id": "ses_2", "device": "Chrome on Android", "here": False}
    people = [
        {"user_id": "usr_1", "name": "Ana Ortiz", "role": "dispatcher", "unit": None, "sessions": [held]},
        {"user_id": "usr_2", "name": "Sam Reed", "role": "officer", "unit": "4B12", "sessions": [phone]},
    ]
    agency.answers["GET", "/api/sessions"] = (200, people)
    return agency


SCREENS = (
    {
        name.replace(" ", "-"): Screen(
            played(partial(_made, prepare), "/console" if name == "empty" else OPEN, shows(words))
        )
        for name, (prepare, words) in STATES.items()
    }
    | {
        name: Screen(played(partial(_made, prepare), OPEN, reach))
        for name, prepare, reach in (
            ("new-incident", quiet, partial(_typed, "n", "What happened")),
            ("keys", quiet, partial(_typed, "?", "Single keys work")),
            ("text-a-link", quiet, partial(_typed, "l", "Send")),
            ("hung-up", quiet, partial(_typed, "e", "Send")),
            ("unreached", unreached, shows("Read out a code or show the QR code")),
            ("link-secrets", unreached, _secrets),
            ("covered", live, partial(_typed, ["Escape"], "Hidden")),
            ("stills", partial(_rung, "stills", "too-slow"), shows("too slow")),
            ("words-alone", partial(_rung, "text", "permission-refused"), shows("words only")),
            ("files", files, shows("Photo")),
            ("questions", talking, presses("Ask", then="Is anybody hurt?")),
            ("guidance", talking, presses("Show", then="Show the front door")),
            ("handing-over", live, partial(_typed, "h", "Whoever is free")),
            ("handed-over", handed, shows("Kim Ono")),
            ("closing", live, presses("Close", then="Close incident")),
            ("closed", closed, _closed),
            ("written", written, shows("Armed: keep your distance")),
            ("lent-camera", glass, shows("Corner shop, door")),
            ("lost", live, _lost),
        )
    }
    | {
        "drones": Screen(played(lambda: with_drones("dispatcher"), OPEN, shows("Kestrel 1"))),
        "care": Screen(
            played(lambda: cared("dispatcher"), "/care", shows("Medical"), size=PHONE), thumb=True
        ),
        "care-team": Screen(played(lambda: cared("supervisor"), "/care", shows("Sam Reed")), thumb=True),
        "care-nothing": Screen(played(unseen, "/care", shows("Nothing yet."), size=PHONE), thumb=True),
        "devices": Screen(played(devices, "/sessions", shows("Chrome on Linux"))),
    }
)
