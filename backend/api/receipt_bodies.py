"""Requests about receipts, contests and statements; bounded as in `bodies`."""

from typing import Annotated

import msgspec

from backend.api.bodies import LINE, LINES, PublicKey, Text
from backend.model.contests import MOST_WORDS, ContestOutcome, ContestReason


class ContestUse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`why` becomes public; `words` are for the agency alone and never do."""

    why: ContestReason
    words: Annotated[str, msgspec.Meta(max_length=MOST_WORDS, pattern=LINES)] = ""


class AnswerContest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it becomes public."""

    outcome: ContestOutcome
    words: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST_WORDS, pattern=LINE)]


class ReceiptChallenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the browser that shared signs, to see who saw it."""

    challenge: str


class AskReceipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`signature` is over `sightline-receipt`, the challenge and the token, each on its line."""

    token: Text
    challenge: Text
    key: PublicKey
    signature: Text
