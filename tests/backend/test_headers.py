"""What every answer says of itself, whoever gave it."""

from pathlib import Path

import pytest

from tests.backend.house import House, settings

HSTS = "strict-transport-security"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/session", 401),
        ("GET", "/no/such/page", 404),
        ("POST", "/healthz", 405),
        ("POST", "/whip", 401),
        ("GET", "/", 302),
    ],
)
async def test_an_answer_is_not_sniffed_and_not_kept(
    house: House, method: str, path: str, status: int
) -> None:
    reply = await house.client().request(method, path)
    assert reply.status_code == status
    assert reply.headers.get_list("x-content-type-options") == ["nosniff"]
    assert reply.headers.get_list("cache-control") == ["no-store"]
    assert HSTS not in reply.headers


async def test_a_service_on_tls_stays_there(folder: Path) -> None:
    public = settings(folder, public_url="https://call.example.gov", media_advertise=("192.0.2.1",))
    async with House(public) as house:
        for path in ("/healthz", "/no/such/page", "/signin"):
            assert (await house.client().get(path)).headers.get_list(HSTS) == ["max-age=31536000"]
