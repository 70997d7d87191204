"""Sites: where lent cameras stand. Their owners manage them, supervisors the city's, and nobody another's."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

import msgspec

from backend.model.cameras import Camera
from backend.model.entries import Action
from backend.model.ids import CameraId, SiteId, UserId, new_id
from backend.model.lending import SiteView
from backend.model.openings import OpeningEnd
from backend.model.people import Role, User
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site, SiteKind, may_manage
from backend.services.connectors import Connectors
from backend.services.lending_board import LendingBoard
from backend.services.limits import Rate
from backend.services.nearby import tell_near
from backend.services.steps import Step, Steps
from notifications.numbers import BadNumber, telephone

SITES_MOST, CITY_SITES_MOST = 20, 500  # of one owner, of the city
NUMBERS_MOST = 10
T = TypeVar("T", bound=msgspec.Struct)


class CameraListener(Protocol):
    """Who has pictures of cameras running; told after the commit, by `services.openings`."""

    async def camera_changed(self, camera: CameraId, end: OpeningEnd, by: UserId | None = None) -> None:
        """End what the rules no longer allow; `end` is why, `by` who changed it."""

    async def stop(self, camera: CameraId, by: UserId | None = None) -> None:
        """The Stop of whoever keeps it: end all of it."""


class Sites:
    """Sites, by those who may manage them."""

    def __init__(
        self,
        steps: Steps,
        board: LendingBoard,
        connectors: Connectors,
        listener: CameraListener,
        *,
        country: str,
    ) -> None:
        self._steps, self._board, self._listener, self._country = steps, board, listener, country
        self._connectors = connectors
        self._rate = Rate(every_s=1, burst=60)  # each change is an entry and a telling

    async def add(
        self, user: User, *, kind: SiteKind, name: str, address: str, point: Point, numbers: tuple[str, ...]
    ) -> SiteView:
        """Raises Refused (bad-number, not-yours, too-many)."""
        paced(self._rate, user)
        held = self._numbers(numbers)
        owner = user.id if user.role is Role.OWNER else None
        async with self._steps.begin() as step:
            step.attempts(Action.SITE_ADD, actor=user.id, subject=user.id)
            step.about(None)
            if (kind is SiteKind.CITY) != (owner is None):
                raise Refused(
                    Refusal.NOT_YOURS, "Owners add businesses and homes, supervisors the city's sites."
                )
            most = CITY_SITES_MOST if owner is None else SITES_MOST
            if await step.tx.sites.count(owner) >= most:
                raise Refused(Refusal.TOO_MANY, f"There can be {most} sites. Take one away first.")
            site = Site(
                id=SiteId(new_id("sit")),
                kind=kind,
                name=name,
                address=address,
                point=point,
                added_at=step.now,
                owner_id=owner,
                numbers=held,
            )
            await step.tx.sites.add(site)
            await step.record(Action.SITE_ADD, actor=user.id, subject=site.id, site=name, kind=kind.value)
            step.site_changed(site.id, owner)
            return await self._board.site(step.tx, site, step.now)

    async def amend(
        self,
        user: User,
        site_id: SiteId,
        *,
        name: str | None = None,
        address: str | None = None,
        point: Point | None = None,
        numbers: tuple[str, ...] | None = None,
    ) -> SiteView:
        """What is None stays. Cameras stay where they are. Raises Refused."""
        paced(self._rate, user)
        held = None if numbers is None else self._numbers(numbers)
        given = {"name": name, "address": address, "point": point, "numbers": held}
        async with self._steps.begin() as step:
            step.attempts(Action.SITE_AMEND, actor=user.id, subject=site_id)
            site = await managed(step, user, site_id)
            details = differences(site, given)
            if details:
                site = replaced(site, given)
                await step.tx.sites.change(site)
                await step.record(
                    Action.SITE_AMEND, actor=user.id, subject=site.id, details={"site": site.name, **details}
                )
                step.site_changed(site.id, site.owner_id)
            return await self._board.site(step.tx, site, step.now)

    async def retire(self, user: User, site_id: SiteId) -> None:
        """The site with its cameras and connectors; their lines and pictures end. Raises Refused."""
        paced(self._rate, user)
        async with self._steps.begin() as step:
            step.attempts(Action.SITE_RETIRE, actor=user.id, subject=site_id)
            site = await managed(step, user, site_id)
            cameras = await step.tx.cameras.of_sites([site.id])
            for camera in cameras:
                await retire_camera(step, user, camera)
            connectors = await step.tx.connectors.of_site(site.id)
            await step.tx.sites.retire(site.id, step.now)
            await step.record(
                Action.SITE_RETIRE,
                actor=user.id,
                subject=site.id,
                site=site.name,
                cameras=str(len(cameras)),
            )
            step.site_changed(site.id, site.owner_id)
        for connector in connectors:
            self._connectors.drop(connector.id)
        for camera in cameras:
            await self._listener.camera_changed(camera.id, OpeningEnd.OWNER_CHANGED, user.id)

    def _numbers(self, numbers: tuple[str, ...]) -> tuple[str, ...]:
        if len(numbers) > NUMBERS_MOST:
            raise Refused(Refusal.TOO_MANY, f"A site has at most {NUMBERS_MOST} telephone numbers.")
        found: dict[str, None] = {}
        for text in numbers:
            try:
                found[telephone(text, self._country)] = None
            except BadNumber as error:
                raise Refused(Refusal.BAD_NUMBER, f"{text[:40]}: {error}") from error
        return tuple(sorted(found))


def paced(rate: Rate, user: User) -> None:
    """Raises Refused when this person changes things too fast."""
    if not rate.take(user.id):
        raise Refused(Refusal.TOO_OFTEN, "That was too quick. Wait a few seconds, then try again.")


async def managed(step: Step, user: User, site_id: SiteId) -> Site:
    """The standing site, when this person may manage it. Raises Refused; another's is refused on record."""
    site = await step.tx.sites.get(site_id)
    if site is None:
        raise Refused(Refusal.NOT_FOUND)
    step.about(None)
    if not may_manage(user, site):
        raise Refused(Refusal.NOT_YOURS, "This is not yours to manage.")
    if site.retired_at is not None:
        raise Refused(Refusal.NOT_FOUND, "It was taken away.")
    return site


async def retire_camera(step: Step, user: User, camera: Camera) -> None:
    """Take a camera off the map, with the picture of it that was kept."""
    await step.tx.cameras.change(msgspec.structs.replace(camera, retired_at=step.now))
    await step.tx.cameras.drop_still(camera.id)
    await step.record(Action.CAMERA_RETIRE, actor=user.id, subject=camera.id, camera=camera.name)
    await tell_near(step, camera.point, camera.site_id)


def replaced(held: T, given: Mapping[str, object]) -> T:
    """With what was given; None stays."""
    return msgspec.structs.replace(held, **{name: new for name, new in given.items() if new is not None})


def differences(held: msgspec.Struct, given: Mapping[str, object]) -> dict[str, str]:
    """What a change changes, for the log: new and before by name. Telephone numbers are only counted."""
    found: dict[str, str] = {}
    for name, new in given.items():
        old = getattr(held, name)
        if new is not None and new != old:
            found |= {name: _told(new), f"{name}_before": _told(old)}
    return found


def _told(value: object) -> str:
    if isinstance(value, Point):
        return f"{value.latitude:.5f}, {value.longitude:.5f}"
    if isinstance(value, tuple):
        return str(len(value))
    if isinstance(value, msgspec.Struct):
        return msgspec.json.encode(value).decode()
    return str(value)
