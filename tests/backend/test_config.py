"""Settings that would hurt are refused at the start, in words that name the variable."""

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.cli import main
from backend.config import Config, ConfigError, Twilio, read, refuse_weak, secret_key, written
from backend.fittings import open_store
from backend.parts import build
from tests.backend.house import settings

TWILIO = {
    "SIGHTLINE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "SIGHTLINE_TWILIO_AUTH_TOKEN": "5ec4e7" * 5,
    "SIGHTLINE_TWILIO_SENDER": "+12125550100",
}


def test_without_settings_it_serves_this_machine_only() -> None:
    config = read({})
    assert (config.host, config.public_url, config.twilio) == ("127.0.0.1", "http://127.0.0.1:8800", None)
    assert not config.secure


def test_settings_are_read() -> None:
    config = read(
        {
            "SIGHTLINE_AGENCY": " Dearborn Police ",
            "SIGHTLINE_PORT": "8443",
            "SIGHTLINE_PUBLIC_URL": "https://call.example.gov",
            "SIGHTLINE_DATA_DIR": "/srv/sightline",
            "SIGHTLINE_TLS_CERT": "/etc/cert.pem",
            "SIGHTLINE_TLS_KEY": "/etc/key.pem",
            "SIGHTLINE_MEDIA_HOST": "0.0.0.0",
            "SIGHTLINE_MEDIA_ADVERTISE": "192.0.2.1, 2001:db8::1",
            "SIGHTLINE_SESSION_HOURS": "8",
            "SIGHTLINE_LOG_ANCHOR": "/mnt/other/anchor",
            "SIGHTLINE_LOG_WITNESSES": f"w.example/1+0123abcd+{'A' * 44} https://w.example/1",
            "HOME": "/root",
            **TWILIO,
        }
    )
    assert config.agency == "Dearborn Police"
    assert (config.port, config.session_hours, config.data_dir) == (8443, 8, Path("/srv/sightline"))
    assert config.media_advertise == ("192.0.2.1", "2001:db8::1")
    assert config.secure
    assert (config.log_name, config.anchor_folder) == ("call.example.gov/log", Path("/mnt/other/anchor"))
    assert len(config.log_witnesses) == 1
    assert config.twilio is not None
    assert config.twilio.auth_token not in repr(config)


def test_the_address_follows_from_the_port_when_none_is_given() -> None:
    assert read({"SIGHTLINE_PORT": "9000"}).public_url == "http://127.0.0.1:9000"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGHTLINE_LOG_ANCHOR", "var/anchor"),
        ("SIGHTLINE_LOG_CADENCE_S", "0"),
        ("SIGHTLINE_LOG_CADENCE_S", "3601"),
        ("SIGHTLINE_LOG_ORIGIN", "our log"),
        ("SIGHTLINE_LOG_WITNESSES", "w.example/1 https://w.example"),
        ("SIGHTLINE_PUBLIC_URL", "http://call.example.gov"),
        ("SIGHTLINE_PUBLIC_URL", "ftp://call.example.gov"),
        ("SIGHTLINE_PUBLIC_URL", "call.example.gov"),
        ("SIGHTLINE_PUBLIC_URL", "https://"),
        ("SIGHTLINE_PUBLIC_URL", "https://call.example.gov/sightline"),
        ("SIGHTLINE_PUBLIC_URL", "https://call.example.gov?x=1"),
        ("SIGHTLINE_PUBLIC_URL", "https://call.example.gov#x"),
        ("SIGHTLINE_PUBLIC_URL", "https://user@call.example.gov"),
        ("SIGHTLINE_PUBLIC_URL", "https://call.example.gov:99999"),
        ("SIGHTLINE_PUBLIC_URL", "https://call.example.gov:x"),
        ("SIGHTLINE_PUBLIC_URL", "https://[::1"),
        ("SIGHTLINE_PUBLIC_URL", "https://call example.gov"),
        ("SIGHTLINE_PUBLIC_URL", "https://cäll.example.gov"),
        ("SIGHTLINE_TLS_CERT", "/etc/cert.pem"),
        ("SIGHTLINE_TLS_KEY", "/etc/key.pem"),
        ("SIGHTLINE_KEEP_PLACES_DAYS", "0"),
        ("SIGHTLINE_CONTACT", "x" * 201),
        ("SIGHTLINE_LINK_MINUTES", "0"),
        ("SIGHTLINE_LINK_MINUTES", "1441"),
        ("SIGHTLINE_LINK_MINUTES", "soon"),
        ("SIGHTLINE_SESSION_HOURS", "0"),
        ("SIGHTLINE_SESSION_HOURS", "25"),
        ("SIGHTLINE_AGENCY", "x" * 41),
        ("SIGHTLINE_COUNTRY", "us"),
        ("SIGHTLINE_COUNTRY", "USA"),
        ("SIGHTLINE_PORT", "http"),
        ("SIGHTLINE_PORT", "70000"),
        ("SIGHTLINE_PORT", "-1"),
        ("SIGHTLINE_MEDIA_PORT", "65536"),
        ("SIGHTLINE_MEDIA_ADVERTISE", "0.0.0.0"),
        ("SIGHTLINE_MEDIA_ADVERTISE", "::"),
        ("SIGHTLINE_MEDIA_ADVERTISE", "call.example.gov"),
        ("SIGHTLINE_MEDIA_ADVERTISE", "192.0.2.1,"),
        ("SIGHTLINE_TWILIO_SENDER", "+12125550100"),
        ("SIGHTLINE_TWILIO_AUTH_TOKEN", "0" * 32),
    ],
)
def test_a_setting_that_would_hurt_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        read({variable: value})


def test_what_the_phones_cannot_reach_is_refused() -> None:
    with pytest.raises(ConfigError, match="SIGHTLINE_MEDIA_ADVERTISE"):
        read({"SIGHTLINE_MEDIA_HOST": "0.0.0.0"})


MAIL = {
    "SIGHTLINE_MAIL_SERVER": "smtps://mail.example.gov",
    "SIGHTLINE_MAIL_FROM": "911@example.gov",
    "SIGHTLINE_MAIL_USER": "sightline",
    "SIGHTLINE_MAIL_PASSWORD": "5ec4e7" * 5,
}


def test_a_mail_server_is_read_and_handed_on_and_its_password_never_printed() -> None:
    config = read(MAIL)
    assert config.mail is not None
    assert (config.mail.host, config.mail.port, config.mail.tls) == ("mail.example.gov", 465, True)
    assert MAIL["SIGHTLINE_MAIL_PASSWORD"] not in repr(config)
    assert read(written(config)) == config
    plain = read({**MAIL, "SIGHTLINE_MAIL_SERVER": "smtp://mail.example.gov"}).mail
    assert plain is not None
    assert (plain.port, plain.tls) == (587, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SERVER", "mail.example.gov"),
        ("SERVER", "https://mail.example.gov"),
        ("SERVER", "smtp://user:word@mail.example.gov"),
        ("SERVER", "smtp://mail.example.gov:port"),
        ("SERVER", ""),
        ("FROM", "911"),
        ("FROM", "911@example.gov\r\nBcc: all@example.gov"),
        ("USER", ""),
        ("PASSWORD", ""),
    ],
)
def test_a_mail_server_that_is_none_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(ConfigError, match=f"SIGHTLINE_MAIL_{name}|SIGHTLINE_MAIL_USER and"):
        read({**MAIL, f"SIGHTLINE_MAIL_{name}": text})


@pytest.mark.parametrize("name", list(TWILIO))
def test_half_a_carrier_account_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read({key: value for key, value in TWILIO.items() if key != name})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"country": "XX"}, "SIGHTLINE_COUNTRY"),
        ({"agency": "Polizei 🚓"}, "SIGHTLINE_AGENCY"),
        ({"agency": "x" * 40, "public_url": f"https://{'y' * 60}.{'z' * 60}.gov"}, "SIGHTLINE_PUBLIC_URL"),
        (
            {"twilio": Twilio(account_sid="AC1", auth_token="0" * 32, sender="+12125550100")},
            "SIGHTLINE_TWILIO",
        ),
    ],
)
def test_what_cannot_work_together_is_refused_before_it_serves(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        build(msgspec.structs.replace(settings(tmp_path / "data"), **change))


@pytest.mark.parametrize(
    ("public_url", "origin"),
    [
        ("https://call.example.gov", "https://call.example.gov"),
        ("https://call.example.gov/", "https://call.example.gov"),
        ("https://Call.Example.GOV:443", "https://call.example.gov"),
        ("https://call.example.gov:8443", "https://call.example.gov:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8800", "http://[::1]:8800"),
    ],
)
def test_our_origin_is_what_browsers_make_of_the_address(public_url: str, origin: str) -> None:
    config = Config(public_url=public_url, media_advertise=("192.0.2.1",))
    refuse_weak(config)
    assert config.origin == origin


def test_pictures_that_no_phone_could_reach_are_refused() -> None:
    with pytest.raises(ConfigError, match="SIGHTLINE_MEDIA_ADVERTISE"):
        read({"SIGHTLINE_PUBLIC_URL": "https://call.example.gov"})


def test_the_secret_key_is_made_once_and_for_this_user_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = secret_key(folder)
    assert len(key) == 32
    assert secret_key(folder) == key
    assert stat.S_IMODE((folder / "secret.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert secret_key(tmp_path / "other") != key
    assert [file.name for file in folder.iterdir()] == ["secret.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_secret_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret_key(tmp_path)
    (tmp_path / "secret.key").chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        secret_key(tmp_path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_damaged_secret_key_is_refused_and_kept(tmp_path: Path, size: int) -> None:
    secret_key(tmp_path)
    (tmp_path / "secret.key").write_bytes(b"x" * size)
    with pytest.raises(ConfigError, match="damaged"):
        secret_key(tmp_path)
    assert (tmp_path / "secret.key").read_bytes() == b"x" * size


def test_processes_that_start_at_once_agree_on_the_secret_key(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from backend.config import secret_key; sys.stdin.read(1);"
        "print(secret_key(Path(sys.argv[1])).hex())"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "data")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = {process.communicate("x")[0] for process in started}
    assert len(said) == 1
    assert len(said.pop().strip()) == 64


def test_others_on_the_machine_cannot_read_the_database(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)  # a folder that was there before
    before = os.umask(0o022)
    try:
        store = open_store(settings(tmp_path))
        asyncio.run(store.migrate())
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.glob("sightline.db*")}
    asyncio.run(store.close())
    assert modes.keys() >= {"sightline.db", "sightline.db-wal"}
    assert set(modes.values()) == {0o600}


def test_the_command_line_says_what_is_wrong_and_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGHTLINE_LINK_MINUTES", "0")
    for command in (["serve"], ["migrate"], ["user", "list"], ["audit", "verify"]):
        assert main(command) == 2
        assert "SIGHTLINE_LINK_MINUTES" in capsys.readouterr().err


def test_the_operators_token_is_read_never_printed_and_never_short() -> None:
    token = "0123456789abcdef" * 2
    config = read({"SIGHTLINE_METRICS_TOKEN": token})
    assert config.metrics_token == token
    assert token not in repr(config)
    for weak in ("secret", token[1:], f"{token} {token}", f"{token}\xe9"):
        with pytest.raises(ConfigError, match="SIGHTLINE_METRICS_TOKEN"):
            read({"SIGHTLINE_METRICS_TOKEN": weak})
