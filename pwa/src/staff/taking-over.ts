// A picture that somebody has chosen goes on with the drone that takes over; who presses the old one again sees that.
import { useEffect } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import type { Desk } from "./desk.ts";
import { takenOver } from "./sky.ts";

export function useTakenOver(desk: Desk, asked: string | null, show: (feed: string) => void): void {
  const next = takenOver(useStore(desk.sky), asked);
  useEffect(() => {
    if (next !== null && next !== asked) show(next);
  }, [next]);
}
