// The parachute, the last resort: under a cover, and then by two presses that stand in different places. The first
// arms for eight seconds; the second, by the same pilot, fires. Nothing is held down and no key does it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";
import type { Piloting } from "./flight.tsx";

/** As the server has it: backend/model/flights.py, PRESS_AGAIN_WITHIN and PRESS_AGAIN_AFTER. */
const WITHIN_MS = 8000;
const AFTER_MS = 700;
const TICK_MS = 100;

/** Milliseconds that are left of the first press; null before it and when it is over. */
function useWindow(): { left_ms: number | null; begin(): void; end(): void } {
  const [began, setBegan] = useState<number | null>(null);
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (began === null) return;
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [began]);
  const left = began === null ? null : WITHIN_MS - Math.max(0, now - began);
  useEffect(() => {
    if (left !== null && left <= 0) setBegan(null);
  }, [left]);
  const begin = (): void => {
    setBegan(performance.now());
    setNow(performance.now());
  };
  return { left_ms: left, begin, end: () => setBegan(null) };
}

export function Parachute({ desk, flight, orders }: Piloting) {
  const [open, setOpen] = useState(false);
  const { left_ms, begin, end } = useWindow();
  const press = (): Promise<boolean> =>
    orders.give("Parachute", () => desk.flights.tell(flight.id, "parachute"));
  const arming = useRef(false);
  const arm = async (): Promise<void> => {
    if (arming.current) return; // a press that bounces is one
    arming.current = true;
    if (await press()) begin();
    arming.current = false;
  };
  const fire = (): void => {
    end();
    void press();
  };
  const close = (): void => {
    end();
    setOpen(false);
  };
  return (
    <section class={left_ms === null ? "parachute" : "parachute is-armed"} aria-label="Parachute">
      <button
        type="button"
        class="quiet-danger"
        aria-expanded={open}
        onClick={open ? close : () => setOpen(true)}
      >
        <Icon name="parachute" /> {open ? "Close the cover" : "Parachute…"}
      </button>
      {open && (
        <>
          <p>
            The last resort: motors off, down where it is, and this drone flies no more today. Two presses
            within 8 seconds.
          </p>
          <button
            type="button"
            class="parachute-first"
            disabled={left_ms !== null}
            onClick={() => void arm()}
          >
            1 of 2: ready it
          </button>
          {left_ms !== null && (
            <>
              <p role="status" class="parachute-left">
                Ready for {Math.ceil(left_ms / 1000)} s more
              </p>
              <progress max={WITHIN_MS} value={left_ms} aria-label="Time left for the second press" />
              <button
                type="button"
                class="danger parachute-second"
                disabled={left_ms > WITHIN_MS - AFTER_MS}
                onClick={fire}
              >
                2 of 2: fire the parachute
              </button>
            </>
          )}
        </>
      )}
    </section>
  );
}
