// The picture and the map, one above or beside the other, with a bar between them that a mouse drags and arrow keys move.
// Swapping moves them on the screen only: a <video> that is moved in the document would stop.
import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { keep, kept } from "./state.ts";

const KEPT = "sightline.split";
const LEAST = 25;
const MOST = 80;
const STEP = 5;

function bounded(percent: number): number {
  return Math.round(Math.min(MOST, Math.max(LEAST, percent)));
}

interface Props {
  picture: ComponentChildren;
  map: ComponentChildren;
  swapped: boolean;
  beside: boolean;
}

export function Split({ picture, map, swapped, beside }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [percent, setPercent] = useState(() => bounded(Number(kept(KEPT)) || 62));

  const move = (next: number): void => {
    setPercent(bounded(next));
    keep(KEPT, String(bounded(next)));
  };
  const drag = (event: PointerEvent): void => {
    const bar = event.currentTarget as HTMLElement;
    if (box.current === null || !bar.hasPointerCapture(event.pointerId)) return;
    const { top, left, height, width } = box.current.getBoundingClientRect();
    move(100 * (beside ? (event.clientX - left) / width : (event.clientY - top) / height));
  };
  const press = (event: KeyboardEvent): void => {
    const by = { ArrowUp: -STEP, ArrowLeft: -STEP, ArrowDown: STEP, ArrowRight: STEP, Home: -100, End: 100 }[
      event.key
    ];
    if (by === undefined) return;
    event.preventDefault();
    move(percent + by);
  };

  return (
    <div
      class={["split", swapped && "is-swapped", beside && "is-beside"].filter(Boolean).join(" ")}
      ref={box}
      style={{ "--split": `${percent}%` }}
    >
      <div class="pane pane-picture">{picture}</div>
      {/* biome-ignore lint/a11y/useSemanticElements: an hr is no control, and this one moves */}
      <div
        class="split-bar"
        role="separator"
        aria-orientation={beside ? "vertical" : "horizontal"}
        aria-label="Size of the first pane"
        aria-valuenow={percent}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        tabIndex={0}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onKeyDown={press}
      />
      <div class="pane pane-map">{map}</div>
    </div>
  );
}
