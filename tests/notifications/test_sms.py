"""The real Twilio client against a Twilio that fails, stalls, drops and repeats itself."""

import asyncio
import json
import logging
import socket
import time
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from notifications.ports import (
    CallbackReader,
    CarrierId,
    CarrierState,
    Delivery,
    Message,
    MessageKey,
    NotSent,
    Sender,
    Unknown,
    advance,
)
from notifications.sms import TwilioSender, parse_form
from tests.notifications.twilio_double import SignedCallback, TwilioDouble, sign

TO = "+12125550123"
SECRET = "SeCrEtToKeN1234567890x"
TEXT = f"Springfield 911: show us where you are: https://sightline.example.gov/c#{SECRET}"
CALLBACK = "https://sightline.example.gov/api/twilio/status?m=msg_1"


def message(
    *,
    key: str = "msg_1",
    text: str = TEXT,
    to: str = TO,
    created_at: datetime | None = None,
    callback: str | None = CALLBACK,
) -> Message:
    return Message(
        key=MessageKey(key),
        to=to,
        text=text,
        created_at=created_at or datetime.now(UTC),
        status_callback=callback,
    )


@pytest.fixture
async def twilio() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
async def sender(twilio: TwilioDouble) -> AsyncIterator[TwilioSender]:
    made = sender_of(twilio)
    yield made
    await made.aclose()


def sender_of(twilio: TwilioDouble, *, timeout_s: float = 5.0, auth_token: str | None = None) -> TwilioSender:
    return TwilioSender(
        account_sid=twilio.account_sid,
        auth_token=auth_token or twilio.auth_token,
        sender=twilio.sender,
        base_url=twilio.url,
        timeout_s=timeout_s,
    )


# Sending


async def test_a_text_goes_out_once_with_all_that_twilio_needs(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    sent = await sender.send(message())
    assert sent.delivery == Delivery(state=CarrierState.ACCEPTED)
    assert [m.sid for m in twilio.messages] == [sent.carrier_id]
    assert twilio.messages[0].form == {
        "To": TO,
        "From": twilio.sender,
        "Body": TEXT,
        "StatusCallback": CALLBACK,
        "ValidityPeriod": "3600",
    }
    assert sender.kind == "sms"


async def test_a_messaging_service_sends_in_place_of_a_number() -> None:
    async with TwilioDouble(sender="MG" + "0a" * 16) as twilio:
        sender = sender_of(twilio)
        await sender.send(message(callback=None))
        await sender.aclose()
        assert twilio.messages[0].form["MessagingServiceSid"] == twilio.sender
        assert "From" not in twilio.messages[0].form
        assert "StatusCallback" not in twilio.messages[0].form


async def test_many_texts_go_out_at_the_same_time(twilio: TwilioDouble, sender: TwilioSender) -> None:
    sent = await asyncio.gather(*(sender.send(message(key=f"m{i}", text=f"text {i}")) for i in range(50)))
    assert len({s.carrier_id for s in sent}) == len(twilio.messages) == 50


@pytest.mark.parametrize(
    ("code", "status", "words", "retryable"),
    [
        (21211, 400, "not a valid phone number", False),
        (21408, 400, "country", False),
        (21610, 400, "opted out", False),
        (21614, 400, "not a mobile phone", False),
        (20003, 401, "credentials", False),
        (20429, 429, "Too many", True),
        (30034, 400, "registered", False),
        (29999, 400, "error 29999", False),
        (29999, 429, "Too many", True),
        (29999, 403, "credentials", False),
    ],
)
async def test_a_refusal_is_definite_and_in_plain_words(
    twilio: TwilioDouble, sender: TwilioSender, code: int, status: int, words: str, retryable: bool
) -> None:
    twilio.fail_next(code, status=status)
    with pytest.raises(NotSent) as refused:
        await sender.send(message())
    assert words in refused.value.reason
    assert refused.value.code == str(code)
    assert refused.value.retryable is retryable
    assert twilio.messages == []


async def test_a_number_that_opted_out_is_refused_every_time(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    twilio.refuse_number(TO, 21610)
    for _ in range(2):
        with pytest.raises(NotSent, match="opted out"):
            await sender.send(message())
    await sender.send(message(to="+12125550199"))
    assert [m.to for m in twilio.messages] == ["+12125550199"]


async def test_wrong_credentials_are_told_apart_from_a_bad_number(twilio: TwilioDouble) -> None:
    sender = sender_of(twilio, auth_token="f" * 32)
    with pytest.raises(NotSent, match="credentials"):
        await sender.send(message())
    with pytest.raises(Unknown, match="credentials"):
        await sender.find(message())
    await sender.aclose()
    assert twilio.messages == []


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_refusal_by_something_in_between_is_definite_too(
    twilio: TwilioDouble, sender: TwilioSender, status: int
) -> None:
    twilio.answer_next(status, "<html>blocked</html>")
    with pytest.raises(NotSent) as refused:
        await sender.send(message())
    assert refused.value.code == str(status)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_trouble_of_twilios_own_leaves_the_outcome_unknown_and_find_settles_it(
    twilio: TwilioDouble, sender: TwilioSender, status: int
) -> None:
    twilio.fail_next(20500, status=status, after_storing=True)
    first = message()
    with pytest.raises(Unknown):
        await sender.send(first)
    found = await sender.find(first)
    assert found is not None
    assert found.carrier_id == twilio.messages[0].sid

    twilio.fail_next(20500, status=status)
    other = message(text="other")
    with pytest.raises(Unknown):
        await sender.send(other)
    assert await sender.find(other) is None
    assert len(twilio.messages) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"sid": "SM1", "status": "queued"}',
        '{"sid": null}',
        '"' + "x" * 2_000_000 + '"',
        "[" * 200_000,
        '{"sid": "' + "SM" + "0" * 32 + '", "status": 7}',
        '{"sid": "' + "SM" + "0" * 32 + '", "status": "queued", "error_code": "x"}',
    ],
)
async def test_an_answer_that_makes_no_sense_is_unknown_and_never_a_traceback(
    twilio: TwilioDouble, sender: TwilioSender, body: str
) -> None:
    twilio.answer_next(201, body, after_storing=True)
    try:
        await sender.send(message())
    except Unknown:
        pass
    else:
        assert "error_code" in body  # an odd code is not worth losing the id for
    found = await sender.find(message())
    assert found is not None


@pytest.mark.parametrize(
    "body",
    [
        '{"type": "x", "title": "x", "status": "200", "code": null}',
        '{"code": {"a": 1}}',
        '{"code": "21610; DROP"}',
        "[" * 100_000,
    ],
)
async def test_an_odd_refusal_is_still_a_refusal(
    twilio: TwilioDouble, sender: TwilioSender, body: str
) -> None:
    twilio.answer_next(400, body)
    with pytest.raises(NotSent) as refused:
        await sender.send(message())
    assert refused.value.code == "400"


async def test_a_redirect_is_not_followed_so_the_secret_goes_nowhere_else(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    async with TwilioDouble() as elsewhere:
        twilio.answer_next(307, "", headers={"Location": elsewhere.url + "/2010-04-01/x.json"})
        with pytest.raises(NotSent):
            await sender.send(message())
        twilio.answer_next(302, "", headers={"Location": elsewhere.url + "/2010-04-01/x.json"})
        with pytest.raises(Unknown):
            await sender.find(message())
        assert elsewhere.requests == []


async def test_the_next_page_is_fetched_from_twilio_whatever_host_a_page_names(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    async with TwilioDouble() as elsewhere:
        page = {"messages": [], "meta": {"key": "messages", "next_page_url": elsewhere.url + "/next.json"}}
        twilio.answer_next(200, json.dumps(page))
        with pytest.raises(Unknown):
            await sender.find(message())
        assert elsewhere.requests == []
        assert twilio.requests[-1] == "GET /next.json"


# Outcomes that nobody told


async def test_a_stalled_send_is_unknown_within_its_time_and_is_not_sent_twice(twilio: TwilioDouble) -> None:
    sender = sender_of(twilio, timeout_s=0.4)
    twilio.stall_next()
    text = message()
    started = time.monotonic()
    with pytest.raises(Unknown, match="did not answer"):
        await sender.send(text)
    assert time.monotonic() - started < 4.5  # not the five seconds of the default
    found = await sender.find(text)
    await sender.aclose()
    assert found is not None
    assert [m.sid for m in twilio.messages] == [found.carrier_id]


async def test_the_time_a_call_may_take_is_five_seconds(twilio: TwilioDouble, sender: TwilioSender) -> None:
    twilio.stall_next()
    started = time.monotonic()
    with pytest.raises(Unknown):
        await sender.send(message())
    assert 4.5 < time.monotonic() - started < 30  # generous: the machine may be busy


async def test_a_trickling_answer_does_not_stretch_the_time() -> None:
    gone = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.05)
        except OSError:
            writer.close()
            gone.set()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with TwilioDouble() as twilio:
        twilio.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        sender = sender_of(twilio, timeout_s=0.4)
        started = time.monotonic()
        with pytest.raises(Unknown):
            await sender.send(message())
        assert time.monotonic() - started < 4.5  # the answer trickles for 50 s
        await sender.aclose()
        await gone.wait()
        server.close()


async def test_a_connection_lost_after_storing_is_unknown_and_find_gives_the_sid(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    twilio.drop_next(after_storing=True)
    text = message()
    with pytest.raises(Unknown):
        await sender.send(text)
    found = await sender.find(text)
    assert found is not None
    assert [m.sid for m in twilio.messages] == [found.carrier_id]
    assert [r.split()[0] for r in twilio.requests] == ["POST", "GET"]


async def test_a_connection_lost_before_storing_is_unknown_and_find_gives_nothing(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    twilio.drop_next(after_storing=False)
    text = message()
    with pytest.raises(Unknown):
        await sender.send(text)
    assert await sender.find(text) is None
    await sender.send(text)
    assert len(twilio.messages) == 1


async def test_a_request_that_lands_late_is_found_then(twilio: TwilioDouble) -> None:
    sender = sender_of(twilio, timeout_s=0.2)
    twilio.stall_next(answer_after_s=0.6, after_storing=False)
    text = message()
    with pytest.raises(Unknown):
        await sender.send(text)
    assert await sender.find(text) is None
    stored = await twilio.arrived()
    found = await sender.find(text)
    await sender.aclose()
    assert found is not None
    assert found.carrier_id == stored.sid


async def test_a_house_without_a_network_has_definitely_sent_nothing() -> None:
    with socket.socket() as closed:  # bound and not listening: refused at once
        closed.bind(("127.0.0.1", 0))
        async with TwilioDouble() as twilio:
            twilio.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
            sender = sender_of(twilio)
            with pytest.raises(NotSent) as refused:
                await sender.send(message())
            assert refused.value.retryable
            with pytest.raises(Unknown):
                await sender.find(message())
            with pytest.raises(Unknown):
                await sender.delivery_of(CarrierId("SM" + "0" * 32))
            await sender.aclose()


async def test_a_connection_that_never_opens_has_definitely_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(8)]  # more than it queues: the kernel drops what follows
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)
        async with TwilioDouble() as twilio:
            twilio.url = f"http://127.0.0.1:{address[1]}"
            sender = sender_of(twilio, timeout_s=0.5)
            with pytest.raises(NotSent) as refused:
                await sender.send(message())
            assert refused.value.retryable
            await sender.aclose()
        for client in waiting:
            client.close()


async def test_a_tls_that_is_none_has_definitely_sent_nothing(twilio: TwilioDouble) -> None:
    twilio.url = twilio.url.replace("http:", "https:")
    sender = sender_of(twilio)
    with pytest.raises(NotSent) as refused:
        await sender.send(message())
    await sender.aclose()
    assert refused.value.retryable
    assert twilio.messages == []


async def test_a_send_that_is_cancelled_is_over_at_once(twilio: TwilioDouble, sender: TwilioSender) -> None:
    twilio.stall_next()
    sending = asyncio.create_task(sender.send(message()))
    await twilio.arrived()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending


# Finding


async def test_find_takes_only_this_number_this_text_and_this_time(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    await sender.send(message(to="+12125550199"))
    await sender.send(message(text=TEXT + "x"))
    await sender.send(message(text=TEXT[1:]))
    await sender.send(message())
    twilio.messages[-1].created_at -= timedelta(minutes=10)  # the same link, sent before
    assert await sender.find(message()) is None
    right = await sender.send(message())
    found = await sender.find(message())
    assert found is not None
    assert found.carrier_id == right.carrier_id


async def test_find_bears_clocks_that_are_a_minute_apart(twilio: TwilioDouble, sender: TwilioSender) -> None:
    await sender.send(message())
    assert await sender.find(message(created_at=datetime.now(UTC) + timedelta(minutes=1))) is not None


async def test_the_same_link_sent_again_is_not_taken_for_the_first(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    first = await sender.send(message(key="msg_1"))
    again = message(key="msg_2")
    assert await sender.find(again, taken={first.carrier_id}) is None
    twilio.drop_next(after_storing=True)
    with pytest.raises(Unknown):
        await sender.send(again)
    found = await sender.find(again, taken={first.carrier_id})
    assert found is not None
    assert found.carrier_id == twilio.messages[1].sid


async def test_of_two_that_match_the_older_is_found_first(twilio: TwilioDouble, sender: TwilioSender) -> None:
    older, newer = await sender.send(message()), await sender.send(message(key="msg_2"))
    twilio.message(older.carrier_id).created_at -= timedelta(seconds=5)
    for taken, right in (((), older), ((older.carrier_id,), newer)):
        found = await sender.find(message(), taken=taken)
        assert found is not None
        assert found.carrier_id == right.carrier_id


async def test_an_endless_answer_is_cut_off(twilio: TwilioDouble, sender: TwilioSender) -> None:
    listed = {"sid": "SM" + "0" * 32, "body": "x" * 2_000_000, "status": "queued"}
    twilio.answer_next(200, json.dumps({"messages": [listed], "page_size": 50}))
    with pytest.raises(Unknown):
        await sender.find(message())


async def test_find_tells_how_far_the_message_is(twilio: TwilioDouble, sender: TwilioSender) -> None:
    await sender.send(message())
    twilio.messages[0].status, twilio.messages[0].error_code = "undelivered", 30007
    found = await sender.find(message())
    assert found is not None
    assert found.delivery.state is CarrierState.FAILED
    assert found.delivery.reason == "The carrier filtered the text as spam."


async def test_find_turns_pages(twilio: TwilioDouble, sender: TwilioSender) -> None:
    right = await sender.send(message())
    twilio.messages[0].created_at -= timedelta(seconds=1)
    await asyncio.gather(*(sender.send(message(text=f"other {i}")) for i in range(140)))
    twilio.requests.clear()
    found = await sender.find(message())
    assert found is not None
    assert found.carrier_id == right.carrier_id
    assert len(twilio.requests) == 2


async def test_find_does_not_say_no_when_there_is_too_much_to_look_through(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    await asyncio.gather(*(sender.send(message(text=f"other {i}")) for i in range(310)))
    with pytest.raises(Unknown, match="too many"):
        await sender.find(message())


async def test_a_trial_accounts_texts_are_found_in_spite_of_twilios_sentence() -> None:
    async with TwilioDouble(trial=True) as twilio:
        sender = sender_of(twilio)
        sent = await sender.send(message())
        assert twilio.messages[0].body != TEXT
        found = await sender.find(message())
        await sender.aclose()
        assert found is not None
        assert found.carrier_id == sent.carrier_id


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"messages": 7}', '{"messages": [7]}', '{"a": [], "b": []}']
)
async def test_a_list_that_makes_no_sense_is_unknown(
    twilio: TwilioDouble, sender: TwilioSender, body: str
) -> None:
    twilio.answer_next(200, body)
    with pytest.raises(Unknown):
        await sender.find(message())


async def test_a_list_without_a_date_is_unknown(twilio: TwilioDouble, sender: TwilioSender) -> None:
    listed = {"sid": "SM" + "0" * 32, "body": TEXT, "status": "queued", "date_created": "yesterday"}
    twilio.answer_next(200, json.dumps({"messages": [listed], "page_size": 50}))
    with pytest.raises(Unknown):
        await sender.find(message())


@pytest.mark.parametrize("fault", ["stall", "drop", "fail", "refuse"])
async def test_a_search_that_fails_says_unknown_and_not_none(twilio: TwilioDouble, fault: str) -> None:
    sender = sender_of(twilio, timeout_s=0.4)
    await sender.send(message())
    if fault == "stall":
        twilio.stall_next()
    elif fault == "drop":
        twilio.drop_next(after_storing=False)
        twilio.drop_next(after_storing=False)  # aiohttp asks once more when a GET's connection is lost
    else:
        twilio.fail_next(20503 if fault == "fail" else 20429)
    with pytest.raises(Unknown):
        await sender.find(message())
    await sender.aclose()


async def test_a_missed_report_can_be_asked_for(twilio: TwilioDouble, sender: TwilioSender) -> None:
    sent = await sender.send(message())
    assert await sender.delivery_of(sent.carrier_id) == Delivery(state=CarrierState.ACCEPTED)
    twilio.messages[0].status = "delivered"
    assert await sender.delivery_of(sent.carrier_id) == Delivery(state=CarrierState.DELIVERED)
    with pytest.raises(Unknown):
        await sender.delivery_of(CarrierId("SM" + "f" * 32))
    with pytest.raises(ValueError):
        await sender.delivery_of(CarrierId("../../Accounts"))


# Reports


def parsed(sender: CallbackReader, callback: SignedCallback) -> tuple[CarrierId, Delivery]:
    form = parse_form(urlencode(callback.params).encode())
    assert sender.verify_callback(callback.url, form, callback.signature)
    return sender.parse_callback(form)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", CarrierState.ACCEPTED),
        ("queued", CarrierState.ACCEPTED),
        ("sending", CarrierState.ACCEPTED),
        ("sent", CarrierState.SENT),
        ("delivered", CarrierState.DELIVERED),
        ("read", CarrierState.DELIVERED),
        ("undelivered", CarrierState.FAILED),
        ("failed", CarrierState.FAILED),
        ("canceled", CarrierState.FAILED),
        ("partially_delivered", CarrierState.ACCEPTED),
        ("something_new", CarrierState.ACCEPTED),
    ],
)
async def test_every_status_has_a_state(
    twilio: TwilioDouble, sender: TwilioSender, status: str, state: CarrierState
) -> None:
    sent = await sender.send(message())
    carrier_id, delivery = parsed(sender, twilio.signed(sent.carrier_id, status))
    assert carrier_id == sent.carrier_id
    assert delivery.state is state
    assert (delivery.reason is not None) == (state is CarrierState.FAILED)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (30003, "cannot be reached"),
        (30004, "blocks"),
        (30005, "does not know this number"),
        (30006, "landline"),
        (30007, "filtered"),
        (30008, "does not say why"),
        (30034, "registered"),
        (30036, "expired"),
        (39999, "error 39999"),
    ],
)
async def test_a_failure_gives_the_carriers_reason_in_plain_words(
    twilio: TwilioDouble, sender: TwilioSender, code: int, words: str
) -> None:
    sent = await sender.send(message())
    _, delivery = parsed(sender, twilio.signed(sent.carrier_id, "undelivered", error_code=code))
    assert delivery.reason is not None
    assert words in delivery.reason
    assert delivery.code == str(code)


async def test_reports_that_come_early_twice_and_out_of_order_end_in_the_truth(
    twilio: TwilioDouble, sender: TwilioSender
) -> None:
    known: dict[CarrierId, Delivery] = {}
    seen: list[str] = []

    async def receive(request: web.Request) -> web.Response:
        form = parse_form(await request.read())
        if not sender.verify_callback(CALLBACK, form, request.headers.get("X-Twilio-Signature")):
            return web.Response(status=403)
        carrier_id, delivery = sender.parse_callback(form)
        seen.append(delivery.state)
        known[carrier_id] = advance(known.get(carrier_id), delivery)
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/status", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ours = f"http://127.0.0.1:{runner.addresses[0][1]}/status"

    twilio.report_before_answering_next("delivered", to_url=ours)
    sent = await sender.send(message())
    assert known == {sent.carrier_id: Delivery(state=CarrierState.DELIVERED)}
    for status in ("sent", "queued", "sent", "delivered", "undelivered"):
        assert await twilio.callback(sent.carrier_id, status, ours) == 204
    assert seen == ["delivered", "sent", "accepted", "sent", "delivered", "failed"]
    assert advance(known[sent.carrier_id], sent.delivery).state is CarrierState.DELIVERED
    assert twilio.message(sent.carrier_id).status == "delivered"

    for wrong in ("", "nonsense", "Zm9yZ2Vk", sign("f" * 32, CALLBACK, [])):
        assert await twilio.callback(sent.carrier_id, "failed", ours, signature=wrong) == 403
    assert await twilio.callback(sent.carrier_id, "failed", ours, extra=[("ErrorCode", "30007")]) == 403
    assert await twilio.callback(sent.carrier_id, "failed", ours, signed_url=ours) == 403
    assert len(seen) == 6
    await runner.cleanup()


async def test_only_an_untouched_report_is_believed(twilio: TwilioDouble, sender: TwilioSender) -> None:
    sent = await sender.send(message())
    url, params, signature = twilio.signed(sent.carrier_id, "delivered")
    assert sender.verify_callback(url, params, signature)
    assert sender.verify_callback(url, list(reversed(params)), signature)
    for nothing in (None, "", " ", "é", "\ud800", signature[:-1], signature + "=", signature.lower()):
        assert not sender.verify_callback(url, params, nothing)
    for index, (name, value) in enumerate(params):
        changed = [*params[:index], (name, value + "x"), *params[index + 1 :]]
        renamed = [*params[:index], (name + "x", value), *params[index + 1 :]]
        without = params[:index] + params[index + 1 :]
        for altered in (changed, renamed, without):
            assert not sender.verify_callback(url, altered, signature)
    assert not sender.verify_callback(url, [*params, ("MessageStatus", "failed")], signature)
    assert not sender.verify_callback(url, [("\ud800", "x")], signature)
    assert not sender.verify_callback(url, [], signature)
    for other in (url + "2", url.replace("m=msg_1", "m=msg_2"), url.replace("https", "http"), "", "x:y:z"):
        assert not sender.verify_callback(other, params, signature)
    other_account = TwilioDouble()
    assert not sender.verify_callback(url, params, sign(other_account.auth_token, url, params))


async def test_an_address_with_a_port_is_believed_too(twilio: TwilioDouble, sender: TwilioSender) -> None:
    sent = await sender.send(message(callback="https://sightline.example.gov:8443/api/twilio/status"))
    callback = twilio.signed(sent.carrier_id, "sent")
    assert sender.verify_callback(callback.url, callback.params, callback.signature)


SID = "SM" + "0a" * 16


@pytest.mark.parametrize(
    "params",
    [
        [],
        [("MessageSid", SID)],
        [("MessageStatus", "sent")],
        [("MessageSid", ""), ("MessageStatus", "sent")],
        [("MessageSid", "SM1"), ("MessageStatus", "sent")],
        [("MessageSid", SID + "\n"), ("MessageStatus", "sent")],
        [("MessageSid", "CA" + "0a" * 16), ("MessageStatus", "sent")],
        [("MessageSid", SID), ("MessageStatus", "")],
        [("MessageSid", SID), ("MessageStatus", "<b>")],
        [("MessageSid", SID), ("MessageStatus", "s" * 100)],
        [("MessageSid", SID), ("MessageStatus", "sent"), ("MessageStatus", "failed")],
        [("MessageSid", SID), ("MessageSid", SID), ("MessageStatus", "sent")],
        [("MessageSid", SID), ("MessageStatus", "sent"), ("AccountSid", "AC" + "1" * 32)],
    ],
)
def test_a_report_that_is_none_is_refused(params: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError):
        offline().parse_callback(params)


@pytest.mark.parametrize("code", ["", "0", "x", "30007 ", "٣٠٠٠٧", "9" * 50])
def test_an_error_code_that_is_none_is_left_out(code: str) -> None:
    _, delivery = offline().parse_callback(
        [("MessageSid", SID), ("MessageStatus", "failed"), ("ErrorCode", code)]
    )
    assert delivery == Delivery(
        state=CarrierState.FAILED, reason="The text was not delivered; the carrier does not say why."
    )


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5), st.text(max_size=40))
def test_nothing_posted_brings_the_reader_down(params: list[tuple[str, str]], signature: str) -> None:
    assert not offline().verify_callback(CALLBACK, params, signature)
    with pytest.raises(ValueError):
        offline().parse_callback(params)


@given(st.binary(max_size=300))
def test_a_body_is_a_form_or_a_value_error(body: bytes) -> None:
    try:
        pairs = parse_form(body)
    except ValueError:
        return
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in pairs)


@pytest.mark.parametrize("body", [b"a=%ff", b"\xff=1", b"a=1&" * 101, b"a" * 20_000, b"a=\xc3\xa9"])
def test_a_hostile_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_form(body)


def test_a_form_keeps_its_order_its_empty_values_and_its_repetitions() -> None:
    assert parse_form(b"b=1&a=&b=%2B1+2") == [("b", "1"), ("a", ""), ("b", "+1 2")]


# Settings and secrets


def offline(**changed: str) -> TwilioSender:
    settings = {
        "account_sid": "AC" + "0" * 32,
        "auth_token": "cafe" * 8,
        "sender": "+12125550100",
        **changed,
    }
    return TwilioSender(
        account_sid=settings["account_sid"],
        auth_token=settings["auth_token"],
        sender=settings["sender"],
        base_url=settings.get("base_url", "https://api.twilio.com"),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"account_sid": ""},
        {"account_sid": "SK" + "0" * 32},
        {"account_sid": "AC" + "0" * 32 + "\n"},
        {"auth_token": ""},
        {"auth_token": "cafe" * 8 + "\n"},
        {"sender": ""},
        {"sender": "2125550100 x 12345"},
        {"sender": "Springfield 911"},
        {"base_url": "http://api.twilio.com"},
        {"base_url": "http://127.0.0.1.example.com"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://"},
        {"base_url": "https://user@api.twilio.com"},
        {"base_url": "https://api.twilio.com/path"},
    ],
)
def test_settings_that_cannot_work_are_refused_without_repeating_a_secret(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError) as refused:
        offline(**changed)
    assert "cafe" not in str(refused.value)


@pytest.mark.parametrize(
    "changed",
    [
        {"sender": "12345"},
        {"sender": "Sightline"},
        {"sender": "MG" + "0a" * 16},
        {"base_url": "https://api.dublin.ie1.twilio.com/"},
        {"base_url": "http://localhost:1"},
        {"base_url": "http://[::1]:1"},
    ],
)
def test_every_kind_of_sender_and_a_regional_edge_are_taken(changed: dict[str, str]) -> None:
    sender: Sender = offline(**changed)
    assert sender.kind == "sms"


async def test_no_log_repr_or_traceback_shows_a_secret_a_number_or_a_text(
    twilio: TwilioDouble, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    for name in ("twilio", "twilio.http_client", "twilio.async_http_client", "aiohttp", "aiohttp.client"):
        logging.getLogger(name).setLevel(1)
    sender = sender_of(twilio, timeout_s=0.4)
    shown = [repr(sender), str(sender), repr(vars(sender)), repr(vars(sender._http))]
    await sender.send(message())
    await sender.find(message())
    twilio.fail_next(21211)  # Twilio's own words repeat the number
    twilio.answer_next(302, TEXT)
    twilio.stall_next()
    twilio.drop_next(after_storing=True)
    twilio.answer_next(200, TEXT + TO)
    for _ in range(5):
        try:
            await sender.send(message())
        except (NotSent, Unknown) as error:
            shown += [repr(error), str(error), "".join(traceback.format_exception(error))]
    twilio.answer_next(404, TEXT + TO)
    twilio.answer_next(200, TEXT + TO)
    for _ in range(2):
        with pytest.raises(Unknown) as unknown:
            await sender.find(message())
        shown += ["".join(traceback.format_exception(unknown.value))]
    await sender.aclose()
    shown += [record.getMessage() for record in caplog.records]
    shown += capsys.readouterr()
    everything = "\n".join(shown)
    for secret in (SECRET, twilio.auth_token, TO, TO[2:]):
        assert secret not in everything


async def test_settings_in_the_environment_do_not_reroute_or_replace_anything(
    twilio: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "TWILIO_EDGE": "dublin",
        "TWILIO_REGION": "ie1",
        "TWILIO_AUTH_TOKEN": "0" * 32,
        "HTTP_PROXY": "http://127.0.0.1:1",
        "http_proxy": "http://127.0.0.1:1",
    }.items():
        monkeypatch.setenv(name, value)
    sender = sender_of(twilio)
    await sender.send(message())
    await sender.aclose()
    assert len(twilio.messages) == 1
