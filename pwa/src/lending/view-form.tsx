// Where a camera stands and looks: by its handles on the map, or in numbers. Both say the same at every moment.

import { compass } from "../lib/measure.ts";
import { LEAST_FIELD_DEG } from "../map/handles.tsx";
import type { Use } from "../map/look.ts";
import { AreaMap } from "../map/map.tsx";
import type { Point, View } from "../wire.ts";
import { PlaceField } from "./place-fields.tsx";

export interface Placing {
  point: Point;
  view: View;
  indoor: boolean;
}

interface Props {
  name: string;
  use: Use;
  placing: Placing;
  onPlacing(placing: Placing): void;
}

function NumberField({
  words,
  value,
  least,
  most,
  onValue,
}: {
  words: string;
  value: number;
  least: number;
  most: number;
  onValue(value: number): void;
}) {
  return (
    <label class="field">
      <span>{words}</span>
      <input
        type="number"
        inputMode="decimal"
        min={least}
        max={most}
        step="any"
        required
        value={value}
        onInput={(event) => {
          const number = event.currentTarget.valueAsNumber;
          if (number >= least && number <= most) onValue(number);
        }}
      />
    </label>
  );
}

export function ViewFields({ name, use, placing, onPlacing }: Props) {
  const { point, view, indoor } = placing;
  const set = (changes: Partial<Placing>): void => onPlacing({ ...placing, ...changes });
  const around = view.heading_deg === null;
  const looks = around ? "all around" : `${compass(view.heading_deg ?? 0)}, ${view.field_deg} degrees wide`;
  return (
    <>
      <div class="map-tall">
        <AreaMap
          label={`${name} on the map. It looks ${looks}`}
          cameras={[{ id: "set", name, point, view, use }]}
          chosen="set"
          changes={{ onPoint: (next) => set({ point: next }), onView: (next) => set({ view: next }) }}
          gentle
        />
      </div>
      <p class="small">
        Drag the camera to its place, the arrow to where it looks, the square to how wide it sees.
      </p>
      <PlaceField point={point} onPoint={(next) => set({ point: next })} />
      <label class="check">
        <input
          type="checkbox"
          checked={around}
          onChange={() => set({ view: { ...view, heading_deg: around ? 0 : null } })}
        />
        <span>It looks all around</span>
      </label>
      <div class="numbers">
        {view.heading_deg !== null && (
          <>
            <NumberField
              words="Direction, degrees"
              least={0}
              most={360}
              value={view.heading_deg}
              onValue={(heading_deg) => set({ view: { ...view, heading_deg } })}
            />
            <NumberField
              words="Width, degrees"
              least={LEAST_FIELD_DEG}
              most={360}
              value={view.field_deg}
              onValue={(field_deg) => set({ view: { ...view, field_deg } })}
            />
          </>
        )}
        <NumberField
          words="Height, metres"
          least={-100}
          most={1000}
          value={view.height_m}
          onValue={(height_m) => set({ view: { ...view, height_m } })}
        />
      </div>
      <label class="check">
        <input type="checkbox" checked={indoor} onChange={() => set({ indoor: !indoor })} />
        <span>It is indoors</span>
      </label>
    </>
  );
}
