"""Bearers: whose page asks by a caller's grant, and whether it may. Of all that phones send after step 4."""

from collections.abc import Callable
from datetime import datetime

from backend.model import grants as rules
from backend.model.grants import Grant, Scope
from backend.model.ids import GrantSecret
from backend.model.links import Link
from backend.model.refusals import Refusal, Refused
from backend.store.store import Tx


async def callers(
    tx: Tx,
    bearer: GrantSecret,
    now: datetime,
    scope: Scope | None = None,
    known: Callable[[Link], None] | None = None,
) -> tuple[Grant, Link]:
    """The grant and its link, when it allows that; without `scope` whatever it allows. Raises Refused.

    `known` is told the link before it is refused what it asks for.
    """
    grant = await tx.grants.by_secret(bearer.hashed)
    if grant is None:
        raise Refused(Refusal.GRANT_UNKNOWN)
    link = await tx.links.get(grant.link_id) if grant.link_id is not None else None
    if link is None:  # an officer's, a device's, or to watch by
        raise Refused(Refusal.WRONG_SCOPE)
    if known is not None:
        known(link)
    refusal = rules.check(grant, scope or grant.scope, now)
    if refusal is not None:
        incident = await tx.incidents.get(grant.incident_id)
        closed = incident is not None and incident.closed_at is not None
        raise Refused(Refusal.INCIDENT_CLOSED if closed else refusal)
    return grant, link
