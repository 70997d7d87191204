// What stands beside an officer's incidents for as long as the page is there: how much is to be seen, what is spoken
// instead, and what it has cost.
import type { Desk } from "../staff/desk.ts";
import { DataUsed } from "./data-used.ts";
import { Choice } from "./mode.ts";
import { Speech } from "./speech.ts";

export class Glance {
  readonly choice = new Choice();
  readonly used = new DataUsed();
  readonly speech: Speech;

  constructor(desk: Desk) {
    this.speech = new Speech(desk, this.choice);
  }

  start(signal: AbortSignal): void {
    this.speech.start(signal);
  }
}
