// This officer's own phone as a camera of the incident: it starts with a press, stops with one, and stops when the
// incident leaves the screen. The picture goes out by WHIP as a caller's does.
import { startCamera } from "../lib/camera.ts";
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import { Over } from "../rtc/reconnect.ts";
import { publish } from "../rtc/whip.ts";
import type { Calls } from "../staff/calls.ts";

export interface Own {
  state: "off" | "starting" | "live";
  /** What the others see of it: no picture for who holds the phone. */
  feed: string | null;
  /** Why it does not work, in words. */
  problem: string | null;
}

const OFF: Own = { state: "off", feed: null, problem: null };
const REFUSED = "This phone does not allow its camera. Allow it for this page in the browser's settings.";
const TAKEN = "The camera is not to be had now. Close other apps that use it.";

export class OwnCamera {
  readonly own = new Store<Own>(OFF);
  readonly #calls: Calls;
  readonly #incident: string;
  #stop: AbortController | null = null;

  constructor(calls: Calls, incident: string) {
    this.#calls = calls;
    this.#incident = incident;
  }

  start(): void {
    if (this.#stop !== null) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.own.set({ ...OFF, state: "starting" });
    const publication = publish({
      signal: stop.signal,
      grant: () => this.#grant(),
      onState: (state) => {
        if (stop.signal.aborted) return;
        if (state === "ended") this.#end("Dispatch has taken this unit off the incident.");
        else this.own.update((before) => ({ ...before, state: state === "connected" ? "live" : "starting" }));
      },
    });
    startCamera(
      {
        onTrack: (track) => publication.show(track),
        onState: (state) => {
          if (state === "refused") this.#end(REFUSED);
          else
            this.own.update((before) => ({
              ...before,
              problem: state === "unavailable" || state === "paused" ? TAKEN : null,
            }));
        },
      },
      stop.signal,
    );
  }

  stop(): void {
    if (this.#stop === null) return;
    this.#end(null);
    this.#calls.stopCamera(this.#incident).catch(() => {}); // the engine notices the silence by itself
  }

  #end(problem: string | null): void {
    this.#stop?.abort();
    this.#stop = null;
    this.own.update(({ feed }) => ({ state: "off", feed, problem })); // its end is told later
  }

  async #grant(): Promise<{ endpoint: string; bearer: string }> {
    try {
      const { whip, bearer, feed_id: feed } = await this.#calls.shareCamera(this.#incident);
      this.own.update((before) => ({ ...before, feed }));
      return { endpoint: whip, bearer };
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 429 || error.status >= 500) throw error;
      this.#end(sorry(error));
      throw new Over(error.code);
    }
  }
}
