// Alerts on the officer's phone: what the unit is sent to and nobody of it has answered rings here, and is answered
// by opening it, on this page or by a press on a notification. An answer is sent again until the server has it.
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { myUnit } from "../staff/duty.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { AlertView, IncidentView } from "../wire.ts";
import { Ring } from "./ring.ts";

export interface Call {
  readonly alert: AlertView;
  readonly incident: IncidentView;
}

interface Answers {
  /** Alerts that were opened here: they ring no more, whether the server knows it yet or not. */
  readonly opened: ReadonlySet<string>;
  /** Why the last one opened nothing, in words. */
  readonly problem: string | null;
}

/** As push.ts heard it. */
interface Pushed {
  readonly alert?: unknown;
  readonly over?: unknown;
}

const AGAIN_MS = 2000;
const ID = /^alr_[0-9A-Za-z]{22}$/;

/** What this officer's unit is sent to and nobody in it has answered, the newest first. */
export function callsOf(world: World): Call[] {
  const unit = myUnit(world);
  return openIncidents(world).flatMap((incident) =>
    incident.alerts
      .filter((alert) => alert.unit_id === unit && alert.acknowledged_at === null)
      .map((alert) => ({ alert, incident })),
  );
}

export class Alarm {
  readonly answers = new Store<Answers>({ opened: new Set(), problem: null });
  readonly #desk: Desk;
  readonly #ring = new Ring();

  constructor(desk: Desk) {
    this.#desk = desk;
    const ring = (): void => this.#ring.whileAny(this.unanswered().map(({ alert }) => alert.id));
    desk.world.watch(ring);
    this.answers.watch(ring);
    let called: readonly string[] = [];
    let heard = 0;
    desk.world.watch(() => {
      const now = this.unanswered().map(({ alert }) => alert.id);
      const { snapshots } = desk.world.value;
      if (snapshots === heard && now.join() === called.join()) return;
      [called, heard] = [now, snapshots];
      if (snapshots > 0) void keepOnly(now);
    });
  }

  /** Hears presses on notifications, also on the one that has opened this page, and which are over. */
  follow(): void {
    navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent) => {
      const { opened, pushed } = (data ?? {}) as { opened?: unknown; pushed?: Pushed };
      if (typeof opened === "string") this.#open(opened);
      if (typeof pushed?.alert === "string" && pushed.over !== undefined) void hide(pushed.alert);
    });
    const pressed = location.hash.slice(1);
    if (!ID.test(pressed)) return;
    this.#desk.select(null);
    this.#open(pressed);
  }

  unanswered(): Call[] {
    const { opened } = this.answers.value;
    return callsOf(this.#desk.world.value).filter(({ alert }) => !opened.has(alert.id));
  }

  /** This incident is before somebody's eyes. */
  sees(incident: string): void {
    for (const call of this.unanswered()) if (call.incident.id === incident) this.#open(call.alert.id);
  }

  settle(): void {
    this.answers.update((before) => ({ ...before, problem: null }));
  }

  #open(alert: string): void {
    if (!ID.test(alert)) return;
    this.answers.update(({ opened }) => ({ opened: new Set([...opened, alert]), problem: null }));
    void hide(alert);
    void this.#send(alert);
  }

  async #send(alert: string): Promise<void> {
    try {
      const { incident_id } = await this.#desk.calls.acknowledge(alert);
      this.#desk.select(incident_id);
    } catch (error) {
      if (error instanceof Refused && error.status < 500 && error.status !== 429) {
        this.answers.update((before) => ({ ...before, problem: sorry(error) }));
      } else {
        setTimeout(() => void this.#send(alert), AGAIN_MS);
      }
    }
  }
}

/** What a colleague has answered, or what is over, need not stay there either. */
async function keepOnly(alerts: readonly string[]): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  const shown = (await worker?.getNotifications()) ?? [];
  for (const one of shown) if (ID.test(one.tag) && !alerts.includes(one.tag)) one.close();
}

/** What was answered on the page need not stay on the lock screen. */
async function hide(tag: string): Promise<void> {
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await worker?.getNotifications({ tag })) ?? []) shown.close();
}
