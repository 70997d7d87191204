// When a camera may be opened: days, and from when to when, by the agency's clock.
import { useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { CameraView } from "../wire.ts";
import type { Lender } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { clockWords, DAY_NAMES, hoursWords, isAlways } from "./words.ts";

const ALWAYS = { days: 127, from_min: 0, to_min: 1440 };
const FIRST = { days: 31, from_min: 18 * 60, to_min: 6 * 60 };

/** "18:30" as minutes of the day; null while it is not written out. */
function minutesOf(text: string): number | null {
  const found = /^(\d\d):(\d\d)/.exec(text);
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
}

export function HoursForm({
  lender,
  camera,
  onDone,
}: {
  lender: Lender;
  camera: CameraView;
  onDone(): void;
}) {
  const [hours, setHours] = useState(camera.hours);
  const act = useAct(sorry);
  const always = isAlways(hours);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.run(() => lender.calls.amendCamera(camera.id, { hours }))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      <label class="check">
        <input type="checkbox" checked={always} onChange={() => setHours(always ? FIRST : ALWAYS)} />
        <span>At any time</span>
      </label>
      {!always && (
        <>
          <fieldset class="days">
            <legend>On these days</legend>
            {DAY_NAMES.map((name, day) => (
              <label key={name} class="day">
                <input
                  type="checkbox"
                  aria-label={name}
                  checked={((hours.days >> day) & 1) === 1}
                  onChange={() => setHours({ ...hours, days: hours.days ^ (1 << day) })}
                />
                <span aria-hidden="true">{name.slice(0, 3)}</span>
              </label>
            ))}
          </fieldset>
          <div class="times">
            <label class="field">
              <span>From</span>
              <input
                type="time"
                required
                value={clockWords(hours.from_min)}
                onInput={(event) =>
                  setHours({ ...hours, from_min: minutesOf(event.currentTarget.value) ?? hours.from_min })
                }
              />
            </label>
            <label class="field">
              <span>To</span>
              <input
                type="time"
                required
                value={clockWords(hours.to_min % 1440)}
                onInput={(event) =>
                  setHours({ ...hours, to_min: minutesOf(event.currentTarget.value) || 1440 })
                }
              />
            </label>
          </div>
        </>
      )}
      <p class="small" role="status">
        {hours.days === 0 ? "Choose at least one day." : `${hoursWords(hours)}, by the agency's clock.`}
      </p>
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy || hours.days === 0}>
        {act.busy ? "Saving…" : "Save"}
      </button>
    </form>
  );
}
