"""Callers: the tap, the code and the press. Steps 3 and 4 of the story.

Opening a link spends nothing. The first browser that redeems it owns it, by a key that cannot leave that
browser; any other is refused until the dispatcher allows it. Nothing here may log a token or a code.
"""

from datetime import datetime, timedelta

from backend.model import links as rules
from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import GrantId, GrantSecret, Token, new_id, new_secret
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.links import Link, LinkKind
from backend.model.measured import Browser, Network
from backend.model.refusals import Refusal, Refused
from backend.services.keys import Keys
from backend.services.limits import Rate, Turns
from backend.services.proofs import proves
from backend.services.steps import Step, Steps
from media.ports import EndReason, Holder, Sfu

_SCOPES = {
    LinkKind.LIVE: Scope.PUBLISH,
    LinkKind.POSITION: Scope.POSITION,
    LinkKind.UPLOAD: Scope.UPLOAD,
}
_PLAIN_SCOPES = {**_SCOPES, LinkKind.LIVE: Scope.UPLOAD}
SHARING_LASTS = timedelta(hours=12)  # an incident that nobody closes does not watch a caller for ever

WORDS = {
    Refusal.LINK_UNKNOWN: "This link is not known. Check it, or ask 911 for a new one.",
    Refusal.LINK_EXPIRED: "This link ran out. Ask 911 for a new one.",
    Refusal.LINK_REVOKED: "911 ended this link.",
    Refusal.LINK_BOUND: "This link is in use on another phone. 911 has been asked to allow this one.",
    Refusal.INCIDENT_CLOSED: "This call is closed.",
    Refusal.CHALLENGE_STALE: "The page waited too long. It tries again by itself.",
    Refusal.BAD_SIGNATURE: "This browser could not prove that it is the same one.",
    Refusal.CODE_UNKNOWN: "That code is not known. Ask 911 to read it again.",
    Refusal.TOO_MANY_TRIES: "Too many tries. Wait a minute.",
}


class Callers:
    """What a caller's page may do before anything is shared."""

    def __init__(self, steps: Steps, keys: Keys, sfu: Sfu) -> None:
        self._steps, self._keys, self._sfu = steps, keys, sfu
        self._addresses = Rate(every_s=0.1, burst=300)  # one carrier, one address, many callers
        self._guesses = Rate(every_s=60, burst=5)
        self._all_guesses = Rate(every_s=3, burst=60, keys=1)
        self._asking = Turns(lapses_s=15)
        self._refusals = Rate(every_s=10, burst=20)
        self._strangers = Rate(every_s=10, burst=30, keys=1)  # entries about secrets that nobody issued

    async def open(
        self,
        token: Token,
        address: str,
        browser: Browser = Browser.UNKNOWN,
        network: Network = Network.UNKNOWN,
    ) -> tuple[Link, str, timedelta]:
        """The link, a fresh challenge and the time left. The dispatcher sees *opened*. Raises Refused."""
        self._slow_down(address)
        async with self._steps.begin() as step:
            link = await step.tx.links.by_token(token.hashed)
            refusal = await self._check(step, link)
            if link is None or refusal is not None:
                await self._note(step, Action.LINK_OPEN, link, refusal)
            elif link.opened_at is None:
                link = await step.tx.links.change(link.id, opened_at=step.now)
                await step.tx.measured.said(link.id, browser, network)
                await step.record(
                    Action.LINK_OPEN, actor="caller", subject=link.id, incident=link.incident_id
                )
                step.changed(link.incident_id)
        if link is None or refusal is not None:
            raise refused(refusal or Refusal.LINK_UNKNOWN)
        return link, self._keys.challenge(link.id, step.now), _left(link, step.now)

    async def enter_code(self, code: str, address: str) -> Token:
        """The token behind a spoken code, which works once. Raises Refused."""
        if not (self._guesses.take(address) and self._all_guesses.take("all")):
            raise refused(Refusal.TOO_MANY_TRIES)
        async with self._steps.begin() as step:
            link_id = await step.tx.links.spend_code(self._keys.code_hash(code), step.now)
            link = await step.tx.links.get(link_id) if link_id else None
            refusal = None if link else Refusal.CODE_UNKNOWN
            await self._note(step, Action.LINK_CODE_USE, link, refusal)
        if link is None:
            raise refused(Refusal.CODE_UNKNOWN)
        return self._keys.token(link.id)

    async def redeem(
        self, token: Token, *, challenge: str, x: str, y: str, signature: str, address: str
    ) -> tuple[Link, GrantSecret, timedelta]:
        """A grant to share, for the browser that holds the key. Raises Refused."""
        secret = GrantSecret(new_secret())
        key = proves(x=x, y=y, signature=signature, challenge=challenge, token=token.reveal())
        link = await self._redeem(token, key, secret, address, challenge)
        return link, secret, SHARING_LASTS

    async def redeem_plainly(self, token: Token, page: GrantSecret, address: str) -> Link:
        """The same for a page without script: its secret is its key and its grant's. Raises Refused.

        Again by the same page changes nothing.
        """
        return await self._redeem(token, plain_key(page), page, address)

    async def of_page(self, page: GrantSecret) -> Token | None:
        """The token of the link that this page without script has, or had; None when it has had none."""
        async with self._steps.read() as tx:
            grant = await tx.grants.by_secret(page.hashed)
        return self._keys.token(grant.link_id) if grant is not None and grant.link_id else None

    async def let_go(self, page: GrantSecret) -> Token:
        """A page without script gives its link back, for this phone's own page to take. Raises Refused."""
        async with self._steps.begin() as step:
            grant = await step.tx.grants.by_secret(page.hashed)
            link = await step.tx.links.get(grant.link_id) if grant is not None and grant.link_id else None
            if link is None or link.bound_key != plain_key(page):
                raise refused(Refusal.GRANT_REVOKED)
            await step.tx.grants.revoke_of_link(link.id, step.now)
            await step.tx.links.change(link.id, bound_key=None, ended_at=step.now, **rules.NOTHING_SHARED)
            await step.record(
                Action.CALLER_STOP, actor="caller", subject=link.id, incident=link.incident_id, page="plain"
            )
            step.changed(link.incident_id)
        return self._keys.token(link.id)

    async def _redeem(
        self,
        token: Token,
        key: str | None,
        secret: GrantSecret,
        address: str,
        challenge: str | None = None,
    ) -> Link:
        """`challenge` is what a key was proved by; None for a page that has no key."""
        self._slow_down(address)
        old: list[GrantId] = []
        async with self._steps.begin() as step:
            link = await step.tx.links.by_token(token.hashed)
            held = await step.tx.grants.by_secret(secret.hashed)
            if held is not None and held.revoked_at is not None:
                raise refused(Refusal.GRANT_REVOKED)  # of a page that another one took the place of
            refusal = await self._check(step, link)
            if link is not None and refusal is None:
                refusal = self._check_proof(link, challenge, key, step.now)
            if link is None or refusal is not None or key is None:
                refusal = refusal or Refusal.LINK_UNKNOWN
                await self._turn_away(step, link, refusal, key)
            elif held is None:
                old = await step.tx.grants.revoke_of_link(link.id, step.now)
                link = await self._spend(step, link, key, secret, plain=challenge is None)
        for grant in old:
            await self._sfu.end_holder(Holder(grant), EndReason.REPLACED)
        if link is None or refusal is not None:
            raise refused(refusal or Refusal.LINK_UNKNOWN)
        return link

    async def _check(self, step: Step, link: Link | None) -> Refusal | None:
        if link is None:
            return Refusal.LINK_UNKNOWN
        incident = await step.tx.incidents.get(link.incident_id)
        if incident is None or incident.closed_at is not None:
            return Refusal.INCIDENT_CLOSED
        return rules.check(link, step.now)

    def _check_proof(
        self, link: Link, challenge: str | None, key: str | None, now: datetime
    ) -> Refusal | None:
        if challenge is not None and not self._keys.challenge_is_fresh(challenge, link.id, now):
            return Refusal.CHALLENGE_STALE
        if key is None:
            return Refusal.BAD_SIGNATURE
        return rules.check_key(link, key)

    async def _turn_away(self, step: Step, link: Link | None, refusal: Refusal, key: str | None) -> None:
        if refusal is Refusal.CHALLENGE_STALE:
            return  # a page that waited: it asks again at once
        if refusal is Refusal.LINK_BOUND and link is not None and key is not None:
            if not self._asking.take(link.id, key):
                return  # the dispatcher answers one phone at a time: the one that was shown
            if link.asking_key == key:
                return  # it asks every two seconds; once is enough for the log
            await step.tx.links.change(link.id, asking_key=key)
            step.changed(link.incident_id)
        await self._note(step, Action.LINK_REDEEM, link, refusal)

    async def _spend(self, step: Step, link: Link, key: str, secret: GrantSecret, *, plain: bool) -> Link:
        self._asking.free(link.id)
        again = link.redeemed_at is not None
        asking = None if link.asking_key == key else link.asking_key
        link = await step.tx.links.change(
            link.id,
            bound_key=key,
            redeemed_at=link.redeemed_at or step.now,
            opened_at=link.opened_at or step.now,
            asking_key=asking,
            ended_at=None,
        )
        feed = None if plain else link.feed_id  # without script nothing is published
        if feed is not None and await step.tx.feeds.get(feed) is None:
            await step.tx.feeds.add(
                Feed(
                    id=feed,
                    incident_id=link.incident_id,
                    kind=FeedKind.CALLER,
                    state=FeedState.WAITING,
                    since=step.now,
                )
            )
        await step.tx.grants.add(
            Grant(
                id=GrantId(new_id("grt")),
                scope=(_PLAIN_SCOPES if plain else _SCOPES)[link.kind],
                incident_id=link.incident_id,
                link_id=link.id,
                feed_id=feed,
                issued_at=step.now,
                expires_at=step.now + SHARING_LASTS,
            ),
            secret.hashed,
        )
        await step.record(
            Action.LINK_REDEEM,
            actor="caller",
            subject=link.id,
            incident=link.incident_id,
            details={"page": "plain"} if plain else None,
            again="yes" if again else "no",
        )
        step.changed(link.incident_id)
        return link

    async def _note(self, step: Step, action: Action, link: Link | None, refusal: Refusal | None) -> None:
        """An entry about a link; of refusals and guesses only so many, for the log has a disk to fit on."""
        if link is not None:
            if refusal is None or self._refusals.take(link.id):
                await step.record(
                    action, actor="caller", subject=link.id, incident=link.incident_id, refusal=refusal
                )
        elif self._strangers.take("all"):
            await step.record(action, actor="unknown", subject="unknown", refusal=refusal)

    def _slow_down(self, address: str) -> None:
        if not self._addresses.take(address):
            raise refused(Refusal.TOO_MANY_TRIES)


def plain_key(page: GrantSecret) -> str:
    """What a link is bound to instead of a browser's key. No thumbprint looks like it."""
    return f"plain-{page.hashed[:48]}"


def refused(refusal: Refusal) -> Refused:
    """The refusal with words that a caller can use."""
    return Refused(refusal, WORDS.get(refusal, ""))


def _left(link: Link, now: datetime) -> timedelta:
    return SHARING_LASTS if link.redeemed_at is not None else link.expires_at - now
