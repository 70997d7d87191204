"""Cameras: registered by their owners, who say what each may be used for and can pause it at any moment.

Whatever a change forbids ends at once: the listener is told after the commit, and the desk that what is near
an incident is another now.
"""

from datetime import timedelta
from typing import Protocol

import msgspec

from backend.model.cameras import Camera, Hours, ParticipationLevel, Pause, View
from backend.model.entries import Action
from backend.model.ids import CameraId, ConnectorId, SiteId, new_id
from backend.model.lending import CameraView
from backend.model.openings import OpeningEnd
from backend.model.people import User
from backend.model.positions import Point
from backend.model.refusals import Refusal, Refused
from backend.model.sites import Site
from backend.model.stills import check_still
from backend.services.lending_board import LendingBoard
from backend.services.limits import Rate
from backend.services.nearby import tell_near
from backend.services.sites import (
    CameraListener,
    differences,
    managed,
    paced,
    replaced,
    retire_camera,
)
from backend.services.steps import Step, Steps

CAMERAS_MOST = 100  # of one site
NOBODY_ASKED = "The city's cameras have no owner who could be asked. Choose another level."


class StillTaker(Protocol):
    """Who can ask a connector for a picture: `services.connectors`."""

    async def take_still(self, connector: ConnectorId, source: str) -> bytes:
        """A JPEG. Raises Refused with words for the owner, within 10 s."""


class Cameras:
    """Cameras, by those who may manage their site."""

    def __init__(
        self, steps: Steps, board: LendingBoard, stills: StillTaker, listener: CameraListener
    ) -> None:
        self._steps, self._board, self._stills, self._listener = steps, board, stills, listener
        self._rate = Rate(every_s=1, burst=60)  # each change is an entry and a telling
        self._still_rate = Rate(every_s=5, burst=3)  # each opens the camera for a moment

    async def register(
        self,
        user: User,
        site_id: SiteId,
        *,
        name: str,
        point: Point,
        view: View,
        indoor: bool,
        connector_id: ConnectorId | None = None,
        source: str | None = None,
    ) -> CameraView:
        """A camera at its site; its level is the least until its owner sets another. Raises Refused."""
        paced(self._rate, user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_REGISTER, actor=user.id, subject=site_id)
            site = await managed(step, user, site_id)
            if await step.tx.cameras.count(site.id) >= CAMERAS_MOST:
                raise Refused(Refusal.TOO_MANY, f"A site has at most {CAMERAS_MOST} cameras.")
            camera = Camera(
                id=CameraId(new_id("cam")),
                site_id=site.id,
                name=name,
                point=point,
                added_at=step.now,
                view=view,
                indoor=indoor,
                connector_id=connector_id,
                source=source,
            )
            await _check_source(step, camera)
            await step.tx.cameras.add(camera)
            await step.record(
                Action.CAMERA_REGISTER, actor=user.id, subject=camera.id, camera=name, site=site.id
            )
            return await self._changed(step, site, camera)

    async def amend(
        self,
        user: User,
        camera_id: CameraId,
        *,
        name: str | None = None,
        point: Point | None = None,
        view: View | None = None,
        indoor: bool | None = None,
        level: ParticipationLevel | None = None,
        radius_m: int | None = None,
        hours: Hours | None = None,
        sound: bool | None = None,
        connector_id: ConnectorId | None = None,
        source: str | None = None,
        unbind: bool = False,
    ) -> CameraView:
        """What is None stays; `unbind` takes it off its connector. Raises Refused.

        Pictures that the new settings forbid end; sound that is taken back, and another source, end them all.
        """
        paced(self._rate, user)
        given: dict[str, object] = {
            "name": name,
            "point": point,
            "view": view,
            "indoor": indoor,
            "level": level,
            "radius_m": radius_m,
            "hours": hours,
            "sound": sound,
            "connector_id": connector_id,
            "source": source,
        }
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_AMEND, actor=user.id, subject=camera_id)
            site, before = await _managed_camera(step, user, camera_id)
            if level is ParticipationLevel.ASK and site.owner_id is None:
                raise Refused(Refusal.BAD_LEVEL, NOBODY_ASKED)
            camera, details = replaced(before, given), differences(before, given)
            if unbind:
                camera = msgspec.structs.replace(camera, connector_id=None, source=None)
                details["unbound"] = "yes"
            rebound = (camera.connector_id, camera.source) != (before.connector_id, before.source)
            if rebound:
                await _check_source(step, camera)
                await step.tx.cameras.drop_still(camera.id)  # it shows another place
            if details:
                await step.tx.cameras.change(camera)
                await step.record(
                    Action.CAMERA_AMEND,
                    actor=user.id,
                    subject=camera.id,
                    details={"camera": camera.name, **details},
                )
            if camera.point != before.point:
                await tell_near(step, before.point, site.id)
            view_after = await self._changed(step, site, camera)
        if details:
            await self._listener.camera_changed(camera.id, OpeningEnd.OWNER_CHANGED, user.id)
        return view_after

    async def pause(self, user: User, camera_id: CameraId, minutes: int | None) -> CameraView:
        """Nobody opens it for so long, or until it is resumed; running pictures end. Raises Refused."""
        paced(self._rate, user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_PAUSE, actor=user.id, subject=camera_id)
            site, camera = await _managed_camera(step, user, camera_id)
            until = None if minutes is None else step.now + timedelta(minutes=minutes)
            camera = msgspec.structs.replace(camera, pause=Pause(since=step.now, until=until))
            await step.tx.cameras.change(camera)
            await step.record(
                Action.CAMERA_PAUSE,
                actor=user.id,
                subject=camera.id,
                camera=camera.name,
                until=until.isoformat() if until else "resumed",
            )
            view = await self._changed(step, site, camera)
        await self._listener.camera_changed(camera.id, OpeningEnd.OWNER_PAUSED, user.id)
        return view

    async def resume(self, user: User, camera_id: CameraId) -> CameraView:
        """End a pause; one that is not paused stays so. Raises Refused."""
        paced(self._rate, user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_RESUME, actor=user.id, subject=camera_id)
            site, camera = await _managed_camera(step, user, camera_id)
            if camera.pause is not None:
                camera = msgspec.structs.replace(camera, pause=None)
                await step.tx.cameras.change(camera)
                await step.record(Action.CAMERA_RESUME, actor=user.id, subject=camera.id, camera=camera.name)
            return await self._changed(step, site, camera)

    async def stop(self, user: User, camera_id: CameraId) -> None:
        """End every picture of it; it stays shut for those incidents. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_CLOSE, actor=user.id, subject=camera_id)
            await _managed_camera(step, user, camera_id)
        await self._listener.stop(camera_id, user.id)  # leaves the entries: one for each opening that it ends

    async def retire(self, user: User, camera_id: CameraId) -> None:
        """Take it off the map for good; running pictures end. Raises Refused."""
        paced(self._rate, user)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_RETIRE, actor=user.id, subject=camera_id)
            site, camera = await _managed_camera(step, user, camera_id)
            await retire_camera(step, user, camera)
            step.site_changed(site.id, site.owner_id)
        await self._listener.camera_changed(camera_id, OpeningEnd.OWNER_CHANGED, user.id)

    async def take_still(self, user: User, camera_id: CameraId) -> CameraView:
        """A new picture, for its owner's eyes only. Raises Refused."""
        if not self._still_rate.take(camera_id):
            raise Refused(Refusal.TOO_OFTEN, "A new picture can be taken every few seconds.")
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_STILL, actor=user.id, subject=camera_id)
            _, camera = await _managed_camera(step, user, camera_id)
            if camera.connector_id is None or camera.source is None:
                raise Refused(Refusal.BAD_SOURCE, "Nothing brings this camera's picture yet.")
        jpeg = await self._stills.take_still(camera.connector_id, camera.source)
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_STILL, actor=user.id, subject=camera_id)
            site, now = await _managed_camera(step, user, camera_id)
            if (now.connector_id, now.source) != (camera.connector_id, camera.source):
                raise Refused(Refusal.BAD_SOURCE, "The camera was set to another source meanwhile.")
            try:
                check_still(jpeg)
            except ValueError as error:
                raise Refused(
                    Refusal.BAD_STILL, f"The connector sent what we cannot show: {error}."
                ) from error
            await step.tx.cameras.put_still(camera.id, jpeg, step.now)
            await step.record(Action.CAMERA_STILL, actor=user.id, subject=camera.id, camera=camera.name)
            step.site_changed(site.id, site.owner_id)
            return await self._board.camera(step.tx, now, step.now)

    async def still(self, user: User, camera_id: CameraId) -> bytes:
        """The JPEG that was taken last. Raises Refused."""
        async with self._steps.begin() as step:
            step.attempts(Action.CAMERA_STILL, actor=user.id, subject=camera_id)
            await _managed_camera(step, user, camera_id)
            held = await step.tx.cameras.still(camera_id)
        if held is None:
            raise Refused(Refusal.NO_STILL, "No picture was taken yet.")
        return held[0]

    async def _changed(self, step: Step, site: Site, camera: Camera) -> CameraView:
        step.site_changed(site.id, site.owner_id)
        await tell_near(step, camera.point, site.id)
        return await self._board.camera(step.tx, camera, step.now)


async def _managed_camera(step: Step, user: User, camera_id: CameraId) -> tuple[Site, Camera]:
    camera = await step.tx.cameras.get(camera_id)
    if camera is None:
        raise Refused(Refusal.NOT_FOUND)
    site = await managed(step, user, camera.site_id)
    if camera.retired_at is not None:
        raise Refused(Refusal.NOT_FOUND, "This camera was taken away.")
    return site, camera


async def _check_source(step: Step, camera: Camera) -> None:
    """Raises Refused unless the camera has no source, or one of its own site that no other camera shows."""
    if camera.connector_id is None and camera.source is None:
        return
    if camera.connector_id is None or camera.source is None:
        raise Refused(Refusal.BAD_SOURCE, "A connector and one of its cameras go together.")
    connector = await step.tx.lending.connector(camera.connector_id)
    if connector is None or connector.site_id != camera.site_id:
        raise Refused(Refusal.BAD_SOURCE, "There is no such connector at this site.")
    if camera.source not in {source.name for source in await step.tx.lending.sources([connector.id])}:
        raise Refused(Refusal.BAD_SOURCE, "This connector has no such camera.")
    shown = [held.name for held in await step.tx.cameras.of_source(connector.id, camera.source)]
    if shown:
        raise Refused(Refusal.BAD_SOURCE, f"{shown[0]} shows this one already.")
