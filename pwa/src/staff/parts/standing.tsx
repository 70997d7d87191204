// How something is: always a shape, a word and a colour together.

import { Icon } from "../../lib/parts/icon.tsx";
import type { Standing } from "../links.ts";

export function StandingMark({ standing }: { standing: Standing }) {
  return (
    <span class={`standing tone-${standing.tone}`}>
      <Icon name={standing.mark} />
      <span>{standing.word}</span>
    </span>
  );
}
