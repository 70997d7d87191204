"""Audit entries: what was done or refused, by whom, to what, chained by hash."""

import hashlib
from datetime import datetime
from enum import StrEnum

import msgspec

GENESIS = "0" * 64


class Action(StrEnum):
    """Every step that leaves an entry. docs/a-call.md says when each is recorded."""

    INCIDENT_OPEN = "incident.open"
    INCIDENT_AMEND = "incident.amend"
    INCIDENT_CLOSE = "incident.close"
    INCIDENT_OFFER = "incident.offer"
    INCIDENT_TRANSFER = "incident.transfer"
    INCIDENT_TAKE = "incident.take"
    INCIDENT_COARSEN = "incident.coarsen"
    UNIT_ASSIGN = "unit.assign"
    UNIT_RELEASE = "unit.release"
    UNIT_STATUS = "unit.status"
    UNIT_UNDO = "unit.undo"
    UNIT_ALERT = "unit.alert"
    UNIT_ACKNOWLEDGE = "unit.acknowledge"
    UNIT_SILENT = "unit.silent"
    UNIT_SIGN_ON = "unit.sign-on"
    UNIT_SIGN_OFF = "unit.sign-off"
    LINK_ISSUE = "link.issue"
    LINK_SEND = "link.send"
    LINK_DELIVERY = "link.delivery"
    LINK_NEXT = "link.next"
    LINK_ALSO = "link.also"
    LINK_CODE = "link.code"
    LINK_CODE_USE = "link.code-use"
    LINK_OPEN = "link.open"
    LINK_REDEEM = "link.redeem"
    LINK_ALLOW = "link.allow"
    LINK_REVOKE = "link.revoke"
    LINK_HANDOUT = "link.handout"
    CALLER_STATUS = "caller.status"
    CALLER_RUNG = "caller.rung"
    CALLER_STOP = "caller.stop"
    UPLOAD_BEGIN = "upload.begin"
    UPLOAD_END = "upload.end"
    UPLOAD_LOOK = "upload.look"
    CALLER_SAY = "caller.say"
    FEED_PUBLISH = "feed.publish"
    FEED_LIVE = "feed.live"
    FEED_END = "feed.end"
    FEED_WATCH = "feed.watch"
    FEED_SUBSCRIBE = "feed.subscribe"
    FEED_UNSUBSCRIBE = "feed.unsubscribe"
    USER_ADD = "user.add"
    USER_PASSWORD = "user.password"  # noqa: S105  the word, not one of them
    USER_SIGN_IN = "user.sign-in"
    USER_SIGN_OUT = "user.sign-out"
    SESSION_LOCK = "session.lock"
    SESSION_UNLOCK = "session.unlock"
    SESSION_END = "session.end"
    TAK_SET = "tak.set"
    TAK_SHOW = "tak.show"
    ACCESS_REFUSE = "access.refuse"
    OWNER_INVITE = "owner.invite"
    OWNER_ACCEPT = "owner.accept"
    OWNER_REQUEST = "owner.request"
    OWNER_APPROVE = "owner.approve"
    OWNER_DECLINE = "owner.decline"
    SITE_ADD = "site.add"
    SITE_AMEND = "site.amend"
    SITE_RETIRE = "site.retire"
    CAMERA_REGISTER = "camera.register"
    CAMERA_AMEND = "camera.amend"
    CAMERA_PAUSE = "camera.pause"
    CAMERA_RESUME = "camera.resume"
    CAMERA_RETIRE = "camera.retire"
    CAMERA_STILL = "camera.still"
    CAMERA_CLOSE = "camera.close"
    CAMERA_OPEN = "camera.open"
    CAMERA_RENEW = "camera.renew"
    CAMERA_ASK = "camera.ask"
    CAMERA_ANSWER = "camera.answer"
    PUSH_SUBSCRIBE = "push.subscribe"
    PUSH_UNSUBSCRIBE = "push.unsubscribe"
    INCIDENT_PANIC = "incident.panic"
    FEE_PRICE = "fee.price"
    FEE_INVOICE = "fee.invoice"
    FEE_PAY = "fee.pay"
    CONTEST_OPEN = "contest.open"
    CONTEST_ANSWER = "contest.answer"
    STATEMENT_MAKE = "statement.make"
    CONNECTOR_CODE = "connector.code"
    CONNECTOR_ENROL = "connector.enrol"
    CONNECTOR_RETIRE = "connector.retire"
    CONNECTOR_REFUSE = "connector.refuse"
    DEVICE_REGISTER = "device.register"
    DEVICE_RETIRE = "device.retire"
    DOCK_REGISTER = "dock.register"
    DOCK_AMEND = "dock.amend"
    DOCK_RETIRE = "dock.retire"
    DRONE_MAINTAIN = "drone.maintain"
    DRONE_OFFER = "drone.offer"
    DRONE_DECLINE = "drone.decline"
    DRONE_SEND = "drone.send"
    DRONE_REFUSE = "drone.refuse"
    DRONE_PHASE = "drone.phase"
    DRONE_HOLD = "drone.hold"
    DRONE_GO_ON = "drone.go-on"
    DRONE_FOLLOW = "drone.follow"
    DRONE_STEER = "drone.steer"
    DRONE_HANDOVER = "drone.handover"
    DRONE_RETURN = "drone.return"
    DRONE_LAND = "drone.land"
    DRONE_PARACHUTE = "drone.parachute"
    DRONE_COMMAND = "drone.command"
    DRONE_BREACH = "drone.breach"
    DRONE_FAULT = "drone.fault"
    DRONE_END = "drone.end"
    WATCH_BEGIN = "watch.begin"
    WATCH_END = "watch.end"
    WEATHER_SET = "weather.set"
    OFFICER_SHARE = "officer.share"
    OFFICER_STOP = "officer.stop"
    USE_SEAL = "use.seal"
    USE_UNSEAL = "use.unseal"
    USE_ERASE = "use.erase"
    GLASS_BREAK = "glass.break"
    GLASS_END = "glass.end"
    REVIEW_MAKE = "review.make"
    FINDING_CLOSE = "finding.close"
    FINDING_REMARK = "finding.remark"
    FINDING_NAME = "finding.name"
    NOTE_WRITE = "note.write"
    NOTE_LOOK = "note.look"
    TALK_SAY = "talk.say"
    PHRASES_SET = "phrases.set"


# What deserves somebody's eye beside every refusal: the caller's and the carrier's steps. The pages have the
# same list in pwa/src/staff/notable.ts.
NEWS = (
    Action.LINK_DELIVERY,
    Action.LINK_NEXT,
    Action.LINK_OPEN,
    Action.LINK_REDEEM,
    Action.LINK_CODE_USE,
    Action.CALLER_STATUS,
    Action.CALLER_RUNG,
    Action.CALLER_STOP,
    Action.UPLOAD_BEGIN,
    Action.UPLOAD_END,
    Action.CALLER_SAY,
    Action.FEED_LIVE,
    Action.FEED_END,
    Action.INCIDENT_CLOSE,
    Action.INCIDENT_PANIC,
    Action.CAMERA_ANSWER,
    Action.GLASS_BREAK,
    Action.NOTE_WRITE,
    Action.SESSION_END,
    Action.UNIT_STATUS,
    Action.UNIT_UNDO,
    Action.UNIT_SILENT,
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log. `actor` and `subject` are ids or one of the words caller, carrier, system."""

    index: int
    at: datetime
    action: Action
    actor: str
    subject: str
    incident_id: str | None
    refusal: str | None
    details: dict[str, str]
    previous: str  # hash of entry index - 1; GENESIS for the first
    hash: str


def digest(entry: Entry) -> str:
    """SHA-256 in hex over the canonical JSON of the entry without its own hash."""
    fields = msgspec.to_builtins(entry)
    del fields["hash"]
    return hashlib.sha256(msgspec.json.encode(fields, order="deterministic")).hexdigest()
