"""Talk: the desk and a caller write to each other, or press, on the caller's page. Beside step 8.

A caller is heard while their grant lasts, and reads no other phone's thread. News reach the page by a
question that waits for its answer (docs/decisions/0056). A word's text is told to the desk's sockets and to
that page, and to nobody else: no entry or log line has it.
"""

import asyncio
import logging

from backend.hub import Full, Hub
from backend.model.entries import Action
from backend.model.ids import GrantSecret, LinkId, WordId
from backend.model.links import Link
from backend.model.people import StaffSession
from backend.model.questions import GUIDES, QUESTIONS, choices
from backend.model.refusals import Refusal, Refused
from backend.model.talk import (
    A_PAGE,
    MOST_WORDS,
    SHOWN,
    TEXT_CHARS,
    CallerWord,
    Said,
    TalkNews,
    TalkView,
    Word,
    WordKind,
    WordView,
    for_caller,
)
from backend.services import bearers
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from backend.services.translators import DESK_LANGUAGE, Translator
from backend.store.store import Tx

log = logging.getLogger(__name__)

TRANSLATES_S = 3.0  # that words wait for a machine, and then go without
TRANSLATED_CHARS = 4 * TEXT_CHARS
WAITS_S = 20.0  # a question without news; proxies cut what is silent for a minute
DESKS = {WordKind.TEXT, WordKind.ASK, WordKind.GUIDE}
CALLERS = {WordKind.TEXT, WordKind.ANSWER}


class Talk:
    """Saying, reading and marks of both sides."""

    def __init__(self, steps: Steps, hub: Hub, translator: Translator) -> None:
        self._steps, self._hub, self.translator = steps, hub, translator
        self._callers = Rate(every_s=1, burst=10)
        self._asks = Rate(every_s=0.5, burst=20)
        self._marks = Rate(every_s=0.5, burst=20)
        self._desk = Rate(every_s=0.5, burst=20)

    # The caller's side

    async def say(self, bearer: GrantSecret, said: Said, language: str | None) -> CallerWord:
        """Words of the caller's; the same id again is the same word as at first. Raises Refused."""
        if not self._callers.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so fast. It is sent again in a moment.")
        async with self._steps.read() as tx:
            await self._caller(tx, bearer)
        translated = await self._translated(said, language, DESK_LANGUAGE)
        async with self._steps.begin() as step:
            link = await self._caller(step.tx, bearer)
            held = await self._again(step.tx, said.id, link.id, None)
            if held is not None:
                return for_caller(held)
            await self._check(step.tx, link.id, said, CALLERS)
            word = await self._add(step, link, said, None, language, translated)
            await self._tell_marks(step, link, language=language)
            await step.record(
                Action.CALLER_SAY, actor="caller", subject=link.id, incident=link.incident_id, kind=said.kind
            )
        return for_caller(word)

    async def news(self, bearer: GrantSecret, after: int, desk_read: int) -> TalkNews:
        """What came after that number, at once or when there is any; nothing after WAITS_S. Raises Refused.

        Changes nothing, so that it may be asked again, and raises as soon as the grant has ended.
        """
        if not self._asks.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.read() as tx:
            link = await self._caller(tx, bearer)
        try:
            with self._hub.caller(link.id, link.incident_id) as waits:
                async with asyncio.timeout(WAITS_S):
                    while True:
                        news = await self._since(bearer, after)
                        if news.words or news.desk_read > desk_read or waits.over:
                            return news
                        await waits.something.wait()
                        waits.something.clear()
        except TimeoutError:
            return TalkNews(words=(), desk_read=desk_read)
        except Full as full:
            raise Refused(Refusal.FULL, "Too many at once. It goes on in a moment.") from full

    async def _since(self, bearer: GrantSecret, after: int) -> TalkNews:
        async with self._steps.read() as tx:
            link = await self._caller(tx, bearer)
            words = await tx.talk.after(link.id, after, A_PAGE)
            marks = await tx.talk.marks(link.id)
        return TalkNews(words=tuple(for_caller(word) for word in words), desk_read=marks.desk_read)

    async def reached(self, bearer: GrantSecret, delivered: int, read: int, language: str | None) -> None:
        """Words have come to the caller's page, or been before their eyes, up to there. Raises Refused."""
        if not self._marks.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            link = await self._caller(step.tx, bearer)
            newest = await step.tx.talk.newest(link.id)
            await self._tell_marks(
                step, link, delivered=min(delivered, newest), read=min(read, newest), language=language
            )

    async def shown(self, bearer: GrantSecret, language: str) -> tuple[Link, tuple[CallerWord, ...]]:
        """The link, and the last words of its thread, for a page that hears no news. Raises Refused.

        They are before the caller's eyes, as far as anybody knows.
        """
        if not self._asks.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            link = await self._caller(step.tx, bearer)
            newest = await step.tx.talk.newest(link.id)
            words = await step.tx.talk.after(link.id, max(0, newest - SHOWN), SHOWN)
            await self._tell_marks(step, link, delivered=newest, read=newest, language=language)
        return link, tuple(for_caller(word) for word in words)

    async def _caller(self, tx: Tx, bearer: GrantSecret) -> Link:
        """The link by which this page shares now. Raises Refused."""
        _, link = await bearers.callers(tx, bearer, self._steps.clock())  # words go with whatever is shared
        return link

    # The desk's side

    async def tell(self, session: StaffSession, link_id: LinkId, said: Said) -> WordView:
        """Words, a question or guidance for a caller; the same id is the same word. Raises Refused."""
        user = session.user
        if not self._desk.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Not so fast. It is sent again in a moment.")
        async with self._steps.read() as tx:
            language = (await tx.talk.marks(link_id)).language
        translated = await self._translated(said, DESK_LANGUAGE, language)
        async with self._steps.begin() as step:
            held = await self._again(step.tx, said.id, link_id, user.id)
            if held is not None:
                return await step.tx.talk.view(held.id)
            step.attempts(Action.TALK_SAY, actor=user.id, subject=link_id)
            link = await self._open(step, link_id)
            if not await step.tx.sessions.is_open(session.id, step.now):
                raise Refused(Refusal.NOT_SIGNED_IN, "Sign in again.")  # signed out since the request came in
            await self._check(step.tx, link.id, said, DESKS)
            word = await self._add(step, link, said, session, DESK_LANGUAGE, translated)
            await self._tell_marks(step, link, desk_read=word.number)
            await step.record(
                Action.TALK_SAY, actor=user.id, subject=link.id, incident=link.incident_id, kind=said.kind
            )
            return await step.tx.talk.view(word.id)

    async def page(self, link_id: LinkId, before: int | None) -> TalkView:
        """A thread's last words, or those before that number. Raises Refused."""
        async with self._steps.read() as tx:
            link = await tx.links.get(link_id)
            if link is None:
                raise Refused(Refusal.NOT_FOUND)
            words = await tx.talk.before(link_id, before, A_PAGE)
            marks = await tx.talk.marks(link_id)
        return TalkView(incident_id=link.incident_id, link_id=link_id, words=words, marks=marks)

    async def read(self, session: StaffSession, link_id: LinkId, number: int) -> None:
        """The desk has read up to there. Late and invented marks change nothing. Raises Refused."""
        if not self._marks.take(session.user.id):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.begin() as step:
            link = await self._open(step, link_id)
            newest = await step.tx.talk.newest(link_id)
            await self._tell_marks(step, link, desk_read=min(number, newest))

    async def _open(self, step: Step, link_id: LinkId) -> Link:
        """The link, while words can still reach its phone. Raises Refused."""
        link = await step.tx.links.get(link_id)
        if link is None:
            raise Refused(Refusal.NOT_FOUND)
        await step.open_incident(link.incident_id)
        if link.revoked_at is not None:
            raise Refused(Refusal.LINK_REVOKED, "This link was ended: nothing reaches that phone any more.")
        return link

    # Both

    async def _again(self, tx: Tx, word: WordId, link: LinkId, user: str | None) -> Word | None:
        """This side's word of that id, which is there already. Raises Refused for anybody else's."""
        held = await tx.talk.get(word)
        if held is not None and (held.link_id, held.user_id) != (link, user):
            raise Refused(Refusal.WORD_TAKEN)
        return held

    async def _check(self, tx: Tx, link: LinkId, said: Said, kinds: set[WordKind]) -> None:
        """Whether this side may say that here. Raises Refused."""
        known = said.kind in kinds
        match said.kind:
            case WordKind.ASK:
                known = known and said.phrase in QUESTIONS
            case WordKind.GUIDE:
                known = known and said.phrase in GUIDES
            case WordKind.ANSWER:
                asked = await tx.talk.at(link, said.answers or 0)
                offered = choices(asked.phrase) if asked is not None and asked.phrase is not None else ()
                known = known and asked is not None and asked.user_id is not None and said.phrase in offered
        if not known:
            raise Refused(Refusal.PHRASE_UNKNOWN, "Load the page again: this cannot be said here.")
        if await tx.talk.said_by(link, caller=kinds is CALLERS) >= MOST_WORDS:
            raise Refused(Refusal.TOO_MANY, f"At most {MOST_WORDS} messages fit in one call.")

    async def _add(
        self,
        step: Step,
        link: Link,
        said: Said,
        session: StaffSession | None,
        language: str | None,
        translated: str | None,
    ) -> Word:
        word = Word(
            id=said.id,
            link_id=link.id,
            incident_id=link.incident_id,
            number=await step.tx.talk.newest(link.id) + 1,
            user_id=session.user.id if session is not None else None,
            at=step.now,
            kind=said.kind,
            text=said.text,
            phrase=said.phrase,
            answers=said.answers,
            language=language,
            translated=translated,
        )
        await step.tx.talk.add(word)
        step.said(link.incident_id, link.id, await step.tx.talk.view(word.id))
        return word

    async def _tell_marks(
        self,
        step: Step,
        link: Link,
        *,
        delivered: int = 0,
        read: int = 0,
        desk_read: int = 0,
        language: str | None = None,
    ) -> None:
        now = await step.tx.talk.mark(
            link.id, delivered=delivered, read=read, desk_read=desk_read, language=language
        )
        if now is not None:
            step.talk_marked(link.incident_id, link.id, now)

    async def _translated(self, said: Said, source: str | None, target: str | None) -> str | None:
        """What a machine makes of a text; words wait for it so long and no longer."""
        if said.kind is not WordKind.TEXT or not source or not target or _same(source, target):
            return None
        try:
            async with asyncio.timeout(TRANSLATES_S):
                made = await self.translator.translate(said.text, source, target)
        except TimeoutError:
            return None
        except Exception:
            log.exception("a translator failed; the words stand as they were written")
            return None
        return made[:TRANSLATED_CHARS] if made else None


def _same(one: str, other: str) -> bool:
    return one.split("-")[0].lower() == other.split("-")[0].lower()
