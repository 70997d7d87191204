"""WHIP and WHEP over HTTP: what RFC 9725 asks of the routes, with an engine that only remembers."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest

from media.ports import (
    ALONE,
    Answer,
    BadOffer,
    Closed,
    EndReason,
    EngineState,
    EngineStats,
    FeedId,
    Full,
    Group,
    Holder,
    IceFragment,
    Level,
    NoSuchSession,
    OpenSession,
    SessionId,
)
from signaling.ports import Refusal
from tests.peers import Doorkeeper, create_app

OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"
SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"


class FakeSfu:
    """Answers everything, remembers what it was asked, and raises what it is told to."""

    listening = True

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.grants: list[bytes] = []
        self.limits: list[Level] = []
        self.error: Exception | None = None
        self.fragment: IceFragment | None = None
        self.sessions: dict[SessionId, OpenSession] = {}

    def _note(self, *call: Any) -> None:
        self.calls.append(call)
        if self.error is not None:
            raise self.error

    async def publish(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        group: Group = ALONE,
        tag: str = "",
        own: bool = False,
    ) -> Answer:
        self._note("publish", feed, holder, offer)
        return self._open(SessionId("ses_pub"), feed, holder, tag)

    async def subscribe(
        self,
        feed: FeedId,
        holder: Holder,
        offer: str,
        *,
        grant: bytes,
        group: Group = ALONE,
        tag: str = "",
        most: Level = Level.FULL,
    ) -> Answer:
        self.grants.append(grant)
        self.limits.append(most)
        self._note("subscribe", feed, holder, offer)
        return self._open(SessionId("ses_sub"), feed, holder, tag)

    async def limit(self, session: SessionId, most: Level) -> None:
        self._note("limit", session, most)

    async def renew(self, grant: bytes) -> None:
        self._note("renew", grant)

    async def restart_ice(self, session: SessionId, fragment: str) -> IceFragment | None:
        self._note("restart_ice", session, fragment)
        if self.fragment is not None:
            self.sessions[session] = msgspec.structs.replace(self.sessions[session], etag=self.fragment.etag)
        return self.fragment

    def _open(self, session: SessionId, feed: FeedId, holder: Holder, tag: str) -> Answer:
        self.sessions[session] = OpenSession(
            session=session,
            feed=feed,
            group=ALONE,
            holder=holder,
            publishes=session == "ses_pub",
            tag=tag,
            etag="e1",
        )
        return Answer(session=session, sdp="v=0\r\nanswer\r\n", etag="e1")

    def session(self, session: SessionId) -> OpenSession | None:
        return self.sessions.get(session)

    def state(self) -> EngineState:
        return EngineState(sessions=tuple(self.sessions.values()))

    async def end_session(self, session: SessionId, reason: EndReason) -> None:
        self._note("end_session", session, reason)
        self.sessions.pop(session, None)

    async def end_holder(self, holder: Holder, reason: EndReason) -> None:
        self._note("end_holder", holder, reason)

    async def end_feed(self, feed: FeedId, reason: EndReason) -> None:
        self._note("end_feed", feed, reason)

    async def stats(self) -> tuple[EngineStats, ...]:
        return ()


@pytest.fixture
def sfu() -> FakeSfu:
    return FakeSfu()


@pytest.fixture
def doorkeeper() -> Doorkeeper:
    doorkeeper = Doorkeeper()
    doorkeeper.publisher("pub", "fed_1")
    doorkeeper.subscriber("sub", "fed_1")
    return doorkeeper


@pytest.fixture
async def http(sfu: FakeSfu, doorkeeper: Doorkeeper) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(sfu, doorkeeper)
    app.debug = False
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def headers(token: str = "pub", media_type: str = SDP, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": media_type, **more}


async def publish(http: httpx.AsyncClient) -> httpx.Response:
    return await http.post("/whip", content=OFFER, headers=headers())


async def test_a_publisher_gets_an_answer_a_session_and_an_etag(
    http: httpx.AsyncClient, sfu: FakeSfu
) -> None:
    response = await publish(http)
    assert response.status_code == 201
    assert response.headers["location"] == "/whip/sessions/ses_pub"
    assert response.headers["etag"] == '"e1"'
    assert response.headers["content-type"].startswith(SDP)
    assert response.headers["accept-patch"] == FRAGMENT
    assert response.headers["cache-control"] == "no-store"
    assert response.text == "v=0\r\nanswer\r\n"
    assert sfu.calls == [("publish", "fed_1", "caller", OFFER)]


async def test_a_viewer_gets_an_answer_on_the_feed_it_named(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    response = await http.post("/whep/fed_1", content=OFFER, headers=headers("sub"))
    assert response.status_code == 201
    assert response.headers["location"] == "/whep/sessions/ses_sub"
    assert sfu.calls == [("subscribe", "fed_1", "dispatcher", OFFER)]


async def test_a_viewer_is_sent_no_more_than_it_wants(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    for path in ("/whep/fed_1", "/whep/fed_1?most=keyframes"):
        location = (await http.post(path, content=OFFER, headers=headers("sub"))).headers["location"]
    assert sfu.limits == [Level.FULL, Level.KEYFRAMES]
    assert (await http.put(f"{location}/most/half", headers=headers("sub"))).status_code == 204
    assert sfu.calls[-1] == ("limit", "ses_sub", Level.HALF)
    before = len(sfu.calls)
    assert (await http.put(f"{location}/most/half", headers=headers("pub"))).status_code == 401
    assert (await http.put(f"{location}/most/half")).status_code == 401
    assert (await http.put("/whep/sessions/ses_none/most/half", headers=headers("sub"))).status_code == 404
    assert (await http.put(f"{location}/most/double", headers=headers("sub"))).status_code in (400, 404)
    wrong = await http.post("/whep/fed_1?most=double", content=OFFER, headers=headers("sub"))
    assert wrong.status_code == 400
    assert len(sfu.calls) == before


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic cHVi", "Bearer pub extra", "Bearer p\xfcb", "pub"]
)
async def test_without_a_bearer_nothing_is_asked(
    http: httpx.AsyncClient, sfu: FakeSfu, doorkeeper: Doorkeeper, authorization: str | None
) -> None:
    sent = {"Content-Type": SDP}
    if authorization is not None:
        sent["Authorization"] = authorization
    raw = {name.encode(): value.encode("latin-1") for name, value in sent.items()}
    for path in ("/whip", "/whep/fed_1"):
        response = await http.post(path, content=OFFER, headers=raw)
        assert response.status_code == 401
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert doorkeeper.asked == []
    assert sfu.calls == []


async def test_the_scheme_is_taken_in_any_case(http: httpx.AsyncClient) -> None:
    sent = {"Authorization": "bearer  pub", "Content-Type": "application/SDP; charset=utf-8"}
    assert (await http.post("/whip", content=OFFER, headers=sent)).status_code == 201


@pytest.mark.parametrize(
    ("refusal", "status"),
    [(Refusal.EXPIRED, 403), (Refusal.REVOKED, 403), (Refusal.WRONG_SCOPE, 403), (Refusal.ENDED, 410)],
)
async def test_a_refusal_reaches_the_client_and_not_the_engine(
    http: httpx.AsyncClient, sfu: FakeSfu, doorkeeper: Doorkeeper, refusal: Refusal, status: int
) -> None:
    doorkeeper.refusals["pub"] = refusal
    assert (await publish(http)).status_code == status
    assert sfu.calls == []


async def test_a_bearer_for_one_thing_is_none_for_another(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    assert (await http.post("/whip", content=OFFER, headers=headers("sub"))).status_code == 401
    assert (await http.post("/whep/fed_1", content=OFFER, headers=headers("pub"))).status_code == 401
    assert (await http.post("/whep/fed_2", content=OFFER, headers=headers("sub"))).status_code == 403
    assert sfu.calls == []


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"v=0\r\n", "application/json", 415),
        (b"v=0\r\n", "", 415),
        (b"\xff\xfe\xff", SDP, 400),
        (b"", SDP, 400),
        (b" \r\n", SDP, 400),
        (b"v=0\r\n" + b"a" * 65_536, SDP, 413),
    ],
)
async def test_a_body_that_cannot_be_taken_is_refused_before_anyone_is_asked(
    http: httpx.AsyncClient, doorkeeper: Doorkeeper, body: bytes, media_type: str, status: int
) -> None:
    for path in ("/whip", "/whep/fed_1"):
        response = await http.post(path, content=body, headers=headers(media_type=media_type))
        assert response.status_code == status
    assert doorkeeper.asked == []


async def test_a_body_without_a_stated_length_is_cut_off(http: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"a" * 1000

    assert (await http.post("/whip", content=endless(), headers=headers())).status_code == 413


@pytest.mark.parametrize(
    ("error", "status"), [(BadOffer("no"), 400), (Full("no room"), 503), (Closed("over"), 410)]
)
async def test_what_the_engine_raises_is_said(
    http: httpx.AsyncClient, sfu: FakeSfu, error: Exception, status: int
) -> None:
    sfu.error = error
    for path, token in (("/whip", "pub"), ("/whep/fed_1", "sub")):
        response = await http.post(path, content=OFFER, headers=headers(token))
        assert response.status_code == status
        assert "location" not in response.headers
    if status == 503:
        assert response.headers["retry-after"]


async def test_options_tells_what_is_taken_and_asks_for_nothing(http: httpx.AsyncClient) -> None:
    for path in ("/whip", "/whep/fed_1"):
        response = await http.options(path)
        assert response.status_code == 204
        assert response.headers["accept-post"] == SDP
    for path in ("/whip/sessions/x", "/whep/sessions/x"):
        response = await http.options(path)
        assert response.status_code == 204
        assert response.headers["accept-patch"] == FRAGMENT


@pytest.mark.parametrize("path", ["/whip", "/whip/sessions/ses_pub", "/whep/fed_1", "/whep/sessions/ses_sub"])
async def test_other_methods_are_not_allowed_and_change_nothing(
    http: httpx.AsyncClient, sfu: FakeSfu, path: str
) -> None:
    for method in ("GET", "HEAD", "PUT"):
        response = await http.request(method, path, headers=headers())
        assert response.status_code == 405
        assert response.headers["allow"]
    if "sessions" in path and path.startswith("/whip"):
        assert (await http.post(path, content=OFFER, headers=headers())).status_code == 405
    assert sfu.calls == []


async def test_hanging_up_ends_the_session_once(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    location = (await publish(http)).headers["location"]
    assert (await http.delete(location, headers=headers())).status_code == 200
    assert sfu.calls[-1] == ("end_session", "ses_pub", EndReason.HUNG_UP)
    assert (await http.delete(location, headers=headers())).status_code == 404


async def test_nobody_else_can_hang_up_or_change_a_session(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    location = (await publish(http)).headers["location"]
    calls = len(sfu.calls)
    for token in ("sub", "pub2", "other"):
        assert (await http.delete(location, headers=headers(token))).status_code == 401
        change = headers(token, FRAGMENT, **{"If-Match": "*"})
        assert (await http.patch(location, content="a=x", headers=change)).status_code == 401
    assert (await http.delete(location)).status_code == 401
    whep = location.replace("whip", "whep")
    assert (await http.delete(whep, headers=headers())).status_code == 404
    assert len(sfu.calls) == calls


async def test_candidates_need_the_etag_and_get_no_content(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    location = (await publish(http)).headers["location"]

    async def change(**more: str) -> int:
        response = await http.patch(
            location, content="a=candidate:1", headers=headers("pub", FRAGMENT, **more)
        )
        return response.status_code

    assert await change() == 428
    assert await change(**{"If-Match": '"old"'}) == 412
    assert await change(**{"If-Match": '"e1"'}) == 204
    assert await change(**{"If-Match": '"e0", "e1"'}) == 204
    response = await http.patch(location, content="x", headers=headers("pub", SDP, **{"If-Match": '"e1"'}))
    assert response.status_code == 415


async def test_an_ice_restart_answers_with_the_new_side_and_a_new_etag(
    http: httpx.AsyncClient, sfu: FakeSfu
) -> None:
    location = (await publish(http)).headers["location"]
    sfu.fragment = IceFragment(sdp="a=ice-ufrag:new\r\n", etag="e2")
    response = await http.patch(
        location, content="a=x", headers=headers("pub", FRAGMENT, **{"If-Match": "*"})
    )
    assert response.status_code == 200
    assert response.headers["etag"] == '"e2"'
    assert response.headers["content-type"].startswith(FRAGMENT)
    assert response.text == "a=ice-ufrag:new\r\n"
    sfu.fragment = None
    stale = headers("pub", FRAGMENT, **{"If-Match": '"e1"'})
    assert (await http.patch(location, content="a=x", headers=stale)).status_code == 412


async def test_a_session_that_the_engine_lost_is_not_found(http: httpx.AsyncClient, sfu: FakeSfu) -> None:
    location = (await publish(http)).headers["location"]
    sfu.error = NoSuchSession("ses_pub")
    change = headers("pub", FRAGMENT, **{"If-Match": "*"})
    assert (await http.patch(location, content="a=x", headers=change)).status_code == 404
    sfu.error = None
    sfu.sessions.clear()
    assert (await http.delete(location, headers=headers())).status_code == 404
