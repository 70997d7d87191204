"""Who flies, and what is left of a flight: the pilot's page and the flights' logs."""

from tests.pwa.agency import Agency
from tests.pwa.faces.played import played, presses, shows
from tests.pwa.faces.stage import Screen
from tests.pwa.test_flights import agency as with_logs
from tests.pwa.test_flights import line
from tests.pwa.test_pilot import agency
from tests.pwa.visits import PHONE

NAME = "flight"


def _flying() -> Agency:
    return agency("pilot")


def _offered() -> Agency:
    return agency("pilot", flying=False)


def _broken() -> Agency:
    faults = (
        line(8, 30, "drone.breach", gaze="down", words="The camera looks 55° down"),
        line(9, 60, "drone.fault", fault="outside", words="It is in keep-out Prison.", does="return"),
    )
    return with_logs("auditor", looks_down=True, lines=faults)


def _none() -> Agency:
    made = with_logs()
    made.answers["GET", "/api/flights"] = (200, {"flights": [], "more": False})
    return made


SCREENS = {
    "pilot": Screen(played(_flying, "/pilot", shows("On scene")), thumb=True),
    "pilot-offered": Screen(played(_offered, "/pilot", shows("Confirm and send Kestrel 2")), thumb=True),
    "pilot-docks": Screen(
        played(_flying, "/pilot", presses("Docks and flights", then="Library dock"), size=PHONE), thumb=True
    ),
    "logs": Screen(played(with_logs, "/flights", shows("Kestrel 2")), thumb=True),
    "log": Screen(played(with_logs, "/flights#flt_1", shows("1787F04BM24010011")), thumb=True),
    "log-broken": Screen(played(_broken, "/flights#flt_1", shows("It is in keep-out Prison.")), thumb=True),
    "logs-none": Screen(played(_none, "/flights", shows("No")), thumb=True),
}
