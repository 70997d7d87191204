"""Uploads: photos and clips that a caller chose, sent in pieces and made anew. Step 8d.

A file belongs to the link by which it was begun: whoever may share by that goes on with it, also on a page
that was opened later. Until it is made anew nobody sees it, and then only by a press that is on record. What
is sent is deleted as soon as it is made anew, or is nothing that can be shown.
"""

import asyncio
import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import msgspec

from backend.model.entries import Action
from backend.model.grants import Scope
from backend.model.ids import GrantSecret, LinkId, UploadId, UseId, new_id
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.uploads import (
    LASTS,
    MOST,
    MOST_BYTES,
    MOST_OPEN,
    MOST_WAITING,
    OPEN,
    Upload,
    UploadKind,
    UploadState,
)
from backend.model.uses import LeafKind
from backend.services import bearers
from backend.services.board import visible
from backend.services.limits import Rate
from backend.services.steps import Steps
from backend.services.uses import Uses
from backend.store.store import Tx
from media.uploads import Cleaned

KEPT_FREE = 1 << 30  # bytes of the disk that no upload takes
PIECE_S = 20.0  # a sender that says nothing for so long has gone
LOOK_S = 30.0
TOO_LARGE = f"A photo or clip may have at most {MOST_BYTES >> 20} MB. Choose a smaller one."
GONE = "Its file is not on this server: it was left out of a backup, or taken away. Tell the administrator."
MEDIA = {UploadKind.PHOTO: "image/jpeg", UploadKind.CLIP: "video/mp4"}


class Cleaner(Protocol):
    """Makes a file anew (media/uploads)."""

    async def clean(self, given: Path, made: Path) -> Cleaned:
        """Raises ValueError for what is neither a photo nor a clip."""
        ...


class Uploads:
    """`folder` holds the files: what is being sent as <id>.part, what can be shown as <id>.made."""

    def __init__(self, steps: Steps, uses: Uses, cleaner: Cleaner, folder: Path) -> None:
        self._steps, self._uses, self._cleaner, self._folder = steps, uses, cleaner, folder
        self._begins = Rate(every_s=10, burst=5)
        self._asks = Rate(every_s=0.25, burst=40)
        self._looks = Rate(every_s=0.5, burst=30)
        self._writing = set[UploadId]()
        self._whole = asyncio.Event()

    # The caller's

    async def begin(self, bearer: GrantSecret, length: int) -> Upload:
        """Room for a file of so many bytes. Raises Refused."""
        if not self._begins.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Wait a few seconds, then send the next one.")
        async with self._steps.begin() as step:
            _, link = await bearers.callers(step.tx, bearer, step.now, Scope.UPLOAD)
            step.attempts(Action.UPLOAD_BEGIN, actor="caller", subject=link.id)
            step.about(link.incident_id)
            if not 0 < length <= MOST_BYTES:
                raise Refused(Refusal.TOO_LARGE, TOO_LARGE)
            had, is_open, waiting = await step.tx.uploads.counts(link.id)
            if had >= MOST or is_open >= MOST_OPEN:
                raise Refused(Refusal.TOO_MANY, f"At most {MOST} photos and clips, {MOST_OPEN} at a time.")
            room = self._free() - await step.tx.uploads.promised() - length
            if waiting >= MOST_WAITING or room < KEPT_FREE:
                raise Refused(Refusal.FULL, "There is no room for it now. Try again in a minute.")
            upload = Upload(
                id=UploadId(new_id("upl")),
                link_id=link.id,
                incident_id=link.incident_id,
                use_id=UseId(new_id("use")),
                state=UploadState.RECEIVING,
                length=length,
                received=0,
                begun_at=step.now,
                expires_at=step.now + LASTS,
            )
            await step.tx.uploads.add(upload)
            await step.record(
                Action.UPLOAD_BEGIN,
                actor="caller",
                subject=upload.id,
                incident=link.incident_id,
                bytes=str(length),
            )
            step.changed(link.incident_id)
        return upload

    async def find(self, bearer: GrantSecret, upload: UploadId) -> Upload:
        """How far a file of this caller's is. Raises Refused."""
        if not self._asks.take(bearer.hashed):
            raise Refused(Refusal.TOO_OFTEN, "Not so often.")
        async with self._steps.read() as tx:
            _, link = await bearers.callers(tx, bearer, self._steps.clock(), Scope.UPLOAD)
            found = await tx.uploads.get(upload)
        if found is None or found.link_id != link.id or found.state is UploadState.EXPIRED:
            raise Refused(Refusal.NOT_FOUND)
        return found

    async def newest(self, bearer: GrantSecret) -> Upload | None:
        """The last file of this caller's. Raises Refused."""
        async with self._steps.read() as tx:
            _, link = await bearers.callers(tx, bearer, self._steps.clock(), Scope.UPLOAD)
            there = await tx.uploads.of_incidents([link.incident_id])
        mine = [upload for upload in there.get(link.incident_id, []) if upload.link_id == link.id]
        return mine[-1] if mine else None

    async def receive(
        self, bearer: GrantSecret, upload_id: UploadId, offset: int, pieces: AsyncIterator[bytes]
    ) -> Upload:
        """Append to a file. What arrived before the sender left stays. Raises Refused."""
        await self.find(bearer, upload_id)
        if upload_id in self._writing:
            raise Refused(Refusal.BAD_OFFSET, "Another piece of it is on its way.")
        self._writing.add(upload_id)
        try:
            upload = await self._ready(upload_id, offset)
        except BaseException:
            self._writing.discard(upload_id)
            raise
        received = offset
        try:
            async for piece in in_time(pieces):
                piece = piece[: upload.length - received]
                self._append(upload_id, piece)
                received += len(piece)
                if received == upload.length:
                    break
        finally:
            upload = await asyncio.shield(self._took(upload, received))
        return upload

    async def _ready(self, upload_id: UploadId, offset: int) -> Upload:
        """The upload as it is now that nobody else writes to it. Raises Refused (bad-offset)."""
        async with self._steps.read() as tx:
            upload = await tx.uploads.get(upload_id)
        if upload is None:
            raise Refused(Refusal.NOT_FOUND)
        if upload.state is not UploadState.RECEIVING or offset != upload.received:
            raise Refused(Refusal.BAD_OFFSET, f"{upload.received} bytes have arrived.")
        self._cut(upload_id, offset)
        return upload

    async def take(self, bearer: GrantSecret, at_most: int, pieces: AsyncIterator[bytes]) -> Upload:
        """A file that comes once and whole, from a page that cannot go on with it. Raises Refused.

        `at_most` is what is known of its length before it came. `pieces` raise when it stays torn: then it is
        forgotten.
        """
        upload = await self.begin(bearer, at_most)
        self._writing.add(upload.id)
        received = 0
        try:
            async for piece in pieces:
                received += len(piece)
                if received > upload.length:
                    raise Refused(Refusal.TOO_LARGE, TOO_LARGE)
                self._append(upload.id, piece)
            return await self._took(msgspec.structs.replace(upload, length=received), received)
        except BaseException:
            await asyncio.shield(self._end(upload, UploadState.EXPIRED))
            raise
        finally:
            self._writing.discard(upload.id)

    async def _took(self, upload: Upload, received: int) -> Upload:
        """What arrived is there, unless the link has ended meanwhile: then none of this piece is.

        Raises Refused. Whatever happens, the next piece may come.
        """
        try:
            async with self._steps.begin() as step:
                ended = await _ended(step.tx, upload.link_id)
                if ended is not None:
                    raise Refused(ended)
                whole = received == upload.length
                state = UploadState.CHECKING if whole else UploadState.RECEIVING
                await step.tx.uploads.change(upload.id, length=upload.length, received=received, state=state)
                step.changed(upload.incident_id)
        finally:
            self._writing.discard(upload.id)
        if whole:
            self._whole.set()
        return msgspec.structs.replace(upload, received=received, state=state)

    # Those on the incident

    async def look(self, user: User, upload_id: UploadId) -> tuple[bytes, str]:
        """The photo or clip, and its media type; the look is on record first. Raises Refused."""
        if not self._looks.take(user.id):
            raise Refused(Refusal.TOO_OFTEN, "Wait a moment, then look again.")
        async with self._steps.begin() as step:
            step.attempts(Action.UPLOAD_LOOK, actor=user.id, subject=upload_id)
            upload = await step.tx.uploads.get(upload_id)
            if upload is None:
                raise Refused(Refusal.NOT_FOUND)
            step.about(upload.incident_id)
            await visible(step.tx, user, upload.incident_id, step.now)
            if upload.state is not UploadState.READY or upload.kind is None:
                raise Refused(Refusal.NOT_FOUND)
            if not await step.tx.entries.did(user.id, Action.UPLOAD_LOOK, upload_id):
                await self._uses.state(
                    step,
                    LeafKind.LOOK,
                    {"by": user.role.value},
                    None,
                    user.id,
                    upload.incident_id,
                    use=upload.use_id,
                )
            await step.record(
                Action.UPLOAD_LOOK, actor=user.id, subject=upload_id, incident=upload.incident_id
            )
            try:
                made = self._made(upload_id).read_bytes()
            except FileNotFoundError as gone:
                raise Refused(Refusal.NOT_FOUND, GONE) from gone
        return made, MEDIA[upload.kind]

    # All the time

    async def run(self) -> None:
        """Make anew what is whole, and forget what never will be. Runs until cancelled."""
        await self.sweep()
        while True:
            await self.look_after()
            self._whole.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._whole.wait(), LOOK_S)

    async def sweep(self) -> None:
        """Delete what was sent and is not needed any more: a process that ended too soon has left it.

        It holds what was taken out of what can be shown, such as the place where a photo was taken.
        """
        left = list(self._folder.glob("*.part"))  # before the rows: a file comes after its row
        async with self._steps.read() as tx:
            needed = {upload.id for state in OPEN for upload in await tx.uploads.in_state(state)}
        for part in left:
            if part.stem not in needed:
                part.unlink(missing_ok=True)

    async def look_after(self) -> None:
        """Make anew and forget, once."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        async with self._steps.read() as tx:
            checking = await tx.uploads.in_state(UploadState.CHECKING)
            receiving = await tx.uploads.in_state(UploadState.RECEIVING)
            closed = [
                upload.id
                for upload in receiving
                if (incident := await tx.incidents.get(upload.incident_id)) is None or incident.closed_at
            ]
        now = self._steps.clock()
        for upload in receiving:
            if upload.id not in self._writing and (upload.id in closed or now >= upload.expires_at):
                await self._end(upload, UploadState.EXPIRED)
        for upload in checking:
            await self._clean(upload)

    async def _clean(self, upload: Upload) -> None:
        try:
            cleaned = await self._cleaner.clean(self._part(upload.id), self._made(upload.id))
        except ValueError:
            self._made(upload.id).unlink(missing_ok=True)
            await self._end(upload, UploadState.REFUSED, Refusal.BAD_PICTURE)
            return
        await self._end(upload, UploadState.READY, None, cleaned)

    async def _end(
        self,
        upload: Upload,
        state: UploadState,
        refusal: Refusal | None = None,
        cleaned: Cleaned | None = None,
    ) -> None:
        more = (
            {}
            if cleaned is None
            else {
                "kind": UploadKind(cleaned.kind.value),
                "width": cleaned.width,
                "height": cleaned.height,
                "seconds": cleaned.seconds,
            }
        )
        async with self._steps.begin() as step:
            held = await step.tx.uploads.get(upload.id)
            if held is None or held.state is not upload.state:
                return  # its last piece has come meanwhile
            await step.tx.uploads.change(upload.id, state=state, **more)
            await step.record(
                Action.UPLOAD_END,
                actor="caller",
                subject=upload.id,
                incident=upload.incident_id,
                refusal=refusal,
                details={"state": state.value, **({} if cleaned is None else {"kind": cleaned.kind.value})},
            )
            step.changed(upload.incident_id)
        self._part(upload.id).unlink(missing_ok=True)

    # Files

    def _part(self, upload: UploadId) -> Path:
        return self._folder / f"{upload}.part"

    def _made(self, upload: UploadId) -> Path:
        return self._folder / f"{upload}.made"

    def _cut(self, upload: UploadId, length: int) -> None:
        """Without what a crash has left beyond what was told; made where there is nothing yet."""
        descriptor = os.open(self._part(upload), os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.truncate(descriptor, length)
        finally:
            os.close(descriptor)

    def _append(self, upload: UploadId, piece: bytes) -> None:
        with self._part(upload).open("ab") as file:
            file.write(piece)

    def _free(self) -> int:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        return shutil.disk_usage(self._folder).free


async def _ended(tx: Tx, link_id: LinkId) -> Refusal | None:
    """Why nothing is shared by this link any more; None while something may be, by whatever grant."""
    link = await tx.links.get(link_id)
    incident = await tx.incidents.get(link.incident_id) if link is not None else None
    if link is None or incident is None or incident.closed_at is not None:
        return Refusal.INCIDENT_CLOSED
    return Refusal.GRANT_REVOKED if link.ended_at or link.revoked_at else None


async def in_time(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces; ends when the next does not come."""
    with contextlib.suppress(TimeoutError, StopAsyncIteration):
        while True:
            async with asyncio.timeout(PIECE_S):
                piece = await anext(pieces)
            yield piece
