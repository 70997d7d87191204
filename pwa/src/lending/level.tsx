// The participation level: four plain choices, and for two of them how near an emergency must be.
import { useId, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { metres } from "../lib/measure.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { ownersUse } from "../map/look.ts";
import { AreaMap } from "../map/map.tsx";
import type { CameraView } from "../wire.ts";
import type { Lender } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { levelName, levelSentence, levelsFor } from "./words.ts";

export const LEAST_RADIUS_M = 50;
export const MOST_RADIUS_M = 1000;
const STEP_M = 50;

export function LevelForm({
  lender,
  camera,
  onDone,
}: {
  lender: Lender;
  camera: CameraView;
  onDone(): void;
}) {
  const [level, setLevel] = useState(camera.level);
  const [radius_m, setRadius] = useState(camera.radius_m);
  const act = useAct(sorry);
  const id = useId();
  const near = level === "ask" || level === "nearby";
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.run(() => lender.calls.amendCamera(camera.id, { level, radius_m }))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      <fieldset class="levels">
        <legend class="sr-only">Who may see {camera.name}</legend>
        {levelsFor(lender.whose).map((each) => (
          <label key={each} class="level">
            <input
              type="radio"
              name={`level-${id}`}
              value={each}
              checked={level === each}
              onChange={() => setLevel(each)}
              aria-describedby={`${id}-${each}`}
            />
            <span>
              <strong>{levelName(each, lender.whose)}</strong>
              <span id={`${id}-${each}`}>{levelSentence(each, radius_m, lender.whose)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {near && (
        <div class="radius">
          <label class="field">
            <span>How near an emergency must be: {metres(radius_m)}</span>
            <input
              type="range"
              min={LEAST_RADIUS_M}
              max={MOST_RADIUS_M}
              step={STEP_M}
              value={radius_m}
              aria-valuetext={metres(radius_m)}
              onInput={(event) => setRadius(Number(event.currentTarget.value))}
            />
          </label>
          <div class="map-small">
            <AreaMap
              label={`${camera.name}, and ${metres(radius_m)} around it`}
              cameras={[{ ...camera, use: ownersUse({ ...camera, level, watching: [], pause: null }, 0) }]}
              radius={{ point: camera.point, radius_m }}
              gentle
            />
          </div>
        </div>
      )}
      {camera.watching.length > 0 && (
        <p class="small">
          Somebody sees this camera now. A choice that no longer allows it stops the picture at once.
        </p>
      )}
      {lender.whose === "owner" && (
        <p class="small">What you choose changes the yearly fee, and nothing about who gets help first.</p>
      )}
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy}>
        {act.busy ? "Saving…" : "Save"}
      </button>
    </form>
  );
}
