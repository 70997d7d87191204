"""Devices: the agency's own sources that publish by themselves, each with a token of its own.

A device may publish only while there is an emergency for it, and tries again by itself. Nothing here may log
a token. Step 6 for devices: `admit` is asked by services.access.
"""

from datetime import timedelta

from backend.model.devices import TOKEN_PREFIX, Device, DeviceKind
from backend.model.entries import Action
from backend.model.grants import Grant, Scope
from backend.model.ids import CameraId, DeviceId, DeviceToken, FeedId, GrantId, UnitId, new_id, new_secret
from backend.model.incidents import Feed, FeedKind, FeedState
from backend.model.people import User
from backend.model.refusals import Refusal, Refused
from backend.model.sites import may_manage
from backend.services.limits import Rate
from backend.services.steps import Step, Steps
from media import ports as media
from signaling import ports as signaling

MOST_DEVICES = 2000
PUBLISHES_FOR = timedelta(hours=12)  # an incident that nobody closes is not filmed for ever
_FEEDS = {DeviceKind.BODY_WORN: FeedKind.BODY_WORN, DeviceKind.DASH: FeedKind.DASH}

WORDS = {
    Refusal.GRANT_UNKNOWN: "This device's token is not known. Register the device again.",
    Refusal.DEVICE_RETIRED: "This device was retired.",
    Refusal.INCIDENT_CLOSED: "The incident is closed.",
    Refusal.WRONG_SCOPE: "This device reports, and publishes no picture.",
}
NO_INCIDENT = "Its unit is on no open incident. It may publish as soon as the unit is assigned to one."
NOT_OPENED = "Nobody has opened this camera. It may publish while somebody has."


class Devices:
    """What supervisors do with them, and the question whether one may publish."""

    def __init__(self, steps: Steps, sfu: media.Sfu) -> None:
        self._steps, self._sfu = steps, sfu
        self._attempts = Rate(every_s=2, burst=30)
        self._notes = Rate(every_s=600, burst=3)  # a device that waits for an emergency asks all day
        self._strangers = Rate(every_s=10, burst=30, keys=1)

    async def all(self) -> list[Device]:
        """Those in service, by name."""
        async with self._steps.read() as tx:
            return await tx.devices.all()

    async def register(
        self, user: User, *, kind: DeviceKind, name: str, unit: UnitId | None, camera: CameraId | None
    ) -> tuple[Device, DeviceToken]:
        """A device and its token, which is told this once. Raises Refused (bad-device, not-yours, full)."""
        token = DeviceToken(TOKEN_PREFIX + new_secret())
        async with self._steps.begin() as step:
            await self._check(step, user, kind, unit, camera)
            if len(await step.tx.devices.all()) >= MOST_DEVICES:
                raise Refused(Refusal.FULL, f"There are {MOST_DEVICES} devices. Retire those that are gone.")
            device = Device(
                id=DeviceId(new_id("dev")),
                kind=kind,
                name=name,
                added_at=step.now,
                unit_id=unit,
                camera_id=camera,
            )
            await step.tx.devices.add(device, token.hashed)
            await step.record(
                Action.DEVICE_REGISTER, actor=user.id, subject=device.id, name=name, kind=kind.value
            )
            await _tell_site(step, camera)
        return device, token

    async def retire(self, user: User, device: DeviceId) -> None:
        """Its token opens nothing any more, and what it publishes ends. Raises Refused."""
        feeds: list[Feed] = []
        held: Grant | None = None
        async with self._steps.begin() as step:
            found = await step.tx.devices.get(device)
            if found is None or found.retired_at is not None:
                raise Refused(Refusal.NOT_FOUND)
            await step.tx.devices.retire(device, step.now)
            feeds = await step.tx.feeds.of_device(device)
            for feed in feeds:
                await end_feed(step, feed)
            if found.camera_id is not None:
                held = await self._opened(step, found)
            await step.record(
                Action.DEVICE_RETIRE, actor=user.id, subject=device, name=found.name, kind=found.kind.value
            )
            await _tell_site(step, found.camera_id)
        for feed in feeds:
            await self._sfu.end_feed(media.FeedId(feed.id), media.EndReason.REVOKED)
        if held is not None and held.feed_id is not None:
            await self._end_publishing(media.FeedId(held.feed_id))

    async def admit(self, token: DeviceToken) -> signaling.Admission:
        """Whether this device may publish now, and which feed. Raises signaling.Refused; on record."""
        words = ""
        grant: Grant | None = None
        async with self._steps.begin() as step:
            device = await step.tx.devices.by_token(token.hashed)
            if device is None:
                refusal: Refusal | None = Refusal.GRANT_UNKNOWN
                if self._strangers.take("all"):
                    await step.record(
                        Action.FEED_PUBLISH, actor="unknown", subject="unknown", refusal=refusal
                    )
            else:
                if not self._attempts.take(device.id):
                    raise Refused(Refusal.TOO_OFTEN, "Wait a few seconds, then connect again.")
                refusal = Refusal.DEVICE_RETIRED if device.retired_at is not None else None
                if device.kind in (DeviceKind.LOCATOR, DeviceKind.STATION):
                    refusal = Refusal.WRONG_SCOPE
                if refusal is None:
                    encodes = device.camera_id is not None
                    grant = await (self._opened(step, device) if encodes else self._carried(step, device))
                    refusal = Refusal.NOT_NEEDED if grant is None else None
                    words = NOT_OPENED if encodes else NO_INCIDENT
                await self._record(step, device, grant, refusal)
        if grant is None or grant.feed_id is None or refusal is not None:
            no = refusal or Refusal.NOT_NEEDED
            raise signaling.Refused(signaling.Refusal(no.value), WORDS.get(no, words))
        return signaling.Admission(
            feed=media.FeedId(grant.feed_id),
            holder=media.Holder(grant.id),
            group=media.Group(grant.incident_id),
        )

    async def _check(
        self, step: Step, user: User, kind: DeviceKind, unit: UnitId | None, camera: CameraId | None
    ) -> None:
        if kind is DeviceKind.STATION:
            if camera is not None or unit is not None:
                raise Refused(Refusal.BAD_DEVICE, "A station belongs to the whole city.")
            return
        if kind is DeviceKind.LOCATOR:
            if camera is not None or (unit is not None and await step.tx.units.get(unit) is None):
                raise Refused(Refusal.BAD_DEVICE, "A locator belongs to a unit, or to all of them.")
            return
        if kind is not DeviceKind.ENCODER:
            if camera is not None or unit is None or await step.tx.units.get(unit) is None:
                raise Refused(Refusal.BAD_DEVICE, "A body-worn or dash camera belongs to a unit.")
            return
        found = await step.tx.cameras.get(camera) if camera is not None else None
        if unit is not None or found is None or found.retired_at is not None:
            raise Refused(Refusal.BAD_DEVICE, "An encoder brings the picture of one registered camera.")
        site = await step.tx.sites.get(found.site_id)
        if site is None or not may_manage(user, site):
            raise Refused(Refusal.NOT_YOURS, "Encoders bring the city's own cameras only.")
        if found.connector_id is not None or await step.tx.devices.of_camera(found.id) is not None:
            raise Refused(Refusal.BAD_DEVICE, "Something else brings this camera's picture already.")

    async def _carried(self, step: Step, device: Device) -> Grant | None:
        """What a unit's device publishes by: for the incident it has begun with, or else for the newest."""
        if device.unit_id is None:
            return None
        open_now = await step.tx.incidents.of_unit(device.unit_id)
        for feed in await step.tx.feeds.of_device(device.id):
            if any(incident.id == feed.incident_id for incident in open_now):
                return await self._renewed(step, feed, device)
        if not open_now:
            return None
        feed = Feed(
            id=FeedId(new_id("fed")),
            incident_id=open_now[0].id,
            kind=_FEEDS[device.kind],
            state=FeedState.WAITING,
            since=step.now,
            unit_id=device.unit_id,
            device_id=device.id,
        )
        await step.tx.feeds.add(feed)
        step.changed(feed.incident_id)
        return await self._granted(step, feed)

    async def _renewed(self, step: Step, feed: Feed, device: Device) -> Grant:
        held = await step.tx.grants.publisher_of(feed.id)
        if held is None or step.now >= held.expires_at:  # the engine takes no holder twice that it has ended
            return await self._granted(step, feed)
        await step.tx.grants.prolong(held.id, step.now + PUBLISHES_FOR)
        return held

    async def _granted(self, step: Step, feed: Feed) -> Grant:
        grant = Grant(
            id=GrantId(new_id("grt")),
            scope=Scope.PUBLISH,
            incident_id=feed.incident_id,
            feed_id=feed.id,
            issued_at=step.now,
            expires_at=step.now + PUBLISHES_FOR,
        )
        # the device's own token is what it publishes by: nobody is ever told this secret
        await step.tx.grants.add(grant, DeviceToken(new_secret()).hashed)
        return grant

    async def _opened(self, step: Step, device: Device) -> Grant | None:
        """What an encoder publishes by: one picture, so for whom its camera was opened first."""
        if device.camera_id is None:
            return None
        for opening in await step.tx.openings.of_camera(device.camera_id):
            incident = await step.tx.incidents.get(opening.incident_id)
            if opening.open_at(step.now) and incident is not None and incident.closed_at is None:
                held = await step.tx.grants.publisher_of(opening.feed_id)
                if held is not None:
                    return held
        return None

    async def _record(self, step: Step, device: Device, grant: Grant | None, refusal: Refusal | None) -> None:
        if refusal is None:
            await step.tx.devices.seen(device.id, step.now)
        elif not self._notes.take(device.id):
            return
        details = {} if grant is None else {"grant": str(grant.id)}
        await step.record(
            Action.FEED_PUBLISH,
            actor=device.id,
            subject=(grant.feed_id if grant is not None else None) or device.id,
            incident=grant.incident_id if grant is not None else None,
            refusal=refusal,
            details={**details, "device": device.name},
        )

    async def _end_publishing(self, feed: media.FeedId) -> None:
        """A camera's feed lives as long as its openings; what its encoder sends ends now."""
        for session in self._sfu.state().sessions:
            if session.feed == feed and session.publishes:
                await self._sfu.end_session(session.session, media.EndReason.REVOKED)


async def end_feed(step: Step, feed: Feed) -> None:
    """A feed is over for good: nothing lets it be published or seen any more."""
    await step.tx.grants.revoke_of_feed(feed.id, step.now)
    if feed.state is not FeedState.ENDED:
        await step.tx.feeds.change(feed.id, FeedState.ENDED, step.now)
    step.changed(feed.incident_id)


def device_token(bearer: str) -> DeviceToken | None:
    """The token in a bearer; None for a bearer that is no device's."""
    if not bearer.startswith(TOKEN_PREFIX) or len(bearer) > 128:
        return None
    return DeviceToken(bearer)


async def _tell_site(step: Step, camera: CameraId | None) -> None:
    """Who sees this camera's site sees what brings its picture now."""
    found = await step.tx.cameras.get(camera) if camera is not None else None
    site = await step.tx.sites.get(found.site_id) if found is not None else None
    if site is not None:
        step.site_changed(site.id, site.owner_id)
