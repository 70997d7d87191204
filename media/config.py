"""How the engine is set up: where it listens, what it advertises, and the bound of everything it keeps.

Built by backend/supervisor.py and handed to each media process. Reads no environment.
"""

import msgspec

from media.grants import GrantKeys

CANNOT_START = 3  # a media process's exit code: trying again would not help


class SfuConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The defaults suit one process on a small machine. Port 0 takes any free one."""

    index: int = 0  # which of the machine's media processes this is
    host: str = "0.0.0.0"  # noqa: S104  "::" takes IPv6 and IPv4 on one socket
    port: int = 0
    advertised: tuple[str, ...] = ()  # addresses that peers can reach; () asks the routing table

    sessions: int = 1024
    feeds: int = 1024
    subscribers_per_feed: int = 128
    tcp_connections: int = 512  # well below the usual 1,024 files of a process
    tcp_per_address: int = 64  # phones behind one NAT; an IPv6 /64 counts as one
    prove_within_s: float = 10.0  # a TCP connection must have passed a check by then

    # What one holder (a grant) and one address may have and send. An IPv6 /64 counts as one address; a mobile
    # carrier's or a station's NAT is one too, so these are far above what one phone needs.
    sessions_per_holder: int = 16  # a page has one, and one more while it reconnects
    peers_per_address: int = 256
    packets_per_peer: int = 5_000  # a second; a picture of 4 Mbit/s is 450, and what comes back 100
    packets_per_holder: int = 10_000
    packets_per_address: int = 50_000
    checks_per_address: int = 2_000  # STUN, a second; a browser begins with 20 to 50

    handshakes: int = 64  # DTLS handshakes at once; more wait for their next STUN check
    start_bitrate_bps: int = 1_000_000  # what a sender is told to begin with
    max_bitrate_bps: int = 4_000_000  # what a sender without transport-wide feedback may reach

    connect_within_s: float = 10.0  # ICE and DTLS must be up by then
    silent_after_s: float = 0.7  # no packet from a publisher: the feed is silent
    dead_after_s: float = 5.0  # nothing at all from a peer: it is gone
    idle_dead_after_s: float = 15.0  # the same for a subscriber that is sent nothing: RFC 7675
    # asks it for a check only every 4 to 6 s


class ProcessConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One media process. `lifeline` is an inherited descriptor; without one it stands alone."""

    sfu: SfuConfig
    grants: GrantKeys  # public; whoever starts it has them from the log, never from the web process
    control: str  # path of the control socket
    run: str = ""  # of the supervisor; a web process of another run is refused
    restarts: int = 0
    lifeline: int | None = None
    log_level: str = "INFO"
