// What the shapes and colours on a map mean: only those that are on it.
import { Mark } from "./drawing.tsx";
import { USES, type Use } from "./look.ts";

export function MapKey({ uses }: { uses: readonly Use[] }) {
  const shown = (Object.keys(USES) as Use[]).filter((use) => uses.includes(use));
  return (
    <ul class="map-key" aria-label="What the marks mean">
      {shown.map((use) => (
        <li key={use}>
          <svg
            class={`map-camera use-${use}`}
            width="28"
            height="28"
            viewBox="-14 -14 28 28"
            aria-hidden="true"
          >
            <g class="map-mark">
              <Mark use={use} />
            </g>
          </svg>
          {USES[use]}
        </li>
      ))}
    </ul>
  );
}
