// Which of an incident's pictures is in front, and what it is called. Pure.
import type { FeedKind, FeedView } from "../wire.ts";

const KINDS: Record<FeedKind, string> = {
  caller: "Caller",
  camera: "Camera",
  "body-worn": "Body camera",
  dash: "Dash camera",
  officer: "Officer's phone",
  drone: "Drone",
  thermal: "Thermal",
};

/** The caller's picture stays in front while it may come back: nothing swaps because radio broke for a second. */
function rank({ kind, state, name }: FeedView): number {
  const caller = kind === "caller" && name === ""; // a witness's has a name
  if (caller && state === "live") return 0;
  if (caller && state === "silent") return 1;
  return { live: 2, silent: 3, waiting: 4, ended: 5 }[state];
}

/** The picture in front: the one asked for, else the caller's, else the liveliest. */
export function chosenFeed(feeds: readonly FeedView[], asked: string | null): FeedView | null {
  return feeds.find((feed) => feed.id === asked) ?? [...feeds].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** "Caller", "Caller 2" where there are several, "Witness", "Corner shop, door", "Unit 12 · Body camera". */
export function feedLabel(feeds: readonly FeedView[], feed: FeedView): string {
  if (feed.kind === "caller" && feed.name !== "") return feed.name;
  const callers = feeds.filter((other) => other.kind === "caller" && other.name === "");
  if (feed.kind === "caller") return callers.length < 2 ? "Caller" : `Caller ${callers.indexOf(feed) + 1}`;
  if (feed.kind === "camera") return feed.name || KINDS.camera;
  return feed.name === "" ? KINDS[feed.kind] : `${feed.name} · ${KINDS[feed.kind]}`;
}
