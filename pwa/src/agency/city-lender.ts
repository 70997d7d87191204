// A supervisor at the city's cameras: all sites once, then each that changes. Touches the network and nothing on the page.

import { LendingCalls } from "../lending/calls.ts";
import type { Lender } from "../lending/lender.ts";
import { ServerClock } from "../lib/clock.ts";
import { eventsAddress, type Line, listen } from "../lib/events.ts";
import type { Requests } from "../lib/requests.ts";
import { Store } from "../lib/store.ts";
import { leave } from "../lib/who.ts";
import type { CitySite, CitySiteGone, CityView, SiteView, Tick } from "../wire.ts";

type Told = CityView | CitySite | CitySiteGone | Tick;

/** The sites after one more event; a new one stands last. */
export function after(sites: readonly SiteView[], event: Told): readonly SiteView[] {
  switch (event.type) {
    case "city":
      return event.sites;
    case "city-site":
      return sites.some(({ id }) => id === event.site.id)
        ? sites.map((site) => (site.id === event.site.id ? event.site : site))
        : [...sites, event.site];
    case "city-site-gone":
      return sites.filter(({ id }) => id !== event.site_id);
    default:
      return sites;
  }
}

export class CityLender implements Lender {
  readonly whose = "city";
  /** Null until the server has told them for the first time. */
  readonly sites = new Store<readonly SiteView[] | null>(null);
  readonly line = new Store<Line>("connecting");
  readonly clock = new ServerClock();
  readonly calls: LendingCalls;

  constructor(requests: Requests) {
    this.calls = new LendingCalls(requests);
  }

  start(signal: AbortSignal): void {
    listen<Told>(
      {
        onEvent: (event) => {
          this.clock.hear(event.now);
          if (event.type !== "tick" && event.type !== "resumed")
            this.sites.set(after(this.sites.value ?? [], event));
        },
        onLine: (line) => this.line.set(line),
        onSignedOut: leave,
      },
      signal,
      eventsAddress(location, "/api/agency/events"),
    );
  }
}
