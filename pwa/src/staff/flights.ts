// What may be asked of drones, and what became of it: the drone's own answer, with how long it took.

import { sorry } from "../lib/refusals.ts";
import type { Requests } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { ChoiceView, FlightView, Order, Point } from "../wire.ts";

/** What is told without more words. */
export type Verb =
  | "hold"
  | "go-on"
  | "return"
  | "land"
  | "follow"
  | "stay"
  | "command"
  | "parachute"
  | "handover"
  | "let-go";

export interface Steer {
  forward_mps: number;
  right_mps: number;
  up_mps: number;
  turn_dps: number;
}

export class FlightCalls {
  readonly #requests: Requests;

  constructor(requests: Requests) {
    this.#requests = requests;
  }

  choice(incident: string): Promise<ChoiceView> {
    return this.#requests.send("GET", `/api/incidents/${incident}/drones`);
  }

  /** `drone` null: the best one. */
  send(incident: string, drone: string | null): Promise<FlightView> {
    return this.#requests.send("POST", `/api/incidents/${incident}/flights`, { drone_id: drone });
  }

  /** No drone is sent for an offer. */
  decline(incident: string): Promise<void> {
    return this.#requests.send("POST", `/api/incidents/${incident}/drones/decline`);
  }

  tell(flight: string, verb: Verb): Promise<Order> {
    return this.#requests.send("POST", `/api/flights/${flight}/${verb}`);
  }

  steer(flight: string, steer: Steer): Promise<Order> {
    return this.#requests.send("POST", `/api/flights/${flight}/steer`, steer);
  }

  /** `yaw_deg` from north; null: as the drone flies. */
  gimbal(flight: string, pitch_deg: number, yaw_deg: number | null): Promise<Order> {
    return this.#requests.send("POST", `/api/flights/${flight}/gimbal`, { pitch_deg, yaw_deg });
  }

  lookAt(flight: string, { latitude, longitude }: Point): Promise<Order> {
    return this.#requests.send("POST", `/api/flights/${flight}/look-at`, { latitude, longitude });
  }

  zoom(flight: string, times: number): Promise<Order> {
    return this.#requests.send("POST", `/api/flights/${flight}/zoom`, { times });
  }

  watch(dock: string, observers: number): Promise<void> {
    return this.#requests.send("POST", `/api/docks/${dock}/watch`, { observers });
  }

  leave(dock: string): Promise<void> {
    return this.#requests.send("DELETE", `/api/docks/${dock}/watch`);
  }
}

/** One thing that was asked of a drone. */
export interface Asked {
  readonly n: number;
  /** "Hold", "Look there". */
  readonly what: string;
  readonly state: "pending" | "accepted" | "refused";
  readonly words: string;
  readonly took_ms: number | null;
}

const KEPT = 6;

/** What was asked lately, the newest first. Something that is asked again and again stands there once. */
export class Orders {
  readonly asked = new Store<readonly Asked[]>([]);
  #n = 0;

  /** Asks, and says what becomes of it. Never throws. */
  async give(what: string, ask: () => Promise<Order | undefined>): Promise<boolean> {
    const n = ++this.#n;
    const others = this.asked.value.filter((one) => one.what !== what);
    const asking: Asked = { n, what, state: "pending", words: "", took_ms: null };
    this.asked.set([asking, ...others].slice(0, KEPT));
    try {
      const order = await ask();
      const accepted = order?.accepted ?? true;
      this.#became(n, accepted ? "accepted" : "refused", order?.words ?? "", order?.took_ms ?? null);
      return accepted;
    } catch (error) {
      this.#became(n, "refused", sorry(error), null);
      return false;
    }
  }

  #became(n: number, state: Asked["state"], words: string, took_ms: number | null): void {
    this.asked.update((all) => all.map((one) => (one.n === n ? { ...one, state, words, took_ms } : one)));
  }
}
