"""`sightline demo`: a demonstration agency with people, an open incident and a caller who is no person.

Made anew at each start, in a folder of its own, by the same steps that the pages take.
"""

import argparse
import asyncio
import datetime
import ipaddress
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import ifaddr
import msgspec
import segno
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.aerodrome import AREAS, Aerodrome, AerodromeError, Permit
from backend.aerodrome import build as build_docks
from backend.bakery import Bakery, BakeryError, lend
from backend.config import Config, ConfigError
from backend.model.cameras import ParticipationLevel
from backend.model.ids import IncidentId, LinkId
from backend.model.links import To
from backend.model.people import Role, User
from backend.parts import Parts, build
from backend.supervisor import Supervisor

PASSWORD = "sightline-demo"  # noqa: S105  printed on the screen; nothing in a demonstration is secret
PEOPLE = (
    ("dana", "Dana Reyes", Role.DISPATCHER, None),
    ("lee", "Lee Carter", Role.SUPERVISOR, None),
    ("sam", "Sam Ortiz", Role.OFFICER, "Unit 12"),
    ("kim", "Kim Novak", Role.OFFICER, "Unit 7"),
    ("rosa", "Rosa Marin", Role.OWNER, None),
    ("pia", "Pia Lind", Role.PILOT, None),
)
PRICES = {  # cents a year
    ParticipationLevel.ASK: 1200,
    ParticipationLevel.OWN_CALLS: 2400,
    ParticipationLevel.NEARBY: 0,
}
NUMBERS = ("+13135550141", "+13135550130")  # for stories only: no telephone has them
BASEMAP = Path(__file__).with_name("demo.pmtiles")  # central Helsinki, where the simulated caller walks
DISTRICTS = Path(__file__).with_name("demo-districts.geojson")  # made-up quarters of that map
MARK = "demonstration"  # a file that says: this folder may be emptied
CERTIFICATE_LASTS = datetime.timedelta(days=30)


class Stage(msgspec.Struct, frozen=True):
    """Where the demonstration stands; `trust` is its own certificate when it is served by TLS."""

    config: Config
    trust: Path | None


def prepare(options: argparse.Namespace) -> Stage:
    """An empty stage. Raises ConfigError when this machine has no address on a local network."""
    folder = Path(options.folder)
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise ConfigError(f"{folder} is not empty and no demonstration's: name another --folder")
    if folder.exists():
        shutil.rmtree(folder)
    anchor = folder.with_name(f"{folder.name}-anchor")
    for old in anchor.glob("*.checkpoint"):  # of the logs that were emptied
        old.unlink()
    folder.mkdir(mode=0o700, parents=True)
    (folder / MARK).touch()
    on_lan = _lan_address()
    if options.lan and on_lan is None:
        raise ConfigError("this machine has no address on a local network; make demo works without one")
    address = on_lan if options.lan and on_lan is not None else "127.0.0.1"
    port = options.port or _free_port(address)
    certificate, key = _certificate(folder, address) if options.lan else (None, None)
    config = Config(
        agency="Demo City 911",
        timezone="Europe/Helsinki",
        airspace=AREAS,
        basemap=BASEMAP,
        districts=DISTRICTS,
        host=address,
        port=port,
        public_url=f"{'https' if options.lan else 'http'}://{address}:{port}",
        data_dir=folder,
        log_anchor=anchor,
        log_cadence_s=60,
        tls_cert=certificate,
        tls_key=key,
        media_host="0.0.0.0",  # noqa: S104  Firefox takes no candidate on loopback
        media_port=0,
        media_advertise=tuple(known for known in (on_lan, "127.0.0.1") if known is not None),
    )
    return Stage(config, certificate)


async def run(stage: Stage) -> int:
    """Serve until interrupted, with people on stage and a caller who shares. Returns the exit code."""
    set_up = await _set_the_scene(build(stage.config))
    service = Supervisor(stage.config, log_level="WARNING")
    serving = asyncio.create_task(service.run())
    if not await _first(asyncio.create_task(service.ready.wait()), serving):
        return await serving
    bakery = Bakery(stage.config.public_url, stage.trust, stage.config.data_dir / "bakery")
    phone = await _phone(set_up.shared, stage.trust)
    aerodrome = Aerodrome(stage.config.public_url, stage.trust, stage.config.data_dir / "aerodrome")
    opening = asyncio.create_task(_open(bakery, aerodrome, set_up))
    try:
        if await _first(opening, serving):
            opening.result()
            _tell(stage, set_up.yours)
        return await serving
    finally:
        if phone.returncode is None:
            phone.terminate()
        await asyncio.gather(phone.wait(), bakery.close(), aerodrome.close())


async def _open(bakery: Bakery, aerodrome: Aerodrome, scene: "_Scene") -> None:
    """Cameras and drones; without them there is a demonstration too, and it says what is missing."""
    cameras = asyncio.create_task(bakery.open(scene.code, "rosa", PASSWORD))
    drones = asyncio.create_task(aerodrome.open(scene.permit, "lee", PASSWORD))
    await asyncio.wait((cameras, drones))
    for task, what in ((cameras, "Rosa's cameras have no picture"), (drones, "There are no drones")):
        failed = task.exception()
        if isinstance(failed, BakeryError | AerodromeError):
            print(f"\n  {what}: {failed}.", flush=True)
        elif failed is not None:
            raise failed


async def _first(task: "asyncio.Task[Any]", serving: "asyncio.Task[int]") -> bool:
    """Whether the task ended while the service ran; if not, it is over too."""
    await asyncio.wait((task, serving), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return not serving.done()


class _Scene(msgspec.Struct, frozen=True):
    """The simulated caller's link, one for a phone of yours, and what connectors are enrolled by."""

    shared: str
    yours: str
    code: str
    permit: Permit


async def _set_the_scene(parts: Parts) -> _Scene:
    """People, two incidents with a link for each, a lender, and the year's invoice."""
    await parts.store.migrate()
    users: list[User] = []
    for name, display_name, role, unit in PEOPLE:
        user = await parts.accounts.add(
            name=name, display_name=display_name, role=role, call_sign=unit, password=PASSWORD
        )
        users.append(user)
    dana, lee, sam, _, rosa, _ = users
    code = await lend(parts, rosa)
    permit = await build_docks(parts, lee)
    await parts.fees.set_prices(lee, PRICES)
    await parts.fees.issue(lee, datetime.datetime.now(datetime.UTC).year)
    links = []
    for number, kind, words in (
        (NUMBERS[0], "Traffic collision", "Send yourself this link: your phone is the caller"),
        (NUMBERS[1], "Break-in", "Somebody at the back door; the caller hides upstairs"),
    ):
        incident = await parts.incidents.open(
            dana, incident_type=kind, words=words, callback_number=number, position=None
        )
        if kind == "Break-in" and sam.usual_unit_id is not None:
            await parts.responses.assign(dana, IncidentId(incident.id), sam.usual_unit_id)
        link = await parts.links.issue(dana, IncidentId(incident.id), To(number=number))
        url, _ = await parts.links.handout(dana, LinkId(link.id))
        links.append(url)
    await parts.store.close()
    yours, shared = links
    return _Scene(shared, yours, code, permit)


async def _phone(link: str, trust: Path | None) -> asyncio.subprocess.Process:
    """The simulated caller, in a process of its own: encoding video is not the service's work."""
    more = ["--trust", str(trust)] if trust else []
    phone = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "media.connector.phone",
        *more,
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the service; the phone follows it
    )
    if phone.stdin is not None:  # left open: the phone ends when this process does, however that happens
        phone.stdin.write(f"{link}\n".encode())
        await phone.stdin.drain()
    return phone


def _tell(stage: Stage, yours: str) -> None:
    base = stage.config.public_url
    print(
        f"\n  {stage.config.agency} is running. Ctrl-C ends it.\n\n"
        f"  1  Dispatcher   {base}/console   name dana   password {PASSWORD}\n"
        f"  2  Officer      {base}/officer   name sam    password {PASSWORD}\n"
        f"  3  Caller       {yours}\n"
        f"  4  Owner        {base}/owner     name rosa   password {PASSWORD}\n"
        f"  5  Supervisor   {base}/agency    name lee    password {PASSWORD}\n"
        f"  6  Everybody    {base}/transparency   what cameras were opened for\n"
        f"  7  Pilot        {base}/pilot     name pia    password {PASSWORD}\n\n"
        "  A simulated caller is sharing already: open the break-in at 1 or 2 and see it.\n"
        "  There, under Cameras near, open Rosa's front door: at 4 she sees who and why, and can stop it.\n"
        "  At 7 go on watch for a dock; then 1 can send its drone to the break-in.",
        flush=True,
    )
    if stage.trust:
        print(
            "  The certificate is this demonstration's own: the browser warns once; go on from there.\n"
            "  Scan this with a phone on the same network to be the caller:\n",
            flush=True,
        )
        segno.make(yours, error="m").terminal(compact=True)
    else:
        print(
            "  Each wants a browser of its own (or a private window): one browser holds one sign-in.\n"
            "  With a phone on the same network as the caller: make demo LAN=1\n",
            flush=True,
        )


def _lan_address() -> str | None:
    """An IPv4 address that phones on the same network can reach, if there is one."""
    for adapter in ifaddr.get_adapters():
        for held in adapter.ips:
            if isinstance(held.ip, str):
                address = ipaddress.ip_address(held.ip)
                if address.is_private and not address.is_loopback and not address.is_link_local:
                    return held.ip
    return None


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


def _certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """A certificate for this address, signed by its own key; browsers warn of it once."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sightline demonstration")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + CERTIFICATE_LASTS)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "demo.crt", folder / "demo.key"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path
