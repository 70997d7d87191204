"""The audit log: every step and every refusal, in the transaction of the step, chained by hash.

An entry's hash covers the entry before it, so one that is changed, moved or taken out breaks the chain
from there on. Whoever holds a copy of the last hash can tell a log that was cut short or written anew.
"""

from datetime import datetime

import msgspec

from backend.model.entries import GENESIS, Action, Entry, digest
from backend.model.refusals import Refusal
from backend.store.entries import Unreadable
from backend.store.store import Store, Tx


async def record(
    tx: Tx,
    at: datetime,
    action: Action,
    *,
    actor: str,
    subject: str,
    incident_id: str | None = None,
    refusal: Refusal | None = None,
    details: dict[str, str] | None = None,
) -> Entry:
    """Append one entry to the chain."""
    size, head = await tx.entries.head()
    entry = Entry(
        index=size,
        at=at,
        action=action,
        actor=actor,
        subject=subject,
        incident_id=incident_id,
        refusal=refusal.value if refusal else None,
        details=details or {},
        previous=head,
        hash="",
    )
    entry = msgspec.structs.replace(entry, hash=digest(entry))
    await tx.entries.append(entry)
    return entry


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What reading the whole log found. `problem` is None when it holds together."""

    entries: int
    head: str
    problem: str | None = None


async def verify(store: Store) -> Verdict:
    """Read every entry and derive every hash again; a row that cannot be read is a problem like any other."""
    count, head = 0, GENESIS
    async with store.read() as tx:
        try:
            async for entry in tx.entries.all():
                problem = _fault(entry, count, head)
                if problem:
                    return Verdict(entries=count, head=head, problem=problem)
                count, head = count + 1, entry.hash
        except Unreadable:
            return Verdict(entries=count, head=head, problem=f"entry {count} cannot be read")
        try:
            size, kept = await tx.entries.kept()
        except Unreadable:
            return Verdict(entries=count, head=head, problem="the log's last hash cannot be read")
    if (size, kept) != (count, head):
        return Verdict(entries=count, head=head, problem=f"the log was cut: {size} entries were written")
    return Verdict(entries=count, head=head)


def _fault(entry: Entry, index: int, previous: str) -> str | None:
    if entry.index != index:
        return f"entry {index} is missing: the next one is {entry.index}"
    if entry.previous != previous:
        return f"entry {index} does not follow from the entry before it"
    return f"entry {index} was changed after it was written" if digest(entry) != entry.hash else None
