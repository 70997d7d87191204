// Which of the pictures on the screen move now, and which are stills: by what was chosen, and by what the link
// carries. One for an incident's screen.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Picture } from "../staff/watching.ts";
import type { FeedView, Level } from "../wire.ts";
import { BEGINNING, type Budget, budgetAfter, network } from "./budget.ts";
import type { DataUsed } from "./data-used.ts";
import type { Mode } from "./mode.ts";

const LOOK_MS = 1000;

/** How much of each picture is wanted. The large one comes first, then the best of the others. Pure. */
export function wanted(
  order: readonly Pick<FeedView, "id" | "state">[],
  large: string | null,
  mode: Mode,
  live: number,
): ReadonlyMap<string, Level> {
  const others = order.filter(({ id, state }) => id !== large && state === "live").map(({ id }) => id);
  const moving = new Set(mode === "live" ? others.slice(0, live - 1) : []);
  const most = (id: string): Level => {
    if (id === large) return mode === "live" ? "full" : "keyframes";
    return moving.has(id) ? "quarter" : "keyframes"; // small ones need no more than the lowest layer
  };
  return new Map(order.map(({ id }) => [id, most(id)]));
}

export interface Moving {
  most(feed: string): Level;
  /** To be told how each picture is. */
  hear(feed: string, picture: Picture | null): void;
}

export function useMoving(
  order: readonly FeedView[],
  large: string | null,
  mode: Mode,
  incident: string,
  used: DataUsed,
): Moving {
  const pictures = useRef(new Map<string, Picture>());
  const [budget, setBudget] = useState<Budget>({ ...BEGINNING, changedAt: performance.now() });
  const most = wanted(order, large, mode, budget.live);
  const state = useRef({ most, order });
  state.current = { most, order };
  useEffect(() => {
    const look = (): void => {
      const { most, order } = state.current;
      const moves = (id: string): boolean => most.get(id) === "full" || most.get(id) === "quarter";
      const moving = [...pictures.current].filter(([id]) => moves(id)).map(([, picture]) => picture);
      const live = order.filter((feed) => feed.state === "live").length;
      setBudget((before) => budgetAfter(before, { moving, wanted: live, ...network() }, performance.now()));
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return {
    most: (feed) => most.get(feed) ?? "keyframes",
    hear(feed, picture) {
      const before = pictures.current.get(feed)?.bytes ?? 0;
      if (picture === null) {
        pictures.current.delete(feed);
        return;
      }
      pictures.current.set(feed, picture);
      used.add(incident, picture.bytes - before);
    },
  };
}
