// Whose connection is weak, in plain words: the caller's, as the engine sees it, or this browser's own. Pure.
// Never blames one's own connection for what the caller's does.

import type { IconName } from "../lib/parts/icon.tsx";
import type { Connection, FeedView, LinkView } from "../wire.ts";
import type { Picture } from "./watching.ts";

export interface Connected {
  icon: IconName;
  tone: "good" | "waiting" | "danger";
  words: string;
}

type Said = Record<Connection, Connected>;

const GOOD: Connected = { icon: "signal", tone: "good", words: "good connection" };
const WEAK = { icon: "signalWeak", tone: "waiting" } as const;
const VERY_WEAK = { icon: "signalVeryWeak", tone: "danger" } as const;
const GONE = { icon: "signalGone", tone: "danger" } as const;

/** Whoever talks to the caller is told what to expect and what to ask of them; a car has room for a glance. */
const WORDS: Record<"desk" | "patrol", Said> = {
  desk: {
    good: GOOD,
    weak: { ...WEAK, words: "weak connection, the picture may stutter" },
    "very-weak": { ...VERY_WEAK, words: "very weak connection, ask the caller to move" },
    gone: { ...GONE, words: "no connection, it comes back by itself" },
  },
  patrol: {
    good: GOOD,
    weak: { ...WEAK, words: "weak connection" },
    "very-weak": { ...VERY_WEAK, words: "very weak connection" },
    gone: { ...GONE, words: "no connection now" },
  },
};

/** How the caller's picture reaches the server; null while nothing is known or nothing should come. */
export function callersConnection(
  feed: FeedView,
  link: LinkView | null,
  role: "desk" | "patrol",
): Connected | null {
  const { state, connection, still_at } = feed;
  if (still_at !== null) return null; // stills say their age, and the link says why they are stills
  if (connection === null || state === "waiting" || state === "ended") return null;
  if (connection === "gone" && (state === "live" || link?.camera === "paused" || link?.camera === "off")) {
    return null;
  }
  return WORDS[role][connection];
}

/** How the picture comes on from the server to this browser; null when there is nothing to say. */
export function ownConnection(picture: Picture, feed: FeedView): Connected | null {
  if (feed.state !== "live") return null;
  const weak = { icon: "wifiWeak", tone: "waiting" } as const;
  if (picture.stills && picture.phase !== "connecting" && picture.phase !== "over") {
    return { ...weak, words: "Your connection is weak: still pictures only" };
  }
  if (picture.weak && picture.phase === "live" && (feed.connection ?? "good") === "good") {
    return { ...weak, words: "Your connection is weak: the picture may stutter" };
  }
  return null;
}
