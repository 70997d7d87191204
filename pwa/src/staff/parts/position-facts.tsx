// A position in words: how well it is known, how old it is, how it moves, and its coordinates to copy.
import { useState } from "preact/hooks";
import { accuracyWords, ago, compass, coordinates, STALE_MS } from "../../lib/measure.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import type { Position } from "../../wire.ts";

const SAID_MS = 1500;
const WALKING_MPS = 0.5;

function motion(position: Position): string | null {
  if (position.speed_mps === null || position.speed_mps < WALKING_MPS) return null;
  const towards = position.heading_deg === null ? "" : ` ${compass(position.heading_deg)}`;
  return `${Math.round(position.speed_mps * 3.6)} km/h${towards}`;
}

function CopyCoordinates({ position }: { position: Position }) {
  const [copied, setCopied] = useState(false);
  const text = coordinates(position);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <button type="button" class="plain coordinates" aria-label={`Copy ${text}`} onClick={() => void copy()}>
      <Icon name={copied ? "done" : "copy"} />
      <span>{copied ? "Copied" : text}</span>
    </button>
  );
}

export function PositionFacts({ position, now }: { position: Position; now: number }) {
  const age = now - Date.parse(position.at);
  const moving = motion(position);
  return (
    <div class="facts">
      {position.source === "dispatcher" && <span class="facts-source">From dispatch</span>}
      {position.source === "witness" && <span class="facts-source">A witness</span>}
      {position.source === "site" && <span class="facts-source">The site</span>}
      <span>{accuracyWords(position.accuracy_m)}</span>
      <span class={age > STALE_MS ? "tone-waiting" : ""}>
        {age > STALE_MS && <Icon name="age" />}
        {ago(age)}
      </span>
      {moving !== null && <span>{moving}</span>}
      <CopyCoordinates position={position} />
    </div>
  );
}
