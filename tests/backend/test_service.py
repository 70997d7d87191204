"""The service as its operators meet it: health, the command line, and a start after a stop."""

import io
from pathlib import Path

import pytest

from backend.cli import main
from tests.backend.house import PASSWORD, House, done, no, settings


async def test_health_and_readiness_are_two_questions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    http = house.client()
    assert done(await http.get("/healthz")) == {"status": "alive"}
    assert done(await http.get("/readyz")) == {"status": "ready"}

    async def silent() -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(house.parts.store, "ping", silent)
    problem = no(await http.get("/readyz"), 503, "unavailable")
    assert "disk" not in problem["detail"]
    assert done(await http.get("/healthz")) == {"status": "alive"}


async def test_a_fault_of_ours_says_nothing_about_itself(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr(house.parts.board, "closed", broken)
    dana = await house.staff("dana")
    problem = no(await dana.http.get("/api/incidents/closed"), 500, "internal")
    assert "secret words" not in str(problem)
    assert "secret words" in caplog.text


async def test_everything_is_there_again_after_a_restart(folder: Path) -> None:
    async with House(settings(folder)) as first:
        dana = await first.staff("dana")
        incident = await dana.open(words="remember me")
        link = await dana.issue(incident)
        headers = dana.headers
    async with House(settings(folder)) as second:
        assert second.token(link["id"]) == first.token(link["id"])
        entries = done(await second.client(headers).get(f"/api/incidents/{incident['id']}/entries"))
        assert entries[0]["action"] == "incident.open"
        view = await (await second.staff("lee")).see(incident)
        assert (view["words"], view["links"][0]["id"]) == ("remember me", link["id"])


def test_an_operator_adds_people_lists_them_and_proves_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path / "data"))

    def run(password: str, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = main(arguments)
        said = capsys.readouterr()
        assert PASSWORD not in said.out + said.err
        return code, said.out + said.err

    assert run("", "migrate")[0] == 0
    assert run(PASSWORD, "user", "add", "sam", "--role", "officer", "--unit", "Unit 12")[0] == 0
    assert run(PASSWORD, "user", "add", "dana", "--role", "dispatcher", "--display-name", "Dana R")[0] == 0
    assert run(PASSWORD, "user", "add", "dana", "--role", "dispatcher") == (
        2,
        "sightline: there is an account named dana already\n",
    )
    assert run("short", "user", "add", "kim", "--role", "dispatcher")[0] == 2
    code, listed = run("", "user", "list")
    assert code == 0
    assert [line.split()[:2] for line in listed.splitlines()] == [["dana", "dispatcher"], ["sam", "officer"]]
    code, said = run("", "audit", "verify")
    assert (code, said.splitlines()[-1]) == (0, "intact")
    assert said.startswith("2 entries")
    assert run("a new password", "user", "password", "dana")[0] == 0
    assert run("a new password", "user", "password", "nobody")[0] == 2
    assert run("short", "user", "password", "dana")[0] == 2


@pytest.mark.parametrize("command", [("audit", "verify"), ("audit", "list"), ("user", "list")])
def test_where_there_is_no_database_none_is_made_and_called_intact(
    command: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SIGHTLINE_DATA_DIR", str(tmp_path / "nowhere"))
    assert main(command) == 2
    assert "SIGHTLINE_DATA_DIR" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
