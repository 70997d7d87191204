// One owner at the page: what they lend, and the line that keeps it true. Touches the network and nothing on the page.

import type { Lender } from "../lending/lender.ts";
import { ServerClock } from "../lib/clock.ts";
import { eventsAddress, type Line, listen } from "../lib/events.ts";
import { Requests } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import { leave } from "../lib/who.ts";
import type { Me, OwnerView, Tick } from "../wire.ts";
import { Calls } from "./calls.ts";

export class OwnerLender implements Lender {
  readonly whose = "owner";
  /** Null until the server has told it for the first time. */
  readonly view = new Store<OwnerView | null>(null);
  readonly line = new Store<Line>("connecting");
  readonly clock = new ServerClock();
  readonly me: Me;
  readonly calls: Calls;
  readonly requests: Requests;

  constructor(me: Me) {
    this.me = me;
    this.requests = new Requests(me.csrf, leave);
    this.calls = new Calls(this.requests);
  }

  start(signal: AbortSignal): void {
    listen<OwnerView | Tick>(
      {
        onEvent: (event) => {
          this.clock.hear(event.now);
          if (event.type === "owner") this.view.set(event);
        },
        onLine: (line) => this.line.set(line),
        onSignedOut: leave,
      },
      signal,
      eventsAddress(location, "/api/owner/events"),
    );
  }

  async signOut(): Promise<void> {
    await this.calls.signOut();
    location.assign("/signin");
  }
}
