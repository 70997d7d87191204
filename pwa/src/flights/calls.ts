// What the page of flights asks of the server; docs/http.md says what each means.
import type { Requests } from "../lib/requests.ts";
import type { MapArea } from "../map/sky.tsx";
import { areasOf } from "../staff/air.ts";
import type { FlightLog, FlightPage } from "../wire.ts";

export class FlightLogCalls {
  readonly #ask: Requests;

  constructor(requests: Requests) {
    this.#ask = requests;
  }

  /** The newest, or those that were sent before then. */
  page(before: string | null): Promise<FlightPage> {
    const from = before === null ? "" : `?before=${encodeURIComponent(before)}`;
    return this.#ask.send("GET", `/api/flights${from}`);
  }

  log(flight: string): Promise<FlightLog> {
    return this.#ask.send("GET", `/api/flights/${flight}/log`);
  }

  /** As they are now; none where they cannot be had, for the log is worth reading without. */
  async areas(): Promise<MapArea[]> {
    try {
      return areasOf(await this.#ask.send("GET", "/api/airspace"));
    } catch {
      return [];
    }
  }

  signOut(): Promise<void> {
    return this.#ask.send("DELETE", "/api/session");
  }
}
