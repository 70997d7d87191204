"""How the log's process is set up, and what it says of its keys. Light: the supervisor imports it."""

import msgspec

CANNOT_START = 3  # the process's exit code: what is wrong stands in the service's log
DISK_FAILED = 4  # and this one: the journal has to be opened anew
BALLAST_BYTES = 8 * 1024 * 1024


class LogConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One log. `lifeline` is an inherited descriptor; without one the process stands alone."""

    folder: str
    keys: str  # their folder
    anchor: str  # the folder of the anchor
    new_origin: str  # what a log is called that begins now
    origin: str = ""  # what this one must be called; as its key says when empty
    control: str = ""  # path of the socket
    cadence_s: float = 300.0
    witnesses: tuple[str, ...] = ()  # `vkey url`
    ballast_bytes: int = BALLAST_BYTES
    run: str = ""  # of the supervisor; a web process of another run is refused
    lifeline: int | None = None
    log_level: str = "INFO"


class PublicKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What others verify with: checkpoints by the first, grants by the others."""

    log: str  # a vkey
    grant: bytes
    spool: bytes
