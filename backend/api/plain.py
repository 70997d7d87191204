"""The caller's page without script, over HTTP: forms, answered with a page. Beside steps 3 and 4.

No cookie and no address carries a secret, so there is nothing that another site's form could use; one that is
sent from elsewhere is refused all the same. Every answer is a page with something to press, also a refusal.
"""

import contextlib
import unicodedata
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.params import RawBody
from litestar.response import Redirect
from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    PushMultipartParser,
    parse_options_header,
)

from backend.api import guards, tongue
from backend.api.pages import HEADERS, SAME_ORIGIN
from backend.api.plain_html import POLICY, Filled, Paper, Speech
from backend.api.problems import STATUS, problem
from backend.api.talk_bodies import Say
from backend.model.ids import GrantSecret, Secret, Token, new_id, new_secret
from backend.model.measured import browser_of
from backend.model.refusals import Refusal, Refused
from backend.model.talk import WordKind
from backend.model.uploads import MOST_BYTES
from backend.model.views import Agency
from backend.services.plain import Plain
from backend.services.uploads import in_time

Speeches = dict[str, Speech]
Asked = Request[Any, Any, Any]
Kept = TypeVar("Kept", bound=Secret)
FORM_BYTES = 16 * 1024  # 500 characters of any script, percent-encoded, and what is hidden
FIELDS = 8
FIELD_BYTES = 1024  # of one that stands before a file
AROUND_BYTES = 4096  # of a file in its form
GONE = (Refusal.GRANT_UNKNOWN, Refusal.GRANT_REVOKED, Refusal.GRANT_EXPIRED)
OVER = (*GONE, Refusal.LINK_BOUND, Refusal.INCIDENT_CLOSED)  # this page reads nothing any more


def speeches(folder: Path) -> Speeches:
    """What the pages say, by language, as the build has left it; nothing where it has not been run."""

    class Built(msgspec.Struct):
        dir: str
        words: dict[str, str]
        phrases: dict[str, str]

    found = {}
    for path in (folder / "caller").glob("*/*.json"):
        built = msgspec.json.decode(path.read_bytes(), type=Built)
        found[path.stem] = Speech(path.stem, built.dir, built.words, built.phrases)
    return found


class _Press:
    """One press of a form, and the page that answers it."""

    def __init__(self, request: Asked, speeches: Speeches, agency: Agency, fields: dict[str, str]) -> None:
        self.covered = request.scope["path"].startswith("/n/")
        self._speech = speeches[tongue.choose(request.headers.get("accept-language", ""), speeches)]
        self._agency, self._request = agency, request
        self._answer, self._looks = fields.get("answer", ""), "look" in fields
        # The caller's page has both in one field, since it counts its bytes.
        token, _, page = fields.get("token", "").partition(",")
        self.page = _secret(GrantSecret, fields.get("page", page)) or GrantSecret(new_secret())
        self.token = _secret(Token, token)
        self.code = _digits(fields.get("code", ""))
        # Of the page's first form, whose text may be sent twice too, the id is the page's.
        self.word = fields.get("word", "") or f"wrd_{self.page.hashed[:22]}"
        self.text = fields.get("text", "").replace("\r\n", "\n").strip()

    async def arrive(self, plain: Plain) -> None:
        """The page's link is known and is its own. Raises Refused."""
        address = guards.address(self._request)
        browser = browser_of(self._request.headers.get("user-agent", ""))
        self.token = await plain.find(self.page, self.token, self.code, address)
        await plain.arrive(self.page, self.token, address, browser)

    async def say(self, plain: Plain) -> None:
        """What was pressed or written. Raises Refused."""
        number, _, phrase = self._answer.partition(" ")
        body: dict[str, Any] = {"id": self.word, "language": self._speech.code}
        if number.isascii() and number.isdigit() and len(number) <= 7:
            body |= {"kind": WordKind.ANSWER, "answers": int(number), "phrase": phrase}
        elif self.text and not self._looks:
            body |= {"kind": WordKind.TEXT, "text": self.text}
        else:
            return
        try:
            said = msgspec.convert(body, Say)
        except msgspec.ValidationError as error:
            raise Refused(Refusal.PHRASE_UNKNOWN) from error
        await plain.say(self.page, said.said(), self._speech.code)
        self.word = new_id("wrd")
        if said.kind is WordKind.TEXT:
            self.text = ""

    async def shown(self, plain: Plain, refusal: Refusal | None = None) -> Response[str]:
        """The page as it is now. Raises Refused."""
        view = await plain.look(self.page, self._speech.code)
        return _page(self._paper().thread(view, refusal), STATUS[refusal] if refusal else HTTPStatus.OK)

    def digits(self) -> Response[str]:
        return _page(self._paper().digits())

    async def refused(self, plain: Plain, refusal: Refusal) -> Response[str]:
        """What was written stays in the form, and so does the thread where this page may still read it."""
        if refusal not in OVER:
            with contextlib.suppress(Refused):
                return await self.shown(plain, refusal)
        if refusal in GONE:
            self.page = GrantSecret(new_secret())  # by which it can ask again
        return _page(self._paper().refused(refusal), STATUS[refusal])

    def _paper(self) -> Paper:
        token = self.token.reveal() if self.token else ""
        filled = Filled(token=token, page=self.page.reveal(), word=self.word, text=self.text)
        return Paper(self._speech, self._agency.name, filled, covered=self.covered)


@get(["/c/plain", "/n/plain"])
async def begin(
    request: Asked, speeches: NamedDependency[Speeches], agency: NamedDependency[Agency]
) -> Response[Any]:
    return _Press(request, speeches, agency, {}).digits() if speeches else _unbuilt()


@post(["/c/plain", "/n/plain"], status_code=200)
async def press(
    request: Asked,
    body: RawBody,
    speeches: NamedDependency[Speeches],
    agency: NamedDependency[Agency],
    plain: NamedDependency[Plain],
) -> Response[Any]:
    if not speeches:
        return _unbuilt()
    pressed = _Press(request, speeches, agency, _fields(body))
    try:
        if not await plain.knows(pressed.page) and pressed.token is None and not pressed.code:
            return pressed.digits()
        await pressed.arrive(plain)
        await pressed.say(plain)
        return await pressed.shown(plain)
    except Refused as error:
        return await pressed.refused(plain, error.refusal)


# Without a bound here: what is too large is told so by a page, and is not read.
@post(["/c/plain/photo"], status_code=200, request_max_body_size=None)
async def photo(
    request: Asked,
    speeches: NamedDependency[Speeches],
    agency: NamedDependency[Agency],
    plain: NamedDependency[Plain],
) -> Response[Any]:
    if not speeches:
        return _unbuilt()
    form = _Form(request)
    fields = await form.before_file()
    pressed = _Press(request, speeches, agency, fields)
    try:
        await pressed.arrive(plain)
        if form.has_file:
            await plain.send(pressed.page, form.at_most, form.file())
        return await pressed.shown(plain)
    except Refused as error:
        return await pressed.refused(plain, error.refusal)


@post(["/c/plain/back"], status_code=303)
async def back(
    request: Asked,
    body: RawBody,
    speeches: NamedDependency[Speeches],
    agency: NamedDependency[Agency],
    plain: NamedDependency[Plain],
) -> Response[Any]:
    if not speeches:
        return _unbuilt()
    pressed = _Press(request, speeches, agency, _fields(body))
    try:
        token = await plain.let_go(pressed.page)
    except Refused as error:
        return await pressed.refused(plain, error.refusal)
    return Redirect(f"/c#{token.reveal()}", status_code=303)


class _Head(NamedTuple):
    """What a form says of one of its parts; only a file has a name of its own."""

    name: str
    filename: str | None


class _Form:
    """A form with a file in it, as it comes: what stands before the file, and then the file."""

    def __init__(self, request: Asked) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        length = request.headers.get("content-length", "")
        if kind != "multipart/form-data" or not options.get("boundary"):
            raise HTTPException("This is a form with a file.", status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if not (length.isascii() and length.isdigit() and len(length) <= 15):
            raise HTTPException("A file says how long it is.", status_code=HTTPStatus.LENGTH_REQUIRED)
        # the form around a file is no reason to refuse it
        fits = int(length) <= MOST_BYTES + AROUND_BYTES
        self.at_most = min(int(length), MOST_BYTES) if fits else int(length)
        self.has_file = False
        self._parser = PushMultipartParser(options["boundary"], max_segment_count=FIELDS, strict=True)
        self._parts = self._parsed(in_time(request.stream()))

    async def before_file(self) -> dict[str, str]:
        """Its fields. Raises Refused for what is no such form."""
        fields: dict[str, str] = {}
        name = ""
        async for part in self._parts:
            if isinstance(part, _Head):
                name = part.name
                if part.filename is not None:
                    self.has_file = part.filename != ""
                    break
                fields[name] = ""
            elif part is not None:
                fields[name] += part.decode(errors="replace")
                if len(fields[name]) > FIELD_BYTES:
                    raise HTTPException("Too long.", status_code=HTTPStatus.BAD_REQUEST)
        return fields

    async def file(self) -> AsyncIterator[bytes]:
        """The file. Raises Refused when the rest of it did not come."""
        async for part in self._parts:
            if part is None:
                return
            if not isinstance(part, _Head):
                yield bytes(part)
        raise Refused(Refusal.BAD_PICTURE)

    async def _parsed(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[_Head | bytes | bytearray | None]:
        try:
            async for piece in pieces:
                for part in self._parser.parse(piece) if piece else ():
                    if part is None or isinstance(part, bytes | bytearray):
                        yield part
                    else:
                        yield _Head(part.name, part.filename)
        except MultipartError as error:
            raise Refused(Refusal.BAD_PICTURE, "This is no form with a file.") from error


def _fields(body: bytes) -> dict[str, str]:
    """Raises HTTPException for what is no form of ours."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:
        raise HTTPException("This is no form.", status_code=HTTPStatus.BAD_REQUEST) from error


def _digits(text: str) -> str:
    """Those of any script, as the page's own field takes them."""
    return "".join(str(unicodedata.digit(letter)) for letter in text[:64] if letter.isdigit())


def _secret(kind: type[Kept], text: str) -> Kept | None:
    try:
        return kind(text)
    except ValueError:
        return None


def _page(html: str, status: int = HTTPStatus.OK) -> Response[str]:
    headers = {**HEADERS, **SAME_ORIGIN, "Content-Security-Policy": POLICY, "Vary": "Accept-Language"}
    return Response(html, status_code=int(status), media_type="text/html", headers=headers)


def _unbuilt() -> Response[Any]:
    return problem(404, "not-found", "There is no such page.")


ROUTER = Router(
    "/",
    guards=[guards.our_pages],
    request_max_body_size=FORM_BYTES,
    route_handlers=[begin, press, photo, back],
)
