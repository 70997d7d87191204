"""A drone's end of its MAVLink links: who is there, what they say, what they are told and how often.

Knows no sockets: bytes come in with a Peer, bytes go out by what the peer was made with. Time is the drone's.
"""

import math
import struct
from collections.abc import Callable
from typing import Any

from pymavlink.dialects.v20 import common as m  # type: ignore[import-untyped]

from media.mavlink import Reader, Signer, Writer
from media.simulator.drone import Drone, Fault
from media.simulator.flying import Refusal, Setpoint
from media.simulator.orders import NAN, Bad, Order, carry_out, may_steer, steer
from media.simulator.parameters import KNOWN
from media.simulator.telemetry import (
    AUTOPILOT,
    CAMERA,
    GIMBAL,
    HEARTBEAT_HZ,
    HEARTBEATS,
    PARACHUTE,
    TOLD,
    State,
    video_information,
    video_status,
)
from media.simulator.transfer import Transfers

MOST_PEERS = 8
GONE_S = 10.0  # a peer that is silent for so long gives its place to another, when there are many
_BYTES_PER_S, _BURST = 30_000, 60_000  # of one peer; the rest is dropped unread
_FASTEST_HZ = 50.0
_NO_PLACE = -0x80000000, 0x7FFFFFFF
_IGNORE_POSITION, _IGNORE_VELOCITY, _FORCE_SET = 0b111, 0b111000, 0b111000000
_IGNORE_YAW, _IGNORE_YAW_RATE = 1 << 10, 1 << 11


class Peer:
    """A ground station, or a router with several behind it."""

    def __init__(self, send: Callable[[bytes], None], signer: Signer | None) -> None:
        self.send = send
        self.reader = Reader(signer)
        self.silent_s = 0.0
        self.dropped = 0
        self._may = float(_BURST)

    def step(self, dt: float) -> None:
        self.silent_s += dt
        self._may = min(_BURST, self._may + dt * _BYTES_PER_S)

    def allows(self, size: int) -> bool:
        if size > self._may:
            self.dropped += 1
            return False
        self._may -= size
        return True


class Endpoint:
    def __init__(self, drone: Drone, signer: Signer | None = None, state: State | None = None) -> None:
        self.drone, self.state = drone, state or State()
        self.peers: list[Peer] = []
        self.bad = 0  # messages with numbers that cannot be
        self._signer = signer
        self._writers = {
            component: Writer(drone.number, component, signer)
            for component in (AUTOPILOT, CAMERA, GIMBAL, PARACHUTE)
        }
        self._transfers = Transfers(drone.autopilot)
        self._rates = {number: hz for number, (_, _, hz) in TOLD.items()}
        self._due = dict.fromkeys(TOLD, 0.0)
        self._beat_due = 0.0
        self._reached = -1

    def meet(self, send: Callable[[bytes], None]) -> Peer | None:
        """A new peer, in the place of one that is gone; None when there are enough."""
        if len(self.peers) >= MOST_PEERS:
            longest = max(self.peers, key=lambda peer: peer.silent_s)
            if longest.silent_s < GONE_S:
                return None
            self.part(longest)
        peer = Peer(send, self._signer)
        self.peers.append(peer)
        return peer

    def listen(self, data: bytes, send: Callable[[bytes], None]) -> Peer | None:
        """A stranger's first bytes: a peer when they are MAVLink that this drone may hear, else nobody."""
        stranger = Peer(send, self._signer)
        stranger.silent_s = math.inf
        self.receive(data, stranger)
        if stranger.silent_s > 0 or (peer := self.meet(send)) is None:
            return None
        peer.reader = stranger.reader
        return peer

    def part(self, peer: Peer) -> None:
        if peer in self.peers:
            self.peers.remove(peer)

    def step(self, dt: float) -> None:
        """After the drone's own step: says what is due."""
        now = self.drone.time_s
        for peer in self.peers:
            peer.step(dt)
        self._transfers.step(dt)
        if not self.peers:
            return
        if now >= self._beat_due:
            self._beat_due = now + 1 / HEARTBEAT_HZ
            for make, component in HEARTBEATS:
                if component != PARACHUTE or self.drone.autopilot.chute_fitted:
                    self._tell(make(self.drone, self.state), component)
        for number, due in self._due.items():
            if now >= due and (hz := self._rates[number]) > 0:
                self._due[number] = max(due + 1 / hz, now)
                make, component, _ = TOLD[number]
                if (message := make(self.drone, self.state)) is not None:
                    self._tell(message, component)
        pilot = self.drone.autopilot
        while pilot.said:
            said = pilot.said.popleft()
            for text in _chunks(said.text):
                self._tell(m.MAVLink_statustext_message(said.severity, text.encode()), AUTOPILOT)
        if pilot.reached != self._reached:
            self._reached = pilot.reached
            if pilot.reached >= 0:
                self._tell(m.MAVLink_mission_item_reached_message(pilot.reached), AUTOPILOT)

    def receive(self, data: bytes, peer: Peer) -> None:
        """What a peer sent. Never raises, whatever it is."""
        if Fault.LINK in self.drone.faults or not peer.allows(len(data)):
            return
        for message in peer.reader.feed(data):
            sender = message.get_srcSystem(), message.get_srcComponent()
            if sender[0] in (0, self.drone.number):  # an echo, or nobody
                continue
            peer.silent_s = 0.0
            target = getattr(message, "target_system", getattr(message, "target", 0))
            component = getattr(message, "target_component", 0)
            if target not in (0, self.drone.number) or component not in (0, *self._writers):
                continue
            self._hear(message, sender, component or AUTOPILOT, peer)

    def _tell(self, message: Any, component: int, peer: Peer | None = None) -> None:
        if Fault.LINK in self.drone.faults:
            return
        frame = self._writers[component].pack(message)
        for each in (peer,) if peer is not None else self.peers:
            each.send(frame)

    def _hear(self, message: Any, sender: tuple[int, int], component: int, peer: Peer) -> None:
        kind, pilot = message.get_type(), self.drone.autopilot
        match kind:
            case "HEARTBEAT":
                if message.type == m.MAV_TYPE_GCS:
                    pilot.link_s = 0.0
            case "COMMAND_LONG" | "COMMAND_INT":
                self._order(_order(message, sender), component, peer)
            case "PARAM_REQUEST_LIST" | "PARAM_REQUEST_READ" | "PARAM_SET":
                if component == AUTOPILOT:
                    self._parameter(message, kind, peer)
            case "SET_MODE":
                params = float(message.base_mode), float(message.custom_mode >> 16 & 255)
                order = Order(
                    command=m.MAV_CMD_DO_SET_MODE,
                    params=(*params, float(message.custom_mode >> 24 & 255), 0.0),
                    x=0.0, y=0.0, z=0.0, frame=None, sender=sender,
                )  # fmt: skip
                self._do(order)
            case "SET_POSITION_TARGET_GLOBAL_INT" | "SET_POSITION_TARGET_LOCAL_NED":
                self._setpoint(message)
            case "MANUAL_CONTROL":
                axes = message.x / 1000, message.y / 1000, (message.z - 500) / 500, message.r / 1000
                if all(-1 <= axis <= 1 for axis in axes):
                    pilot.set_sticks(*axes)
                else:
                    self.bad += 1
            case (
                "GIMBAL_MANAGER_SET_PITCHYAW"
                | "GIMBAL_MANAGER_SET_ATTITUDE"
                | "GIMBAL_MANAGER_SET_MANUAL_CONTROL"
            ):
                self._gimbal(message, sender)
            case "TIMESYNC":
                if message.tc1 == 0:
                    own = int(self.drone.time_s * 1e9) or 1
                    self._tell(m.MAVLink_timesync_message(own, message.ts1), AUTOPILOT, peer)
            case "PING":
                if message.target_system == 0:
                    answer = m.MAVLink_ping_message(message.time_usec, message.seq, *sender)
                    self._tell(answer, component, peer)
            case _:
                self._transfers.take(message, sender, lambda each: self._tell(each, AUTOPILOT, peer))

    def _do(self, order: Order) -> int:
        """MAV_RESULT; why not is said to everybody."""
        try:
            return carry_out(order, self.drone, self.state)
        except Refusal as refusal:
            self.drone.autopilot.say(4, str(refusal))
            return int(m.MAV_RESULT_TEMPORARILY_REJECTED if refusal.later else m.MAV_RESULT_DENIED)
        except Bad as bad:
            self.bad += 1
            self.drone.autopilot.say(4, str(bad))
            return int(m.MAV_RESULT_DENIED)

    def _order(self, order: Order, component: int, peer: Peer) -> None:
        after: list[tuple[Any, int]] = []
        asked = self._asked(order, component, after)
        result = self._do(order) if asked is None else asked
        ack = m.MAVLink_command_ack_message(order.command, result, 0, 0, *order.sender)
        self._tell(ack, component, peer)
        for message, by in after:
            self._tell(message, by, peer)

    def _asked(self, order: Order, component: int, after: list[tuple[Any, int]]) -> int | None:
        """The result of a command that asks for messages; None when it is another."""
        first, second = order.params[0], order.params[1]
        number = {
            m.MAV_CMD_REQUEST_MESSAGE: first,
            m.MAV_CMD_REQUEST_AUTOPILOT_CAPABILITIES: m.MAVLINK_MSG_ID_AUTOPILOT_VERSION,
            m.MAV_CMD_REQUEST_CAMERA_INFORMATION: m.MAVLINK_MSG_ID_CAMERA_INFORMATION,
            m.MAV_CMD_REQUEST_CAMERA_SETTINGS: m.MAVLINK_MSG_ID_CAMERA_SETTINGS,
            m.MAV_CMD_REQUEST_CAMERA_CAPTURE_STATUS: m.MAVLINK_MSG_ID_CAMERA_CAPTURE_STATUS,
            m.MAV_CMD_REQUEST_STORAGE_INFORMATION: m.MAVLINK_MSG_ID_STORAGE_INFORMATION,
            m.MAV_CMD_REQUEST_VIDEO_STREAM_INFORMATION: m.MAVLINK_MSG_ID_VIDEO_STREAM_INFORMATION,
            m.MAV_CMD_REQUEST_VIDEO_STREAM_STATUS: m.MAVLINK_MSG_ID_VIDEO_STREAM_STATUS,
            m.MAV_CMD_SET_MESSAGE_INTERVAL: first,
            m.MAV_CMD_GET_MESSAGE_INTERVAL: first,
        }.get(order.command)
        if number is None:
            return None
        setting = order.command == m.MAV_CMD_SET_MESSAGE_INTERVAL
        if not 0 <= number < 1 << 24 or (setting and not math.isfinite(second)):
            self.bad += 1
            return int(m.MAV_RESULT_DENIED)
        number = int(number)
        if setting or order.command == m.MAV_CMD_GET_MESSAGE_INTERVAL:
            return self._interval(order.command, number, second, after)
        wanted = second if order.command == m.MAV_CMD_REQUEST_MESSAGE else first
        wanted = 0.0 if math.isnan(wanted) else wanted  # not given
        made = self._made(number, wanted, component)
        after += made
        return int(m.MAV_RESULT_ACCEPTED if made else m.MAV_RESULT_UNSUPPORTED)

    def _interval(self, command: int, number: int, interval_us: float, after: list[tuple[Any, int]]) -> int:
        if number not in TOLD:
            return int(m.MAV_RESULT_UNSUPPORTED)
        if command == m.MAV_CMD_GET_MESSAGE_INTERVAL:
            hz = self._rates[number]
            after.append(
                (m.MAVLink_message_interval_message(number, round(1e6 / hz) if hz else -1), AUTOPILOT)
            )
        else:  # 0: as at first; -1: not at all
            hz = 1e6 / interval_us if interval_us > 0 else 0.0 if interval_us < 0 else TOLD[number][2]
            self._rates[number] = min(_FASTEST_HZ, hz)
            self._due[number] = self.drone.time_s
        return int(m.MAV_RESULT_ACCEPTED)

    def _made(self, number: int, which: float, component: int) -> list[tuple[Any, int]]:
        drone, state = self.drone, self.state
        videos = range(1, len(state.videos) + 1)
        if number == m.MAVLINK_MSG_ID_VIDEO_STREAM_INFORMATION:
            return [(video_information(drone, state, n), CAMERA) for n in videos if which in (0, n)]
        if number == m.MAVLINK_MSG_ID_VIDEO_STREAM_STATUS:
            return [(video_status(drone, state, n), CAMERA) for n in videos if which in (0, n)]
        if number not in TOLD:
            return []
        make, by, _ = TOLD[number]
        if component not in (by, AUTOPILOT):
            return []
        message = make(drone, state)
        return [] if message is None else [(message, by)]

    def _parameter(self, message: Any, kind: str, peer: Peer) -> None:
        parameters = self.drone.autopilot.parameters
        names = parameters.names()
        if kind == "PARAM_REQUEST_LIST":
            for name in names:
                self._tell(self._value(name, names), AUTOPILOT, peer)
            return
        name = message.param_id
        if kind == "PARAM_REQUEST_READ" and 0 <= message.param_index < len(names):
            name = names[message.param_index]
        if name not in KNOWN:
            return
        if kind == "PARAM_SET":
            value = message.param_value
            if message.param_type == m.MAV_PARAM_TYPE_INT32:
                (value,) = struct.unpack("<i", struct.pack("<f", value))
            if not parameters.set(name, float(value)):
                self.bad += 1
                known = KNOWN[name]
                self.drone.autopilot.say(4, f"{name} is from {known.low:g} to {known.high:g}")
        self._tell(self._value(name, names), AUTOPILOT, peer)

    def _value(self, name: str, names: list[str]) -> Any:
        """Integers as PX4 sends them: their bytes in a float's place."""
        value, kind = self.drone.autopilot.parameters[name], m.MAV_PARAM_TYPE_REAL32
        if KNOWN[name].whole:
            (value,) = struct.unpack("<f", struct.pack("<i", int(value)))
            kind = m.MAV_PARAM_TYPE_INT32
        return m.MAVLink_param_value_message(name.encode(), value, kind, len(names), names.index(name))

    def _setpoint(self, message: Any) -> None:
        """Positions, velocities and turns; accelerations are not flown."""
        mask, frame, drone = message.type_mask, message.coordinate_frame, self.drone
        position = velocity = yaw = turn = None
        if mask & _IGNORE_VELOCITY != _IGNORE_VELOCITY:
            north, east, up = message.vx, message.vy, -message.vz
            if frame in (m.MAV_FRAME_BODY_NED, m.MAV_FRAME_BODY_OFFSET_NED):
                turned = math.radians(drone.body.yaw_deg)
                sin, cos = math.sin(turned), math.cos(turned)
                north, east = north * cos - east * sin, north * sin + east * cos
            velocity = east, north, up
        if mask & _IGNORE_POSITION != _IGNORE_POSITION:
            if message.get_type() == "SET_POSITION_TARGET_LOCAL_NED":
                dock = drone.dock_at
                position = dock[0] + message.y, dock[1] + message.x, dock[2] - message.z
                known = frame == m.MAV_FRAME_LOCAL_NED
            else:
                east, north = drone.origin.local(message.lat_int / 1e7, message.lon_int / 1e7)
                absolute = frame in (m.MAV_FRAME_GLOBAL, m.MAV_FRAME_GLOBAL_INT)
                height = (
                    message.alt - drone.origin.ground_m if absolute else message.alt + drone.autopilot.home[2]
                )
                position = east, north, height
                known = frame in (0, 3, 5, 6)
            if not known or max(abs(part) for part in position) > 50_000:
                self.bad += 1
                return
        if not mask & _IGNORE_YAW:
            yaw = math.degrees(message.yaw)
        if not mask & _IGNORE_YAW_RATE:
            turn = math.degrees(message.yaw_rate)
        numbers = [*(position or ()), *(velocity or ()), yaw or 0.0, turn or 0.0]
        if mask & _FORCE_SET == 0 or not all(math.isfinite(number) for number in numbers):
            self.bad += 1
            return
        if velocity and max(abs(part) for part in velocity) > 100:
            self.bad += 1
            return
        drone.autopilot.set_point(Setpoint(position, velocity, yaw, turn))

    def _gimbal(self, message: Any, sender: tuple[int, int]) -> None:
        if not may_steer(sender, self.state):
            return
        if message.get_type() == "GIMBAL_MANAGER_SET_ATTITUDE":
            w, x, y, z = message.q
            if not all(math.isfinite(part) for part in (w, x, y, z)):
                return
            pitch = math.asin(max(-1.0, min(1.0, 2 * (w * y - z * x))))
            yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
            angles: tuple[float, ...] = pitch, yaw, NAN, NAN
        else:
            angles = message.pitch, message.yaw, message.pitch_rate, message.yaw_rate
        if any(math.isinf(angle) for angle in angles):
            self.bad += 1
            return
        if message.get_type() == "GIMBAL_MANAGER_SET_MANUAL_CONTROL":  # of the fastest rate, -1 up to 1
            rates = [
                max(-1.0, min(1.0, angle)) * 1.0 if math.isfinite(angle) else 0.0 for angle in angles[2:]
            ]
            angles = NAN, NAN, *rates
        steer(self.drone, message.flags, *(None if math.isnan(a) else math.degrees(a) for a in angles))


def _order(message: Any, sender: tuple[int, int]) -> Order:
    params = message.param1, message.param2, message.param3, message.param4
    if message.get_type() == "COMMAND_LONG":
        x, y, z, frame = message.param5, message.param6, message.param7, None
    else:
        z, frame = message.z, message.frame
        scale = 1 if frame == m.MAV_FRAME_MISSION else 1e7
        x, y = (NAN if each in _NO_PLACE else each / scale for each in (message.x, message.y))
    return Order(command=message.command, params=params, x=x, y=y, z=z, frame=frame, sender=sender)


def _chunks(text: str) -> list[str]:
    """A STATUSTEXT holds 50 bytes; a longer sentence is cut at its spaces."""
    found, line = [], ""
    for word in text.encode("ascii", "replace").decode().split():
        if line and len(line) + 1 + len(word) > 50:
            found.append(line)
            line = ""
        line = f"{line} {word}".strip()[:50]
    return [*found, line] if line else found
