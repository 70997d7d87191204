// What may be opened near the incident in front, kept true: asked for again whenever the server says that it is
// another now, and when an opening, an owner's answer or the place changes. Never more often than once a second.
import { useEffect, useState } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { sorry } from "../lib/refusals.ts";
import type { IncidentView, Nearby } from "../wire.ts";
import type { Desk } from "./desk.ts";

export interface Around {
  /** null until the first answer. */
  nearby: Nearby | null;
  problem: string | null;
}

const UNKNOWN: Around = { nearby: null, problem: null };

const GAP_MS = 1000;

/** What has to be another for the answer to be another. */
function changesWith(incident: IncidentView, said: number): string {
  const asks = incident.asks.map((asked) => `${asked.camera_id}${asked.answer}`);
  const openings = incident.openings.map((opening) => opening.id);
  return [said, incident.position?.at, incident.site, ...asks, ...openings].join();
}

/** Of one incident, or none. One for a page: its list and its map show the same. */
export function useNearby(desk: Desk, incident: IncidentView | null): Around {
  const [held, setHeld] = useState<{ of: string | null; around: Around }>({ of: null, around: UNKNOWN });
  const world = useStore(desk.world);
  const line = useStore(desk.line);
  const id = incident === null || incident.closed_at !== null ? null : incident.id;
  const around = held.of === id ? held.around : UNKNOWN;
  const said = incident === null ? "" : changesWith(incident, world.nearby.get(incident.id) ?? 0);
  useEffect(() => {
    if (id === null) return;
    let over = false;
    const ask = async (): Promise<void> => {
      try {
        const nearby = await desk.calls.nearby(id);
        if (!over) setHeld({ of: id, around: { nearby, problem: null } });
      } catch (error) {
        const problem = sorry(error);
        if (!over) setHeld({ of: id, around: { nearby: around.nearby, problem } });
      }
    };
    const timer = setTimeout(() => void ask(), around.nearby === null ? 0 : GAP_MS);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [desk, id, said, line]);
  return around;
}
