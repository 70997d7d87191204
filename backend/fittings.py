"""Fittings: each made of what one setting or folder says. ConfigError names the setting that cannot work.

Nothing is opened or started; backend.parts connects them.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from backend.api import tiles
from backend.config import Config, ConfigError, Mail, push_key
from backend.model.people import Role
from backend.services.eyes import Shown
from backend.services.locks import limits
from backend.services.skies import Skies
from backend.services.translators import Apertium, Nobody, Translator
from backend.store.store import Store
from notifications import tak
from notifications.console import ConsoleSender
from notifications.mail import MailSender
from notifications.messages import misfit
from notifications.numbers import known_country
from notifications.ports import Pusher, Sender
from notifications.push import WebPush
from notifications.sms import API as TWILIO_API
from notifications.sms import TwilioSender

if TYPE_CHECKING:
    from backend.services.districts import Districts


def open_store(config: Config) -> Store:
    """The database of this configuration; SQLite in data_dir unless another is named."""
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = database_file(config)
    if not config.database_url:
        path.touch(mode=0o600)  # a folder that was there before may be open to others
    return Store(config.database_url or f"sqlite+aiosqlite:///{path}")


def database_file(config: Config) -> Path:
    """Where SQLite is, when no other database is named."""
    return config.data_dir.resolve() / "sightline.db"


def media_sockets(config: Config) -> list[Path]:
    """Where the media processes are spoken to."""
    return [config.data_dir.resolve() / "run" / f"media-{index}.sock" for index in range(config.media_count)]


def refuse_misfits(config: Config) -> None:
    if not known_country(config.country):
        raise ConfigError(f"SIGHTLINE_COUNTRY: {config.country} is no country with telephone numbers")
    problem = misfit(config.agency, config.public_url)
    if problem:
        raise ConfigError(f"SIGHTLINE_AGENCY and SIGHTLINE_PUBLIC_URL: {problem}")


def sender(config: Config) -> Sender:
    if config.twilio is None:
        return ConsoleSender()
    try:
        return TwilioSender(
            account_sid=config.twilio.account_sid,
            auth_token=config.twilio.auth_token,
            sender=config.twilio.sender,
            base_url=config.twilio.api_url or TWILIO_API,
        )
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TWILIO_…: {error}") from error


def mail(mail: Mail) -> Sender:
    try:
        return MailSender(
            host=mail.host,
            port=mail.port,
            sender=mail.sender,
            tls=mail.tls,
            user=mail.user,
            password=mail.password,
            ca=mail.ca,
        )
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_MAIL_…: {error}") from error


def pusher(config: Config) -> Pusher:
    host = urlsplit(config.public_url).hostname
    contact = config.public_url if config.secure else f"mailto:sightline@{host}"
    try:
        return WebPush(push_key(config.data_dir), contact, config.push_services)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_PUSH_SERVICES: {error}") from error


def translator(config: Config) -> Translator:
    if not config.translator:
        return Nobody()
    try:
        return Apertium()
    except LookupError as error:
        raise ConfigError(f"SIGHTLINE_TRANSLATOR: {error}") from error


def english() -> dict[str, str]:
    """The words of what is asked by one press: in the installed package, or where the page's are."""
    here = Path(__file__).parent
    packed = here / "phrases.json"
    found = packed if packed.is_file() else here.parent / "pwa/src/caller/phrases/en.json"
    return msgspec.json.decode(found.read_bytes(), type=dict[str, str])


def built_pages() -> Path:
    """Where the built pages are: inside the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    packed = here / "pwa"
    return packed if packed.is_dir() else here.parent / "pwa" / "dist"


def destinations(config: Config) -> list[tak.Destination]:
    files = (config.tak_cert, config.tak_key, config.tak_ca)
    cert, key, ca = files
    keys = tak.Keys(cert=cert, key=key, ca=ca) if cert and key and ca else None
    if keys is None and any(files):
        raise ConfigError("SIGHTLINE_TAK_CERT, SIGHTLINE_TAK_KEY and SIGHTLINE_TAK_CA go together")
    try:
        return [tak.Destination(url, keys) for url in config.tak]
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TAK: {error}") from error


def shown(config: Config) -> frozenset[Shown]:
    try:
        return frozenset(Shown(word) for word in config.tak_shows)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_TAK_SHOWS: {error}; there are {', '.join(Shown)}") from error


def lock_limits(config: Config) -> dict[Role, timedelta]:
    try:
        return limits(config.lock_minutes)
    except ValueError as error:
        raise ConfigError(f"SIGHTLINE_LOCK_MINUTES: {error}") from error


def installed_basemap(config: Config) -> Path:
    """Where `sightline basemap` puts the map."""
    return config.data_dir / "basemap.pmtiles"


def basemap(config: Config) -> tiles.Basemap | None:
    path = config.basemap or installed_basemap(config)
    if config.basemap is None and not path.exists():
        return None
    try:
        return tiles.Basemap(path)
    except (OSError, ValueError) as error:
        setting = "SIGHTLINE_BASEMAP: " if config.basemap else ""
        raise ConfigError(f"{setting}{error}") from error


def refuse_map_beside(config: Config, basemap: tiles.Basemap) -> None:
    """Raise ConfigError for a map that is not of the city whose districts are set."""
    districts(config, basemap)


def districts(config: Config, basemap: tiles.Basemap | None) -> "Districts | None":
    """Where a place is, in the city's own words."""
    if config.districts is None:
        return None
    from backend.services.districts import (  # shapely takes longer than all of a small agency
        BadDistricts,
        read,
    )

    try:
        found = read(config.districts, config.district_name)
        if basemap is not None:
            found.refuse_beside(basemap.bounds)
        return found
    except BadDistricts as bad:
        raise ConfigError(f"SIGHTLINE_DISTRICTS: {bad}") from bad


def read_areas(skies: Skies) -> None:
    try:
        skies.read()
    except (OSError, ValueError) as error:  # BadAreas is one
        raise ConfigError(f"SIGHTLINE_AIRSPACE: {error}") from error
