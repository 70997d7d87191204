"""What the service orders of one drone: one answer for each; the newest of a kind counts.

Where a drone goes is one kind, its camera another, zoom, fence and parachute are one each.
"""

import asyncio
import logging
from collections.abc import Callable

from media.connector import wire
from media.connector.asking import NotAsked, NotDone, Repeats
from media.connector.drone_frames import (
    Do,
    Fence,
    Fly,
    Gimbal,
    Hold,
    Land,
    LookAt,
    Parachute,
    Result,
    Return,
    Steer,
    TakeCamera,
    Zoom,
)
from media.connector.steps import Steps
from media.connector.texts import Texts

_WORDS_S, _WORDS_LOOKS = 0.5, 8  # after a no: how long its own words may take
_WORST = 4  # severities that say why; milder ones are news
_WAY, _CAMERA = "way", "camera"
_GROUPS: dict[type[object], str] = {
    Fly: _WAY, Hold: _WAY, Return: _WAY, Land: _WAY, Steer: _WAY, Gimbal: _CAMERA, LookAt: _CAMERA,
    TakeCamera: "control", Zoom: "zoom", Fence: "fence", Parachute: "parachute",
}  # fmt: skip
_NEWER = "A newer order took its place."
_log = logging.getLogger(__name__)


class Ordering:
    """`take` an order; `answer` is called once for each."""

    def __init__(self, drone: str, steps: Steps, texts: Texts, answer: Callable[[wire.Answer], None]) -> None:
        self._drone, self._steps, self._texts, self._answer = drone, steps, texts, answer
        self._running: dict[str, asyncio.Task[wire.Answer]] = {}

    def take(self, order: str, do: Do) -> None:
        group = _GROUPS[type(do)]
        for each in (group, _WAY) if isinstance(do, Parachute) and do.fire else (group,):
            if (older := self._running.get(each)) is not None:
                older.cancel()
            if each == _WAY and not isinstance(do, Steer):
                self._steps.stop()
        task = self._running[group] = asyncio.create_task(self._carry_out(order, do))
        task.add_done_callback(lambda done: self._done(order, done))

    async def close(self) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._steps.close()

    def _done(self, order: str, done: "asyncio.Task[wire.Answer]") -> None:
        """The one answer, also of what was cancelled before it began, or failed by a mistake of ours."""
        if done.cancelled():
            answer = wire.Answer(order=order, drone=self._drone, result=Result.CANCELLED, words=_NEWER)
        elif (error := done.exception()) is not None:
            _log.error("An order to %s has failed.", self._drone, exc_info=error)
            words = "The connector made a mistake; its log says which."
            answer = wire.Answer(order=order, drone=self._drone, result=Result.FAILED, words=words)
        else:
            answer = done.result()
        self._answer(answer)

    async def _carry_out(self, order: str, do: Do) -> wire.Answer:
        loop = asyncio.get_running_loop()
        began, repeats = loop.time(), Repeats()
        result, words = Result.ACCEPTED, ""
        try:
            await self._steps.take(do)
        except NotAsked as error:
            result, words = error.result, error.words
        except NotDone as error:
            result, words = error.result, error.words
            if result not in (Result.NO_ANSWER, Result.CANCELLED):
                words = await self._why(began) or words
            elif result is Result.NO_ANSWER:
                words = words or "The drone does not answer."
        except asyncio.CancelledError:
            result, words = Result.CANCELLED, _NEWER
        now = loop.time()
        return wire.Answer(
            order=order,
            drone=self._drone,
            result=result,
            words=words[:300],
            sends=min(1000, 1 + repeats.count),
            took_ms=min(600_000, round((now - began) * 1000)),
        )

    async def _why(self, began: float) -> str:
        """The drone's own words since then; they may come a little after its no."""
        try:
            for _ in range(_WORDS_LOOKS):
                await asyncio.sleep(_WORDS_S / _WORDS_LOOKS)  # a long sentence comes in pieces
                if words := self._texts.since(began, _WORST):
                    return words
        except asyncio.CancelledError:
            return ""
        return ""
