"""What the outbox is told: reports in any order, and values that keep their secrets."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.console import ConsoleSender
from notifications.ports import CarrierState, Delivery, Message, MessageKey, Sender, advance

ACCEPTED, SENT, DELIVERED, FAILED = (
    Delivery(state=CarrierState.ACCEPTED),
    Delivery(state=CarrierState.SENT),
    Delivery(state=CarrierState.DELIVERED),
    Delivery(state=CarrierState.FAILED, reason="The carrier filtered the text as spam.", code="30007"),
)


def fold(reports: tuple[Delivery, ...]) -> Delivery:
    now = reports[0]
    for report in reports[1:]:
        now = advance(now, report)
    return now


@pytest.mark.parametrize("order", itertools.permutations((ACCEPTED, SENT, DELIVERED)))
def test_reports_in_any_order_end_at_delivered(order: tuple[Delivery, ...]) -> None:
    assert fold(order) == DELIVERED


@pytest.mark.parametrize("order", itertools.permutations((ACCEPTED, SENT, FAILED)))
def test_reports_in_any_order_end_at_failed_with_the_reason(order: tuple[Delivery, ...]) -> None:
    assert fold(order) == FAILED


@pytest.mark.parametrize("order", [(DELIVERED, FAILED), (FAILED, DELIVERED)])
def test_a_phone_that_has_the_text_outweighs_a_report_of_failure(order: tuple[Delivery, ...]) -> None:
    assert fold(order) == DELIVERED


def test_a_failure_without_a_reason_takes_the_reason_when_it_comes() -> None:
    assert advance(Delivery(state=CarrierState.FAILED), FAILED) == FAILED
    assert advance(FAILED, Delivery(state=CarrierState.FAILED)) == FAILED


@given(st.lists(st.sampled_from((ACCEPTED, SENT, DELIVERED, FAILED)), min_size=1, max_size=12))
def test_the_order_and_number_of_reports_make_no_difference(reports: list[Delivery]) -> None:
    assert fold(tuple(reports)) == fold(tuple(reversed(reports))) == fold(tuple(reports * 2))


def test_a_message_shows_neither_its_text_nor_its_number() -> None:
    message = Message(
        key=MessageKey("msg_1"),
        to="+12125550123",
        text="https://x.gov/c#SECRET",
        created_at=datetime.now(UTC),
    )
    for shown in (repr(message), str(message), f"{message}", repr([message])):
        assert "SECRET" not in shown
        assert "2125550123" not in shown


async def test_the_console_sends_nothing_says_so_and_prints_nothing(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    sender: Sender = ConsoleSender()
    message = Message(key=MessageKey("msg_1"), to="+12125550123", text="…", created_at=datetime.now(UTC))
    sent = await sender.send(message)
    assert sender.kind == "console"
    assert sent.delivery.state is CarrierState.SENT
    assert sent.delivery.reason is not None
    assert "No text was sent" in sent.delivery.reason
    assert await sender.find(message) == sent
    assert await sender.find(message, taken={sent.carrier_id}) is None
    assert await sender.delivery_of(sent.carrier_id) == sent.delivery
    await sender.aclose()
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []
