"""One run: a camera's pictures on their way to the engine, through as many WHIP sessions as that takes.

The engine's counterpart, and as lean: STUN, DTLS and SRTP by media.rtc, RTP and RTCP by hand. No jitter
buffer, no encoder, no bandwidth estimate: a camera cannot be asked for less, so what does not fit is left out
in whole groups of pictures. When the path falls silent a new session begins at once, on new keys.
"""

import asyncio
import contextlib
import random
import re
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence

from media import rtc, rtcp
from media.batch import Slots
from media.connector import whip
from media.connector.path import Counts, NoPath, Path, Remote
from media.connector.sending import BURST, Frame, Pacer, Repairs, Stream
from media.offer import Fingerprint
from media.outbox import ROOM, Outbox

_SHAKE_S = 5.0
_BACK_OFF_S = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_STEADY_S = 10.0  # a session that lasted so long was a good one
# The other end may still be working on the handshake's last message: what comes before it has its keys is
# lost, and nobody asks for a keyframe's first packets of which nobody knows.
_KEYS_S = 0.05
_REPORT_EVERY_S = 1.0
_LOSSY, _HOPELESS = 13, 77  # of 256: lost since the report before
_KEYFRAMES_ONLY_AFTER = 3  # reports in a row
VIDEO_RATE, SOUND_RATE = 90_000, 48_000


class Broken(Exception):
    """This session is over; another may do better."""


class Publisher:
    """`run` publishes until cancelled or refused. `put` and `put_sound` never wait and never raise."""

    def __init__(
        self,
        endpoint: whip.Endpoint,
        certificate: rtc.Certificate,
        counts: Counts,
        *,
        with_sound: bool,
        group: Callable[[], Sequence[Frame]],
        began: Callable[[], None],
        want_keyframe: Callable[[], None],
    ) -> None:
        self.sessions = 0
        self.with_sound = with_sound
        self._endpoint = endpoint
        self._certificate = certificate
        self._counts = counts
        self._group = group
        self._began = began
        self._want_keyframe = want_keyframe
        self._drops: Counter[str] = Counter()
        self._live: Session | None = None

    async def run(self, of: Callable[[], tuple[str, bool]]) -> None:
        """Raises whip.Refused when the service has said its last word.

        Each session asks `of` for the profile, and whether a keyframe can be asked for.
        """
        failures = 0
        while True:
            began = time.monotonic()
            with contextlib.suppress(Broken, NoPath, whip.Unreachable):
                await self._session(*of())
            failures = 0 if time.monotonic() - began > _STEADY_S else failures + 1
            pause = _BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1] if failures else 0.0
            await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311

    def put(self, frame: Frame) -> None:
        if self._live is not None:
            self._live.put(frame)

    def put_sound(self, payload: bytes, at: float, arrived: float) -> None:
        if self._live is not None:
            self._live.put_sound(payload, at, arrived)

    async def _session(self, profile_level_id: str, listens: bool) -> None:
        sending = whip.new_sending(profile_level_id, sound=self.with_sound, listens=listens)
        answer, url = await self._endpoint.publish(whip.offer(sending, self._certificate.fingerprint))
        self.sessions += 1
        session = None
        try:
            session = Session(answer, sending, self._certificate, self._counts, self._want_keyframe)
            await session.open()
            await asyncio.sleep(_KEYS_S)
            self._live = session
            self._began()
            for frame in self._group():
                session.put(frame)
            await session.watch()
        finally:
            self._live = None
            if session is not None:
                await session.close()
            await asyncio.shield(self._endpoint.delete(url))


class Session:
    """One answer, one path, one pair of keys. `places`: where the engine may be found beside its answer."""

    def __init__(
        self,
        answer: str,
        sending: whip.Sending,
        certificate: rtc.Certificate,
        counts: Counts,
        want_keyframe: Callable[[], None],
        places: Sequence[str] = (),
    ) -> None:
        theirs = re.search(r"^a=fingerprint:(sha-(?:256|384|512)) ([0-9A-Fa-f:]+)", answer, re.MULTILINE)
        if theirs is None:
            raise Broken("an answer without a fingerprint")
        self._path = Path(Remote(answer, places), sending.ufrag, self._received, counts)
        self._dtls = rtc.Dtls(
            certificate,
            client=re.search(r"^a=setup:active", answer, re.MULTILINE) is None,
            fingerprints=(Fingerprint(theirs[1].lower(), theirs[2].upper()),),
            send=self._path.send,
        )
        agreed = re.search(rf"^a=rtpmap:{whip.RTX} rtx/", answer, re.MULTILINE) is not None
        self._video = Stream(sending.video_ssrc, whip.PICTURE, VIDEO_RATE, secrets.randbits(15))
        self._sound = Stream(sending.sound_ssrc, whip.OPUS, SOUND_RATE, secrets.randbits(15))
        self._with_sound = sending.sound and re.search(r"^m=audio [1-9]", answer, re.MULTILINE) is not None
        self._repairs = Repairs(sending.repair_ssrc, whip.RTX if agreed else None, secrets.randbits(15))
        self._own = sending.video_ssrc
        self._want_keyframe = want_keyframe
        self._slots = Slots(BURST, ROOM)
        self._outbox = Outbox(self._path, Counter(), self._slots)
        self._out: rtc.Srtp | None = None
        self._in: rtc.Srtp | None = None
        self._up = asyncio.Event()
        self._shaking: asyncio.Task[None] | None = None
        self._pacer: Pacer | None = None
        self._waits_for_keyframe = True
        self._keyframes_only = False
        self._hopeless = self._fine = 0

    async def open(self) -> None:
        """Raises NoPath, or Broken when nobody shakes hands."""
        await self._path.open()
        self._shaking = asyncio.ensure_future(self._dtls.run(self._connected))
        up = asyncio.ensure_future(self._up.wait())
        try:
            await asyncio.wait((self._shaking, up), timeout=_SHAKE_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
        if not self._up.is_set() or self._out is None:
            raise Broken("no DTLS")
        self._pacer = Pacer(self._path, self._outbox, self._slots, self._out, self._video, self._dropped)

    async def watch(self) -> None:
        """Until the path is dead or the engine has said goodbye."""
        assert self._shaking is not None
        reports = asyncio.ensure_future(self._report())
        watch = asyncio.ensure_future(self._path.watch())
        try:
            await asyncio.wait((watch, self._shaking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reports, watch):
                task.cancel()
            await asyncio.gather(reports, watch, return_exceptions=True)

    async def close(self) -> None:
        if self._pacer is not None:
            self._pacer.close()
        self._dtls.close()
        if self._shaking is not None:
            self._shaking.cancel()
            await asyncio.gather(self._shaking, return_exceptions=True)
        self._path.close()

    def put(self, frame: Frame) -> None:
        if self._pacer is None or ((self._waits_for_keyframe or self._keyframes_only) and not frame.keyframe):
            return
        self._waits_for_keyframe = False
        self._pacer.put(frame)

    def put_sound(self, payload: bytes, at: float, arrived: float) -> None:
        if self._pacer is None or self._out is None or not self._with_sound or self._path.full:
            return
        sent = self._sound.number([(b"", memoryview(payload))], at, arrived)
        self._sound.send(sent, 1, self._outbox, self._slots, self._out)

    def _dropped(self) -> None:
        self._waits_for_keyframe = True
        self._want_keyframe()

    def _connected(self, received: rtc.Srtp, sent: rtc.Srtp) -> None:
        self._in, self._out = received, sent
        self._up.set()

    def _received(self, datagram: bytes) -> None:
        if 20 <= datagram[0] <= 63:
            if self._in is None:
                self._path.heard()
            self._dtls.receive(datagram)
        elif datagram[0] >= 128 and self._in is not None:
            packet = self._in.unprotect_rtcp(datagram)
            if packet is not None:
                self._path.heard()
                with contextlib.suppress(rtcp.Malformed):
                    self._heard(packet)

    def _heard(self, packet: bytes) -> None:
        for said in rtcp.parse(packet):
            if isinstance(said, rtcp.Nack) and self._out is not None:
                for stream in (self._video, self._sound):
                    if said.ssrc == stream.ssrc:
                        repairs = self._repairs if stream is self._video else Repairs(stream.ssrc, None, 0)
                        again = repairs.of(stream, said.sequences, time.monotonic())
                        if again:
                            self._outbox.send(self._out, None, again)
            elif isinstance(said, rtcp.PictureLoss):
                self._want_keyframe()
            elif isinstance(said, rtcp.ReportBlock) and said.ssrc == self._video.ssrc:
                self._judge(said.fraction_lost)

    def _judge(self, lost: int) -> None:
        """A network that loses a third of everything for seconds gets keyframes only, until it is better."""
        self._path.lossy = lost > _LOSSY
        self._hopeless = self._hopeless + 1 if lost > _HOPELESS else 0
        self._fine = self._fine + 1 if lost <= _LOSSY else 0
        if self._hopeless >= _KEYFRAMES_ONLY_AFTER:
            self._keyframes_only = True
        elif self._keyframes_only and self._fine >= _KEYFRAMES_ONLY_AFTER:
            self._keyframes_only, self._waits_for_keyframe = False, True

    async def _report(self) -> None:
        while True:
            now, wall = time.monotonic(), time.time()
            for stream in (self._video, self._sound):
                said = stream.report(now, wall)
                protected = self._out.protect_rtcp(said) if said and self._out is not None else None
                if protected is not None:
                    self._path.send(protected)
            await asyncio.sleep(_REPORT_EVERY_S)
