"""Measured: how far callers' links came, how fast, and why no further, without a word about anybody.

A row is made once its incident is closed, from what the link and the log say; it keeps the hour, durations
and a few words from fixed lists. Rules only; no clock, no I/O.
"""

import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.entries import Action, Entry
from backend.model.links import Capture, DeliveryState, Link, LinkKind
from backend.model.rungs import Rung, RungChange, RungReason
from backend.model.transparency import FEWEST_MEASURED, CallerStep, Spread

KEPT = timedelta(days=400)  # a year, and what a month takes to compare with
SHOWN = timedelta(days=90)
TIMES = ("sent", "delivered", "opened", "permitted", "picture")


class Browser(StrEnum):
    """Coarse: an engine on a system, as a browser says of itself. Of no use to tell one phone by."""

    CHROME_ANDROID = "chrome-android"
    SAMSUNG = "samsung"
    FIREFOX_ANDROID = "firefox-android"
    IPHONE = "iphone"  # whatever it calls itself, it is Safari's engine
    INSIDE_APP = "inside-app"  # a page that another app shows
    COMPUTER = "computer"
    OTHER = "other"
    UNKNOWN = "unknown"  # never opened


class Network(StrEnum):
    """What a browser believes of its network, where it says anything (Network Information API)."""

    SLOW_2G = "slow-2g"
    TWO_G = "2g"
    THREE_G = "3g"
    FOUR_G = "4g"  # or better: there is no higher word
    UNKNOWN = "unknown"


class Hindrance(StrEnum):
    """Why a link came no further than it did, beside the rungs' own reasons."""

    NOT_SENT = "not-sent"  # the carrier said no
    NOT_OPENED = "not-opened"
    NOT_PRESSED = "not-pressed"  # opened, and Share was not pressed
    NO_POSITION = "no-position"  # refused, or the phone has none


class CallerFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One link, measured. Seconds since it was issued, to a tenth; None for what never came."""

    hour: datetime  # rounded down
    kind: LinkKind
    browser: Browser
    network: Network
    sent_s: float | None
    delivered_s: float | None
    opened_s: float | None
    permitted_s: float | None
    picture_s: float | None
    rungs: tuple[Rung, ...]  # that it was on, the best first
    reasons: tuple[str, ...]  # RungReason or Hindrance


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many, by a word."""

    name: str
    count: int


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """Of links that have something in common: how many, and how far they came."""

    name: str
    links: int
    opened: int
    shared: int  # position or words at least
    pictures: int  # video or stills
    permitted_to_picture_s: float | None  # the median; None where too few were measured


class CallerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over some time."""

    since: datetime
    links: int
    funnel: tuple[Tally, ...]  # issued, sent, delivered, opened, permitted, picture
    times: tuple[Spread, ...]  # from the issuing until each
    rungs: tuple[Tally, ...]  # the best that each reached
    reasons: tuple[Tally, ...]
    browsers: tuple[Reached, ...]
    networks: tuple[Reached, ...]


_SYSTEMS = (
    *(("; wv)", Browser.INSIDE_APP), ("FBAN/", Browser.INSIDE_APP), ("Instagram", Browser.INSIDE_APP)),
    *(("iPhone", Browser.IPHONE), ("iPad", Browser.IPHONE), ("SamsungBrowser", Browser.SAMSUNG)),
)


def browser_of(user_agent: str) -> Browser:
    """The family that a User-Agent header names."""
    user_agent = user_agent[:400]
    for mark, family in _SYSTEMS:
        if mark in user_agent:
            return family
    if "Android" in user_agent:
        if "Firefox/" in user_agent:
            return Browser.FIREFOX_ANDROID
        return Browser.CHROME_ANDROID if "Chrome/" in user_agent else Browser.OTHER
    computer = any(mark in user_agent for mark in ("Windows", "Macintosh", "X11", "CrOS"))
    return Browser.COMPUTER if computer else Browser.OTHER


def network_of(effective_type: str | None) -> Network:
    """What `navigator.connection.effectiveType` says."""
    try:
        return Network(effective_type or "")
    except ValueError:
        return Network.UNKNOWN


def measure(
    link: Link,
    entries: Sequence[Entry],
    changes: Sequence[RungChange],
    browser: Browser,
    network: Network,
) -> CallerFigure:
    """What is kept of a link whose incident is closed. `entries` are about it and its feed, in order."""

    def first(action: Action, **details: str) -> float | None:
        for entry in entries:
            if entry.action is action and entry.refusal is None and details.items() <= entry.details.items():
                return _seconds(link.issued_at, entry.at)
        return None

    told = (DeliveryState.SENT.value, DeliveryState.DELIVERED.value)
    sent = [
        first(action, state=state) for action in (Action.LINK_SEND, Action.LINK_DELIVERY) for state in told
    ]
    permitted = "position" if link.feed_id is None else "camera"
    held = {change.rung for change in changes}
    opened = None if link.opened_at is None else _seconds(link.issued_at, link.opened_at)
    picture = first(Action.FEED_LIVE)
    return CallerFigure(
        hour=link.issued_at.replace(minute=0, second=0, microsecond=0),
        kind=link.kind,
        browser=browser if opened is not None else Browser.UNKNOWN,
        network=network,
        sent_s=min((at for at in sent if at is not None), default=None),
        delivered_s=first(Action.LINK_DELIVERY, state=DeliveryState.DELIVERED.value),
        opened_s=opened,
        permitted_s=first(Action.CALLER_STATUS, **{permitted: Capture.ON.value}),
        picture_s=picture,
        rungs=tuple(rung for rung in Rung if rung in held),
        reasons=_reasons(link, entries, changes),
    )


def _seconds(since: datetime, until: datetime) -> float:
    return round(max(0.0, (until - since).total_seconds()), 1)


def _reasons(link: Link, entries: Sequence[Entry], changes: Sequence[RungChange]) -> tuple[str, ...]:
    found: list[str] = []
    if link.opened_at is None:
        failed = link.delivery is DeliveryState.FAILED
        found.append(Hindrance.NOT_SENT.value if failed else Hindrance.NOT_OPENED.value)
    elif link.redeemed_at is None:
        found.append(Hindrance.NOT_PRESSED.value)
    fine = (RungReason.WORKING, RungReason.STARTING, RungReason.ASKED)
    found += [change.reason.value for change in changes if change.reason not in fine]
    lost = {Capture.REFUSED.value, Capture.UNAVAILABLE.value}
    if any(
        entry.action is Action.CALLER_STATUS and entry.details.get("position") in lost for entry in entries
    ):
        found.append(Hindrance.NO_POSITION.value)
    return tuple(dict.fromkeys(found))


def sums(figures: Sequence[CallerFigure], since: datetime) -> CallerFigures:
    """Everything that is shown, over all of these."""
    best = Counter(figure.rungs[0].value if figure.rungs else "none" for figure in figures)
    reasons = Counter(reason for figure in figures for reason in figure.reasons)
    return CallerFigures(
        since=since,
        links=len(figures),
        funnel=(
            Tally(name="issued", count=len(figures)),
            *(
                Tally(name=name, count=sum(came(figure, place) for figure in figures))
                for place, name in enumerate(TIMES)
            ),
        ),
        times=tuple(
            spread(name, [at for figure in figures if (at := getattr(figure, f"{name}_s")) is not None])
            for name in TIMES
        ),
        rungs=tuple(Tally(name=name, count=best[name]) for name in (*Rung, "none") if best[name]),
        reasons=tuple(Tally(name=name, count=count) for name, count in reasons.most_common()),
        browsers=_by(figures, lambda figure: figure.browser.value),
        networks=_by(figures, lambda figure: figure.network.value),
    )


def in_public(figures: Sequence[CallerFigure]) -> tuple[CallerStep, ...]:
    """What everybody may know: each step with its times, and nothing that fewer than five links did."""
    if len(figures) < FEWEST_MEASURED:
        return ()
    held = sums(figures, figures[0].hour)
    times = {each.name: each for each in held.times}
    found = []
    for step in held.funnel:
        time = times.get(step.name)
        found.append(
            CallerStep(
                name=step.name,
                links=step.count if step.count >= FEWEST_MEASURED else None,
                median_s=time.median_s if time is not None else None,
                p90_s=time.p90_s if time is not None else None,
            )
        )
    return tuple(found)


def came(figure: CallerFigure, place: int) -> bool:
    """Whether it came as far as this step, by this or any later one: a link that was opened had been sent."""
    return any(getattr(figure, f"{name}_s") is not None for name in TIMES[place:])


def has_picture(figure: CallerFigure) -> bool:
    """Video or stills were seen here."""
    return figure.picture_s is not None


def has_shared(figure: CallerFigure) -> bool:
    """A position or words at least: it stood on some rung."""
    return bool(figure.rungs) or has_picture(figure) or figure.permitted_s is not None


def spread(name: str, times: Sequence[float]) -> Spread:
    """Half of them, and nine of ten, no longer; of too few nothing."""
    if len(times) < FEWEST_MEASURED:
        return Spread(name=name, median_s=None, p90_s=None, measured=len(times))
    nine_of_ten = statistics.quantiles(times, n=10, method="inclusive")[-1]
    return Spread(name=name, median_s=statistics.median(times), p90_s=nine_of_ten, measured=len(times))


def _by(figures: Iterable[CallerFigure], name: Callable[[CallerFigure], str]) -> tuple[Reached, ...]:
    groups: dict[str, list[CallerFigure]] = {}
    for figure in figures:
        groups.setdefault(name(figure), []).append(figure)
    found = []
    for called, held in groups.items():
        waits = [
            figure.picture_s - figure.permitted_s
            for figure in held
            if figure.picture_s is not None and figure.permitted_s is not None
        ]
        found.append(
            Reached(
                name=called,
                links=len(held),
                opened=sum(figure.opened_s is not None for figure in held),
                shared=sum(map(has_shared, held)),
                pictures=sum(map(has_picture, held)),
                permitted_to_picture_s=spread("", waits).median_s,
            )
        )
    return tuple(sorted(found, key=lambda reached: (-reached.links, reached.name)))
