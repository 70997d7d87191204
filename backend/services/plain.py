"""Plain: what a caller's page does that runs no script: its press, its words, its photos. Beside steps 3, 4.

Such a page has no key to show that it is the one that was asked, so it carries a secret instead, from form
to form: the link is bound to that, and its grant is had by it. Whoever else has the link is asked about.
"""

from collections.abc import AsyncIterator

import msgspec

from backend.model.ids import GrantSecret, Token
from backend.model.links import Capture, Link, LinkKind
from backend.model.measured import Browser
from backend.model.refusals import Refusal, Refused
from backend.model.rungs import Rung, RungReason
from backend.model.talk import CallerWord, Said
from backend.model.uploads import UploadState
from backend.services.callers import Callers
from backend.services.sharing import Sharing
from backend.services.talk import Talk
from backend.services.uploads import Uploads


class PlainView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on it: the thread's last words, and what became of the last photo or clip."""

    link: Link
    words: tuple[CallerWord, ...]
    photo: UploadState | None


class Plain:
    """Everything raises Refused. `page` is the page's own secret, made for it before its first form."""

    def __init__(self, callers: Callers, sharing: Sharing, talk: Talk, uploads: Uploads) -> None:
        self._callers, self._sharing, self._talk, self._uploads = callers, sharing, talk, uploads

    async def knows(self, page: GrantSecret) -> bool:
        """Whether this page has arrived."""
        return await self._callers.of_page(page) is not None

    async def find(self, page: GrantSecret, token: Token | None, code: str, address: str) -> Token:
        """The token of this page's link: of the one that it has, of a spoken code, or the one it was given.

        In this order, so that a page may be loaded again: a code works once.
        """
        held = await self._callers.of_page(page)
        if held is None and code:
            held = await self._callers.enter_code(code, address)
        if (found := held or token) is None:
            raise Refused(Refusal.LINK_UNKNOWN)
        return found

    async def arrive(self, page: GrantSecret, token: Token, address: str, browser: Browser) -> None:
        """The press: from here on this page may say something. Again by the same page changes nothing."""
        if await self.knows(page):
            return
        link, _, _ = await self._callers.open(token, address, browser)
        await self._callers.redeem_plainly(token, page, address)
        rung = Rung.TEXT if link.kind is LinkKind.POSITION else Rung.UPLOAD
        await self._sharing.status(page, Capture.OFF, Capture.OFF, (rung, RungReason.NO_SCRIPT))

    async def say(self, page: GrantSecret, said: Said, language: str) -> None:
        """Words or an answer; the same id again is the same word."""
        await self._talk.say(page, said, language)

    async def send(self, page: GrantSecret, at_most: int, pieces: AsyncIterator[bytes]) -> None:
        """A photo or clip, at once and whole; `pieces` raise when it is not."""
        await self._uploads.take(page, at_most, pieces)

    async def look(self, page: GrantSecret, language: str) -> PlainView:
        """What there is now. The desk is told that it was seen."""
        link, words = await self._talk.shown(page, language)
        photo = None if link.kind is LinkKind.POSITION else await self._uploads.newest(page)
        return PlainView(link=link, words=words, photo=photo.state if photo is not None else None)

    async def let_go(self, page: GrantSecret) -> Token:
        """The caller tries the page with the camera: the link is free for it."""
        return await self._callers.let_go(page)
