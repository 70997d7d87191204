// Cameras near an incident in words: what a press would do, why it would do nothing, and whose picture one may
// see. Pure.

import { countdown, metres } from "../lib/measure.ts";
import type {
  AskedView,
  FeedView,
  IncidentView,
  NearbyCamera,
  OpeningView,
  Reason,
  SiteKind,
  Unavailable,
} from "../wire.ts";

/** Soon enough before its end to say so and to offer more. */
export const RENEW_MS = 5 * 60_000;

const REASONS: Readonly<Record<Reason, string>> = {
  "see-scene": "See the scene",
  "find-person": "Find a person",
  "follow-suspect": "Follow a suspect",
  "officer-safety": "Officer safety",
  "site-call": "The site called",
};
const ANYWHERE: readonly Reason[] = ["see-scene", "find-person", "follow-suspect", "officer-safety"];

/** Why a camera may be opened, the likeliest first: it is the one that a single press gives. */
export function reasonsFor({ own }: Pick<NearbyCamera, "own">): readonly [Reason, ...Reason[]] {
  return own ? ["site-call", ...ANYWHERE] : ["see-scene", ...ANYWHERE.slice(1)];
}

export function reasonWords(reason: Reason): string {
  return REASONS[reason];
}

const WHY: Record<Unavailable, string> = {
  retired: "Taken out of use",
  paused: "Paused by its owner",
  "registry-only": "On the map only, no picture",
  "out-of-hours": "Outside its owner's hours",
  "not-own-call": "Only for the site's own calls",
  "too-far": "Its owner lends it for nearer emergencies",
  "no-position": "Needs the incident's place first",
  refused: "Its owner said no",
  unanswered: "Its owner did not answer",
  "connector-away": "Not connected now",
  "camera-trouble": "The camera has a fault",
};
/** The city's cameras have no owner to speak of. */
const CITYS_WHY: Partial<Record<Unavailable, string>> = {
  paused: "Paused by a supervisor",
  "out-of-hours": "Outside its hours",
  "too-far": "For nearer emergencies only",
  refused: "Stopped by a supervisor",
};

const KINDS: Record<SiteKind, string> = { business: "Business", residence: "Home", city: "City" };

/** Why a press would do nothing. */
export function whyNot({ why, kind }: Pick<NearbyCamera, "why" | "kind">): string {
  if (why === null) return "Cannot be opened";
  return (kind === "city" ? CITYS_WHY[why] : undefined) ?? WHY[why] ?? why.replaceAll("-", " ");
}

/** The cameras of the site that called which a press would open, or whose owner it would ask. */
export function siteCameras(
  incident: IncidentView,
  cameras: readonly NearbyCamera[],
  me: string,
): readonly NearbyCamera[] {
  return cameras.filter(
    (camera) =>
      camera.own &&
      (camera.offer === "open" || camera.offer === "ask") &&
      openingOf(incident, camera.camera_id, me) === null,
  );
}

/** Whose it is and how it lies to the scene: "Business · 40 m · looks there". */
export function whereWords(camera: NearbyCamera): string {
  return [
    camera.own ? "The site that called" : KINDS[camera.kind],
    camera.distance_m === null ? null : metres(camera.distance_m),
    camera.indoor ? "indoors" : null,
    camera.looks && camera.distance_m !== null ? "looks there" : null,
  ]
    .filter((part) => part !== null)
    .join(" · ");
}

/** The opening of this person for a camera, if there is one. */
export function openingOf(incident: IncidentView, camera: string, me: string): OpeningView | null {
  return incident.openings.find((o) => o.camera_id === camera && o.user_id === me) ?? null;
}

/** Who else sees a camera, by name. */
export function othersOf(incident: IncidentView, camera: string, me: string): string[] {
  return incident.openings.filter((o) => o.camera_id === camera && o.user_id !== me).map((o) => o.user);
}

/** What became of asking a camera's owner; null when nobody asked. */
export function askedOf(incident: IncidentView, camera: string): AskedView | null {
  return incident.asks.find((asked) => asked.camera_id === camera) ?? null;
}

export interface Asking {
  /** "Kim Ono is asking the owner, 0:43" */
  words: string;
  /** Whether the answer opens it for this person too; else they may join. */
  mine: boolean;
}

/** Who waits for a camera's owner; null when there is nothing to wait for. */
export function asking(asked: AskedView | null, me: string, now: number): Asking | null {
  if (asked === null || asked.answer !== null) return null;
  const left = Date.parse(asked.expires_at) - now;
  if (left <= 0) return null;
  const others = asked.waiting.filter((each) => each.user_id !== me).map((each) => each.user);
  const mine = others.length < asked.waiting.length;
  const they = names(others);
  if (!mine && they !== "") {
    return {
      words: `${they} ${others.length === 1 ? "is" : "are"} asking the owner, ${countdown(left)}`,
      mine,
    };
  }
  return { words: `Asking the owner${they === "" ? "" : ` with ${they}`}, ${countdown(left)}`, mine };
}

/** "Kim", "Kim and Lee", "Kim and 2 others". */
function names([first, ...more]: readonly string[]): string {
  if (first === undefined) return "";
  const [second] = more;
  if (second === undefined) return first;
  return `${first} and ${more.length === 1 ? second : `${more.length} others`}`;
}

/** How long an opening lasts, and whether it is time to renew it. */
export function lasts(opening: OpeningView, now: number): { words: string; soon: boolean } {
  const left = Date.parse(opening.expires_at) - now;
  const soon = left <= RENEW_MS;
  return { words: soon ? `Ends in ${countdown(left)}` : `Open for ${Math.ceil(left / 60_000)} min`, soon };
}

/** The pictures that this person may watch: a lent camera's only with an opening of their own. */
export function watchable(incident: IncidentView, me: string): FeedView[] {
  const mine = new Set(incident.openings.filter((o) => o.user_id === me).map((o) => o.feed_id));
  return incident.feeds.filter((feed) => feed.kind !== "camera" || mine.has(feed.id));
}
