// Whether what is on the screen is still true: connected, or lost and what works meanwhile.

import { useNow, useStore } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import type { Desk } from "../desk.ts";
import { timeOfDay } from "../words.ts";

export function LineStatus({ desk }: { desk: Desk }) {
  const line = useStore(desk.line);
  const now = useNow(() => desk.clock.now());
  const lost = line === "lost";
  return (
    <div class={lost ? "line is-lost" : "line"} role="status">
      {lost ? (
        <>
          <strong>
            <Icon name="lost" /> Connection lost, trying again
          </strong>
          <span>What you see is from before. A picture marked Live still is.</span>
        </>
      ) : (
        <>
          <strong class={line === "open" ? "tone-good" : "tone-waiting"}>
            <Icon name={line === "open" ? "done" : "queued"} /> {line === "open" ? "Connected" : "Connecting"}
          </strong>
          <time aria-hidden="true">{timeOfDay(now)}</time>
        </>
      )}
    </div>
  );
}
