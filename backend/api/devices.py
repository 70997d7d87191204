"""Devices over HTTP for supervisors, and an officer's own phone as a camera."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from backend.api import guards
from backend.api.bodies import ID
from backend.api.connector_bodies import RegisterDevice, RegisteredDevice, ShareCamera
from backend.model.devices import Device
from backend.model.ids import CameraId, DeviceId, IncidentId, UnitId
from backend.model.people import StaffSession
from backend.services.devices import Devices
from backend.services.officers import Officers

Id = Annotated[str, PathParameter(pattern=ID)]
WHIP = "/whip"


@get("/agency/devices", guards=[guards.supervisors])
async def all_devices(devices: NamedDependency[Devices]) -> list[Device]:
    return await devices.all()


@post("/agency/devices", guards=[guards.supervisors])
async def register(
    data: JSONBody[RegisterDevice],
    session: NamedDependency[StaffSession],
    devices: NamedDependency[Devices],
) -> RegisteredDevice:
    device, token = await devices.register(
        session.user,
        kind=data.kind,
        name=data.name,
        unit=UnitId(data.unit_id) if data.unit_id else None,
        camera=CameraId(data.camera_id) if data.camera_id else None,
    )
    return RegisteredDevice(device=device, token=token.reveal(), whip=WHIP)


@delete("/agency/devices/{device:str}", guards=[guards.supervisors], status_code=204)
async def retire(
    device: Id, session: NamedDependency[StaffSession], devices: NamedDependency[Devices]
) -> None:
    await devices.retire(session.user, DeviceId(device))


@post("/incidents/{incident:str}/my-camera", guards=[guards.officers], status_code=200)
async def share(
    incident: Id, session: NamedDependency[StaffSession], officers: NamedDependency[Officers]
) -> ShareCamera:
    secret, feed = await officers.share(session, IncidentId(incident))
    return ShareCamera(bearer=secret.reveal(), whip=WHIP, feed_id=feed)


@delete("/incidents/{incident:str}/my-camera", guards=[guards.officers], status_code=204)
async def stop_sharing(
    incident: Id, session: NamedDependency[StaffSession], officers: NamedDependency[Officers]
) -> None:
    await officers.stop(session, IncidentId(incident))


ROUTER = Router("/api", route_handlers=[all_devices, register, retire, share, stop_sharing])
