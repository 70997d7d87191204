"""E-mail, against a real mail server that refuses, waits, breaks off or asks for TLS."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from notifications import mailboxes
from notifications.mail import MailSender
from notifications.messages import letter
from notifications.ports import Message, MessageKey, NotSent, Unknown
from notifications.templates import Ask, Reader
from tests.notifications.mail_server import PASSWORD, USER, MailServer, mail_server

URL = "https://call.example.gov/c#0000000000000000000000"
FROM = "911@dearborn.example"


def message(**more: Any) -> Message:
    words = letter("Dearborn Police", URL, Ask.LIVE)
    given = {
        "key": MessageKey("msg_1"),
        "to": "ann@example.com",
        "text": words.text,
        "html": words.html,
        "subject": words.subject,
        "sender_name": "Dearborn Police",
        "created_at": datetime(2026, 11, 27, 12, tzinfo=UTC),
    }
    return Message(**{**given, **more})


def to(server: MailServer, **more: Any) -> MailSender:
    return MailSender(**{"host": "localhost", "port": server.port, "sender": FROM, "ca": server.ca, **more})


async def test_a_letter_arrives_as_plain_words_and_simple_html() -> None:
    async with mail_server() as server:
        sent = await to(server).send(message())
    (held,) = server.letters
    assert sent.carrier_id == "mail-msg_1"
    assert held["Message-ID"] == "<msg_1@dearborn.example>"
    assert (held["To"], held["From"]) == ("ann@example.com", f"Dearborn Police <{FROM}>")
    assert held["Auto-Submitted"] == "auto-generated"
    assert server.arrived[0][0].mail_from == FROM
    plain, rich = (held.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert rich is not None
    assert plain.get_content().splitlines()[-1] == URL
    page = rich.get_content()
    assert page.count(URL) == 2
    assert "<img" not in page
    assert page.count("http") == 2  # nothing that tells whether it was opened


@pytest.mark.parametrize("tls", ["starttls", "smtps"])
async def test_the_server_is_spoken_to_by_tls_and_signed_in_to(tmp_path: Path, tls: str) -> None:
    async with mail_server(tmp_path, tls=tls, login=True) as server:
        mail = {"tls": tls == "smtps", "user": USER}
        await to(server, **mail, password=PASSWORD).send(message())
        assert tls == "smtps" or server.arrived[0][1].ssl is not None  # the first has no other way in
        with pytest.raises(NotSent, match="sign-in") as no:
            await to(server, **mail, password="wrong").send(message())
        assert PASSWORD not in repr(to(server, **mail, password=PASSWORD)) + repr(no.value)
        with pytest.raises(NotSent, match="TLS"):  # not a certificate that this machine trusts
            await to(server, **mail, password=PASSWORD, ca=None).send(message())
    assert len(server.letters) == 1


async def test_nothing_goes_in_the_clear_to_another_machine() -> None:
    async with mail_server(host="127.0.0.2") as server:  # not a name of this machine
        with pytest.raises(NotSent, match="TLS") as no:
            await to(server, host="127.0.0.2").send(message())
    assert not no.value.retryable
    assert server.letters == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("550 5.1.1 <ann@example.com>: unknown user", "no such mailbox"),
        ("552 5.2.2 over quota", "full"),
        ("550 5.7.1 blocked, see https://spam.example", "does not let us send"),
        ("550 go away", "does not take this address"),
        ("553 5.9.9 новый", "does not take this address"),
    ],
)
async def test_a_refusal_is_said_in_words_of_ours(answer: str, words: str) -> None:
    async with mail_server() as server:
        server.refuse_rcpt = [answer]
        with pytest.raises(NotSent, match=words) as no:
            await to(server).send(message())
    assert not no.value.retryable
    assert "example" not in no.value.reason


async def test_a_grey_list_is_tried_again_and_then_it_goes() -> None:
    async with mail_server() as server:
        server.refuse_rcpt = ["451 4.7.1 greylisted, try again in 60 s"]
        server.refuse_data = ["452 4.3.1 disk full"]
        for _ in range(2):
            with pytest.raises(NotSent) as no:
                await to(server).send(message())
            assert no.value.retryable
        await to(server).send(message())
        server.refuse_data = ["554 5.7.1 spam"]
        with pytest.raises(NotSent, match="let us send") as last:
            await to(server).send(message())
    assert not last.value.retryable


async def test_a_server_that_is_slow_or_away_has_not_got_it() -> None:
    async with mail_server() as server:
        server.stall_s = 60
        with pytest.raises(NotSent) as slow:
            await to(server, timeout_s=0.3).send(message())
    with pytest.raises(NotSent, match="cannot be reached") as away:
        await to(server).send(message())
    assert slow.value.retryable
    assert away.value.retryable


async def test_a_lost_answer_leaves_it_unknown_and_it_is_not_sent_again_by_itself() -> None:
    async with mail_server() as server:
        server.drop_after_data = True
        sender = to(server)
        with pytest.raises(Unknown):
            await sender.send(message())
        found = await sender.find(message())
    assert found is not None
    assert "did not say" in (found.delivery.reason or "")
    assert len(server.letters) == 1


async def test_letters_at_once_do_not_wait_for_each_other() -> None:
    async with mail_server() as server:
        sender = to(server)
        await asyncio.gather(*(sender.send(message(key=MessageKey(f"msg_{n}"))) for n in range(8)))
    assert len({held["Message-ID"] for held in server.letters}) == 8


def test_a_quiet_letter_names_nobody() -> None:
    for reader in Reader:
        quiet = letter("Dearborn Police", URL, Ask.LIVE, reader=reader, quiet=True)
        assert not quiet.named
        said = (quiet.subject + quiet.text + quiet.html).replace(URL, "").lower()
        assert not [word for word in ("police", "911", "emergency", "help", "camera") if word in said]


def test_what_is_typed_becomes_an_address_or_a_sentence() -> None:
    assert mailboxes.normalise("  Ann.O'Hara+911@Example.COM ") == "Ann.O'Hara+911@example.com"
    assert mailboxes.normalise("ann@bücher.example") == "ann@xn--bcher-kva.example"
    for wrong in (
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@1.2.3.4",
        "a b@example.com",
        "ann@example.com\r\nBcc: all@example.com",
        "<ann@example.com>",
        "ann..o@example.com",
        "änn@example.com",
        "ann@-example.com",
        "ann@exa mple.com",
        "a" * 65 + "@example.com",
        "ann@" + "a." * 130 + "com",
    ):
        with pytest.raises(mailboxes.BadMailbox):
            mailboxes.normalise(wrong)
