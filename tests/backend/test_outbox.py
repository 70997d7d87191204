"""The outbox and the real Twilio client, against a Twilio that misbehaves: each link is texted once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from backend.model.links import DeliveryState
from backend.model.messages import OutboxMessage
from backend.services import outbox as outbox_module
from backend.services.outbox import CLAIM, Outbox
from notifications.sms import TwilioSender
from tests.backend.house import NUMBER, PUBLIC, WAIT_S, House, Phone, Staff, done, no, settings
from tests.notifications.twilio_double import TwilioDouble

Held = tuple[House, Staff]


@pytest.fixture
async def desk(folder: Path, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Held]:
    """A house with a carrier whose outbox looks often, and its dispatcher."""
    monkeypatch.setattr(outbox_module, "LOOK_S", 0.02)
    async with House(settings(folder, twilio)) as house:
        yield house, await house.staff("dana")


async def messages(house: House) -> list[OutboxMessage]:
    found = []
    async with house.parts.store.read() as tx:
        for incident in await tx.incidents.open():
            for link in await tx.links.of_incident(incident.id):
                message = await tx.messages.newest_of(link.id)
                assert message is not None
                found.append(message)
    return found


async def until(house: House, wanted: Callable[[OutboxMessage], bool]) -> OutboxMessage:
    """The one message, as soon as it is like that."""
    async with asyncio.timeout(WAIT_S):
        while True:
            (message,) = await messages(house)
            if wanted(message):
                return message
            await asyncio.sleep(0.01)


async def twilio_was_asked(twilio: TwilioDouble) -> None:
    async with asyncio.timeout(WAIT_S):
        while not twilio.requests:  # noqa: ASYNC110  whatever became of the request
            await asyncio.sleep(0.01)


def tried(times: int) -> Callable[[OutboxMessage], bool]:
    """So often, or settled before that."""
    return lambda m: m.attempts >= times or m.state in (DeliveryState.SENT, DeliveryState.FAILED)


def here(house: House, message: Any) -> str:
    """A message's callback address, as a proxy in front of us would pass it on."""
    return str(message.status_callback).replace(PUBLIC, house.url)


async def report(house: House, twilio: TwilioDouble, sid: str, status: str, **more: Any) -> int:
    return await twilio.callback(sid, status, here(house, twilio.message(sid)), **more)


async def test_a_link_is_texted_and_its_delivery_told(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    incident = await dana.open()
    async with dana.socket() as socket:
        link = await dana.issue(incident)
        text = await twilio.arrived(NUMBER)
        await socket.until_link("sent")
        assert text.body.endswith(f"/c#{house.token(link['id'])}")
        assert text.body.startswith("Dearborn Police: ")
        assert len(text.body) <= 160
        assert await report(house, twilio, text.sid, "sent") == 204
        assert await report(house, twilio, text.sid, "delivered") == 204
        told = await socket.until_link("delivered")
    assert told["sender"] == "sms"
    assert told["reason"] is None
    details = [(e.action.value, e.actor, e.details) for e in await house.entries() if "link." in e.action]
    assert details[-2:] == [
        ("link.send", "carrier", {"way": "sms", "state": "sent"}),
        ("link.delivery", "carrier", {"way": "sms", "state": "delivered"}),
    ]
    assert [way["way"] for way in told["ways"]] == ["sms"]
    shown = await dana.get(f"/api/links/{link['id']}/handout")  # to somebody else's phone, or at the desk
    assert shown["url"] == text.body.split()[-1]


async def test_a_failure_is_told_in_the_carriers_words(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    incident = await dana.open()
    async with dana.socket() as socket:
        link = await dana.issue(incident)
        text = await twilio.arrived()
        await socket.until_link("sent")
        assert await report(house, twilio, text.sid, "undelivered", error_code=30003) == 204
        told = await socket.until_link("failed")
        assert "switched off" in told["reason"]
        await dana.post(f"/api/links/{link['id']}/resend")
        assert (await socket.until_link("queued"))["reason"] is None
        again = await twilio.arrived(count=2)
        await socket.until_link("sent")
    assert again.body == text.body
    entry = (await house.entries("link.delivery"))[0]
    assert entry.details["code"] == "30003"


async def test_a_number_that_twilio_refuses_fails_at_once(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    twilio.refuse_number(NUMBER, 21610)
    await dana.issue(await dana.open())
    message = await until(house, lambda m: m.state is DeliveryState.FAILED)
    assert "opted out" in (message.reason or "")
    assert len(twilio.requests) == 1


async def test_the_text_of_a_link_for_the_position_says_so(desk: Held, twilio: TwilioDouble) -> None:
    _, dana = desk
    await dana.issue(await dana.open(), kind="position")
    assert "where you are" in (await twilio.arrived()).body


@pytest.mark.parametrize("after_storing", [True, False])
async def test_a_dropped_connection_neither_loses_nor_doubles_a_text(
    desk: Held, twilio: TwilioDouble, after_storing: bool
) -> None:
    house, dana = desk
    twilio.drop_next(after_storing=after_storing)
    await dana.issue(await dana.open())
    await twilio_was_asked(twilio)
    assert (await until(house, lambda m: m.attempts == 1)).state is DeliveryState.SENDING
    house.clock.advance(seconds=CLAIM.total_seconds())
    message = await until(house, lambda m: m.state is DeliveryState.SENT)
    assert [text.sid for text in twilio.messages] == [message.carrier_id]


async def test_a_stalled_answer_is_looked_up_and_not_sent_again(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    twilio.stall_next()
    sender = house.parts.sender
    assert isinstance(sender, TwilioSender)
    sender._timeout_s = 0.3
    await dana.issue(await dana.open())
    text = await twilio.arrived()
    house.clock.advance(seconds=CLAIM.total_seconds())
    message = await until(house, lambda m: m.state is DeliveryState.SENT)
    assert message.carrier_id == text.sid
    assert len(twilio.messages) == 1


async def test_trouble_of_twilios_own_is_asked_about_before_another_try(
    desk: Held, twilio: TwilioDouble
) -> None:
    house, dana = desk
    twilio.fail_next(20500, after_storing=True)
    twilio.answer_next(503, "<html>down</html>")  # the question about it
    await dana.issue(await dana.open())
    await until(house, lambda m: m.attempts == 1)
    for attempt in (2, 3):
        await asyncio.sleep(0.05)
        house.clock.advance(seconds=CLAIM.total_seconds())
        await until(house, tried(attempt))
    await until(house, lambda m: m.state is DeliveryState.SENT)
    assert len(twilio.messages) == 1
    assert [request.split()[0] for request in twilio.requests] == ["POST", "GET", "GET"]


async def test_a_busy_twilio_gets_the_text_a_little_later(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    twilio.fail_next(20429)
    await dana.issue(await dana.open())
    waiting = await until(house, lambda m: m.attempts == 1 and m.state is DeliveryState.QUEUED)
    assert waiting.due_at > waiting.created_at
    assert twilio.messages == []
    house.clock.advance(seconds=5)
    await until(house, lambda m: m.state is DeliveryState.SENT)
    assert len(twilio.messages) == 1


async def test_a_text_that_is_too_late_is_given_up_in_words(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    for _ in range(30):
        twilio.fail_next(20429)
    async with dana.socket() as socket:
        await dana.issue(await dana.open())
        for attempt in range(1, 20):
            message = await until(house, tried(attempt))
            if message.state is DeliveryState.FAILED:
                break
            house.clock.advance(seconds=2**attempt + 1)
        assert (await socket.until_link("failed"))["reason"]
    assert twilio.messages == []


async def test_a_text_of_unknown_outcome_is_given_up_in_words(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    twilio.drop_next(after_storing=True)
    async with dana.socket() as socket:
        await dana.issue(await dana.open())
        text = await twilio.arrived()
        await until(house, lambda m: m.attempts == 1)
        house.clock.advance(minutes=4)
        assert "spoken code" in (await socket.until_link("failed"))["reason"]
        # the carrier had it all along, and its own word outweighs our giving up
        assert await report(house, twilio, text.sid, "sent") == 204
        assert (await socket.until_link("sent"))["reason"] is None
        assert await report(house, twilio, text.sid, "delivered") == 204
        await socket.until_link("delivered")
    assert len(twilio.messages) == 1


async def test_a_callback_before_the_answer_is_believed(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    address: list[str] = []

    async def relay(sid: str, status: str, url: str | None = None, **more: Any) -> int:
        address.append(status)
        return await original(sid, status, here(house, twilio.message(sid)), **more)

    original = twilio.callback
    twilio.callback = relay  # type: ignore[method-assign,assignment]
    twilio.report_before_answering_next("sent", "delivered")
    await dana.issue(await dana.open())
    message = await until(house, lambda m: m.state is DeliveryState.DELIVERED)
    assert message.carrier_id == twilio.messages[0].sid
    await asyncio.sleep(0.1)  # the answer comes after that, and takes nothing back
    assert (await messages(house))[0].state is DeliveryState.DELIVERED
    assert address == ["sent", "delivered"]


async def test_reports_in_any_order_and_any_number_end_in_the_same(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    link = await dana.issue(await dana.open())
    text = await twilio.arrived()
    await until(house, lambda m: m.state is DeliveryState.SENT)
    for status in ("delivered", "queued", "sent", "delivered", "undelivered", "sending", "delivered"):
        assert await report(house, twilio, text.sid, status) == 204
        assert await dana.state(link) == "delivered"
    assert len(await house.entries("link.delivery")) == 1


async def test_a_report_of_failure_is_outweighed_by_one_of_delivery(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    async with dana.socket() as socket:
        await dana.issue(await dana.open())
        text = await twilio.arrived()
        await socket.until_link("sent")
        assert await report(house, twilio, text.sid, "failed", error_code=30008) == 204
        assert (await socket.until_link("failed"))["reason"]
        assert await report(house, twilio, text.sid, "delivered") == 204
        assert (await socket.until_link("delivered"))["reason"] is None


async def test_a_report_that_twilio_did_not_sign_is_refused(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    link = await dana.issue(await dana.open())
    text = await twilio.arrived()
    await until(house, lambda m: m.state is DeliveryState.SENT)
    assert await report(house, twilio, text.sid, "delivered", signature="") == 403
    assert await report(house, twilio, text.sid, "delivered", signature="AAAA") == 403
    assert await report(house, twilio, text.sid, "delivered", signature="é") == 403
    assert await report(house, twilio, text.sid, "delivered", extra=[("ErrorCode", "1")]) == 403
    elsewhere = here(house, text) + "x"
    assert await twilio.callback(text.sid, "delivered", elsewhere) == 403
    assert await dana.state(link) == "sent"
    assert await house.entries("link.delivery") == []


async def test_a_report_about_no_message_of_ours_is_unknown(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    await dana.issue(await dana.open())
    text = await twilio.arrived()
    await until(house, lambda m: m.state is DeliveryState.SENT)
    unknown = f"{PUBLIC}/api/twilio/status?message=msg_0000000000000000000000"
    address = unknown.replace(PUBLIC, house.url)
    assert await twilio.callback(text.sid, "delivered", address, signed_url=unknown) == 404
    await dana.issue(await dana.open())
    second = await twilio.arrived(count=2)
    crossed = text.status_callback
    assert await twilio.callback(second.sid, "delivered", here(house, text), signed_url=crossed) == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"a=%ff", b"MessageSid=SM1", b"&" * 200, b"a=1&" * 200, b"x" * 20_000, b"{}", b"\x00"],
)
async def test_a_malformed_report_is_refused(desk: Held, body: bytes) -> None:
    house, _ = desk
    http = house.client({"X-Twilio-Signature": "AAAA"})
    for query in ("?message=msg_1", "", "?message=%ff%00", "?message=a&message=b"):
        reply = await http.post(f"/api/twilio/status{query}", content=body)
        assert reply.status_code in (400, 403), (query, reply.text)
        assert reply.headers["content-type"] == "application/problem+json"


async def test_a_signed_report_that_makes_no_sense_is_malformed(desk: Held, twilio: TwilioDouble) -> None:
    house, dana = desk
    await dana.issue(await dana.open())
    text = await twilio.arrived()
    twilio.messages.append(text)
    text.sid = "SMnotone"
    assert await report(house, twilio, text.sid, "delivered") == 400


async def test_without_a_carrier_there_is_no_callback(house: House) -> None:
    reply = await house.client().post("/api/twilio/status?message=msg_1", content=b"a=b")
    no(reply, 404, "not-found")


async def test_a_link_revoked_before_it_was_sent_is_not_sent(folder: Path, twilio: TwilioDouble) -> None:
    house = House(settings(folder, twilio))
    house.parts.outbox._busy = outbox_module.AT_ONCE  # no room: nothing goes out yet
    async with house:
        dana = await house.staff("dana")
        link = await dana.issue(await dana.open())
        await dana.post(f"/api/links/{link['id']}/revoke")
        house.parts.outbox._busy = 0
        house.parts.outbox.wake()
        await until(house, lambda m: m.state is DeliveryState.FAILED)
    assert twilio.requests == []


async def test_a_text_of_unknown_outcome_is_not_sent_again_once_its_link_is_over(
    desk: Held, twilio: TwilioDouble
) -> None:
    house, dana = desk
    twilio.drop_next(after_storing=False)
    link = await dana.issue(await dana.open())
    await twilio_was_asked(twilio)
    await dana.post(f"/api/links/{link['id']}/revoke")
    await asyncio.sleep(0.05)
    house.clock.advance(seconds=CLAIM.total_seconds())
    message = await until(house, lambda m: m.state is not DeliveryState.SENDING)
    assert message.state is DeliveryState.FAILED
    assert twilio.messages == []


async def test_a_process_that_dies_between_sending_and_knowing_texts_once(
    folder: Path, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "LOOK_S", 0.02)

    async def dies(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "_settle", dies)
        async with House(settings(folder, twilio)) as first:
            dana = await first.staff("dana")
            await dana.issue(await dana.open())
            text = await twilio.arrived()
            assert [m.state for m in await messages(first)] == [DeliveryState.SENDING]
    async with House(settings(folder, twilio)) as second:
        second.clock.advance(seconds=CLAIM.total_seconds())
        message = await until(second, lambda m: m.state is DeliveryState.SENT)
        assert message.carrier_id == text.sid
    assert len(twilio.messages) == 1


async def test_a_process_that_dies_before_sending_texts_after_it_is_back(
    folder: Path, twilio: TwilioDouble
) -> None:
    first = House(settings(folder, twilio))
    first.parts.outbox._busy = outbox_module.AT_ONCE  # no room: nothing goes out yet
    async with first:
        dana = await first.staff("dana")
        await dana.issue(await dana.open())
    assert twilio.requests == []
    async with House(settings(folder, twilio)) as second:
        await twilio.arrived()
        await until(second, lambda m: m.state is DeliveryState.SENT)
    assert len(twilio.messages) == 1


async def test_a_fault_with_one_message_does_not_stop_the_next(
    desk: Held, twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    house, dana = desk
    with monkeypatch.context() as patched:
        patched.setattr(outbox_module, "invitation", lambda **_: 1 / 0)
        await dana.issue(await dana.open())
        await until(house, lambda m: m.attempts == 1)
        await asyncio.sleep(0.05)
    assert "could not be handled" in caplog.text
    house.clock.advance(seconds=CLAIM.total_seconds())
    await until(house, lambda m: m.state is DeliveryState.SENT)
    assert len(twilio.messages) == 1


async def test_twenty_links_at_once_are_twenty_texts(desk: Held, twilio: TwilioDouble) -> None:
    _, dana = desk
    incident = await dana.open()
    await asyncio.gather(*(dana.issue(incident) for _ in range(20)))
    await twilio.arrived(count=20)
    assert len({text.body for text in twilio.messages}) == len(twilio.messages) == 20


async def test_what_the_caller_has_opened_is_not_taken_back_by_a_late_report(
    desk: Held, twilio: TwilioDouble
) -> None:
    house, dana = desk
    link = await dana.issue(await dana.open())
    text = await twilio.arrived()
    phone = Phone(house, house.token(link["id"]))
    done(await phone.open())
    assert await report(house, twilio, text.sid, "delivered") == 204
    assert await dana.state(link) == "opened"


async def test_without_a_carrier_the_entry_does_not_name_one(house: House, dana: Staff) -> None:
    async with dana.socket() as socket:
        await dana.issue(await dana.open())
        await socket.until_link("sent")
    assert [entry.actor for entry in await house.entries("link.send")] == ["system"]
