"""How soon an alert is on its way: from the dispatcher's press to the request at the push service.

    took = await alerts.measure(presses=20)
    took.median_ms, took.p99_ms, took.runs_ms

The real service as a process of its own, a push service in this one on a port of its own, an officer on duty
whose phone is subscribed. Both ends are read off this process's clock. `python -m tests.bench.alerts` prints
a JSON line.
"""

import asyncio
import base64
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.notifications.autopush import Autopush
from tests.peers import until
from tests.pwa.service import PASSWORD, Service

SIGN = "Unit 12"


class Took(NamedTuple):
    """Milliseconds; `runs_ms` are all of them, in order."""

    median_ms: float
    p99_ms: float
    runs_ms: list[float]


async def measure(presses: int = 20) -> Took:
    """Of that many presses, one after the other; the first of all is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        async with Autopush() as push:
            push.status = 201  # takes everything, and hands it to nobody
            service = Service(Path(folder), push_services=push.origin)
            service.add_user("dana", "--role", "dispatcher")
            service.add_user("sam", "--role", "officer", "--unit", SIGN)
            service.start()
            try:
                runs = await _press(service, push, presses + 1)
            finally:
                service.kill()
    counted = runs[1:]
    worst = sorted(counted)[min(len(counted) - 1, len(counted) * 99 // 100)]
    return Took(round(statistics.median(counted), 1), round(worst, 1), counted)


async def _press(service: Service, push: Autopush, presses: int) -> list[float]:
    async with _client(service) as dana, _client(service) as sam:
        await _sign_in(dana, "dana")
        unit = (await _sign_in(sam, "sam"))["user"]["usual_unit_id"]
        await _post(sam, "/api/duty", {"unit_id": unit})
        await _post(sam, "/api/push", _subscription(push))
        runs = []
        for number in range(presses):
            incident = (await _post(dana, "/api/incidents", {"type": "Break-in"}))["id"]
            pressed = time.perf_counter()
            await _post(dana, f"/api/incidents/{incident}/units", {"unit_id": unit})
            runs.append((await _arrival(push, number) - pressed) * 1000)
            await _post(dana, f"/api/incidents/{incident}/close")
    return runs


async def _arrival(push: Autopush, number: int) -> float:
    """Of the alert with that number; that an incident is over is told too, and is not urgent."""

    def alerts() -> list[float]:
        return [
            at
            for at, (headers, _) in zip(push.times, push.posts, strict=True)
            if headers["urgency"] == "high"
        ]

    await until(lambda: len(alerts()) > number, "the push service is asked")
    return alerts()[number]


def _client(service: Service) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=service.url, headers={"Origin": service.url}, timeout=10)


async def _sign_in(client: httpx.AsyncClient, name: str) -> Any:
    me = await _post(client, "/api/session", {"name": name, "password": PASSWORD})
    client.headers["X-CSRF-Token"] = me["csrf"]
    return me


async def _post(client: httpx.AsyncClient, path: str, body: Any = None) -> Any:
    reply = await client.post(path, json=body) if body is not None else await client.post(path)
    assert reply.is_success, (path, reply.status_code, reply.text)
    return reply.json() if reply.content else None


def _subscription(push: Autopush) -> dict[str, str]:
    """A browser's, whose keys nobody needs again."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"endpoint": f"{push.origin}/wpush/sam", "p256dh": _text(point), "auth": _text(bytes(16))}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def main() -> None:
    took = asyncio.run(measure())
    print(
        json.dumps(
            {"presses": len(took.runs_ms), "alert_to_push_ms": took.median_ms, "alert_p99_ms": took.p99_ms}
        )
    )


if __name__ == "__main__":
    main()
