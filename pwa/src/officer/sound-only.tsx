// In place of the pictures: what was spoken, large enough to be read at a glance. No picture is loaded.
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Glance } from "./glance.ts";
import { DataWords } from "./used.tsx";

export function SoundOnly({ glance, incident }: { glance: Glance; incident: string }) {
  const { said, state } = useStore(glance.speech.voice);
  const muted = useStore(glance.choice.muted);
  return (
    <div class="sound-only">
      <p class="sound-only-is">
        <Icon name={muted || state !== "can" ? "quiet" : "sound"} />
        <span>
          {state === "cannot"
            ? "This browser does not speak. What changes is written here."
            : state === "touch"
              ? "Touch the screen once, so that this phone may speak."
              : muted
                ? "Muted. What changes is written here."
                : "Sound only. What changes is spoken."}
        </span>
      </p>
      <ol aria-label="What was spoken, the newest first">
        {said.length === 0 && <li class="sound-only-none">Nothing has changed yet.</li>}
        {said.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ol>
      <DataWords glance={glance} incident={incident} />
    </div>
  );
}
