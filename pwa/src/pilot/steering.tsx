// Steering by hand: two sticks on the screen, keys, or a gamepad, and only while this person has taken the controls.
// Said again five times a second; a drone that hears no more stays where it is.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";
import type { Piloting } from "./flight.tsx";
import { byGamepad, byKeys, REST, type Sticks, steerOf, together } from "./sticks.ts";

const AGAIN_MS = 200;

/** Keys that are down, as sticks; none while somebody types. */
function useKeys(on: boolean): { current: ReadonlySet<string> } {
  const down = useRef(new Set<string>());
  useEffect(() => {
    const over = new AbortController();
    const { signal } = over;
    down.current.clear();
    if (!on) return;
    const press = (event: KeyboardEvent): void => {
      if ((event.target as Element).closest("input, select, textarea") !== null) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      down.current.add(event.key.toLowerCase());
    };
    addEventListener("keydown", press, { signal });
    addEventListener("keyup", (event) => down.current.delete(event.key.toLowerCase()), { signal });
    addEventListener("blur", () => down.current.clear(), { signal });
    return () => over.abort();
  }, [on]);
  return down;
}

interface StickProps {
  label: string;
  /** What up, right, down and left mean. */
  words: readonly [string, string, string, string];
  onMove(x: number, y: number): void;
}

/** -1 to 1 to the right and up; back to rest when it is let go. */
function Stick({ label, words, onMove }: StickProps) {
  const [at, setAt] = useState({ x: 0, y: 0 });
  const to = (x: number, y: number): void => {
    const far = Math.max(1, Math.hypot(x, y));
    setAt({ x: x / far, y: y / far });
    onMove(x / far, y / far);
  };
  const move = (event: PointerEvent): void => {
    const pad = event.currentTarget as HTMLElement;
    if (!pad.hasPointerCapture(event.pointerId)) return;
    const { left, top, width, height } = pad.getBoundingClientRect();
    to((2 * (event.clientX - left)) / width - 1, 1 - (2 * (event.clientY - top)) / height);
  };
  const [up, right, down, left] = words;
  return (
    <div class="stick">
      <div
        class="stick-pad"
        role="img"
        aria-label={`${label}: up is ${up}, right ${right}, down ${down}, left ${left}`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          move(event);
        }}
        onPointerMove={move}
        onPointerUp={() => to(0, 0)}
        onPointerCancel={() => to(0, 0)}
      >
        <span class="stick-up" aria-hidden="true">
          {up}
        </span>
        <span class="stick-left" aria-hidden="true">
          {left}
        </span>
        <span class="stick-right" aria-hidden="true">
          {right}
        </span>
        <span class="stick-down" aria-hidden="true">
          {down}
        </span>
        <svg viewBox="-50 -50 100 100" aria-hidden="true">
          <circle class="stick-knob" cx={at.x * 34} cy={-at.y * 34} r="15" />
        </svg>
      </div>
    </div>
  );
}

/** While it is taken: what sticks, keys and gamepad say together, again and again. */
function useSteer({ desk, flight, orders }: Piloting, on: boolean): (part: Partial<Sticks>) => void {
  const screen = useRef<Sticks>(REST);
  const keys = useKeys(on);
  useEffect(() => {
    screen.current = REST;
    if (!on) return;
    let moved = false;
    let busy = false;
    const say = async (): Promise<void> => {
      const pads = "getGamepads" in navigator ? navigator.getGamepads() : [];
      const sticks = together(screen.current, byKeys(keys.current), byGamepad(pads));
      const steer = steerOf(document.hidden ? REST : sticks);
      const moves = Object.values(steer).some((speed) => speed !== 0);
      if (busy || !(moves || moved)) return;
      busy = true;
      moved = moves;
      await orders.give("Steer", () => desk.flights.steer(flight.id, steer));
      busy = false;
    };
    const timer = setInterval(() => void say(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [on, desk, flight.id, orders, keys]);
  return useMemo(
    () => (part) => {
      screen.current = { ...screen.current, ...part };
    },
    [],
  );
}

export function Steering(props: Piloting) {
  const { desk, flight, orders } = props;
  const [taken, setTaken] = useState(false); // who only turned the camera has the controls, too, and wants no sticks
  const mine = taken && flight.steered_by_id === desk.me.user.id;
  const move = useSteer(props, mine);
  const take = (): void => {
    setTaken(true);
    void orders.give("Take the controls", () => desk.flights.steer(flight.id, steerOf(REST)));
  };
  const letGo = (): void => {
    setTaken(false);
    void orders.give("Let go", () => desk.flights.tell(flight.id, "let-go"));
  };
  if (!mine) {
    return (
      <section class="steering" aria-label="Steering">
        <button type="button" onClick={take}>
          <Icon name="steer" /> Steer by hand
        </button>
        {flight.steered_by !== null && flight.steered_by_id !== desk.me.user.id && (
          <p>{flight.steered_by} steers.</p>
        )}
      </section>
    );
  }
  return (
    <section class="steering is-taken" aria-label="Steering">
      <p role="status">
        <strong>You steer.</strong> Keys: W S forward and back, A D left and right, Q E turn, R F up and down.
        A gamepad works too.
      </p>
      <div class="sticks">
        <Stick
          label="Height and turn"
          words={["up", "turn right", "down", "turn left"]}
          onMove={(turn, up) => move({ turn, up })}
        />
        <Stick
          label="Way"
          words={["forward", "right", "back", "left"]}
          onMove={(right, forward) => move({ right, forward })}
        />
      </div>
      <button type="button" class="primary" onClick={letGo}>
        Let go of the controls
      </button>
    </section>
  );
}
