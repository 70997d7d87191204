"""Hints: what a caller could do for a better picture, from small stills of it. Beside step 8 of the story.

Told to the caller's page alone, as the answer to the still; nobody sees it, and nothing is kept of it.
"""

from typing import Protocol

from backend.model.grants import Scope
from backend.model.ids import GrantSecret
from backend.model.refusals import Refusal, Refused
from backend.model.stills import check_still
from backend.model.talk import Hint
from backend.services import bearers
from backend.services.limits import Rate
from backend.services.steps import Steps
from media.ports import Full

LOOK_BYTES = 24 * 1024
LOOK_PIXELS = 320


class Looks(Protocol):
    """Looks at small stills (media/looks)."""

    async def look(self, jpeg: bytes, shown: str) -> str:
        """One word for what is wrong with it, or none. Raises ValueError for no picture, and Full."""
        ...


class Hints:
    """Answers one still every two seconds for each phone that sends a picture."""

    def __init__(self, steps: Steps, looks: Looks) -> None:
        self._steps, self._looks = steps, looks
        self._rate = Rate(every_s=2, burst=4)

    async def look(self, bearer: GrantSecret, jpeg: bytes, shown: Hint | None) -> Hint | None:
        """What is worth telling of this still; `shown` is what the page tells now. Raises Refused."""
        if not self._rate.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "A look every few seconds is enough.")
        async with self._steps.read() as tx:
            await bearers.callers(tx, bearer, self._steps.clock(), Scope.PUBLISH)
        try:
            if len(jpeg) > LOOK_BYTES or max(check_still(jpeg)) > LOOK_PIXELS:
                raise ValueError("it is too large")
            told = await self._looks.look(jpeg, shown or "")
        except ValueError as error:
            raise Refused(Refusal.BAD_PICTURE, f"This cannot be looked at: {error}.") from error
        except Full as full:
            raise Refused(Refusal.FULL, "Too many at once. It goes on in a moment.") from full
        return Hint(told) if told else None
