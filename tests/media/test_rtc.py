"""The private names of media/rtc.py are there in the shape it knows; STUN holds against anything."""

import asyncio
import inspect
import re
import struct

import aiortc
import aiortc.rtcdtlstransport as dtls
import pytest
from aioice import stun
from aiortc.sdp import SessionDescription, grouplines, parse_h264_profile_level_id
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from media import rtc


@pytest.mark.parametrize(
    ("thing", "signature"),
    [
        (aiortc.RTCCertificate.generateCertificate, r"\(\) -> ~CERTIFICATE_T"),
        (dtls.RTCDtlsTransport.__init__, r"\(self, transport: .*, certificates: .*\) -> None"),
        (dtls.RTCDtlsTransport.start, r"\(self, remoteParameters: .*RTCDtlsParameters\) -> None"),
        (dtls.RTCDtlsTransport.stop, r"\(self\) -> None"),
        (dtls.RTCDtlsTransport._set_role, r"\(self, role: str\) -> None"),
        (SessionDescription.parse, r"\(sdp: str\) -> .*SessionDescription.*"),
        (grouplines, r"\(sdp: str\) -> tuple\[list\[str\], list\[list\[str\]\]\]"),
        (parse_h264_profile_level_id, r"\(profile_str: str\) -> tuple\[.*\]"),
        (stun.parse_message, r"\(data: bytes\) -> .*Message"),
        (stun.Message.check_message_integrity, r"\(self, key: bytes\) -> bool"),
        (stun.Message.add_message_integrity, r"\(self, key: bytes\) -> None"),
    ],
)
def test_a_borrowed_name_has_the_signature_we_know(thing: object, signature: str) -> None:
    assert callable(thing)
    found = str(inspect.signature(thing))
    assert re.fullmatch(signature, found), found


async def test_a_dtls_transport_has_the_parts_we_take() -> None:
    wire = rtc._Wire(lambda _: None)
    transport = dtls.RTCDtlsTransport(wire, [aiortc.RTCCertificate.generateCertificate()])  # type: ignore[arg-type]
    assert transport._srtp_profiles is dtls.SRTP_PROFILES
    assert transport._task is None
    assert {"_rx_srtp", "_tx_srtp"} <= vars(transport).keys()
    assert transport.state == "new"
    source = inspect.getsource(dtls.RTCDtlsTransport)
    assert {name for name in ("_recv", "_send", "role") if f"transport.{name}" in source} == {
        "_recv",
        "_send",
        "role",
    }


def test_libsrtp_is_called_as_it_wants_to_be() -> None:
    def srtp(kind: int) -> rtc.Srtp:
        policy = Policy(
            key=bytes(range(28)), ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        )
        return rtc.Srtp(Session(policy))

    ours, theirs = srtp(Policy.SSRC_ANY_OUTBOUND), srtp(Policy.SSRC_ANY_INBOUND)
    packet = struct.pack("!BBHII", 0x80, 96, 1, 2, 3) + bytes(1400)
    protected = ours.protect(packet)
    assert protected is not None
    assert len(protected) == len(packet) + 16
    assert theirs.unprotect(protected) == packet
    assert theirs.unprotect(protected) is None  # repeated
    assert theirs.unprotect(bytes(40)) is None
    assert ours.protect(bytes(5000)) is None
    report = struct.pack("!BBHII", 0x80, 201, 2, 3, 4)[:8] + bytes(4)
    hidden = ours.protect_rtcp(report)
    assert hidden is not None
    assert theirs.unprotect_rtcp(hidden) == report
    assert theirs.unprotect_rtcp(hidden[:-1]) is None


def request(**attributes: object) -> bytes:
    message = stun.Message(
        stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "ours:theirs", **attributes}
    )
    message.add_message_integrity(b"secret")
    return bytes(message)


def test_a_check_names_its_peer_and_is_verified() -> None:
    assert rtc.checked_ufrag(request()) == b"ours"
    assert rtc.nominates(request(), "secret") is False
    assert rtc.nominates(request(**{"USE-CANDIDATE": None}), "secret") is True
    assert rtc.nominates(request(), "guess") is None
    unsigned = bytes(stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "ours:x"}))
    assert rtc.nominates(unsigned, "secret") is None


def test_the_answer_to_a_check_can_be_verified() -> None:
    data = request()
    answer = stun.parse_message(rtc.binding_response(data, ("192.0.2.9", 4242), "secret"))
    assert answer.check_message_integrity(b"secret")
    assert answer.transaction_id == data[8:20]
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.9", 4242)


@given(st.binary(max_size=200))
def test_no_bytes_make_stun_raise(data: bytes) -> None:
    rtc.checked_ufrag(data)
    assert rtc.nominates(data, "secret") is None


@given(st.data())
def test_no_damaged_check_is_taken(data: st.DataObject) -> None:
    good = request(**{"USE-CANDIDATE": None, "PRIORITY": 5})
    at = data.draw(st.integers(0, len(good) - 9))  # beyond that is the fingerprint
    bit = data.draw(st.integers(0, 7))
    bad = bytearray(good)
    bad[at] ^= 1 << bit
    rtc.checked_ufrag(bytes(bad))
    assert rtc.nominates(bytes(bad), "secret") is None


async def test_a_handshake_that_is_cancelled_as_a_datagram_comes_ends() -> None:
    certificate = rtc.Certificate()
    shaking = rtc.Dtls(certificate, client=True, fingerprints=(certificate.fingerprint,), send=lambda _: None)
    task = asyncio.create_task(shaking.run(lambda *_: None))
    await asyncio.sleep(0.05)
    shaking.receive(bytes([22]) + bytes(20))
    await asyncio.sleep(0)
    shaking.close()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
