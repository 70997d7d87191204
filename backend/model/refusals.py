"""Refusals: every expected no, by name. What each one costs in HTTP is backend.api.problems' business."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why a step was not taken. The value is the problem's code on the wire and in the audit log."""

    # the caller's link
    LINK_UNKNOWN = "link-unknown"
    LINK_EXPIRED = "link-expired"
    LINK_REVOKED = "link-revoked"
    LINK_BOUND = "link-bound"  # another browser redeemed it first; the dispatcher is asked
    CHALLENGE_STALE = "challenge-stale"
    BAD_SIGNATURE = "bad-signature"
    CODE_UNKNOWN = "code-unknown"
    TOO_MANY_TRIES = "too-many-tries"
    # media grants
    GRANT_UNKNOWN = "unknown-grant"
    GRANT_EXPIRED = "grant-expired"
    GRANT_REVOKED = "grant-revoked"
    WRONG_SCOPE = "wrong-scope"
    WRONG_FEED = "wrong-feed"
    INCIDENT_CLOSED = "incident-closed"
    # staff
    SIGN_IN_FAILED = "sign-in-failed"
    LOCKED = "locked"  # a name, after too many wrong passwords
    NOT_SIGNED_IN = "not-signed-in"
    SESSION_LOCKED = "session-locked"  # nobody has used it for long; a password opens it again
    WRONG_ROLE = "wrong-role"
    NOT_ASSIGNED = "not-assigned"
    BAD_CSRF = "bad-csrf"
    BAD_ORIGIN = "bad-origin"
    # owners and what they lend
    INVITATION_UNKNOWN = "invitation-unknown"
    INVITATION_USED = "invitation-used"
    INVITATION_EXPIRED = "invitation-expired"
    NAME_TAKEN = "name-taken"
    BAD_ACCOUNT = "bad-account"  # a name or a password that cannot be one
    DECIDED = "decided"  # another supervisor has answered the request
    NOT_YOURS = "not-yours"
    BAD_LEVEL = "bad-level"  # what asks an owner, where there is none
    BAD_SOURCE = "bad-source"  # no such camera on that connector, or another shows it already
    BAD_STILL = "bad-still"  # what a connector sent is no picture that we keep
    NO_STILL = "no-still"
    CONNECTOR_AWAY = "connector-away"
    TOO_MANY = "too-many"  # sites, cameras: the bound is in the words
    # a lent camera's picture
    CAMERA_UNAVAILABLE = "camera-unavailable"  # its owner's rules; which one is in the words
    OWNER_AWAY = "owner-away"  # nobody could hear the question
    NOT_OPENED = "not-opened"  # who watches a camera must have opened it
    OPENING_OVER = "opening-over"
    ASK_OVER = "ask-over"
    NO_SITE = "no-site"  # no site's own call
    BAD_PUSH_ADDRESS = "bad-push-address"
    # connectors and devices
    ENROLMENT_UNKNOWN = "enrolment-unknown"
    ENROLMENT_USED = "enrolment-used"
    ENROLMENT_EXPIRED = "enrolment-expired"
    BAD_KEY = "bad-key"  # no Ed25519 key, or one that another connector has
    KEY_COPIED = "key-copied"  # two processes show it by turns: neither is let in
    NOT_ENROLLED = "not-enrolled"  # no such connector, or one that its owner has removed
    WRONG_VERSION = "wrong-version"
    BAD_FRAME = "bad-frame"  # what no connector says
    CAMERA_FAILED = "camera-failed"  # a connector could not take a picture; its words say why
    BAD_DEVICE = "bad-device"  # neither a unit's nor a camera's
    DEVICE_RETIRED = "device-retired"
    BAD_DOCK = "bad-dock"  # no place, connector or drone that a dock could have
    DRONE_GROUNDED = "drone-grounded"  # every reason is in the words
    DRONE_REFUSED = "drone-refused"  # by the drone itself, or it did not answer
    DRONE_DENIED = "drone-denied"  # by the rules of its flight: who may, and what next
    FLIGHT_OVER = "flight-over"
    NO_PLACE = "no-place"  # of an incident
    BAD_WEATHER = "bad-weather"  # nothing that a station can have measured, or older than what is known
    NOT_NEEDED = "not-needed"  # a device publishes while there is an emergency for it, and at no other time
    # the log and its gate
    LOG_AWAY = "log-away"  # it cannot be written, so nothing opens that depends on it
    IN_USE = "in-use"  # what is to be erased goes on
    UNGRANTED = "ungranted"  # the media engine does not take the grant
    # receipts
    CONTESTED = "contested"  # an answer is waited for, or there have been enough
    NOT_LOCKED_OUT = "not-locked-out"  # the rules let this person see it, or it is no officer
    GLASS_BROKEN = "glass-broken"  # for this person and incident already
    # the weekly review
    FINDING_CLOSED = "finding-closed"  # its words stay; a remark can be added
    OWN_USE = "own-use"  # nobody reviews what they did themselves
    # notes
    NOTE_TAKEN = "note-taken"  # somebody else's note has that id
    NOT_WATCHING = "not-watching"  # a still is of a picture that one has on
    BAD_PICTURE = "bad-picture"  # no JPEG that can be kept
    # uploads
    TOO_LARGE = "too-large"
    BAD_OFFSET = "bad-offset"  # another piece is wanted than the one that came
    # words with the caller
    WORD_TAKEN = "word-taken"  # somebody else's word has that id
    PHRASE_UNKNOWN = "phrase-unknown"  # no such question, or no such answer to it
    # things
    NOT_FOUND = "not-found"
    BAD_NUMBER = "bad-number"
    BAD_EMAIL = "bad-email"
    BAD_POSITION = "bad-position"
    CALLER_PLACED = "caller-placed"  # the caller's phone has said where it is; a guess does not replace that
    TOO_OFTEN = "too-often"
    NO_UNIT = "no-unit"  # an officer who is not on duty
    UNIT_TAKEN = "unit-taken"  # somebody is on duty there; the words say who
    NOT_HANDLER = "not-handler"  # of an incident: only whoever has it hands it over
    NOT_AT_DESK = "not-at-desk"  # whom it is to be handed to
    TRANSFER_OVER = "transfer-over"  # answered, withdrawn or lapsed
    UNIT_BUSY = "unit-busy"  # it was offered as free, and is on another incident by now
    PRESS_OVER = "press-over"  # it is too late to take a status back
    ALERT_OVER = "alert-over"  # the unit was released, or the incident closed
    PUSH_GONE = "push-gone"  # the browser is not subscribed any more, or this person's is another
    PUSH_FAILED = "push-failed"  # the push service did not take it
    NOT_ASKING = "not-asking"
    ALREADY_SHARING = "already-sharing"
    FULL = "full"
    # the fee
    BAD_DATE = "bad-date"
    BAD_FILE = "bad-file"
    NOTHING_DUE = "nothing-due"


class Refused(Exception):
    """A step was refused; its audit entry, where it has one, is already written.

    `retry_after_s` is there when the same step may be taken after a known time.
    """

    def __init__(self, refusal: Refusal, words: str = "", retry_after_s: int | None = None) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.words = words
        self.retry_after_s = retry_after_s
