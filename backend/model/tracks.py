"""Tracks: which of a unit's reports are believed. Receivers jump, send what is old, and send it again.

Rules only: one report at a time, judged by what is known of the unit.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.positions import Position, PositionSource, distance_m

FASTEST_MPS = 120.0  # a helicopter; beyond it a receiver has jumped
STALE = timedelta(minutes=2)  # older says nothing of where a car is
AHEAD = timedelta(seconds=5)  # of our clock, for senders that say a time
AGREE = 3  # reports that agree with each other and not with what is known: then that was wrong
PHONE_LEADS = timedelta(seconds=15)  # officers leave their cars


class Doubt(StrEnum):
    """Why a report is passed over."""

    STALE = "stale"
    FUTURE = "future"
    OVERTAKEN = "overtaken"  # something newer is known already
    JUMP = "jump"
    PHONE_LEADS = "phone-leads"  # the officer's phone has just said where they are; the car stays behind


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Where a unit is believed to be, and the reports that say otherwise."""

    at: Position | None = None
    doubted: tuple[Position, ...] = ()


def judge(track: Track, report: Position, now: datetime) -> tuple[Track, Doubt | None]:
    """The track after the report, and why it was passed over, if it was."""
    if report.at > now + AHEAD:
        return track, Doubt.FUTURE
    if report.at < now - STALE:
        return track, Doubt.STALE
    known = track.at
    if known is None or known.at > now + AHEAD:  # our own clock was set back
        return Track(at=report), None
    if report.source is not known.source and _leads(known, report):
        return track, Doubt.PHONE_LEADS
    if report.at < known.at:
        return track, Doubt.OVERTAKEN
    if plausible(known, report):
        return Track(at=report), None
    doubted = [at for at in track.doubted if plausible(at, report)]
    if len(doubted) + 1 >= AGREE:
        return Track(at=report), None
    return Track(at=known, doubted=(*doubted, report)), Doubt.JUMP


def plausible(a: Position, b: Position) -> bool:
    """Whether anything on wheels or rotors could be at both, as far as they are sure."""
    metres = distance_m(a, b) - a.accuracy_m - b.accuracy_m
    seconds = max(1.0, abs((b.at - a.at).total_seconds()))
    return metres <= FASTEST_MPS * seconds


def _leads(known: Position, report: Position) -> bool:
    return known.source is PositionSource.UNIT and report.at < known.at + PHONE_LEADS
