// Which of an incident's pictures is in front, and what it is called. Pure.
import type { FeedView } from "../wire.ts";

const RANK: Record<FeedView["state"], number> = { live: 0, silent: 1, waiting: 2, ended: 3 };

/** The picture in front: the one asked for, else the liveliest. */
export function chosenFeed(feeds: readonly FeedView[], asked: number | null): FeedView | null {
  if (asked !== null && feeds[asked] !== undefined) return feeds[asked];
  return [...feeds].sort((a, b) => RANK[a.state] - RANK[b.state])[0] ?? null;
}

export function feedLabel(feeds: readonly FeedView[], feed: FeedView): string {
  return feeds.length < 2 ? "Caller" : `Caller ${feeds.indexOf(feed) + 1}`;
}
