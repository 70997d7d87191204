// Who looks at a picture and when, all over it: no part can be cut out of a screenshot that does not say whose it
// is. Light letters with a dark edge, half seen through: to be read on snow and at night, and the scene with it.
import { useId } from "preact/hooks";
import { useNow } from "../../lib/hooks.ts";
import type { Desk } from "../desk.ts";
import { markWords } from "../words.ts";

const LETTER = 7.4; // of 13 px, on average
const GAP = 28;
const LINE = 58;

/** `apart`: lines of the small ones stand closer together, so that each holds the words once at least. */
export function Watermark({ desk, small = false }: { desk: Desk; small?: boolean }) {
  const now = useNow(() => desk.clock.now());
  const id = useId();
  const words = markWords(desk.me.user.display_name, now);
  const width = Math.ceil(words.length * LETTER) + GAP;
  const height = small ? LINE : 2 * LINE;
  return (
    <svg class={small ? "watermark is-small" : "watermark"} aria-hidden="true" data-words={words}>
      <pattern
        id={id}
        width={width}
        height={height}
        patternUnits="userSpaceOnUse"
        patternTransform={small ? "rotate(-12)" : "rotate(-18)"}
      >
        <text x={GAP / 2} y={height / 4 + 5}>
          {words}
        </text>
        <text x={GAP / 2 - width / 2} y={(3 * height) / 4 + 5}>
          {words}
        </text>
        <text x={GAP / 2 + width / 2} y={(3 * height) / 4 + 5}>
          {words}
        </text>
      </pattern>
      <rect width="100%" height="100%" fill={`url(#${id})`} />
    </svg>
  );
}
