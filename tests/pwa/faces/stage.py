"""Where every screen is shown: one browser and one service with a city's data in it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page

from tests.pwa import published, reviewed
from tests.pwa.conftest import BASEMAP
from tests.pwa.lending import Owner, Person
from tests.pwa.service import Dispatcher, Service

OPENINGS = 60


class Stage:
    """A city with a public history, weeks that were reviewed, an owner who lends and a dispatcher at work."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser = browser
        self._folder = folder
        (folder / "service").mkdir()
        self.service = Service(
            folder / "service", basemap=str(BASEMAP), timezone="Europe/Helsinki", log_cadence_s="1"
        )
        self.dispatcher: Dispatcher
        self.supervisor: Person
        self.owner: Owner

    async def start(self) -> None:
        for name, called, role in (
            ("dana", "Dana Reyes", "dispatcher"),
            ("lee", "Lee Carter", "supervisor"),
            ("ada", "Ada Moss", "auditor"),
            ("olive", "Olive Hart", "owner"),
        ):
            await asyncio.to_thread(self.service.add_person, name, role, display_name=called)
        await asyncio.to_thread(self.service.add_person, "sam", "officer", unit="Unit 12")
        database = self._folder / "service" / "sightline.db"
        await reviewed.write(database.parent, self._folder / "leaves")
        await published.write(database, OPENINGS, datetime.now(UTC))
        await asyncio.to_thread(self._open_its_doors)

    def _open_its_doors(self) -> None:
        self.service.start()
        self.dispatcher = Dispatcher(self.service, "dana")
        self.supervisor = Person(self.service, "lee")
        self.owner = Owner(self.service, "olive")
        site = self.owner.add_site()["id"]
        self.owner.add_camera(site, "Front door", level="nearby")

    def close(self) -> None:
        self.dispatcher.close()
        self.service.kill()


class Screen(NamedTuple):
    come: Callable[[Stage], AbstractAsyncContextManager[Page]]
    thumb: bool = False  # made for phones: the smallest one never scrolls sideways, nor with large text
    whole: bool = False  # and it is seen at once, without scrolling
    steady: bool = True  # else what it lists differs by the run, and its outline alone is compared
    scripted: bool = True  # else nothing runs in it that could listen: its tree and its width are all
