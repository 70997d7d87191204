// What drones did, as sentences of an incident's log.
import type { Action, EntryView, FlightEnd, Phase } from "../wire.ts";

const PHASES: Readonly<Record<Phase, string>> = {
  launching: "takes off",
  "en-route": "is on its way",
  "on-scene": "is over the scene",
  "handing-over": "hands over",
  returning: "is on its way home",
  diverted: "comes down elsewhere",
  landed: "has landed",
  parachute: "comes down by its parachute",
};
/** How a flight ended, after the drone's name. */
export const ENDS: Readonly<Record<FlightEnd, string>> = {
  home: "is back in its dock",
  elsewhere: "has landed away from its dock",
  "not-launched": "did not take off",
  parachute: "came down by its parachute",
  lost: "was not heard of any more",
};
const CONTROLS: Readonly<Record<string, string>> = {
  "took the controls": "took the controls of",
  "let go": "let go of",
};

function by(entry: EntryView): string {
  return entry.actor === "system" ? "Sightline" : entry.actor;
}

function drone(entry: EntryView): string {
  return entry.details.drone ?? "the drone";
}

function sent(entry: EntryView): string {
  const { dock, pilot, to_scene_s } = entry.details;
  const where = dock === undefined ? "" : ` from ${dock}`;
  const soon = to_scene_s === undefined ? "" : `, ${to_scene_s} s to the scene`;
  return `${by(entry)} sent ${drone(entry)}${where}${soon}${pilot === undefined ? "" : `; pilot ${pilot}`}`;
}

function ended(entry: EntryView): string {
  const outcome = entry.details.outcome ?? "";
  const words = entry.details.words ?? "";
  return `${drone(entry)} ${ENDS[outcome as FlightEnd] ?? "has ended its flight"}${words === "" ? "" : `: ${words}`}`;
}

function pressed(entry: EntryView): string {
  return entry.details.press === "first"
    ? `${by(entry)} pressed the parachute of ${drone(entry)} once`
    : `${by(entry)} fired the parachute of ${drone(entry)}`;
}

function why(entry: EntryView): string {
  const words = entry.details.why ?? entry.details.words ?? "";
  return words === "" || words === "home" ? "" : `: ${words}`;
}

export const DRONE_SENTENCES: Partial<Record<Action, (entry: EntryView) => string>> = {
  "drone.offer": (e) => `${drone(e)} is offered to its pilot`,
  "drone.decline": (e) => `${by(e)} declined a drone`,
  "drone.send": sent,
  "drone.phase": (e) => `${drone(e)} ${PHASES[e.details.phase as Phase] ?? e.details.phase ?? "flies"}`,
  "drone.hold": (e) => `${by(e)} has ${drone(e)} wait where it is`,
  "drone.go-on": (e) => `${by(e)} has ${drone(e)} go on`,
  "drone.follow": (e) =>
    e.details.follows === "yes"
      ? `${by(e)} has ${drone(e)} follow the caller`
      : `${by(e)} has ${drone(e)} follow the caller no more`,
  "drone.steer": (e) => `${by(e)} ${CONTROLS[e.details.what ?? ""] ?? "steers"} ${drone(e)}`,
  "drone.handover": (e) => `${drone(e)} is sent to take over from ${e.details.from ?? "the one there"}`,
  "drone.return": (e) => `${by(e)} called ${drone(e)} home${why(e)}`,
  "drone.land": (e) => `${by(e)} has ${drone(e)} land${why(e)}`,
  "drone.parachute": pressed,
  "drone.command": (e) =>
    `${by(e)} is pilot in command of ${drone(e)}, after ${e.details.before ?? "another"}`,
  "drone.breach": (e) => `${drone(e)}: ${e.details.words ?? "its camera looked down on the way"}`,
  "drone.fault": (e) => `${drone(e)}: ${e.details.words ?? e.details.fault ?? "a fault"}`,
  "drone.end": ended,
};

export const DRONE_ATTEMPTS: Partial<Record<Action, string>> = {
  "drone.send": "A drone was asked for",
  "drone.refuse": "A drone was asked for",
  "drone.hold": "Holding the drone was tried",
  "drone.go-on": "Sending the drone on was tried",
  "drone.return": "Calling the drone home was tried",
  "drone.land": "Landing the drone was tried",
  "drone.parachute": "The parachute was tried",
};

export const DRONE_NEWS: readonly Action[] = ["drone.send", "drone.offer"];
export const DRONE_WARNINGS: readonly Action[] = ["drone.breach", "drone.fault", "drone.parachute"];
