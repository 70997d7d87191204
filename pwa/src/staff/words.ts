// Log entries as plain sentences. Anything that has no sentence here is still shown, in the log's own words.
import { duration } from "../lib/measure.ts";
import { numberWords } from "../lib/numbers.ts";
import type { Action, EntryView, GlassReason, Rung, RungReason, SessionEnd } from "../wire.ts";
import { DRONE_ATTEMPTS, DRONE_NEWS, DRONE_SENTENCES, DRONE_WARNINGS } from "./drone-log.ts";
import { RUNGS, standing } from "./rungs.ts";
import { languageName } from "./talks.ts";

export type Weight = "news" | "plain" | "warning";

export interface Line {
  text: string;
  weight: Weight;
}

type Sentence = (entry: EntryView) => string;

const KINDS: Record<string, string> = {
  live: "camera and position",
  position: "position only",
  upload: "photos and clips",
};
const FOR: Record<string, string> = { "third-party": " for a witness", "hung-up": " for a call that ended" };
const MANNERS: Record<string, string> = { silent: ", silent", covert: ", covert" };
const WAYS: Record<string, string> = { sms: "Text", email: "E-mail" };
const DELIVERIES: Record<string, string> = {
  queued: "waits for the carrier",
  sending: "handed to the carrier, which has not answered",
  sent: "sent",
  delivered: "delivered to the phone",
  failed: "failed",
};
const ENDS: Record<string, string> = {
  "hung-up": "the phone stopped it",
  replaced: "the phone connected again",
  revoked: "its permission ended",
  expired: "the time for sharing ran out",
  closed: "it is over",
  silent: "the phone went silent",
  failed: "the phone could not connect",
  shutdown: "the server is restarting",
};
const WHY_OPENED: Record<string, string> = {
  "see-scene": "to see the scene",
  "find-person": "to find a person",
  "follow-suspect": "to follow a suspect",
  "officer-safety": "for officers' safety",
  "site-call": "the site called",
};
const ENDINGS: Record<string, string> = {
  expired: "its 30 minutes were over",
  "incident-closed": "the incident is closed",
  released: "who saw it is off the incident",
  "owner-stopped": "its owner stopped it",
  "owner-paused": "its owner paused it",
  "owner-changed": "its owner changed what it may be used for",
  "connector-away": "it is not connected any more",
  "camera-trouble": "the camera has a fault",
  "log-away": "the public log could not be written",
};
/** Why glass is broken, as the second half of a sentence. */
export const GLASS_REASONS: Readonly<Record<GlassReason, string>> = {
  nearest: "nearest help, no time to assign",
  "officer-in-danger": "an officer is in danger",
  specialist: "a specialist is needed",
  "takes-command": "takes command",
  "mutual-aid": "helps from elsewhere",
};
const GLASS_ENDS: Record<string, string> = {
  expired: "its time was over",
  revoked: "a supervisor ended it",
  "incident-closed": "the incident is closed",
};
const ANSWERS: Record<string, string> = {
  allowed: "allowed it",
  refused: "said no",
  unanswered: "did not answer",
};
const THINGS: Record<string, string> = {
  on: "on",
  off: "off",
  refused: "refused",
  unavailable: "not available",
  paused: "paused",
};

const WHY_ENDED: Record<SessionEnd, string> = {
  lost: "the device is lost",
  stolen: "the device is stolen",
  "left-open": "it was left open",
  other: "another reason",
};

function because(entry: EntryView, words: Record<string, string> = {}): string {
  const reason = entry.details.reason;
  return reason === undefined || reason === "" ? "" : `: ${words[reason] ?? reason}`;
}

function who(entry: EntryView): string {
  const names: Record<string, string> = {
    caller: "The caller",
    carrier: "The carrier",
    system: "Sightline",
    unknown: "Somebody",
  };
  return names[entry.actor] ?? entry.actor;
}

/** The caller's, who is nobody else, or that of a camera, a device or an officer, by name. */
function whose(entry: EntryView): string {
  const named = entry.actor !== "caller" && entry.actor !== "system";
  return named ? `${who(entry)}'s picture` : "The picture";
}

function status(entry: EntryView): string {
  const things = (["camera", "position"] as const).filter((thing) => entry.details[thing] !== undefined);
  const asking = things.filter((thing) => entry.details[thing] === "asking");
  if (asking.length > 0) return `The caller's phone asks for the ${asking.join(" and the ")}`;
  const parts = things.map((thing) => {
    const value = entry.details[thing] ?? "";
    return `${thing} ${THINGS[value] ?? value}`;
  });
  return parts.length === 0 ? "The caller's phone reported" : `The caller's phone: ${parts.join(", ")}`;
}

function rung({ details }: EntryView): string {
  const on = details.rung ?? "";
  return `The caller sends ${on in RUNGS ? standing(on as Rung, details.reason as RungReason) : on}`;
}

function issued(entry: EntryView): string {
  const { again, way = "", kind = "", manner = "" } = entry.details;
  if (again === "yes") return `${who(entry)} sent the link again${way === "email" ? " by e-mail" : ""}`;
  const asks = KINDS[kind] === undefined ? "" : ` for ${KINDS[kind]}`;
  const what = `${who(entry)} issued a link${FOR[entry.details.for ?? ""] ?? ""}${asks}${MANNERS[manner] ?? ""}`;
  return `${what}${toWhom(entry)}${writtenIn(entry)}`;
}

function toWhom({ details: { number, email } }: EntryView): string {
  const to = [number === undefined ? null : numberWords(number), email ?? null].filter(
    (each) => each !== null,
  );
  return to.length === 0 ? "" : ` to ${to.join(" and ")}`;
}

/** English goes without saying. */
function writtenIn({ details: { language = "en" } }: EntryView): string {
  return language === "en" ? "" : `, in ${languageName(language)}`;
}

function sentAlso(entry: EntryView): string {
  return `${who(entry)} sent the link also${toWhom(entry)}${writtenIn(entry)}`;
}

function redeemed({ details }: EntryView): string {
  if (details.page === "plain") return "The caller writes by a page that runs no script";
  return details.again === "yes" ? "The caller's phone came back" : "The caller pressed Share";
}

function stopped({ details }: EntryView): string {
  if (details.page === "plain") return "The caller tries the page with the camera again";
  return details.quickly === "yes" ? "The caller left quickly and hid the page" : "The caller pressed Stop";
}

function delivery(entry: EntryView): string {
  const { state = "", reason } = entry.details;
  if (state !== "failed" && reason !== undefined) return reason;
  return `${WAYS[entry.details.way ?? "sms"] ?? "Text"} ${DELIVERIES[state] ?? state}${because(entry)}`;
}

function wentOn(entry: EntryView): string {
  const why =
    entry.details.why === "failed" ? "The link did not get through" : "Nobody opened the link in 15 s";
  return entry.details.way === "email"
    ? `${why}: it goes by e-mail now`
    : entry.details.way === "sms"
      ? `${why}: it goes by text now`
      : `${why}, and no way is left: read out a code or show the QR code`;
}

function amended(entry: EntryView): string {
  const { words, place, over } = entry.details;
  const set = over === "caller" ? "replaced the phone's own place by one near" : "set the place near";
  const parts = [
    words === undefined ? null : words === "" ? "removed the words" : `corrected the words to “${words}”`,
    place === undefined ? null : `${set} ${place}`,
  ].filter((part) => part !== null);
  return `${who(entry)} ${parts.length === 0 ? "corrected the incident" : parts.join(" and ")}`;
}

function transferred(entry: EntryView): string {
  const { end = "", person = "a colleague" } = entry.details;
  if (end === "accepted") return `${who(entry)} took the incident over from ${person}`;
  if (end === "declined") return `${who(entry)} cannot take it; it stays with ${person}`;
  if (end === "lapsed") return `Nobody took the incident over; it stays with ${person}`;
  return `${who(entry)} keeps the incident after all`;
}

function theCamera(entry: EntryView): string {
  return entry.details.camera ?? "a camera";
}

function closed(entry: EntryView): string {
  const end = ENDINGS[entry.details.end ?? ""];
  const name = theCamera(entry);
  if (end === undefined) return `${who(entry)} closed ${name}`;
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} closed: ${end}`;
}

function answered(entry: EntryView): string {
  const answer = ANSWERS[entry.details.answer ?? ""] ?? "answered";
  return `The owner of ${theCamera(entry)} ${answer}`;
}

function glassBroken(entry: EntryView): string {
  const { person = "an officer", until = "", reason = "" } = entry.details;
  const why = GLASS_REASONS[reason as GlassReason] ?? reason;
  return `${who(entry)} broke glass for ${person}, until ${timeOfDay(until).slice(0, 5)}: ${why}`;
}

function glassEnded(entry: EntryView): string {
  const { person = "an officer", end = "" } = entry.details;
  return `What ${person} saw by broken glass ended: ${GLASS_ENDS[end] ?? end}`;
}

const STATUSES: Record<string, string> = { "en-route": "en route", "on-scene": "on scene", clear: "clear" };

function unitStatus(entry: EntryView): string {
  const { unit = "A unit", status = "", late_s } = entry.details;
  const late = late_s === undefined ? "" : `, pressed ${duration(1000 * Number(late_s))} before`;
  return `${unit} is ${STATUSES[status] ?? status}, says ${entry.actor}${late}`;
}

function unitUndo(entry: EntryView): string {
  const { unit = "A unit", status = "" } = entry.details;
  return `${entry.actor} takes back that ${unit} is ${STATUSES[status] ?? status}: pressed by mistake`;
}

function unitAlert(entry: EntryView): string {
  const { unit = "A unit", phones = "0" } = entry.details;
  const on =
    phones === "0"
      ? "no phone of theirs takes alerts"
      : phones === "1"
        ? "on 1 phone"
        : `on ${phones} phones`;
  return `${unit} is alerted, ${on}`;
}

function unitAcknowledge(entry: EntryView): string {
  const { unit = "a unit", after_s = "0", how } = entry.details;
  const after = `after ${Math.round(Number(after_s))} s`;
  return how === "status"
    ? `${entry.actor} answers for ${unit} by a status, ${after}`
    : `${entry.actor} of ${unit} has seen it, ${after}`;
}

function unitSilent(entry: EntryView): string {
  const { unit = "the unit", offered } = entry.details;
  const next = offered === undefined ? "" : `; ${offered} is nearest and free`;
  return `Nobody in ${unit} has answered${next}`;
}

const SENTENCES: Partial<Record<Action, Sentence>> = {
  ...DRONE_SENTENCES,
  "incident.open": (e) => `${who(e)} opened the incident`,
  "incident.amend": amended,
  "incident.close": (e) => `${who(e)} closed the incident`,
  "incident.offer": (e) => `${who(e)} offers the incident to ${e.details.person ?? "whoever is free"}`,
  "incident.transfer": transferred,
  "incident.coarsen": () => "The precise places of this incident are forgotten, as the agency keeps them",
  "incident.take": (e) =>
    e.details.person === undefined
      ? `${who(e)} has the incident now`
      : `${who(e)} took the incident over from ${e.details.person}`,
  "incident.panic": (e) => `${e.details.site ?? "A site"}'s owner pressed the panic button`,
  "camera.open": (e) => `${who(e)} opened ${theCamera(e)}${because(e, WHY_OPENED)}`,
  "camera.renew": (e) => `${who(e)} keeps ${theCamera(e)} open`,
  "camera.close": closed,
  "camera.ask": (e) => `${who(e)} asked the owner of ${theCamera(e)}`,
  "camera.answer": answered,
  "glass.break": glassBroken,
  "glass.end": glassEnded,
  "session.end": (e) => `${who(e)} ended ${e.details.person ?? "somebody"}'s session${because(e, WHY_ENDED)}`,
  "unit.assign": (e) => `${who(e)} assigned ${e.details.unit ?? "a unit"}`,
  "unit.status": unitStatus,
  "unit.undo": unitUndo,
  "unit.alert": unitAlert,
  "unit.acknowledge": unitAcknowledge,
  "unit.silent": unitSilent,
  "unit.release": (e) => `${who(e)} released ${e.details.unit ?? "a unit"}`,
  "link.issue": issued,
  "link.send": delivery,
  "link.delivery": delivery,
  "link.next": wentOn,
  "link.also": sentAlso,
  "link.code": (e) => `${who(e)} asked for a spoken code`,
  "link.code-use": () => "The caller typed the spoken code",
  "link.open": () => "The caller opened the link",
  "link.redeem": redeemed,
  "link.allow": (e) => `${who(e)} allowed the other phone`,
  "link.revoke": (e) => `${who(e)} revoked the link`,
  "link.handout": (e) => `${who(e)} showed the link and its QR code`,
  "caller.status": status,
  "caller.rung": rung,
  "upload.begin": () => "The caller began to send a photo or a clip",
  "upload.end": (e) =>
    e.details.state === "ready"
      ? `A ${e.details.kind ?? "photo"} from the caller can be seen`
      : "The caller's photo or clip did not arrive whole",
  "upload.look": (e) => `${who(e)} looked at what the caller sent`,
  "caller.stop": stopped,
  "caller.say": (e) => (e.details.kind === "answer" ? "The caller answered" : "The caller wrote"),
  "talk.say": (e) => `${who(e)} ${SAID[e.details.kind ?? ""] ?? "wrote to the caller"}`,
  "feed.publish": (e) =>
    e.actor === "caller" ? "The caller's camera is connecting" : `${whose(e)} is on its way`,
  "feed.live": (e) => `${whose(e)} is live`,
  "feed.end": (e) => `${whose(e)} ended${because(e, ENDS)}`,
  "feed.subscribe": (e) => `${who(e)} is watching`,
  "note.write": (e) => `${who(e)} wrote${e.details.still === undefined ? "" : " and sent a still"}`,
  "note.look": (e) => `${who(e)} looked at a still`,
  "feed.unsubscribe": (e) => `${who(e)} stopped watching`,
};

const SAID: Record<string, string> = { ask: "asked the caller", guide: "showed the caller what to do" };

const ATTEMPTS: Partial<Record<Action, string>> = {
  ...DRONE_ATTEMPTS,
  "link.open": "Somebody opened the link",
  "link.redeem": "A phone tried to use the link",
  "link.code-use": "Somebody typed a spoken code",
  "feed.publish": "A phone tried to send a picture",
  "feed.watch": "Somebody asked for the picture",
  "feed.subscribe": "Somebody tried to watch the picture",
  "link.issue": "A link was asked for",
  "incident.amend": "A correction was tried",
  "incident.offer": "Handing the incident over was tried",
  "incident.transfer": "Answering a hand-over was tried",
  "incident.take": "Taking the incident was tried",
  "unit.status": "A unit's status was tried",
  "unit.undo": "Taking a status back was tried",
  "unit.acknowledge": "An alert was opened",
  "unit.assign": "A unit's assignment was tried",
  "glass.break": "Breaking glass was tried",
  "note.write": "Somebody tried to write",
  "note.look": "Somebody asked for a still",
  "upload.begin": "The caller tried to send a photo or a clip",
  "upload.end": "A photo or clip from the caller was looked at by the machine",
  "upload.look": "Somebody asked for what the caller sent",
  "talk.say": "Somebody tried to write to the caller",
};

const REASONS: Record<string, string> = {
  "link-unknown": "there is no such link",
  "link-expired": "it had expired",
  "link-revoked": "it was revoked",
  "link-bound": "another phone already uses it",
  "challenge-stale": "the page was open too long",
  "bad-signature": "its proof was wrong",
  "code-unknown": "the code was wrong",
  "too-many-tries": "there were too many tries",
  "grant-expired": "its permission had expired",
  "grant-revoked": "its permission was taken away",
  "unknown-grant": "it had no permission",
  "incident-closed": "the incident is closed",
  "not-assigned": "the unit is not assigned",
  "wrong-role": "the account may not",
  "caller-placed": "the caller's phone had sent its own place",
  "bad-position": "that is nowhere on earth",
  "bad-picture": "it is nothing that can be shown",
  "too-large": "it is too large",
  "bad-number": "the number cannot be texted",
  "log-away": "the public log could not be written",
  "not-locked-out": "the rules do not lock them out",
  "glass-broken": "it was broken already",
  "not-handler": "somebody else has it",
  "not-at-desk": "they have no console open",
  "transfer-over": "the offer was over",
  "not-yours": "it was not offered to them",
  "drone-grounded": "it has its reasons to stay",
  "drone-refused": "the drone refused",
  full: "the server has no room for another picture",
};

/** "link.code-use" as "Link code use". */
function plain(action: string): string {
  const words = action.replaceAll(/[.-]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function refused(entry: EntryView, refusal: string): string {
  const attempt = ATTEMPTS[entry.action as Action] ?? plain(entry.action);
  const why = entry.action === "drone.refuse" ? entry.details.why : undefined;
  return `${attempt} – refused: ${why ?? REASONS[refusal] ?? refusal.replaceAll("-", " ")}`;
}

const NEWS: ReadonlySet<string> = new Set([
  ...DRONE_NEWS,
  "feed.live",
  "link.next",
  "link.redeem",
  "incident.open",
  "unit.status",
]);
const WARNINGS: ReadonlySet<string> = new Set([
  ...DRONE_WARNINGS,
  "caller.stop",
  "feed.end",
  "glass.break",
  "unit.silent",
]);

/** One entry as a sentence and how much it matters. */
export function sentence(entry: EntryView): Line {
  if (entry.refusal !== null) return { text: refused(entry, entry.refusal), weight: "warning" };
  const make = SENTENCES[entry.action as Action];
  const text = make === undefined ? `${plain(entry.action)} (${who(entry)})` : make(entry);
  const failed = entry.action === "link.delivery" && entry.details.state === "failed";
  const stuck = entry.action === "link.next" && entry.details.way === undefined;
  if (failed || stuck) return { text, weight: "warning" };
  if (WARNINGS.has(entry.action)) return { text, weight: "warning" };
  return { text, weight: NEWS.has(entry.action) ? "news" : "plain" };
}

export interface LogLine extends Line {
  /** The note that it is about: each stands alone. */
  note: string | null;
  key: number;
  at: string;
  times: number;
}

/** Asking for a picture is half a step: that somebody watches, or was refused, says it all. */
function isShown(entry: EntryView): boolean {
  return entry.action !== "feed.watch" || entry.refusal !== null;
}

/** The log as lines, with runs of the same sentence as one line that counts them. */
export function logLines(entries: readonly EntryView[]): LogLine[] {
  const lines: LogLine[] = [];
  for (const entry of entries.filter(isShown)) {
    const line = sentence(entry);
    const note = entry.action === "note.write" && entry.refusal === null ? entry.subject : null;
    const last = lines.at(-1);
    if (last !== undefined && note === null && last.text === line.text) {
      lines[lines.length - 1] = { ...last, at: entry.at, times: last.times + 1 };
    } else {
      lines.push({ ...line, note, key: entry.index, at: entry.at, times: 1 });
    }
  }
  return lines;
}

/** The time of day here, "14:03:27". */
export function timeOfDay(at: string | number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((n) => String(n).padStart(2, "0"))
    .join(":");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Who looks and when: "Sam Reed · 23 Nov 2026 14:03:27". On every picture each second: no formatter is made for it. */
export function markWords(name: string, now: number): string {
  const date = new Date(now);
  const day = `${date.getDate()} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  return `${name} · ${day} ${timeOfDay(now)}`;
}

/** The day and time here, "23 Nov, 14:03", for what may be days old. */
export function dayAndTime(at: string): string {
  const date = new Date(at);
  const day = date.toLocaleDateString("en", { day: "numeric", month: "short" });
  return `${day}, ${timeOfDay(at).slice(0, 5)}`;
}
