"""Contests: an owner says that an opening was not right, and a supervisor answers in public."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from backend.model.ids import CameraId, ContestId, IncidentId, UseId, UserId

MOST_OF_A_USE = 3  # one after the other: each is answered before the next
MOST_OPEN = 20  # of one owner at a time
MOST_WORDS = 500
LATE = timedelta(days=14)  # without an answer; said in red


class ContestReason(StrEnum):
    """What is not right about it. Public, so there is no "other" and no free text."""

    NO_EMERGENCY = "no-emergency"  # nothing happened near this camera
    NOT_ALLOWED = "not-allowed"  # the level, the hours or a pause did not allow it
    TOO_LONG = "too-long"  # it was watched for longer than it was needed
    WRONG_REASON = "wrong-reason"  # the reason given is not what it was opened for
    MISUSED = "misused"  # what was seen was used for something else
    FACTS_WRONG = "facts-wrong"  # the receipt does not say what happened


class ContestOutcome(StrEnum):
    """What a supervisor found."""

    UPHELD = "upheld"  # it should not have been opened like this
    PARTLY = "partly"  # some of it was not right
    EXPLAINED = "explained"  # the rules allowed it; the words say how


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """`words` are for the agency alone and no leaf commits to them. `number`, `answer_number`: its leaves."""

    id: ContestId
    use_id: UseId
    camera_id: CameraId
    incident_id: IncidentId
    user_id: UserId
    why: ContestReason
    words: str
    at: datetime
    number: int
    outcome: ContestOutcome | None = None
    answer: str = ""
    answered_by: UserId | None = None
    answered_at: datetime | None = None
    answer_number: int | None = None


class ContestView(msgspec.Struct, frozen=True, kw_only=True):
    """As its owner sees it on the receipt."""

    id: str
    why: ContestReason
    words: str
    at: datetime
    outcome: ContestOutcome | None
    answer: str
    answered_at: datetime | None


class ContestedView(msgspec.Struct, frozen=True, kw_only=True):
    """As supervisors see it. `index` is None until the public log has it: then it cannot be answered yet."""

    id: str
    use: str
    index: int | None
    why: ContestReason
    words: str
    at: datetime
    owner: str
    camera: str
    site: str
    incident_id: str
    category: str
    opened_at: datetime
    seconds: float | None
    role: str | None
    reason: str | None
    outcome: ContestOutcome | None
    answer: str
    answered_by: str | None
    answered_at: datetime | None
    late: bool


class ContestList(msgspec.Struct, frozen=True, kw_only=True):
    """Those without an answer, the newest first, and then the others; `waiting` counts the former."""

    now: datetime
    waiting: int
    contests: tuple[ContestedView, ...]


def view(contest: Contest) -> ContestView:
    """For whoever contested it."""
    return ContestView(
        id=contest.id,
        why=contest.why,
        words=contest.words,
        at=contest.at,
        outcome=contest.outcome,
        answer=contest.answer,
        answered_at=contest.answered_at,
    )
