// Everything that staff can ask of the server, one method each; docs/http.md says what each one means.

import type { Requests } from "../lib/requests.ts";
import type {
  Acknowledged,
  AmendIncident,
  BreakGlass,
  Canned,
  CareView,
  Colleague,
  EntryView,
  Handout,
  HungUpCall,
  IncidentView,
  IssuedLink,
  IssueLink,
  LinkView,
  LockedOut,
  MarkNotes,
  Nearby,
  NotesView,
  NoteView,
  OfferIncident,
  OpenedCamera,
  OpenedHungUp,
  OpenedSite,
  OpenIncident,
  OpeningView,
  Position,
  PositionReport,
  PressStatus,
  ReadTalk,
  Reason,
  ResponseView,
  Say,
  SendLinkAlso,
  ShareCamera,
  SignedOn,
  SignOn,
  SpokenCode,
  TalkView,
  UndoPress,
  WatchGrant,
  WordView,
  WriteNote,
} from "../wire.ts";

export class Calls {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  signOut(): Promise<void> {
    return this.#requests.send("DELETE", "/api/session");
  }

  openIncident(body: OpenIncident): Promise<IncidentView> {
    return this.#requests.send("POST", "/api/incidents", body);
  }

  amend(id: string, body: AmendIncident): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/incidents/${id}/amend`, body);
  }

  closeIncident(id: string): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/incidents/${id}/close`);
  }

  closedIncidents(): Promise<IncidentView[]> {
    return this.#requests.send("GET", "/api/incidents/closed");
  }

  care(): Promise<CareView> {
    return this.#requests.send("GET", "/api/care");
  }

  colleagues(): Promise<Colleague[]> {
    return this.#requests.send("GET", "/api/colleagues");
  }

  /** To a colleague, or to whoever at the desk takes it first. */
  offer(incident: string, user_id: string | null): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/incidents/${incident}/offer`, {
      user_id,
    } satisfies OfferIncident);
  }

  accept(transfer: string): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/transfers/${transfer}/accept`);
  }

  decline(transfer: string): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/transfers/${transfer}/decline`);
  }

  withdraw(transfer: string): Promise<IncidentView> {
    return this.#requests.send("DELETE", `/api/transfers/${transfer}`);
  }

  takeIncident(incident: string): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/incidents/${incident}/take`);
  }

  entries(incident: string): Promise<EntryView[]> {
    return this.#requests.send("GET", `/api/incidents/${incident}/entries`);
  }

  trail(incident: string): Promise<Position[]> {
    return this.#requests.send("GET", `/api/incidents/${incident}/trail`);
  }

  notes(incident: string, before: number | null = null): Promise<NotesView> {
    const older = before === null ? "" : `?before=${before}`;
    return this.#requests.send("GET", `/api/incidents/${incident}/notes${older}`);
  }

  writeNote(incident: string, body: WriteNote, signal?: AbortSignal): Promise<NoteView> {
    return this.#requests.send("POST", `/api/incidents/${incident}/notes`, body, signal);
  }

  markNotes(incident: string, body: MarkNotes): Promise<void> {
    return this.#requests.send("POST", `/api/incidents/${incident}/notes/marks`, body);
  }

  /** What can be asked and shown by one press. */
  canned(): Promise<Canned> {
    return this.#requests.send("GET", "/api/talk/phrases");
  }

  talk(link: string, before: number | null): Promise<TalkView> {
    const older = before === null ? "" : `?before=${before}`;
    return this.#requests.send("GET", `/api/links/${link}/talk${older}`);
  }

  tellCaller(link: string, body: Say): Promise<WordView> {
    return this.#requests.send("POST", `/api/links/${link}/talk`, body);
  }

  readTalk(link: string, read: number): Promise<void> {
    return this.#requests.send("POST", `/api/links/${link}/talk/read`, { read } satisfies ReadTalk);
  }

  /** Each look is on record. */
  noteStill(note: string): Promise<Blob> {
    return this.#requests.fetchBlob(`/api/notes/${note}/still`);
  }

  /** What a caller sent; each look is on record. */
  upload(upload: string): Promise<Blob> {
    return this.#requests.fetchBlob(`/api/uploads/${upload}`);
  }

  /** `onlyFree`: not when it is on another incident by now. */
  assign(incident: string, unit: string, onlyFree = false): Promise<IncidentView> {
    const body = { unit_id: unit, only_free: onlyFree };
    return this.#requests.send("POST", `/api/incidents/${incident}/units`, body);
  }

  acknowledge(alert: string): Promise<Acknowledged> {
    return this.#requests.send("POST", `/api/alerts/${alert}/acknowledge`);
  }

  release(incident: string, unit: string): Promise<IncidentView> {
    return this.#requests.send("DELETE", `/api/incidents/${incident}/units/${unit}`);
  }

  issueLink(incident: string, link: IssueLink): Promise<IssuedLink> {
    return this.#requests.send("POST", `/api/incidents/${incident}/links`, link);
  }

  /** An incident for a call that ended, and its link. */
  hungUp(call: HungUpCall): Promise<OpenedHungUp> {
    return this.#requests.send("POST", "/api/hung-up", call);
  }

  resend(link: string): Promise<IssuedLink> {
    return this.#requests.send("POST", `/api/links/${link}/resend`);
  }

  /** The same link to a number or an address that it had not. */
  sendAlso(link: string, to: SendLinkAlso): Promise<IssuedLink> {
    return this.#requests.send("POST", `/api/links/${link}/also`, to);
  }

  revoke(link: string): Promise<LinkView> {
    return this.#requests.send("POST", `/api/links/${link}/revoke`);
  }

  spokenCode(link: string): Promise<SpokenCode> {
    return this.#requests.send("POST", `/api/links/${link}/code`);
  }

  allow(link: string): Promise<LinkView> {
    return this.#requests.send("POST", `/api/links/${link}/allow`);
  }

  handout(link: string): Promise<Handout> {
    return this.#requests.send("GET", `/api/links/${link}/handout`);
  }

  watch(feed: string): Promise<WatchGrant> {
    return this.#requests.send("POST", `/api/feeds/${feed}/watch`);
  }

  nearby(incident: string): Promise<Nearby> {
    return this.#requests.send("GET", `/api/incidents/${incident}/nearby`);
  }

  openCamera(incident: string, camera: string, reason: Reason): Promise<OpenedCamera> {
    return this.#requests.send("POST", `/api/incidents/${incident}/cameras/${camera}/open`, { reason });
  }

  openSite(incident: string): Promise<OpenedSite> {
    return this.#requests.send("POST", `/api/incidents/${incident}/site-cameras`);
  }

  renewOpening(opening: string): Promise<OpeningView> {
    return this.#requests.send("POST", `/api/openings/${opening}/renew`);
  }

  closeOpening(opening: string): Promise<void> {
    return this.#requests.send("DELETE", `/api/openings/${opening}`);
  }

  lockedOut(incident: string): Promise<LockedOut[]> {
    return this.#requests.send("GET", `/api/incidents/${incident}/locked-out`);
  }

  breakGlass(incident: string, body: BreakGlass): Promise<IncidentView> {
    return this.#requests.send("POST", `/api/incidents/${incident}/glass`, body);
  }

  endGlass(glass: string): Promise<void> {
    return this.#requests.send("DELETE", `/api/glass/${glass}`);
  }

  shareCamera(incident: string): Promise<ShareCamera> {
    return this.#requests.send("POST", `/api/incidents/${incident}/my-camera`);
  }

  stopCamera(incident: string): Promise<void> {
    return this.#requests.send("DELETE", `/api/incidents/${incident}/my-camera`);
  }

  signOn(body: SignOn): Promise<SignedOn> {
    return this.#requests.send("POST", "/api/duty", body);
  }

  signOff(): Promise<void> {
    return this.#requests.send("DELETE", "/api/duty");
  }

  pressStatus(response: string, body: PressStatus, signal?: AbortSignal): Promise<ResponseView> {
    return this.#requests.send("POST", `/api/responses/${response}/press`, body, signal);
  }

  undoPress(response: string, press: string): Promise<ResponseView> {
    return this.#requests.send("POST", `/api/responses/${response}/undo`, { press } satisfies UndoPress);
  }

  reportPosition(report: PositionReport): Promise<void> {
    return this.#requests.send("POST", "/api/units/mine/position", report);
  }
}
