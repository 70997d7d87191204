// Sticks, keys and gamepads as one: four numbers from -1 to 1, and what they mean for the drone. Pure.
import type { Steer } from "../staff/flights.ts";

export interface Sticks {
  readonly forward: number;
  readonly right: number;
  readonly up: number;
  /** Clockwise. */
  readonly turn: number;
}

export const REST: Sticks = { forward: 0, right: 0, up: 0, turn: 0 };

/** At full stick: slow enough to be steered by eye over a link of a second. */
const FORWARD_MPS = 8;
const UP_MPS = 3;
const TURN_DPS = 45;
/** A stick that does not come back quite to its middle says nothing. */
const DEAD = 0.12;

const axis = (down: ReadonlySet<string>, more: string, less: string): number =>
  (down.has(more) ? 1 : 0) - (down.has(less) ? 1 : 0);

export function byKeys(down: ReadonlySet<string>): Sticks {
  return {
    forward: axis(down, "w", "s"),
    right: axis(down, "d", "a"),
    up: axis(down, "r", "f"),
    turn: axis(down, "e", "q"),
  };
}

/** The first gamepad in the standard layout (W3C Gamepad, §3): left stick height and turn, right stick the way. */
export function byGamepad(pads: readonly (Pick<Gamepad, "axes" | "mapping"> | null)[]): Sticks {
  const pad = pads.find((one) => one !== null && one.mapping === "standard");
  const [turn = 0, down = 0, right = 0, back = 0] = (pad?.axes ?? []).map((at) =>
    Math.abs(at) < DEAD ? 0 : at,
  );
  return { forward: 0 - back, right, up: 0 - down, turn };
}

/** What all of them say together, none more than a full stick. */
export function together(...all: readonly Sticks[]): Sticks {
  const sum = (which: keyof Sticks): number =>
    Math.min(
      1,
      Math.max(
        -1,
        all.reduce((total, sticks) => total + sticks[which], 0),
      ),
    );
  return { forward: sum("forward"), right: sum("right"), up: sum("up"), turn: sum("turn") };
}

const tenth = (value: number): number => Math.round(value * 10) / 10 || 0;

export function steerOf({ forward, right, up, turn }: Sticks): Steer {
  return {
    forward_mps: tenth(forward * FORWARD_MPS),
    right_mps: tenth(right * FORWARD_MPS),
    up_mps: tenth(up * UP_MPS),
    turn_dps: tenth(turn * TURN_DPS),
  };
}
