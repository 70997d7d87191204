"""The structs that a browser sees, written out as TypeScript for pwa/src/wire.ts (`make wire`).

Reads the types; never a running app.
"""

import types
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from backend.api import (
    bodies,
    connector_bodies,
    dock_bodies,
    fee_bodies,
    flight_bodies,
    lending_bodies,
    note_bodies,
    opening_bodies,
    receipt_bodies,
    review_bodies,
    sealing_bodies,
    tiles,
    unit_bodies,
)
from backend.model import (
    airframes,
    alerts,
    cameras,
    connectors,
    contests,
    daylight,
    devices,
    docks,
    duty,
    entries,
    fees,
    flight_records,
    flights,
    glass,
    groundings,
    hangar,
    incidents,
    lending,
    links,
    notes,
    openings,
    owners,
    payments,
    people,
    pictures,
    positions,
    receipts,
    refusals,
    responses,
    review,
    rungs,
    sealing,
    sessions,
    sites,
    statements,
    uploads,
    views,
    weather,
)
from media import palettes

ENUMS: tuple[type[Enum], ...] = (
    cameras.ParticipationLevel,
    cameras.Unavailable,
    connectors.SourceKind,
    contests.ContestOutcome,
    contests.ContestReason,
    daylight.Light,
    devices.DeviceKind,
    docks.Parachute,
    duty.Crew,
    duty.DutyEnd,
    entries.Action,
    fees.InvoiceState,
    flight_records.FlightEnd,
    flights.Phase,
    glass.GlassReason,
    groundings.Grounded,
    incidents.FeedKind,
    incidents.FeedState,
    lending.Offer,
    links.Capture,
    links.LinkKind,
    links.LinkState,
    openings.Answer,
    openings.Reach,
    openings.OpeningEnd,
    openings.Reason,
    owners.RequestState,
    palettes.Palette,
    payments.PaymentOutcome,
    people.Role,
    pictures.Connection,
    pictures.Level,
    positions.PositionSource,
    refusals.Refusal,
    responses.Status,
    rungs.Rung,
    rungs.RungReason,
    sealing.Erased,
    sealing.EraseReason,
    sealing.SealReason,
    review.FindingKind,
    review.Outcome,
    sessions.SessionEnd,
    sites.SiteKind,
    statements.Verdict,
    uploads.UploadKind,
    uploads.UploadState,
)
STRUCTS: tuple[type[msgspec.Struct], ...] = (
    positions.Point,
    positions.Position,
    positions.PositionReport,
    people.CrewMember,
    people.Unit,
    people.User,
    cameras.Hours,
    cameras.View,
    cameras.Pause,
    lending.SourceView,
    lending.ConnectorView,
    lending.TrafficHour,
    lending.TrafficView,
    lending.Watching,
    lending.CameraView,
    lending.SiteView,
    lending.AskView,
    lending.OwnerView,
    lending.CityView,
    lending.CitySite,
    lending.CitySiteGone,
    lending.NearbyCamera,
    lending.Nearby,
    lending.OpeningView,
    lending.WaiterView,
    lending.AskedView,
    glass.GlassView,
    groundings.Grounding,
    docks.Waiver,
    hangar.AimView,
    hangar.DroneAt,
    hangar.DroneView,
    hangar.WatchView,
    hangar.DockView,
    hangar.FlightView,
    hangar.AnswerView,
    hangar.ChoiceView,
    hangar.OfferView,
    hangar.UndockedView,
    hangar.Order,
    hangar.Hangar,
    hangar.FlightChanged,
    hangar.DronesMoved,
    owners.OwnerRequest,
    devices.Device,
    duty.DutyView,
    responses.ResponseView,
    alerts.AlertView,
    fees.Price,
    fees.InvoiceLine,
    fees.PriceList,
    fees.InvoiceView,
    fees.YearOfFees,
    payments.PaymentRow,
    payments.PaymentReport,
    sealing.SealView,
    sealing.LoggedUse,
    uploads.UploadView,
    views.FeedView,
    views.LinkView,
    views.IncidentView,
    views.EntryView,
    airframes.Battery,
    flights.Press,
    flights.Steering,
    flights.Flight,
    flight_records.FlightPlan,
    flight_records.FlightRecord,
    flight_records.FlightPoint,
    flight_records.FlightTimes,
    flight_records.FlightSummary,
    flight_records.FlightPage,
    flight_records.FlightLog,
    notes.StillView,
    notes.NoteView,
    notes.NoteReader,
    notes.NotesView,
    notes.Phrases,
    views.LockedOut,
    views.Agency,
    views.Me,
    views.Snapshot,
    views.IncidentChanged,
    views.IncidentHidden,
    views.PositionMoved,
    views.ConnectionChanged,
    views.StillTaken,
    views.LevelChanged,
    views.NearbyChanged,
    views.NoteWritten,
    views.NotesRead,
    views.UnitChanged,
    views.UnitAt,
    views.UnitsMoved,
    views.EntryRecorded,
    views.Tick,
    views.Resumed,
    views.Numbered,
    views.SignedOut,
    views.Locked,
    sessions.SessionView,
    sessions.PersonSessions,
    bodies.SignIn,
    bodies.Unlock,
    bodies.Idle,
    bodies.EndSession,
    bodies.Place,
    bodies.OpenIncident,
    bodies.AmendIncident,
    bodies.AssignUnit,
    bodies.IssueLink,
    bodies.IssuedLink,
    bodies.Handout,
    bodies.SpokenCode,
    bodies.WatchGrant,
    bodies.OpenLink,
    bodies.Invitation,
    bodies.PublicKey,
    bodies.RedeemLink,
    bodies.CallerGrant,
    bodies.EnterCode,
    bodies.EnteredCode,
    bodies.CallerStatus,
    lending_bodies.LookInvitation,
    lending_bodies.OwnerInvited,
    lending_bodies.AcceptInvitation,
    lending_bodies.RequestInvitation,
    lending_bodies.InviteOwner,
    lending_bodies.InvitationLink,
    lending_bodies.AddSite,
    lending_bodies.AmendSite,
    lending_bodies.RegisterCamera,
    lending_bodies.AmendCamera,
    lending_bodies.PauseCamera,
    sealing_bodies.SealUse,
    sealing_bodies.EraseUse,
    opening_bodies.OpenCamera,
    opening_bodies.OpenedCamera,
    opening_bodies.OpenedSite,
    opening_bodies.AnswerAsk,
    opening_bodies.PressPanic,
    opening_bodies.PanicPressed,
    opening_bodies.PushKey,
    opening_bodies.SubscribePush,
    opening_bodies.NamedPush,
    connector_bodies.EnrolmentCode,
    connector_bodies.RegisterDevice,
    connector_bodies.RegisteredDevice,
    connector_bodies.ShareCamera,
    tiles.TileJson,
    bodies.Problem,
    dock_bodies.Sheet,
    dock_bodies.RegisterDrone,
    dock_bodies.RegisterDock,
    dock_bodies.AmendDock,
    dock_bodies.MaintainDrone,
    dock_bodies.TakeWatch,
    weather.Wind,
    weather.Weather,
    dock_bodies.SayWeather,
    flight_bodies.SendDrone,
    flight_bodies.SteerDrone,
    flight_bodies.TurnGimbal,
    flight_bodies.LookAt,
    flight_bodies.ZoomCamera,
    fee_bodies.SetPrices,
    fee_bodies.IssueInvoices,
    fee_bodies.IssuedInvoices,
    fee_bodies.PayInvoice,
    contests.ContestView,
    contests.ContestedView,
    contests.ContestList,
    receipts.Sealed,
    receipts.ReceiptView,
    receipts.ReceiptPage,
    receipts.ProvedLeaf,
    receipts.ReceiptFile,
    receipts.Viewer,
    receipts.CallerReceipt,
    statements.Gap,
    statements.Counted,
    statements.CameraMonth,
    statements.StatementView,
    statements.MismatchView,
    receipt_bodies.ContestUse,
    receipt_bodies.AnswerContest,
    receipt_bodies.ReceiptChallenge,
    receipt_bodies.AskReceipt,
    review.EvidenceView,
    review.RemarkView,
    review.FindingView,
    review.BarView,
    review.WeekView,
    review.WitnessView,
    review.LogView,
    review.ReviewView,
    review.FieldView,
    review.LogEntryView,
    review.PersonNamed,
    note_bodies.AttachStill,
    note_bodies.WriteNote,
    note_bodies.MarkNotes,
    note_bodies.SetPhrases,
    unit_bodies.SignOn,
    unit_bodies.SignedOn,
    unit_bodies.PressStatus,
    unit_bodies.UndoPress,
    unit_bodies.Acknowledged,
    review_bodies.BreakGlass,
    review_bodies.CloseFinding,
    review_bodies.Remark,
)
_PRIMITIVES = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    datetime: "string",
    date: "string",
    bytes: "string",  # base64
}


def _typescript(kind: Any) -> str:
    """The TypeScript for one Python type; raises TypeError for one that has no place on the wire."""
    if hasattr(kind, "__supertype__"):
        return _typescript(kind.__supertype__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _typescript(arguments[0])
    if origin in (Union, types.UnionType):
        return " | ".join(_typescript(a) for a in arguments)
    if origin is tuple:
        return f"{_typescript(arguments[0])}[]"
    if origin is dict:
        return f"Record<{_typescript(arguments[0])}, {_typescript(arguments[1])}>"
    if kind is type(None):
        return "null"
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if isinstance(kind, type) and issubclass(kind, (Enum, msgspec.Struct)):
        return kind.__name__
    raise TypeError(f"{kind!r} has no TypeScript")


def _struct(struct: type[msgspec.Struct]) -> str:
    hints = get_type_hints(struct, include_extras=True)
    if struct.__struct_config__.array_like:
        fields = msgspec.structs.fields(struct)
        told = ", ".join(f"{one.encode_name}: {_typescript(hints[one.name])}" for one in fields)
        return f"export type {struct.__name__} = [{told}];"
    lines = [f"export interface {struct.__name__} {{"]
    tag = struct.__struct_config__.tag
    if tag is not None:
        lines.append(f'  type: "{tag}";')
    for field in msgspec.structs.fields(struct):
        optional = "" if field.required or not struct.__struct_config__.forbid_unknown_fields else "?"
        lines.append(f"  {field.encode_name}{optional}: {_typescript(hints[field.name])};")
    return "\n".join([*lines, "}"])


def typescript() -> str:
    """All of wire.ts."""
    parts = ["// Written by `make wire` from backend/wire.py. Never by hand."]
    for enum in ENUMS:
        values = " | ".join(f'"{member.value}"' for member in enum)
        parts.append(f"export type {enum.__name__} = {values};")
    parts += [_struct(struct) for struct in STRUCTS]
    events = " | ".join(kind.__name__ for kind in get_args(views.Event))
    parts.append(f"export type Event = {events};")
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    print(typescript(), end="")
