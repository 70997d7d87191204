"""Notes of incidents over HTTP, for those who see them; and the agency's phrases."""

from typing import Annotated

from litestar import Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter, QueryParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.note_bodies import NOTE, MarkNotes, SetPhrases, WriteNote
from backend.model.ids import FeedId, IncidentId, NoteId
from backend.model.notes import NotesView, NoteView, Phrases
from backend.model.people import StaffSession
from backend.services.notes import Notes

Id = Annotated[str, PathParameter(pattern=ID)]
BODY_BYTES = 512 * 1024  # a still in base64, and a note
IMAGE = {"Content-Security-Policy": "default-src 'none'; sandbox"}


@post("/incidents/{incident:str}/notes", guards=[guards.staff], request_max_body_size=BODY_BYTES)
async def write(
    incident: Id,
    data: JSONBody[WriteNote],
    session: NamedDependency[StaffSession],
    notes: NamedDependency[Notes],
) -> NoteView:
    still = (FeedId(data.still.feed_id), data.still.jpeg) if data.still is not None else None
    palette = data.still.palette if data.still is not None else None
    return await notes.write(
        session, IncidentId(incident), NoteId(data.id), data.text.strip(), still, palette
    )


@get("/incidents/{incident:str}/notes", guards=[guards.staff])
async def page(
    incident: Id,
    session: NamedDependency[StaffSession],
    notes: NamedDependency[Notes],
    before: Annotated[int | None, QueryParameter(ge=1, le=1_000_000)] = None,
) -> NotesView:
    return await notes.page(session.user, IncidentId(incident), before)


@post("/incidents/{incident:str}/notes/marks", guards=[guards.staff], status_code=204)
async def mark(
    incident: Id,
    data: JSONBody[MarkNotes],
    session: NamedDependency[StaffSession],
    notes: NamedDependency[Notes],
) -> None:
    await notes.mark(session.user, IncidentId(incident), data.delivered, data.read)


@get("/notes/{note:str}/still", guards=[guards.staff])
async def still(
    note: Annotated[str, PathParameter(pattern=NOTE)],
    session: NamedDependency[StaffSession],
    notes: NamedDependency[Notes],
) -> Response[bytes]:
    return Response(await notes.look(session.user, NoteId(note)), media_type="image/jpeg", headers=IMAGE)


@get("/agency/phrases", guards=[guards.supervisors])
async def phrases(notes: NamedDependency[Notes]) -> Phrases:
    return await notes.phrases()


@put("/agency/phrases", guards=[guards.supervisors])
async def set_phrases(
    data: JSONBody[SetPhrases],
    session: NamedDependency[StaffSession],
    notes: NamedDependency[Notes],
) -> Phrases:
    return await notes.set_phrases(session.user, Phrases(desk=data.desk, officer=data.officer))


ROUTER = Router("/api", route_handlers=[write, page, mark, still, phrases, set_phrases])
