// A link's progress in words: which step it has reached, what that means and what to do next. Pure.
import { numberWords } from "../lib/numbers.ts";
import type {
  Capture,
  DeliveryState,
  FeedView,
  IncidentView,
  LinkFor,
  LinkState,
  LinkView,
  Manner,
  Way,
  WentBy,
} from "../wire.ts";
import { standing } from "./rungs.ts";

export type Tone = "live" | "danger" | "waiting" | "press" | "good" | "quiet";
export type Mark =
  | "queued"
  | "sent"
  | "delivered"
  | "opened"
  | "sharing"
  | "live"
  | "still"
  | "failed"
  | "asking"
  | "over"
  | "none";

export interface Step {
  word: string;
  state: "done" | "current" | "ahead" | "failed";
}

/** How an incident or a link is, in one word, one shape and one colour. */
export interface Standing {
  word: string;
  mark: Mark;
  tone: Tone;
}

const TEXTED: readonly LinkState[] = ["queued", "sent", "delivered", "opened", "sharing"];
const TEXTED_WORDS = ["Queued", "Sent", "Delivered", "Opened", "Sharing"];
const MAILED_WORDS = ["Queued", "Sent", "Opened", "Sharing"]; // nobody reports that an e-mail has arrived
const SHOWN_WORDS = ["Ready", "Opened", "Sharing"];

/** Whether nothing is shared by it now. An ended link can be taken up again by the phone that ended it. */
export function isOver(link: LinkView): boolean {
  return link.state === "ended" || isDead(link);
}

/** Whether it opens nothing any more. */
export function isDead(link: LinkView): boolean {
  return link.state === "revoked" || link.state === "expired";
}

/** How far a texted link came: 0 queued to 4 sharing. */
function reached(link: LinkView): number {
  if (link.redeemed_at !== null) return 4;
  if (link.opened_at !== null) return 3;
  if (link.state === "failed") return 1;
  return isOver(link) ? 1 : Math.max(0, TEXTED.indexOf(link.state));
}

/** The steps of the stepper. A link that is shown and not texted has no carrier's steps. */
export function steps(link: LinkView): Step[] {
  const shown = link.sender === "console";
  const mailed = !shown && link.ways.every(({ way }) => way !== "sms");
  const words = shown ? SHOWN_WORDS : mailed ? MAILED_WORDS : TEXTED_WORDS;
  const far = reached(link);
  const at = shown ? Math.max(0, far - 2) : mailed && far > 1 ? far - 1 : far;
  const over = isOver(link);
  return words.map((word, index) => {
    if (index > at) return { word, state: "ahead" };
    if (index < at) return { word, state: "done" };
    if (link.state === "failed") return { word: "Failed", state: "failed" };
    const settled = over || index === words.length - 1;
    return { word, state: settled ? "done" : "current" };
  });
}

const STANDINGS: Record<LinkState, Standing> = {
  queued: { word: "Queued", mark: "queued", tone: "waiting" },
  sent: { word: "Sent", mark: "sent", tone: "waiting" },
  delivered: { word: "Delivered", mark: "delivered", tone: "waiting" },
  failed: { word: "Text failed", mark: "failed", tone: "danger" },
  opened: { word: "Opened", mark: "opened", tone: "waiting" },
  sharing: { word: "Sharing", mark: "sharing", tone: "good" },
  ended: { word: "Ended", mark: "over", tone: "quiet" },
  revoked: { word: "Revoked", mark: "over", tone: "quiet" },
  expired: { word: "Expired", mark: "over", tone: "quiet" },
};

export function standingOfLink(link: LinkView): Standing {
  if (link.asking) return { word: "Another phone asks", mark: "asking", tone: "waiting" };
  if (link.sender === "console" && (link.state === "sent" || link.state === "queued")) {
    return { word: "Ready to show", mark: "queued", tone: "waiting" };
  }
  if (link.state === "failed" && link.sender === "email") {
    return { word: "E-mail failed", mark: "failed", tone: "danger" };
  }
  if (link.unreached && link.state !== "failed") {
    return { word: "Not opened", mark: "failed", tone: "danger" };
  }
  return STANDINGS[link.state];
}

/** What a list says of an incident at a glance: the most pressing of its links and pictures. */
export function standingOf(incident: IncidentView): Standing {
  if (incident.closed_at !== null) return { word: "Closed", mark: "over", tone: "quiet" };
  const asking = incident.links.find((link) => link.asking);
  if (asking !== undefined) return standingOfLink(asking);
  if (incident.feeds.some((feed) => feed.state === "live")) {
    return { word: "Live", mark: "live", tone: "live" };
  }
  if (incident.feeds.some((feed) => feed.state === "silent")) {
    return { word: "Picture stopped", mark: "still", tone: "waiting" };
  }
  const link = currentLink(incident);
  return link === null ? { word: "No link yet", mark: "none", tone: "quiet" } : standingOfLink(link);
}

/** The link in front: the caller's before a witness's, of these the newest that still does something. */
export function currentLink({ links }: IncidentView): LinkView | null {
  const callers = links.filter((link) => link.whom !== "third-party");
  const these = callers.length > 0 ? callers : links;
  return these.find((link) => !isOver(link)) ?? these.find((link) => !isDead(link)) ?? these[0] ?? null;
}

/** The link that a caller's or a witness's picture comes by. */
export function linkOf(incident: IncidentView, feed: FeedView): LinkView | null {
  if (feed.kind !== "caller") return null;
  return incident.links.find((link) => link.feed_id === feed.id) ?? currentLink(incident);
}

const CAMERA: Record<Capture, string> = {
  asking: "Camera: the phone is asking",
  on: "Camera on",
  off: "Camera off",
  refused: "Camera refused",
  unavailable: "No camera",
  paused: "Camera paused",
};

const POSITION: Record<Capture, string> = {
  asking: "position: the phone is asking",
  on: "position on",
  off: "position off",
  refused: "position refused",
  unavailable: "no position",
  paused: "position paused",
};

const NOT_COMING: ReadonlySet<Capture> = new Set(["refused", "unavailable", "off"]);

/** What the phone shares, in words: "Camera refused – position only". */
export function captures(link: LinkView): string {
  const position = POSITION[link.position];
  const alone = position.charAt(0).toUpperCase() + position.slice(1);
  if (link.kind === "position") return alone;
  if (link.kind === "upload") return "Photos and clips, as they are sent";
  const camera = CAMERA[link.camera];
  if (NOT_COMING.has(link.camera) && link.position === "on") return `${camera} – position only`;
  if (NOT_COMING.has(link.camera) && NOT_COMING.has(link.position))
    return `${camera}, ${position} – nothing shared`;
  return `${camera}, ${position}`;
}

const FOR: Record<LinkFor, string> = { caller: "", "third-party": "Witness", "hung-up": "Call that ended" };
const MANNERS: Record<Manner, string> = { open: "", silent: "silent", covert: "covert" };

/** Whom a link is for and in which manner, where that is not the usual: "Witness, silent". */
export function whomWords(link: LinkView): string {
  return [FOR[link.whom], MANNERS[link.manner]].filter((word) => word !== "").join(", ");
}

/** Where it goes: "(313) 555-0143", an e-mail address, or both. */
export function addressWords(link: LinkView): string {
  const known = [link.number === null ? null : numberWords(link.number), link.email];
  return known.filter((each) => each !== null).join(" · ") || "On the screen only";
}

const WAYS: Record<Way, string> = { sms: "Text", email: "E-mail", qr: "QR code", code: "Spoken code" };
const WENT: Record<DeliveryState, string> = {
  queued: "on its way",
  sending: "on its way",
  sent: "sent",
  delivered: "delivered",
  failed: "failed",
};

/** One way that a link went: "Text delivered", "E-mail failed: There is no such mailbox.", "QR code shown". */
export function wayWords({ way, state, reason }: WentBy): string {
  if (way === "qr") return "QR code shown";
  if (way === "code") return "Spoken code given";
  return `${WAYS[way]} ${WENT[state]}${reason === null ? "" : `: ${reason}`}`;
}

const ON_SCREEN: ReadonlySet<LinkState> = new Set(["queued", "sent", "delivered"]);

function unreached({ state, reason }: LinkView): string {
  const why = state === "failed" && reason !== null ? `${sentenceOf(reason)} ` : "";
  return `${why}Nobody has opened the link, and no way is left that it goes by itself. Read out a code or show the QR code.`;
}

const WITHOUT_SCRIPT =
  "Their page runs no script: no picture and no place come by it. Write to them, and ask for what you need.";

/** What a dispatcher should know or say now. */
export function advice(link: LinkView): string {
  if (link.unreached) return unreached(link);
  if (link.sender === "console" && ON_SCREEN.has(link.state)) return "Show or read the link to the caller.";
  switch (link.state) {
    case "queued":
      return "It waits for the carrier.";
    case "sent":
      return `${link.sender === "email" ? "The mail server has it" : "The carrier has the text"}. Nothing from the phone yet.`;
    case "delivered":
      return "The phone has the text. Ask the caller to open it and press Share.";
    case "failed":
      return `${sentenceOf(link.reason ?? "The carrier gave no reason")} Resend, read a spoken code aloud, or text another number.`;
    case "opened":
      return "The caller sees the page. Ask them to press Share.";
    case "sharing":
      if (link.rung_reason === "no-script") return WITHOUT_SCRIPT;
      return link.rung === null
        ? captures(link)
        : `${captures(link)}. Now ${standing(link.rung, link.rung_reason)}.`;
    case "ended":
      return "The caller stopped sharing. The same phone can share again.";
    case "revoked":
      return "This link was revoked. It opens nothing.";
    case "expired":
      return "This link has expired. Send a new one.";
  }
}

function sentenceOf(words: string): string {
  return words.endsWith(".") ? words : `${words}.`;
}

/** What to know while a phone that shares sends no picture; null where that is no surprise. */
export function whyNoPicture(link: LinkView, feed: FeedView | null): string | null {
  if (feed === null || link.state !== "sharing" || link.camera !== "on") return null;
  if (feed.state === "silent") return "The phone sends no picture now. It comes back by itself.";
  if (feed.state === "ended")
    return "The phone went silent. The picture comes back by itself when the phone does.";
  return null;
}

/** What a picture's state is called. */
export function feedWords(feed: FeedView): string {
  switch (feed.state) {
    case "waiting":
      return "No picture yet";
    case "live":
      return feed.still_at === null ? "Live" : "Stills";
    case "silent":
      return "Picture stopped";
    case "ended":
      return "Picture ended";
  }
}
