// What a camera may be used for, in the words that its owner chose by.
import type { ParticipationLevel } from "../wire.ts";

export const LEVELS: Record<ParticipationLevel, string> = {
  registry: "On the map only",
  ask: "Ask me first",
  "own-calls": "My own calls",
  nearby: "Nearby emergencies",
};
