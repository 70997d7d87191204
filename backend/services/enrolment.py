"""Enrolment: an owner's code, typed in once beside the cameras, makes a key known. And its end.

A code is worth a quarter of an hour. It is stored hashed, and nothing here may log one.
"""

import secrets
from datetime import timedelta

from backend.model.connectors import CODE_LASTS, Connector, Enrolment, check, spelled, typed
from backend.model.entries import Action
from backend.model.ids import ConnectorId, EnrolmentCode, SiteId, new_id
from backend.model.lending import TrafficView
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site, may_manage
from backend.services.connectors import Connectors
from backend.services.keys import Keys
from backend.services.limits import Rate
from backend.services.minutes import Minutes
from backend.services.proofs import ed25519_key
from backend.services.steps import Step, Steps
from backend.store.store import Tx

CODE_BITS = 60
MOST_CONNECTORS = 20  # of one site

WORDS = {
    Refusal.ENROLMENT_UNKNOWN: "This code is not known. Check it, or ask for a new one on the owner's page.",
    Refusal.ENROLMENT_USED: "This code has been used. Ask for a new one on the owner's page.",
    Refusal.ENROLMENT_EXPIRED: "This code ran out. Ask for a new one on the owner's page.",
    Refusal.BAD_KEY: "This is no key, or one that another connector has. Make a new one.",
    Refusal.TOO_MANY_TRIES: "Too many tries. Wait a minute.",
    Refusal.FULL: f"A site has at most {MOST_CONNECTORS} connectors. Remove one that is not used.",
    Refusal.NOT_YOURS: "This is not yours to manage.",
}


class Enrolments:
    """Codes, connectors that come by them, and connectors that go."""

    def __init__(self, steps: Steps, keys: Keys, connectors: Connectors, minutes: Minutes) -> None:
        self._steps, self._keys = steps, keys
        self._connectors, self._minutes = connectors, minutes
        self._codes = Rate(every_s=10, burst=10)
        self._tries = Rate(every_s=20, burst=10)
        self._all_tries = Rate(every_s=1, burst=60, keys=1)
        self._strangers = Rate(every_s=10, burst=30, keys=1)  # entries about codes that nobody issued
        self._looks = Rate(every_s=2, burst=10)

    async def issue(self, user: User, site: SiteId) -> tuple[EnrolmentCode, timedelta]:
        """A code for one connector at this site; one that was not used before is worth nothing any more.

        Raises Refused.
        """
        if not self._codes.take(user.id):
            raise _refused(Refusal.TOO_MANY_TRIES)
        code = EnrolmentCode(spelled(secrets.randbits(CODE_BITS)))
        async with self._steps.begin() as step:
            refusal, found = await _manage(step.tx, user, site)
            if found is not None and refusal is None:
                refusal = await self._fit(step.tx, found)
            if found is not None:
                await step.record(
                    Action.CONNECTOR_CODE, actor=user.id, subject=site, refusal=refusal, site=found.name
                )
            if refusal is None:
                enrolment = Enrolment(site_id=site, issued_by=user.id, expires_at=step.now + CODE_LASTS)
                await step.tx.connectors.withdraw_codes(site)
                await step.tx.connectors.add_code(enrolment, self._hash(code.reveal()))
        if refusal is not None:
            raise _refused(refusal)
        return code, CODE_LASTS

    async def enrol(self, code: str, *, key: str, name: str, version: str, address: str) -> tuple[str, str]:
        """The connector's id and its site's name, for the holder of this key. Raises Refused.

        The same key with another code of the same site is the same connector: its answer may have been lost.
        """
        if not (self._tries.take(address) and self._all_tries.take("all")):
            raise _refused(Refusal.TOO_MANY_TRIES)
        public, hashed = ed25519_key(key), self._hash(code)
        connector: Connector | None = None
        async with self._steps.begin() as step:
            enrolment = await step.tx.connectors.code(hashed)
            refusal = check(enrolment, step.now)
            site = await step.tx.sites.get(enrolment.site_id) if enrolment is not None else None
            if site is not None and site.retired_at is not None:
                refusal = Refusal.ENROLMENT_UNKNOWN
            if refusal is None and site is not None:
                refusal, connector = await self._place(step, site, public, name, version)
            if connector is not None:
                await step.tx.connectors.use_code(hashed, step.now)
            await self._record(step, site, connector, refusal)
        if connector is None or site is None:
            raise _refused(refusal or Refusal.ENROLMENT_UNKNOWN)
        return connector.id, site.name

    async def retire(self, user: User, connector: ConnectorId) -> None:
        """It is let in no more; its line ends, its cameras show nothing. Raises Refused."""
        async with self._steps.begin() as step:
            refusal, found, site = await _its_manager(step.tx, user, connector)
            if found is not None:
                await step.record(
                    Action.CONNECTOR_RETIRE,
                    actor=user.id,
                    subject=connector,
                    refusal=refusal,
                    details={"name": found.name, "site": site.name if site is not None else ""},
                )
            if refusal is None:
                await step.tx.connectors.change(connector, retired_at=step.now)
                _tell(step, site)
        if refusal is not None:
            raise _refused(refusal)
        self._connectors.drop(connector)

    async def discover(self, user: User, connector: ConnectorId) -> None:
        """Have its network searched again. Raises Refused."""
        await self._managed(user, connector)
        await self._connectors.discover(connector)

    async def traffic(self, user: User, connector: ConnectorId) -> TrafficView:
        """What it said it sent in the last seven days. Raises Refused."""
        if not self._looks.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then look again.")
        return await self._minutes.by_hour(await self._managed(user, connector))

    async def _managed(self, user: User, connector: ConnectorId) -> Connector:
        async with self._steps.read() as tx:
            refusal, found, _ = await _its_manager(tx, user, connector)
        if found is None or refusal is not None:
            raise _refused(refusal or Refusal.NOT_FOUND)
        return found

    async def _place(
        self, step: Step, site: Site, key: str | None, name: str, version: str
    ) -> tuple[Refusal | None, Connector | None]:
        known = await step.tx.connectors.by_key(key) if key is not None else None
        if known is not None:
            same = known.site_id == site.id and known.retired_at is None and known.copied_at is None
            return (None, known) if same else (Refusal.BAD_KEY, None)
        if key is None:
            return Refusal.BAD_KEY, None
        refusal = await self._fit(step.tx, site)
        if refusal is not None:
            return refusal, None
        connector = Connector(
            id=ConnectorId(new_id("con")),
            site_id=site.id,
            name=name,
            key=key,
            enrolled_at=step.now,
            version=version,
        )
        await step.tx.connectors.add(connector)
        _tell(step, site)
        return None, connector

    async def _fit(self, tx: Tx, site: Site) -> Refusal | None:
        full = len(await tx.connectors.of_site(site.id)) >= MOST_CONNECTORS
        return Refusal.FULL if full else None

    async def _record(
        self, step: Step, site: Site | None, connector: Connector | None, refusal: Refusal | None
    ) -> None:
        """An entry for each try; of codes that nobody issued only so many, for a log has to fit on a disk."""
        if site is None and not self._strangers.take("all"):
            return
        who = connector.id if connector is not None else "unknown"
        details = {"site": site.name} if site is not None else {}
        if connector is not None:
            details["name"] = connector.name
        await step.record(
            Action.CONNECTOR_ENROL,
            actor=who,
            subject=connector.id if connector is not None else site.id if site is not None else "unknown",
            refusal=refusal,
            details=details,
        )

    def _hash(self, code: str) -> str:
        return self._keys.enrolment_hash(typed(code) or "")


async def _manage(tx: Tx, user: User, site: SiteId) -> tuple[Refusal | None, Site | None]:
    found = await tx.sites.get(site)
    if found is None or found.retired_at is not None:
        return Refusal.NOT_FOUND, None
    return (None if may_manage(user, found) else Refusal.NOT_YOURS), found


async def _its_manager(
    tx: Tx, user: User, connector: ConnectorId
) -> tuple[Refusal | None, Connector | None, Site | None]:
    found = await tx.connectors.get(connector)
    if found is None or found.retired_at is not None:
        return Refusal.NOT_FOUND, None, None
    site = await tx.sites.get(found.site_id)
    mine = site is not None and may_manage(user, site)
    return (None if mine else Refusal.NOT_YOURS), found, site


def _tell(step: Step, site: Site | None) -> None:
    if site is not None:
        step.site_changed(site.id, site.owner_id)


def _refused(refusal: Refusal) -> Refused:
    return Refused(refusal, WORDS.get(refusal, ""))
