// How many bytes of pictures came to this phone: of each incident, and of this month. Kept on this phone alone.
// Counted as getStats does, without the headers of packets.
import { Store } from "../lib/store.ts";

export interface Used {
  /** "2026-11": what was counted before is of no interest. */
  readonly month: string;
  readonly bytes: number;
  /** The newest last. */
  readonly incidents: readonly (readonly [id: string, bytes: number])[];
}

const KEY = "sightline.data-used";
const MOST_INCIDENTS = 20;
const KEEP_MS = 3000; // storage is slow, and figures come often

export const NOTHING: Used = { month: "", bytes: 0, incidents: [] };

/** With more that came. Pure. */
export function counted(used: Used, month: string, incident: string, bytes: number): Used {
  const before = used.month === month ? used : { ...NOTHING, month };
  const held = before.incidents.find(([id]) => id === incident)?.[1] ?? 0;
  const others = before.incidents.filter(([id]) => id !== incident);
  const incidents = [...others, [incident, held + bytes] as const].slice(-MOST_INCIDENTS);
  return { month, bytes: before.bytes + bytes, incidents };
}

/** What was kept, or nothing where that cannot be read. Pure. */
export function readUsed(text: string | null): Used {
  try {
    const { month, bytes, incidents } = JSON.parse(text ?? "") as Used;
    const sound =
      typeof month === "string" &&
      Number.isFinite(bytes) &&
      Array.isArray(incidents) &&
      incidents.every(([id, of]) => typeof id === "string" && Number.isFinite(of));
    return sound ? { month, bytes, incidents: incidents.slice(-MOST_INCIDENTS) } : NOTHING;
  } catch {
    return NOTHING;
  }
}

/** "0.4 MB", "12 MB", "1.3 GB". */
export function amount(bytes: number): string {
  if (bytes >= 999.5e6) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes < 9.95e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}

export function ofIncident(used: Used, incident: string): number {
  return used.incidents.find(([id]) => id === incident)?.[1] ?? 0;
}

function monthOf(date: Date): string {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
}

/** One for the page. */
export class DataUsed {
  readonly used = new Store<Used>(NOTHING);
  #keptAt = Number.NEGATIVE_INFINITY;

  constructor() {
    try {
      this.used.set(readUsed(localStorage.getItem(KEY)));
    } catch {
      // storage may be switched off; then it counts from here
    }
    addEventListener("pagehide", () => this.#keep());
  }

  /** So many more came. */
  add(incident: string, bytes: number): void {
    if (bytes <= 0) return;
    this.used.update((used) => counted(used, monthOf(new Date()), incident, bytes));
    if (performance.now() - this.#keptAt > KEEP_MS) this.#keep();
  }

  #keep(): void {
    this.#keptAt = performance.now();
    try {
      localStorage.setItem(KEY, JSON.stringify(this.used.value));
    } catch {
      // as above
    }
  }
}
