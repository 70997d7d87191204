"""`make bench-officer`: how soon events and positions reach pages while a whole city is at work.

`sightline serve` is a process of its own, as always. This one is 300 event sockets (30 of dispatchers, the
others of officers on duty), the fleet's locator with 500 units that report once a second, spread evenly over
it, and dispatchers who write: eight notes or other words each second on 200 open incidents. One of the
consoles is a real Chromium, whose map shows a unit on its way.

Event delay is from before the request is sent until the event is read from a socket, over all who are told;
position to map from before the report is sent until Chromium has drawn the frame. Everything is on one
machine and one clock, the load included. The median of RUNS; CPU per unit at 50, 500 and 5,000
with 30 sockets; 10,000 units that all report in the same moment; an alert's press to the push service
(tests/bench/alerts.py); JSON at the end.
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvloop
from playwright.async_api import Page, async_playwright
from sqlalchemy import insert
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from backend.config import Config, secret_key
from backend.fittings import open_store
from backend.model.ids import Cookie, SessionId, UserId, new_id, new_secret
from backend.model.locators import AT_ONCE
from backend.model.people import Role, StaffSession, User
from backend.parts import utc_now
from backend.services.keys import Keys
from backend.services.locators import MOST_SOCKETS
from backend.store import tables
from backend.store.tables_units import duties, responses
from tests.bench import alerts
from tests.bench.child import cpu_s
from tests.bench.forward import machine
from tests.pwa.caller import CHROMIUM
from tests.pwa.service import Service
from tests.pwa.test_pages import first_load

RUNS, RUN_S, SETTLE_S = 3, 15.0, 3.0
INCIDENTS, SOCKETS, DISPATCHERS = 200, 300, 30
UNITS, ALSO, CPU_SOCKETS = 500, (50, 500, 5000), 30
WRITES_S = 8
MESSAGES_S = 10  # of the locator, at the least
MOVED, WORDS = b'"type":"units-moved"', (b'"type":"note"', b'"type":"incident"')
SCENE = (42.3223, -83.1763)
RING, RING_M = 8, 18.0  # where the unit that is watched goes round its scene: never under the map's buttons
TURNS = 360  # a report of the unit that is watched is known again by where it heads, in whole degrees
CROWD, CROWD_S, ASKED_EVERY_S = 10_000, 15.0, 0.1
WATCH = """
  window.drawn = [];
  const unit = ".map-person.is-unit.is-apart > .map-body";
  const mark = () => document.querySelector(unit)?.getAttribute("transform");
  let last = mark();
  new MutationObserver(() => {
    const now = mark();
    if (now === last || !now) return;
    last = now;
    requestAnimationFrame(() => setTimeout(() => {
      window.drawn.push([now, performance.timeOrigin + performance.now()]);
    }));
  }).observe(document.body, { attributeFilter: ["transform"], childList: true, subtree: true });
"""


class City(msgspec.Struct):
    """What was there before anybody came. A cookie and a CSRF token for each who is signed in."""

    signs: list[str]
    incidents: list[str]
    dispatchers: list[tuple[str, str]]
    officers: list[tuple[str, str]]
    supervisor: tuple[str, str]


class Delays(msgspec.Struct):
    """Milliseconds, one for each event at each socket, and one for each position drawn or delivered."""

    events: list[float] = []
    delivered: list[float] = []
    drawn: list[float] = []


async def found(folder: Path, count: int) -> City:
    """A city with so many units, all on duty, and incidents that they are on."""
    config = Config(data_dir=folder)
    store, keys, now = open_store(config), Keys(secret_key(folder)), utc_now()
    await store.migrate()
    units = [(new_id("unt"), f"Car {number}") for number in range(count)]
    officers = [_person(f"o{number}", Role.OFFICER) for number in range(count)]
    desk = [_person(f"d{number}", Role.DISPATCHER) for number in range(DISPATCHERS)]
    boss = _person("boss", Role.SUPERVISOR)
    incidents = [new_id("inc") for _ in range(INCIDENTS)]
    scene = {"latitude": SCENE[0], "longitude": SCENE[1], "accuracy_m": 10.0}
    place = {**scene, "at": now.isoformat(), "source": "dispatcher"}
    people = [
        {
            "id": one.id,
            "name": one.name,
            "display_name": one.display_name,
            "role": one.role.value,
            "password_hash": "!",
        }
        for one in (*officers, *desk, boss)
    ]
    on = [
        {"id": unit, "unit_id": unit, "user_id": who.id, "since": now}
        for (unit, _), who in zip(units, officers, strict=True)
    ]
    opened = [
        {
            "id": incident,
            "type": "Break-in",
            "words": f"Number {n}",
            "position": place,
            "opened_at": now - timedelta(seconds=n),
            "opened_by": desk[0].id,
        }
        for n, incident in enumerate(incidents)
    ]
    sent = [
        {"id": new_id("rsp"), "incident_id": incidents[n % INCIDENTS], "unit_id": unit, "dispatched_at": now}
        for n, (unit, _) in enumerate(units[: SOCKETS - DISPATCHERS])
        if n != INCIDENTS  # the first incident has one unit, which is watched
    ]
    made: dict[str, tuple[str, str]] = {}
    async with store.begin() as tx:
        rows: Sequence[tuple[Any, list[Any]]] = (
            (tables.units, [{"id": unit, "call_sign": sign} for unit, sign in units]),
            (tables.users, people),
            (duties, on),
            (tables.incidents, opened),
            (responses, sent),
        )
        for table, values in rows:
            await tx.units._db.execute(insert(table), values)
        for one in (*officers[: SOCKETS - DISPATCHERS], *desk, boss):
            cookie = Cookie(new_secret())
            session = StaffSession(
                id=SessionId(new_id("ses")), user=one, expires_at=now + timedelta(hours=12)
            )
            await tx.sessions.add(session, cookie.hashed, now)
            made[one.name] = cookie.reveal(), keys.csrf(session.id)
    await store.close()
    return City(
        signs=[sign for _, sign in units],
        incidents=incidents,
        dispatchers=[made[one.name] for one in desk],
        officers=[made[one.name] for one in officers[: SOCKETS - DISPATCHERS]],
        supervisor=made["boss"],
    )


def _person(name: str, role: Role) -> User:
    return User(id=UserId(new_id("usr")), name=name, display_name=name.upper(), role=role)


@asynccontextmanager
async def at_work(count: int) -> AsyncIterator["tuple[Service, City, str]"]:
    """The service with its city, and the token of the fleet's locator."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        folder.mkdir()
        city = await found(folder, count)
        service = Service(folder)
        await asyncio.to_thread(service.start)
        try:
            async with client(service, city.supervisor) as http:
                reply = await http.post("/api/agency/devices", json={"kind": "locator", "name": "Fleet"})
                reply.raise_for_status()
                yield service, city, str(reply.json()["token"])
        finally:
            service.kill()


def client(service: Service, who: tuple[str, str]) -> httpx.AsyncClient:
    headers = {"Origin": service.url, "Cookie": f"sightline={who[0]}", "X-CSRF-Token": who[1]}
    return httpx.AsyncClient(base_url=service.url, headers=headers, timeout=60, trust_env=False)


class Load:
    """The sockets, the fleet and the dispatchers. What they measure is kept from `delays` on."""

    def __init__(self, service: Service, city: City, token: str) -> None:
        self._service, self._city, self._token = service, city, token
        self._url = service.url.replace("http", "ws", 1)
        self.delays = Delays()
        self.watched: list[float] = []  # when the unit on the map reported, seconds since 1970
        self._sent: dict[str, float] = {}
        self._turn = self._number = 0
        self.passed = Counter[str]()  # of the fleet's reports, why
        self.tasks: list[asyncio.Task[None]] = []

    async def run(
        self, stack: AsyncExitStack, *, sockets: int = SOCKETS, writing: bool, reporting: bool = True
    ) -> None:
        """Everybody, until the stack is closed."""
        tasks = self.tasks

        async def stop() -> None:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        people = (*self._city.dispatchers, *self._city.officers)[:sockets]
        lines = await asyncio.gather(*(self._connect(stack, cookie) for cookie, _ in people))
        tasks += [
            asyncio.create_task(self._listen(line, looks=number == 0)) for number, line in enumerate(lines)
        ]
        if reporting:
            fleet = await stack.enter_async_context(self.fleet())
            tasks.append(asyncio.create_task(self._report(fleet)))
        if writing:
            writers = [
                await stack.enter_async_context(client(self._service, who)) for who in self._city.dispatchers
            ]
            tasks.append(asyncio.create_task(self._write(writers)))
        stack.push_async_callback(stop)

    def fleet(self) -> connect:
        """A socket of the locator that speaks for all units."""
        return connect(
            f"{self._url}/api/locator",
            additional_headers={"Authorization": f"Bearer {self._token}"},
            proxy=None,
        )

    async def _connect(self, stack: AsyncExitStack, cookie: str) -> ClientConnection:
        """A page's socket that has been told everything."""
        line = await stack.enter_async_context(
            connect(
                f"{self._url}/api/events",
                origin=Origin(self._service.url),
                additional_headers={"Cookie": f"sightline={cookie}"},
                proxy=None,
                compression=None,
                max_size=None,
                open_timeout=60,
                ping_interval=None,
            )
        )
        await line.recv(decode=False)
        return line

    async def _listen(self, line: ClientConnection, *, looks: bool) -> None:
        """`looks`: this one reads where units are, too; the others' bytes are the same."""
        while True:
            message = await line.recv(decode=False)
            now = time.monotonic()
            if MOVED in message[:40]:
                if looks:
                    for unit in json.loads(message)["units"]:
                        sent = self._sent.pop(f"{unit['position']['speed_mps']}", None)
                        if sent is not None:
                            self.delays.delivered.append((now - sent) * 1000)
                continue
            start = message.find(b"sent at ") if any(kind in message[:40] for kind in WORDS) else -1
            if start > 0:
                self.delays.events.append((now - float(message[start + 8 : start + 26])) * 1000)

    async def _report(self, fleet: ClientConnection) -> None:
        """Every unit once a second. A position is known again by its speed, which is a number of its own."""
        signs, began = self._city.signs, time.monotonic()
        size = min(AT_ONCE, math.ceil(len(signs) / MESSAGES_S))
        while True:
            for first in range(0, len(signs), size):
                await fleet.send(json.dumps([self.where(sign) for sign in signs[first : first + size]]))
                answer = json.loads(await fleet.recv())
                self.passed.update(passed["why"] for passed in answer.get("passed", ()))
                due = began + (self._turn + (first + size) / len(signs))
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._turn += 1

    def where(self, sign: str) -> dict[str, Any]:
        """One report, by which it is known again where it is told."""
        self._number += 1
        speed = 5 + (self._number % 1_000_000) / 1_000_000
        self._sent[f"{speed}"] = time.monotonic()
        way, far, heads = math.tau * (hash(sign) % 360) / 360, 2000.0, 10
        if sign == self._city.signs[0]:
            way, far = math.tau * (self._turn % RING) / RING, RING_M
            heads = len(self.watched) % TURNS
            self.watched.append(time.time())
        return {
            "unit": sign,
            "latitude": SCENE[0] + far * math.cos(way) / 111_195,
            "longitude": SCENE[1] + far * math.sin(way) / 82_200,
            "heading_deg": heads,
            "speed_mps": speed,
        }

    async def _write(self, desks: list[httpx.AsyncClient]) -> None:
        """Words and notes by turns, each by the next dispatcher and on the next incident."""
        number, began = 0, time.monotonic()
        async with asyncio.TaskGroup() as group:
            while True:
                incident = self._city.incidents[number % INCIDENTS]
                group.create_task(self._say(desks[number % len(desks)], incident, note=number % 2 == 0))
                number += 1
                await asyncio.sleep(max(0.0, began + number / WRITES_S - time.monotonic()))

    async def _say(self, desk: httpx.AsyncClient, incident: str, *, note: bool) -> None:
        words = f"sent at {time.monotonic():018.6f}"
        if note:
            reply = await desk.post(
                f"/api/incidents/{incident}/notes", json={"id": new_id("nte"), "text": words}
            )
        else:
            reply = await desk.post(f"/api/incidents/{incident}/amend", json={"words": words})
        reply.raise_for_status()


async def watch(page: Page, service: Service, city: City) -> None:
    """A dispatcher's console with the first incident, whose map shows its unit."""
    await page.context.add_cookies(
        [{"name": "sightline", "value": city.dispatchers[-1][0], "url": service.url}]
    )
    await page.goto(f"{service.url}/console#{city.incidents[0]}")
    await page.keyboard.press("s")  # the map is the large pane
    await page.locator(".map-person.is-unit.is-apart").wait_for(timeout=60_000)


async def drawn(page: Page, watched: Sequence[float]) -> list[float]:
    """Milliseconds from each report until the map first showed it, or a newer one of the same unit."""
    seen: list[tuple[str, float]] = await page.evaluate("window.drawn")
    headings = [(int(turned[7:-1]), at / 1000) for turned, at in seen]
    last, shown = 0, []
    for heading, at in headings:  # of the reports that had been sent by then, the newest that heads there
        sent = [n for n in range(last, len(watched)) if watched[n] <= at and n % TURNS == heading]
        if sent:
            last = sent[-1]
            shown.append((last, at))
    return [
        (next(at for newest, at in shown if newest >= n) - watched[n]) * 1000
        for n in range(shown[0][0], shown[-1][0] + 1)
    ]


async def measure(run_s: float = RUN_S) -> Delays:
    """One run with everything."""
    async with at_work(UNITS) as (service, city, token), AsyncExitStack() as stack:
        load = Load(service, city, token)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        stack.push_async_callback(browser.close)
        await load.run(stack, writing=True)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await watch(page, service, city)
        await asyncio.sleep(SETTLE_S)
        await page.evaluate(WATCH)
        load.delays, before = Delays(), cpu_s(service.pid("web"))
        await asyncio.sleep(run_s)
        load.delays.drawn = await drawn(page, load.watched)
        for name in ("events", "delivered", "drawn"):
            values = getattr(load.delays, name)
            print(
                f"   {name:9} p50 {statistics.median(values):6.1f}   p99 {p99(values):6.1f}   n={len(values)}"
            )
        print(f"   web {cpu_s(service.pid('web')) - before:.1f} s of CPU in {run_s:.0f} s")
        print(f"   reports passed over, from the beginning: {dict(load.passed)}", flush=True)
        return load.delays


async def cpu(count: int, run_s: float = RUN_S) -> float:
    """Milliseconds of the web process's CPU for one unit's report, with dispatchers' sockets and no words."""
    async with at_work(count) as (service, city, token), AsyncExitStack() as stack:
        load = Load(service, city, token)
        await load.run(stack, sockets=CPU_SOCKETS, writing=False)
        await asyncio.sleep(SETTLE_S)
        web = service.pid("web")
        turn, before, began = load._turn, cpu_s(web), time.monotonic()
        await asyncio.sleep(run_s)
        used, took = cpu_s(web) - before, time.monotonic() - began
        kept = (load._turn - turn) / took
        print(
            f"   {count} units: {used / took:.2f} of a core, {kept:.2f} reports a second of each", flush=True
        )
        return used * 1000 / max(1, (load._turn - turn) * count)


async def crowd() -> dict[str, Any]:
    """So many units that all report in the same moment, again each second; somebody else asks meanwhile."""
    async with at_work(CROWD) as (service, city, token), AsyncExitStack() as stack:
        load = Load(service, city, token)
        await load.run(stack, sockets=CPU_SOCKETS, writing=True, reporting=False)
        lines = [await stack.enter_async_context(load.fleet()) for _ in range(MOST_SOCKETS)]
        http = await stack.enter_async_context(client(service, city.dispatchers[-1]))
        web, other, taken, why = service.pid("web"), list[float](), list[int](), Counter[str]()
        before, most = rss_mb(web), 0.0
        over = time.monotonic() + CROWD_S

        async def ask() -> None:
            nonlocal most
            while time.monotonic() < over:
                began = time.monotonic()
                (await http.get(f"/api/incidents/{city.incidents[0]}/notes")).raise_for_status()
                other.append((time.monotonic() - began) * 1000)
                most = max(most, rss_mb(web))
                await asyncio.sleep(ASKED_EVERY_S)

        async def report(line: ClientConnection, signs: Sequence[str]) -> None:
            while time.monotonic() < over:
                began = time.monotonic()
                for first in range(0, len(signs), AT_ONCE):
                    reports = [load.where(sign) for sign in signs[first : first + AT_ONCE]]
                    await line.send(json.dumps(reports))
                for _ in range(0, len(signs), AT_ONCE):
                    answer = json.loads(await line.recv())
                    taken.append(answer.get("taken", 0))
                    why.update(passed["why"] for passed in answer.get("passed", ()))
                    why.update([answer["type"]] if "type" in answer else ())
                await asyncio.sleep(max(0.0, began + 1 - time.monotonic()))

        share = CROWD // MOST_SOCKETS
        each = (report(line, city.signs[n * share : (n + 1) * share]) for n, line in enumerate(lines))
        await asyncio.gather(ask(), *each)
        print(f"   {CROWD} units: {sum(taken)} reports taken, passed over: {dict(why)}")
        lost, told = sum(task.done() for task in load.tasks), load.delays.delivered
        print(
            f"   {before:.0f} MB before, at most {most:.0f}; {len(told)} told, {lost} sockets lost",
            flush=True,
        )
        return {
            "crowd_taken_s": round(sum(taken) / CROWD_S),
            "crowd_passed_over": why.total(),
            "crowd_other_p99_ms": round(p99(other), 1),
            "crowd_told_p99_ms": round(p99(told), 1),
            "crowd_sockets_lost": lost,
            "crowd_grew_mb": round(most - before),
        }


def rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def p99(values: Sequence[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", choices=("delay", "cpu", "crowd", "alert", "load"))
    options = parser.parse_args()
    print(f"machine: {machine()}")
    line: dict[str, Any] = {"bench": "officer"}
    if options.only in (None, "delay"):
        runs = [uvloop.run(measure()) for _ in range(options.runs)]
        line["event_p99_ms"] = round(statistics.median(p99(run.events) for run in runs), 1)
        line["position_p99_ms"] = round(statistics.median(p99(run.drawn) for run in runs), 1)
    if options.only in (None, "cpu"):
        for count in ALSO:
            line[f"cpu_ms_per_unit_{count}"] = round(uvloop.run(cpu(count)), 3)
    if options.only in (None, "crowd"):
        line |= uvloop.run(crowd())
    if options.only in (None, "alert"):
        took = uvloop.run(alerts.measure())
        line["alert_to_push_ms"], line["alert_p99_ms"] = took.median_ms, took.p99_ms
    if options.only in (None, "load"):
        files = first_load("officer.html")
        line["first_load_bytes"] = sum(file.with_name(f"{file.name}.br").stat().st_size for file in files)
    print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()
