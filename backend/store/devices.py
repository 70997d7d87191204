"""Devices that publish by themselves. Their tokens are stored only hashed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.model.devices import Device
from backend.model.ids import CameraId, DeviceId
from backend.store.rows import columns, value, values
from backend.store.tables import devices

_IN_SERVICE = devices.c.retired_at.is_(None)


class Devices:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def add(self, device: Device, token_hash: str) -> None:
        await self._db.execute(insert(devices).values(**columns(device), token_hash=token_hash))

    async def get(self, device: DeviceId) -> Device | None:
        """Retired or not."""
        found = await self._db.execute(select(devices).where(devices.c.id == device))
        return value(found.one_or_none(), Device)

    async def by_token(self, token_hash: str) -> Device | None:
        """Retired or not."""
        found = await self._db.execute(select(devices).where(devices.c.token_hash == token_hash))
        return value(found.one_or_none(), Device)

    async def all(self) -> list[Device]:
        """Those in service, by name."""
        found = await self._db.execute(
            select(devices).where(_IN_SERVICE).order_by(devices.c.name, devices.c.id)
        )
        return values(found, Device)

    async def of_camera(self, camera: CameraId) -> Device | None:
        """The encoder that brings this camera's picture."""
        found = await self._db.execute(
            select(devices)
            .where(devices.c.camera_id == camera, _IN_SERVICE)
            .order_by(devices.c.added_at, devices.c.id)
            .limit(1)
        )
        return value(found.one_or_none(), Device)

    async def names_of(self, of: Sequence[CameraId]) -> dict[str, str]:
        """The names of the encoders that bring these cameras' pictures."""
        found = await self._db.execute(
            select(devices.c.camera_id, devices.c.name)
            .where(devices.c.camera_id.in_(of), _IN_SERVICE)
            .order_by(devices.c.added_at.desc(), devices.c.id.desc())
        )
        return {each.camera_id: each.name for each in found}

    async def seen(self, device: DeviceId, at: datetime) -> None:
        await self._db.execute(update(devices).where(devices.c.id == device).values(seen_at=at))

    async def retire(self, device: DeviceId, at: datetime) -> None:
        await self._db.execute(update(devices).where(devices.c.id == device).values(retired_at=at))
