"""Reads one camera: libav's RTSP over TCP.

libav is told which protocols there are (rtsp, rtp, tcp, tls: no files, no HTTP) and gets an address that is
resolved and allowed already.
"""

from urllib.parse import quote

import av

from media.connector.addresses import AllowList, NotAllowed, Pinned, plain
from media.connector.demux import Reader
from media.connector.describe import Trouble
from media.connector.pictures import READ_S, Taker
from media.connector.traffic import connections

OPEN_S = 8.0
_OPTIONS = {
    "rtsp_transport": "tcp",
    "protocol_whitelist": "rtsp,rtp,tcp,tls",
    "reorder_queue_size": "0",
    "max_delay": "0",
    "probesize": "32",  # what is sent is in the SDP; libav need not watch before it begins
    "analyzeduration": "0",
    "timeout": str(int(READ_S * 1e6)),
    "user_agent": "Sightline",
}


class Pull(Reader):
    """One RTSP session, from `start` until `stop` or its trouble, of which `over` tells exactly once."""

    def __init__(
        self, pinned: Pinned, user: str, password: str, *, sound: bool, allowed: AllowList, taker: Taker
    ) -> None:
        super().__init__(taker)
        self._pinned = pinned
        self._login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
        self._sound = sound
        self._allowed = allowed

    def traffic(self) -> int:
        """Bytes that the session's sockets have carried both ways, by the kernel's count."""
        port, address = self._pinned.place.port, plain(self._pinned.address)
        return sum(count for peer, count in connections() if peer[1] == port and plain(peer[0]) == address)

    def _read(self) -> None:
        scheme, _, rest = self._pinned.url.partition("://")
        options = {**_OPTIONS, "allowed_media_types": "video+audio" if self._sound else "video"}
        with av.open(
            f"{scheme}://{self._login}{rest}", options=options, timeout=(OPEN_S, READ_S)
        ) as container:
            self._check_sockets()
            self._hand_on(container, sound=self._sound)

    def _check_sockets(self) -> None:
        """No connection of this process leads where the list does not allow: a second look."""
        strangers = [peer for peer, _ in connections() if peer[1] == self._pinned.place.port]
        for address, port in strangers:
            if plain(address) == plain(self._pinned.address):
                continue
            try:
                self._allowed.check(address, port)
            except NotAllowed as error:
                raise Trouble(str(error), lasting=True) from error
