"""Witnesses, https://c2sp.org/tlog-witness: others who sign that the log only grew since they last looked.

Asked after a checkpoint is signed and published; what they answer is added to it. One that is away, slow, or
answers what cannot be true costs a line in the log of the service and a word in the status, and nothing else:
no answer is waited for by anybody who appends or signs.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

from backend.tlog import notes
from backend.tlog.checkpoints import Checkpoint
from backend.tlog.faults import Malformed
from backend.tlog.merkle import Nodes, consistency_proof
from backend.tlog.notes import Signature, Verifier
from backend.tlog.talk import Account

_log = logging.getLogger(__name__)

WITHIN_S = 10.0  # for all that is said to one witness about one checkpoint
MAX_ANSWER_BYTES = 16 * 1024
MOST = 16  # witnesses of one log
AHEAD_S = 300  # a cosignature may be dated so far in the future; clocks differ
_SIZE = "text/x.tlog.size"


class Lied(Exception):
    """An answer that an honest witness does not give; the words say what it was."""


class Named(NamedTuple):
    """A witness as it is configured."""

    verifier: Verifier
    url: str  # its submission prefix, without a slash at the end


def parse(text: str) -> Named:
    """Read `vkey url`. Raises Malformed."""
    vkey, space, url = text.strip().partition(" ")
    if not space:
        raise Malformed("a witness is its key and its address, with a space between them")
    verifier = Verifier.parse(vkey)
    if verifier.kind != notes.COSIGNATURE:
        raise Malformed(f"the key of {verifier.name} is not a cosigner's (type 4)")
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise Malformed(f"the address of {verifier.name} is not http(s)://host/prefix")
    return Named(verifier, url.strip().rstrip("/"))


class Witness:
    """One of them. Remembers what it last signed; a new one is asked with size 0 and says what it has."""

    def __init__(self, named: Named, client: httpx.AsyncClient) -> None:
        self.verifier, self._url, self._client = named.verifier, named.url, client
        self.account = Account(name=self.verifier.name)

    async def ask(self, raw: bytes, checkpoint: Checkpoint, nodes: Nodes, now: float) -> list[Signature]:
        """Its cosignatures for a checkpoint; none when there is trouble, which is said. Never raises."""
        try:
            async with asyncio.timeout(WITHIN_S):
                given = await self._ask(raw, checkpoint, nodes, now)
        except TimeoutError:
            self._say(f"did not answer within {WITHIN_S:g} s")
        except httpx.HTTPError as error:
            self._say(f"cannot be reached: {error or type(error).__name__}")
        except (Lied, Malformed) as error:
            self._say(str(error))
        except Exception:
            _log.exception("asking the witness %s failed", self.verifier.name)
            self._say("could not be asked; see the log")
        else:
            if self.account.trouble is not None:
                _log.warning("the witness %s signs again", self.verifier.name)
            self.account = Account(name=self.verifier.name, size=checkpoint.size)
            return given
        return []

    async def _ask(self, raw: bytes, checkpoint: Checkpoint, nodes: Nodes, now: float) -> list[Signature]:
        old = min(self.account.size, checkpoint.size)
        status, kind, body = await self._post(old, raw, checkpoint, nodes)
        if status == 409 and kind == _SIZE:
            said = _size(body)
            if said > checkpoint.size:
                raise Lied(
                    f"says that it signed a tree of {said} entries, and the log has {checkpoint.size}: "
                    "either that is not true, or this log was rolled back and its anchor too"
                )
            if said == old:
                raise Lied(f"says that {old} is not the size that it signed, and that {said} is")
            self.account = msgspec.structs.replace(self.account, size=said)
            status, kind, body = await self._post(said, raw, checkpoint, nodes)
        if status == 409:
            raise Lied("refuses (409): it signed another tree for this log, or says another size each time")
        if status == 404:
            raise Lied(
                f"does not know the log {checkpoint.origin} (404): its operator must add the log's key"
            )
        if status == 403:
            raise Lied("does not take the log's key (403): its operator must add it")
        if status == 422:
            raise Lied("says that the tree did not only grow since it last signed (422)")
        if status != 200:
            raise Lied(f"answers {status}")
        return self._read(body, checkpoint, now)

    async def _post(
        self, old: int, raw: bytes, checkpoint: Checkpoint, nodes: Nodes
    ) -> tuple[int, str, bytes]:
        lines = [f"old {old}", *map(notes.encode, consistency_proof(old, checkpoint.size, nodes)), ""]
        asked = "".join([line + "\n" for line in lines]).encode() + raw
        async with self._client.stream("POST", f"{self._url}/add-checkpoint", content=asked) as answer:
            body = b""
            async for some in answer.aiter_bytes():
                body += some
                if len(body) > MAX_ANSWER_BYTES:
                    raise Lied(f"answers more than {MAX_ANSWER_BYTES} bytes")
            return answer.status_code, answer.headers.get("content-type", "").partition(";")[0].strip(), body

    def _read(self, body: bytes, checkpoint: Checkpoint, now: float) -> list[Signature]:
        try:
            given = notes.parse_signatures(body.decode())
        except UnicodeDecodeError:
            raise Lied("answers what is no text") from None
        ours = [signature for signature in given if self.verifier.made(signature)]
        if not ours:
            raise Lied("answers without a signature by the key that it is known by")
        for signature in ours:
            if not self.verifier.verifies(checkpoint.text, signature):
                raise Lied("answers with a signature that does not hold for what it was asked to sign")
            if signature.time > now + AHEAD_S:
                raise Lied("dates its signature in the future")
        return ours[:1]

    def _say(self, trouble: str) -> None:
        if trouble != self.account.trouble:  # once, and not every five minutes
            _log.error("the witness %s %s", self.verifier.name, trouble)
        self.account = msgspec.structs.replace(self.account, trouble=trouble)


def _size(body: bytes) -> int:
    text = body.decode("ascii", "replace")
    if not (text.endswith("\n") and text[:-1].isascii() and text[:-1].isdigit() and len(text) <= 20):
        raise Lied("answers 409 without the size that it has")
    return int(text)


async def ask_all(
    witnesses: Sequence[Witness], raw: bytes, checkpoint: Checkpoint, nodes: Nodes, now: float
) -> list[Signature]:
    """All of them at once."""
    answers = await asyncio.gather(*(each.ask(raw, checkpoint, nodes, now) for each in witnesses))
    return [signature for given in answers for signature in given]


def client() -> httpx.AsyncClient:
    """What witnesses are asked by: no redirects are followed, no proxy is taken from the environment."""
    return httpx.AsyncClient(timeout=WITHIN_S, follow_redirects=False, trust_env=False)
