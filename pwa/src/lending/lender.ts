// Who keeps the cameras on this page: an owner theirs, a supervisor the city's. Cards and forms know no more of them.
import type { ServerClock } from "../lib/clock.ts";
import type { Line } from "../lib/events.ts";
import type { Store } from "../lib/store.ts";
import type { LendingCalls } from "./calls.ts";

export type Whose = "owner" | "city";

export interface Lender {
  readonly whose: Whose;
  readonly clock: ServerClock;
  readonly line: Store<Line>;
  readonly calls: LendingCalls;
}
