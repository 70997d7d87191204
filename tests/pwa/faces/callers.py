"""What a caller sees, in each state and in the languages that run from the right."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from playwright.async_api import Page

from tests.pwa.caller import Phones
from tests.pwa.faces.stage import Screen, Stage
from tests.pwa.states import STATES, State

NAME = "caller"
SPOKEN = {"ar": "ar-EG", "fa": "fa-IR", "ur": "ur-PK", "uk": "uk-UA"}  # from the right, and the longest
IN_THEM = ("ask", "question", "messages", "guidance", "silent")


def _as(state: State, language: str = "en-US") -> Callable[[Stage], AbstractAsyncContextManager[Page]]:
    @asynccontextmanager
    async def come(stage: Stage) -> AsyncIterator[Page]:
        phones = Phones(stage.browser)
        try:
            page = await phones.new(script=state.script, language=language, javascript=state.javascript)
            await state.reach(page, stage.dispatcher, stage.service)
            yield page
        finally:
            await phones.close()

    return come


READ = ("seen", "messages", "unscripted")  # as long as they are
SHARED = ("over", "seen", "stopped")  # what they say depends on how long somebody shared


def _screen(name: str, language: str = "en-US") -> Screen:
    state = STATES[name]
    come = _as(state, language)
    return Screen(
        come, thumb=True, whole=name not in READ, steady=name not in SHARED, scripted=state.javascript
    )


SCREENS = {name: _screen(name) for name in STATES} | {
    f"{name}-{code}": _screen(name, language) for code, language in SPOKEN.items() for name in IN_THEM
}
