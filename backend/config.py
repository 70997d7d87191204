"""Config from the environment. It refuses weak settings at the start instead of running with them.

Every variable is SIGHTLINE_ and the field's name in capitals; docs/operations.md lists them.
"""

import contextlib
import ipaddress
import os
import re
import secrets
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SECRET_BYTES = 32
MOST_MEDIA_PROCESSES = 32
MOST_WITNESSES = 16
_LISTS = (
    "drone_types",
    "lock_minutes",
    "log_witnesses",
    "media_advertise",
    "push_services",
    "tak",
    "tak_shows",
)  # written with commas
_ACCOUNTS = ("mail", "twilio")  # each of several variables
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class ConfigError(ValueError):
    """A setting that cannot be used; the text names it and says what to do."""


class OperatorToken(str):
    """What lets an operator's Prometheus read /metrics. It never prints itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "…"


class Twilio(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier account. `auth_token` is a secret: this struct is never printed."""

    account_sid: str
    auth_token: str
    sender: str  # a number in E.164, or a messaging service (MG…)
    api_url: str | None = None  # Twilio's own when None

    def __repr__(self) -> str:
        return f"Twilio({self.account_sid!r}, …)"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server that takes what we send. `password` is a secret: this struct is never printed."""

    host: str
    port: int
    tls: bool  # from the first byte; STARTTLS otherwise
    sender: str  # the address that messages come from
    user: str | None = None
    password: str | None = None
    ca: Path | None = None

    def __repr__(self) -> str:
        return f"Mail({self.host!r}, …)"


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What create_app needs to know."""

    agency: str = "Sightline"
    country: str = "US"
    timezone: str = "America/New_York"  # whose hours owners mean
    currency: str = "USD"  # ISO 4217, of the annual fee
    host: str = "127.0.0.1"
    port: int = 8800
    public_url: str = "http://127.0.0.1:8800"
    data_dir: Path = Path("var")
    database_url: str = ""  # SQLite in data_dir when empty
    tls_cert: Path | None = None
    tls_key: Path | None = None
    media_host: str = "127.0.0.1"
    media_port: int = 8801
    media_advertise: tuple[str, ...] = ("127.0.0.1",)
    media_processes: int | None = None  # one per core, at most four, when None
    link_minutes: int = 60
    session_hours: int = 12
    lock_minutes: tuple[str, ...] = ("30",)  # without input; of one role: "officer=15"
    districts: Path | None = None  # a GeoJSON file of the city's; no district is ever said when None
    district_name: str = "name"  # the property of each that says what it is called
    airspace: Path | None = None  # a GeoJSON file: where drones must stay, must not be, should not be
    drone_types: tuple[str, ...] = ()  # of calls that a drone is offered for
    basemap: Path | None = None  # a .pmtiles file; pages draw a plain grid when None
    metrics_token: OperatorToken = OperatorToken()  # nobody but this machine reads /metrics when empty
    push_services: tuple[str, ...] = ()  # besides those of the browsers there are
    log_origin: str = ""  # the public log's name, for good; from the public URL when empty
    log_cadence_s: int = 300  # between two checkpoints of it
    log_anchor: Path | None = None  # a folder that no backup of data_dir restores; the user's state when None
    log_witnesses: tuple[str, ...] = ()  # each its key and its address, with a space between
    leave_to: str = "/n"  # where a caller's page goes when it is left quickly: a path here
    contact: str = ""  # whom a caller asks about what was shared: a number, an address, in words
    keep_places_days: int = 30  # after an incident's close; then its places are coarse
    disclose_after_hours: int = 72  # an incident's end, until the rest of its entries is opened
    tak: tuple[str, ...] = ()  # who is sent Cursor on Target: udp://, tcp:// or tls:// with host and port
    tak_shows: tuple[str, ...] = ("incidents", "units")  # and "callers", "cameras"
    tak_cert: Path | None = None  # for tls://: PEM files
    tak_key: Path | None = None
    tak_ca: Path | None = None
    mail: Mail | None = None
    translator: str = ""  # "apertium"; nobody translates what callers write when empty
    twilio: Twilio | None = None

    @property
    def is_local(self) -> bool:
        """Whether this is a developer's own machine, which no phone can reach."""
        return urlsplit(self.public_url).hostname in LOCAL_HOSTS

    @property
    def media_count(self) -> int:
        """How many media processes there are; the first has `media_port`, the next the one after it."""
        return self.media_processes or min(4, len(os.sched_getaffinity(0)))

    @property
    def log_name(self) -> str:
        """What a log is called that begins now: C2SP asks for a URL without its scheme."""
        return self.log_origin or f"{urlsplit(self.public_url).hostname}/log"

    @property
    def anchor_folder(self) -> Path:
        """Where the log's last checkpoint is kept. Raises ConfigError when there is no such place."""
        if self.log_anchor is not None:
            return self.log_anchor
        try:
            state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        except RuntimeError:
            raise ConfigError(
                "SIGHTLINE_LOG_ANCHOR is needed: this user has no home where the log's anchor could be kept"
            ) from None
        return Path(state) / "sightline"

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by TLS."""
        return self.public_url.startswith("https://")

    @property
    def origin(self) -> str:
        """The one Origin whose pages may change anything, as browsers write it (RFC 6454, section 6.2)."""
        parts = urlsplit(self.public_url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        usual = parts.port in (None, 443 if parts.scheme == "https" else 80)
        return f"{parts.scheme}://{host}" if usual else f"{parts.scheme}://{host}:{parts.port}"


def read(environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of this environment. Raises ConfigError."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(Config):
        variable = f"SIGHTLINE_{field.name.upper()}"
        text = environ.get(variable, "").strip()
        if not text or field.name in _ACCOUNTS:
            continue
        value = [part.strip() for part in text.split(",")] if field.name in _LISTS else text
        try:
            given[field.name] = msgspec.convert(value, field.type, strict=False, dec_hook=_own)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{variable} cannot be read: {error}") from error
    given["public_url"] = given.get("public_url") or _default_url(given)
    if "media_advertise" not in given and "media_host" in given:
        given["media_advertise"] = (given["media_host"],)
    config = Config(**given)
    config = msgspec.structs.replace(config, mail=_mail(environ), twilio=_twilio(environ))
    refuse_weak(config)
    return config


def written(config: Config) -> dict[str, str]:
    """The environment variables from which `read` makes this very configuration."""
    said: dict[str, str] = {}
    for field in msgspec.structs.fields(Config):
        value = getattr(config, field.name)
        if field.name not in _ACCOUNTS and value is not None:
            said[f"SIGHTLINE_{field.name.upper()}"] = (
                ",".join(value) if isinstance(value, tuple) else str(value)
            )
    if config.twilio is not None:
        for name in ("account_sid", "auth_token", "sender", "api_url"):
            said[f"SIGHTLINE_TWILIO_{name.upper()}"] = getattr(config.twilio, name) or ""
    if config.mail is not None:
        scheme = "smtps" if config.mail.tls else "smtp"
        said["SIGHTLINE_MAIL_SERVER"] = f"{scheme}://{config.mail.host}:{config.mail.port}"
        said["SIGHTLINE_MAIL_FROM"] = config.mail.sender
        for name in ("user", "password", "ca"):
            said[f"SIGHTLINE_MAIL_{name.upper()}"] = str(getattr(config.mail, name) or "")
    return said


def _own(kind: type, text: Any) -> Any:
    if kind in (Path, OperatorToken):
        return kind(text)
    raise NotImplementedError(kind)  # msgspec's own way of saying that there is no such conversion


def _default_url(given: Mapping[str, str]) -> str:
    scheme = "https" if given.get("tls_cert") else "http"
    return f"{scheme}://{given.get('host', '127.0.0.1')}:{given.get('port', '8800')}"


def _twilio(environ: Mapping[str, str]) -> Twilio | None:
    sid, token, sender = (
        environ.get(f"SIGHTLINE_TWILIO_{name}", "").strip()
        for name in ("ACCOUNT_SID", "AUTH_TOKEN", "SENDER")
    )
    if not (sid or token or sender):
        return None
    if not (sid and token and sender):
        raise ConfigError(
            "Twilio needs all of SIGHTLINE_TWILIO_ACCOUNT_SID, SIGHTLINE_TWILIO_AUTH_TOKEN and "
            "SIGHTLINE_TWILIO_SENDER (a number, or a messaging service that starts with MG)"
        )
    return Twilio(
        account_sid=sid,
        auth_token=token,
        sender=sender,
        api_url=environ.get("SIGHTLINE_TWILIO_API_URL", "").strip() or None,
    )


def _mail(environ: Mapping[str, str]) -> Mail | None:
    server, sender, user, password, ca = (
        environ.get(f"SIGHTLINE_MAIL_{name}", "").strip()
        for name in ("SERVER", "FROM", "USER", "PASSWORD", "CA")
    )
    if not (server or sender or user or password or ca):
        return None
    try:
        parts = urlsplit(server)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or parts.scheme not in ("smtp", "smtps") or parts.path.strip("/") or parts.username:
        raise ConfigError(
            "SIGHTLINE_MAIL_SERVER is smtp://mail.example.gov:587 (STARTTLS) or smtps://mail.example.gov:465"
        )
    if not re.fullmatch(r"[\w.+-]+@[\w.-]+", sender, re.ASCII):
        raise ConfigError("SIGHTLINE_MAIL_FROM is the address that e-mail comes from: 911@example.gov")
    if bool(user) != bool(password):
        raise ConfigError("SIGHTLINE_MAIL_USER and SIGHTLINE_MAIL_PASSWORD go together")
    tls = parts.scheme == "smtps"
    return Mail(
        host=host,
        port=port or (465 if tls else 587),
        tls=tls,
        sender=sender,
        user=user or None,
        password=password or None,
        ca=Path(ca) if ca else None,
    )


def _is_reachable(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # refused below, by name


def refuse_weak(config: Config) -> None:
    """Raise ConfigError for a setting that would hurt the people who rely on it."""
    for variable, port in (("SIGHTLINE_PORT", config.port), ("SIGHTLINE_MEDIA_PORT", config.media_port)):
        if not 0 <= port <= 65535:
            raise ConfigError(f"{variable} is 0 to 65535")
    if config.media_processes is not None and not 1 <= config.media_processes <= MOST_MEDIA_PROCESSES:
        raise ConfigError(f"SIGHTLINE_MEDIA_PROCESSES is 1 to {MOST_MEDIA_PROCESSES}")
    last = config.media_port + config.media_count - 1
    if config.media_port and last > 65535:
        raise ConfigError("SIGHTLINE_MEDIA_PORT: each media process needs a port, and they end at 65535")
    if config.media_port and config.media_port <= config.port <= last:
        raise ConfigError(
            f"SIGHTLINE_PORT and SIGHTLINE_MEDIA_PORT: the media processes take {config.media_port} to {last}"
        )
    parts = _address(config.public_url)
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ConfigError(
            "SIGHTLINE_PUBLIC_URL must be https: phones give camera and position to secure pages only"
        )
    if config.metrics_token and not re.fullmatch(r"[\w.~+/=-]{32,256}", config.metrics_token, re.ASCII):
        raise ConfigError(
            "SIGHTLINE_METRICS_TOKEN is 32 to 256 letters and digits; `openssl rand -hex 32` makes one"
        )
    if config.translator not in ("", "apertium"):
        raise ConfigError("SIGHTLINE_TRANSLATOR is apertium, or not set")
    if (config.tls_cert is None) != (config.tls_key is None):
        raise ConfigError("SIGHTLINE_TLS_CERT and SIGHTLINE_TLS_KEY go together")
    _refuse_weak_log(config)
    if not 1 <= config.link_minutes <= 24 * 60:
        raise ConfigError("SIGHTLINE_LINK_MINUTES is 1 to 1440")
    if not 1 <= config.session_hours <= 24:
        raise ConfigError("SIGHTLINE_SESSION_HOURS is 1 to 24")
    if not 1 <= len(config.agency) <= 40:
        raise ConfigError("SIGHTLINE_AGENCY is 1 to 40 characters: it stands in every text message")
    if not 1 <= config.keep_places_days <= 3650:
        raise ConfigError("SIGHTLINE_KEEP_PLACES_DAYS is 1 to 3650")
    if not re.fullmatch(r"/(?:[\w.~-]+/?)*", config.leave_to, re.ASCII):
        raise ConfigError("SIGHTLINE_LEAVE_TO is a path of this address, such as /weather: no third party")
    if len(config.contact) > 200 or not config.contact.isprintable():
        raise ConfigError("SIGHTLINE_CONTACT is one line of at most 200 characters: callers read it")
    if not (len(config.country) == 2 and config.country.isalpha() and config.country.isupper()):
        raise ConfigError("SIGHTLINE_COUNTRY is two capital letters, such as US")
    if config.timezone not in zoneinfo.available_timezones():
        raise ConfigError("SIGHTLINE_TIMEZONE is a name such as America/New_York")
    if not re.fullmatch(r"[A-Z]{3}", config.currency):
        raise ConfigError("SIGHTLINE_CURRENCY is three capital letters, such as USD")
    if parts.hostname not in LOCAL_HOSTS and not any(map(_is_reachable, config.media_advertise)):
        raise ConfigError(
            "SIGHTLINE_MEDIA_HOST and SIGHTLINE_MEDIA_ADVERTISE: phones elsewhere cannot reach 127.0.0.1; "
            "bind 0.0.0.0 and advertise the address that they reach"
        )
    for address in config.media_advertise:
        try:
            unspecified = ipaddress.ip_address(address).is_unspecified
        except ValueError:
            raise ConfigError(f"SIGHTLINE_MEDIA_ADVERTISE: {address!r} is no IP address") from None
        if unspecified:
            raise ConfigError(
                "SIGHTLINE_MEDIA_ADVERTISE names the addresses that phones can reach, not 0.0.0.0 or ::"
            )


def _refuse_weak_log(config: Config) -> None:
    least_s = 1 if config.is_local else 60
    if not least_s <= config.log_cadence_s <= 3600:
        raise ConfigError(
            "SIGHTLINE_LOG_CADENCE_S is 60 to 3600: a tree that grows sooner tells when an emergency is"
        )
    if not re.fullmatch(r"[\w.:/-]{1,200}", config.log_name, re.ASCII):
        raise ConfigError(
            "SIGHTLINE_LOG_ORIGIN is letters, digits and . : / - only, such as call.example.gov/log"
        )
    if config.anchor_folder.resolve().is_relative_to(config.data_dir.resolve()):
        raise ConfigError(
            "SIGHTLINE_LOG_ANCHOR is a folder outside SIGHTLINE_DATA_DIR: a backup that is restored there "
            "must not roll the anchor back with the log"
        )
    if not 1 <= config.disclose_after_hours <= 8760:
        raise ConfigError("SIGHTLINE_DISCLOSE_AFTER_HOURS is 1 to 8760")
    if len(config.log_witnesses) > MOST_WITNESSES:
        raise ConfigError(f"SIGHTLINE_LOG_WITNESSES names at most {MOST_WITNESSES}")
    for witness in config.log_witnesses:
        if not re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}\+[\w+/=]+ https?://\S+", witness, re.ASCII):
            raise ConfigError(
                f"SIGHTLINE_LOG_WITNESSES: {witness!r} is not a witness's key (name+id+base64), a space "
                "and its URL"
            )


def _address(public_url: str) -> SplitResult:
    try:
        parts = urlsplit(public_url)
        bare = f"{parts.scheme}://{parts.netloc}"
        fits = parts.port != 0 and parts.hostname and re.fullmatch(r"https?://[\w.:\[\]-]+", bare, re.ASCII)
    except ValueError:  # brackets or a port that are none
        fits = None
    if not fits or public_url.rstrip("/") != bare:
        raise ConfigError("SIGHTLINE_PUBLIC_URL is https:// and a host name, with nothing after it")
    return parts


def secret_key(data_dir: Path) -> bytes:
    """32 bytes that links, codes and CSRF tokens derive from; made once, readable by this user only.

    Raises ConfigError when the file is open to others or not 32 bytes long.
    """
    return _key_file(data_dir, "secret.key")


def push_key(data_dir: Path) -> bytes:
    """32 bytes that our key for push services is made of: with another one no browser hears us any more.

    Raises ConfigError as `secret_key` does.
    """
    return _key_file(data_dir, "push.key")


def spool_key(data_dir: Path) -> Ed25519PrivateKey:
    """What a caller's own picture goes on by while the public log is away. Raises ConfigError likewise."""
    return Ed25519PrivateKey.from_private_bytes(_key_file(data_dir / "keys", "spool.key"))


def _key_file(data_dir: Path, name: str) -> bytes:
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / name
    if not path.exists():
        _make_key(path)
    if path.stat().st_mode & 0o077:
        raise ConfigError(f"{path} can be read by others: chmod 600 it")
    key = path.read_bytes()
    if len(key) != SECRET_BYTES:
        raise ConfigError(f"{path} is damaged: {SECRET_BYTES} bytes were expected; restore it from a backup")
    return key


def _make_key(path: Path) -> None:
    """It appears whole or not at all, and the first of several processes makes it."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
