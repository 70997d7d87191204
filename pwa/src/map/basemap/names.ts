// Where names stand on a map that is painted: along a stretch of their street that is straight enough, or at their
// place, never over one another, never upside down, and not again and again. Pure numbers.
import type { Size, Spot } from "../frame.ts";

/** A name that has its place, around `at`; `turned` in radians. */
export interface Placed {
  readonly at: Spot;
  readonly turned: number;
}

/** As MapLibre's `symbol-spacing`. */
const AGAIN_PX = 250;
const APART_PX = 2;
/** A line whose ends are nearer to each other than this part of its length is too bent to write along. */
const STRAIGHT = 0.96;
const MOST_TRIES = 11; // odd, as all are: one is in the middle

interface Circle extends Spot {
  readonly r: number;
}

/** The names that have a place so far. */
export class Places {
  private readonly taken: Circle[][] = [];
  private readonly written = new Map<string, Spot[]>();

  private readonly size: Size;

  /** `size` of what can be seen, whose top left is 0,0. */
  constructor(size: Size) {
    this.size = size;
  }

  /** Along a line of at least two spots, where there is room, or null. */
  along(words: string, line: readonly Spot[], room: Size): Placed | null {
    const ends = lengths(line);
    const whole = ends.at(-1) ?? 0;
    if (whole < room.width) return null;
    const spare = whole - room.width;
    const tries = Math.min(MOST_TRIES, 1 + 2 * Math.floor(spare / room.width));
    for (const n of fromTheMiddle(tries)) {
      const start = tries === 1 ? spare / 2 : (spare * n) / (tries - 1);
      const [a, b] = [spotAt(line, ends, start), spotAt(line, ends, start + room.width)];
      if (Math.hypot(b.x - a.x, b.y - a.y) < STRAIGHT * room.width) continue;
      const placed = { at: spotAt(line, ends, start + room.width / 2), turned: upright(a, b) };
      if (this.isFar(words, placed.at) && this.take(placed, room)) return this.keep(words, placed);
    }
    return null;
  }

  /** Around a spot, or null. */
  around(words: string, at: Spot, room: Size): Placed | null {
    const placed = { at, turned: 0 };
    return this.isFar(words, at) && this.take(placed, room) ? this.keep(words, placed) : null;
  }

  private keep(words: string, placed: Placed): Placed {
    this.written.set(words, [...(this.written.get(words) ?? []), placed.at]);
    return placed;
  }

  private isFar(words: string, { x, y }: Spot): boolean {
    return (this.written.get(words) ?? []).every((spot) => Math.hypot(spot.x - x, spot.y - y) > AGAIN_PX);
  }

  private take(placed: Placed, room: Size): boolean {
    const circles = circlesOf(placed, room);
    const fits = circles.every(
      ({ x, y, r }) => x >= r && y >= r && x <= this.size.width - r && y <= this.size.height - r,
    );
    if (!fits || this.taken.some((others) => meet(circles, others))) return false;
    this.taken.push(circles);
    return true;
  }
}

/** 0 to `count` - 1, those in the middle first. */
export function fromTheMiddle(count: number): number[] {
  const middle = (count - 1) / 2;
  return Array.from({ length: count }, (_, n) => n).sort(
    (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
  );
}

/** How far along the line each of its spots is. */
function lengths(line: readonly Spot[]): number[] {
  let sum = 0;
  return line.map(({ x, y }, n) => {
    const before = line[n - 1];
    if (before !== undefined) sum += Math.hypot(x - before.x, y - before.y);
    return sum;
  });
}

function spotAt(line: readonly Spot[], ends: readonly number[], far: number): Spot {
  const n = Math.max(
    1,
    ends.findIndex((end) => end >= far),
  );
  const [a, b] = [line[n - 1], line[n] ?? line[n - 1]];
  if (a === undefined || b === undefined) return { x: 0, y: 0 };
  const [from, to] = [ends[n - 1] ?? 0, ends[n] ?? 0];
  const part = to === from ? 0 : (far - from) / (to - from);
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
}

/** The way from one to the other, turned by half where words would hang upside down. */
function upright(a: Spot, b: Spot): number {
  const way = Math.atan2(b.y - a.y, b.x - a.x);
  return Math.abs(way) > Math.PI / 2 ? way - Math.sign(way) * Math.PI : way;
}

function circlesOf({ at, turned }: Placed, { width, height }: Size): Circle[] {
  const r = height / 2 + APART_PX;
  const count = Math.max(1, Math.ceil(width / height));
  return Array.from({ length: count }, (_, n) => {
    const off = count === 1 ? 0 : (n / (count - 1) - 0.5) * Math.max(0, width - height);
    return { x: at.x + off * Math.cos(turned), y: at.y + off * Math.sin(turned), r };
  });
}

function meet(some: readonly Circle[], others: readonly Circle[]): boolean {
  const [a, b] = [some[0], others[0]];
  if (a === undefined || b === undefined) return false;
  return some.some((one) =>
    others.some((other) => Math.hypot(one.x - other.x, one.y - other.y) < one.r + other.r),
  );
}
