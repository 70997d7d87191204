"""Cursor on Target to real receivers: UDP, multicast, TCP, TLS with a certificate; slow and absent ones."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifications import tak
from notifications.cot import Marker, MarkerKind, event, removal
from notifications.tak import Destination, Keys, check
from tests.notifications.cot_reader import Event, Heard, stream, udp

NOW = datetime(2026, 11, 27, 3, 4, 5, 678901, tzinfo=UTC)


def marker(number: int = 1, **changes: object) -> Marker:
    given: dict[str, object] = {
        "uid": f"sightline.unt_{number}",
        "kind": MarkerKind.UNIT,
        "label": 'Unit <12> & "co"',
        "latitude": 42.3223456,
        "longitude": -83.1763,
        "at": NOW - timedelta(seconds=3),
        "stale": NOW + timedelta(seconds=60),
        "accuracy_m": 7.0,
    }
    return Marker(**{**given, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def sending(destination: Destination) -> AsyncIterator[Destination]:
    task = asyncio.create_task(destination.run())
    try:
        yield destination
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_an_event_says_what_it_is_given() -> None:
    said = Event(event(marker(heading_deg=271.25, speed_mps=13.37), NOW))
    assert (said.uid, said.type, said.how) == ("sightline.unt_1", "a-f-G-U", "m-g")
    assert (said.lat, said.lon, said.ce, said.hae, said.le) == (42.322346, -83.1763, 7.0, 9999999, 9999999)
    assert [(at - NOW).total_seconds() for at in (said.time, said.start, said.stale)] == pytest.approx(
        [0, -3, 60], abs=0.001
    )
    assert said.detail == {
        "contact": {"callsign": 'Unit <12> & "co"'},
        "track": {"course": "271.2", "speed": "13.4"},
    }
    page = "https://call.example.gov/#inc_1"
    camera = Event(event(marker(kind=MarkerKind.CAMERA, looks_deg=90.0, field_deg=60.0, page=page), NOW))
    assert camera.detail["sensor"] == {"fov": "60", "azimuth": "90"}
    assert (camera.detail["__video"], camera.detail["link"]["url"]) == ({"url": page}, page)
    guess = Event(event(marker(kind=MarkerKind.INCIDENT, guessed=True, accuracy_m=None, page=page), NOW))
    assert (guess.how, guess.ce, "__video" in guess.detail) == ("h-e", 9999999, False)
    gone = Event(removal(marker(), NOW))
    assert (gone.type, gone.detail["link"]["uid"]) == ("t-x-d-d", "sightline.unt_1")
    assert gone.uid != "sightline.unt_1"


async def test_udp_and_multicast_take_an_event_a_datagram() -> None:
    for group in (None, "239.2.3.1"):
        async with udp(group) as heard, sending(Destination(heard.url)) as destination:
            for number in range(20):
                destination.offer(f"{number}", event(marker(number), NOW))
            await heard.until(lambda e: e.uid == "sightline.unt_19")
            assert [e.uid for e in heard.events] == [f"sightline.unt_{number}" for number in range(20)]


async def test_a_server_that_was_away_gets_the_newest_of_each_and_only_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = Heard()
    async with stream(heard):
        port = int(heard.url.rsplit(":", 1)[1])
    monkeypatch.setattr(tak, "WAITING", 3)
    async with sending(Destination(f"tcp://127.0.0.1:{port}")) as destination:
        for latitude in (10.0, 20.0, 30.0):
            for number in range(4):
                destination.offer(f"{number}", event(marker(number, latitude=latitude), NOW))
        await asyncio.sleep(1)  # it has been tried
        async with stream(heard, port):
            await heard.until(lambda e: e.uid == "sightline.unt_3")
            assert [(e.uid, e.lat) for e in heard.events] == [(f"sightline.unt_{n}", 30.0) for n in (1, 2, 3)]
            assert destination.dropped == 9
            said = len(heard.events)
        async with stream(heard, port):  # it was restarted
            while heard.connections < 2:
                destination.offer("5", event(marker(5), NOW))
                await asyncio.sleep(0.1)
            await heard.until(lambda e: e.uid == "sightline.unt_5", after=said)


async def test_a_server_that_reads_nothing_is_given_up_and_holds_up_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tak, "SEND_S", 0.5)
    monkeypatch.setattr(tak, "WAITING", 100)
    heard = Heard()
    async with stream(heard, deaf=True), sending(Destination(heard.url)) as destination:
        number = 0
        while heard.connections < 2:
            for _ in range(100):
                number += 1
                destination.offer(f"{number}", event(marker(number, label="x" * 40_000), NOW))
            assert len(destination._waiting) <= 100
            await asyncio.sleep(0.05)


async def test_tls_shows_our_certificate_and_refuses_a_stranger(tmp_path: Path) -> None:
    ours = keys(tmp_path, "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ours.cert, ours.key)
    context.load_verify_locations(ours.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    heard = Heard()
    async with stream(heard, tls=context):
        async with sending(Destination(heard.url, ours)) as destination:
            destination.offer("1", event(marker(), NOW))
            await heard.until(lambda e: e.uid == "sightline.unt_1")
        other = keys(tmp_path, "other")  # who signs for that server is unknown to this one
        async with sending(Destination(heard.url, other)) as destination:
            destination.offer("2", event(marker(2), NOW))
            await asyncio.sleep(1.5)
            assert "2" in destination._waiting
    assert [e.uid for e in heard.events] == ["sightline.unt_1"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a:1",
        "tcp://a",
        "tcp://:8087",
        "udp://a:0",
        "tcp://a:8087/x",
        "tcp://me:secret@a:1",
        "tls://a:8089",
    ],
)
def test_a_destination_that_cannot_be(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not|needs|out of range"):
        check(url, None)


def test_nothing_of_pytak_is_loaded_before_something_is_sent() -> None:
    script = "import sys, backend.app, notifications.tak; print('pytak' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def keys(folder: Path, name: str) -> Keys:
    """An authority and what it has signed, for localhost: as server and as client."""
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(UTC)

    def made(of: x509.Name, public: ec.EllipticCurvePublicKey, authority: bool) -> x509.Certificate:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        return (
            x509.CertificateBuilder()
            .subject_name(of)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(signer, hashes.SHA256())
        )

    found = Keys(cert=folder / f"{name}.pem", key=folder / f"{name}.key", ca=folder / f"{name}-ca.pem")
    found.ca.write_bytes(made(issuer, signer.public_key(), True).public_bytes(serialization.Encoding.PEM))
    found.cert.write_bytes(made(subject, key.public_key(), False).public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return found
