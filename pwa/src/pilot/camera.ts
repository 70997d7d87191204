// The drone's camera as it is turned from here: by drag, by keys, by a place on the map, nearer and farther.
//
// Presses that come faster than the drone answers are one: only where the camera is to look last is worth asking.
import { type Latest, latest } from "../lib/latest.ts";
import type { Desk } from "../staff/desk.ts";
import type { Orders } from "../staff/flights.ts";
import type { AimView, Point } from "../wire.ts";

export interface Turn {
  readonly pitch_deg: number;
  /** From north. */
  readonly yaw_deg: number | null;
}

const LOWEST_DEG = -90;
const HIGHEST_DEG = 30;
const NEAREST = 20;
const GAP_MS = 80;
/** So long what was asked last is what the next turn begins from, and not what the drone said before. */
const SETTLES_MS = 1500;
const ACROSS_DEG = 70;

/** The camera turned by so many degrees, within what a gimbal can. Pure. */
export function turned({ pitch_deg, yaw_deg }: Turn, right_deg: number, up_deg: number): Turn {
  const pitch = Math.min(HIGHEST_DEG, Math.max(LOWEST_DEG, pitch_deg + up_deg));
  const yaw = yaw_deg === null ? null : (((yaw_deg + right_deg) % 360) + 360) % 360;
  return { pitch_deg: round(pitch), yaw_deg: yaw === null ? null : round(yaw) };
}

function round(degrees: number): number {
  return Math.round(degrees * 10) / 10;
}

/** Degrees that a drag over so many pixels means: the scene goes with the finger. Pure. */
export function dragged(dx: number, dy: number, width_px: number, aim: AimView | null): [number, number] {
  const degrees = (aim?.across_deg ?? ACROSS_DEG) / Math.max(1, width_px);
  return [-dx * degrees, dy * degrees];
}

export class Camera {
  readonly #desk: Desk;
  readonly #flight: string;
  readonly #drone: string;
  readonly #orders: Orders;
  readonly #onTurned: () => void;
  readonly #over = new AbortController();
  readonly #turns: Latest<Turn>;
  readonly #zooms: Latest<number>;
  #asked: { turn: Turn; at: number } | null = null;
  #zoomed: { times: number; at: number } | null = null;

  /** `onTurned`: it does not look at a place any more. */
  constructor(desk: Desk, flight: string, drone: string, orders: Orders, onTurned: () => void) {
    this.#desk = desk;
    this.#flight = flight;
    this.#drone = drone;
    this.#orders = orders;
    this.#onTurned = onTurned;
    const { flights } = desk;
    this.#turns = latest(
      async ({ pitch_deg, yaw_deg }) => {
        await orders.give("Turn camera", () => flights.gimbal(flight, pitch_deg, yaw_deg));
      },
      GAP_MS,
      this.#over.signal,
    );
    this.#zooms = latest(
      async (times) => {
        await orders.give("Zoom", () => flights.zoom(flight, times));
      },
      GAP_MS,
      this.#over.signal,
    );
  }

  end(): void {
    this.#over.abort();
  }

  get aim(): AimView | null {
    return this.#desk.drones.value.get(this.#drone)?.aim ?? null;
  }

  /** Where it looks, or was told to a moment ago. */
  get looks(): Turn {
    if (this.#asked !== null && performance.now() - this.#asked.at < SETTLES_MS) return this.#asked.turn;
    return { pitch_deg: this.aim?.pitch_deg ?? 0, yaw_deg: this.aim?.yaw_deg ?? null };
  }

  turnTo(turn: Turn): void {
    this.#asked = { turn, at: performance.now() };
    this.#onTurned();
    this.#turns.put(turn);
  }

  turnBy(right_deg: number, up_deg: number): void {
    this.turnTo(turned(this.looks, right_deg, up_deg));
  }

  zoomBy(factor: number): void {
    const recent = this.#zoomed !== null && performance.now() - this.#zoomed.at < SETTLES_MS;
    const now = recent ? this.#zoomed?.times : this.aim?.zoom;
    const times = Math.round(Math.min(NEAREST, Math.max(1, (now ?? 1) * factor)) * 10) / 10;
    this.#zoomed = { times, at: performance.now() };
    this.#zooms.put(times);
  }

  async lookAt(point: Point): Promise<void> {
    this.#asked = null;
    await this.#orders.give("Look there", () => this.#desk.flights.lookAt(this.#flight, point));
  }
}
