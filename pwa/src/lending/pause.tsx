// Pause, the largest control of a camera: an hour, a day, until its owner resumes.
import { useState } from "preact/hooks";
import type { Act } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { CameraView } from "../wire.ts";
import type { Lender } from "./lender.ts";
import { isPaused, pauseWords } from "./words.ts";

const CHOICES: readonly { words: string; minutes: number | null }[] = [
  { words: "An hour", minutes: 60 },
  { words: "A day", minutes: 24 * 60 },
  { words: "Until I resume", minutes: null },
];

export function PauseControl({
  lender,
  camera,
  act,
  now,
}: {
  lender: Lender;
  camera: CameraView;
  act: Act;
  now: number;
}) {
  const [choosing, setChoosing] = useState(false);
  const { pause } = camera;
  if (isPaused(pause, now)) {
    return (
      <div class="paused">
        <p role="status">
          <Icon name="still" /> <strong>{pauseWords(pause, now)}</strong>
        </p>
        <button
          type="button"
          class="large"
          disabled={act.busy}
          onClick={() => void act.run(() => lender.calls.resume(camera.id))}
        >
          <Icon name="resume" /> Resume
        </button>
      </div>
    );
  }
  if (!choosing) {
    return (
      <button
        type="button"
        class="pause large"
        aria-label={`Pause ${camera.name}`}
        onClick={() => setChoosing(true)}
      >
        <Icon name="pause" /> Pause
      </button>
    );
  }
  const choose = async (minutes: number | null): Promise<void> => {
    if (await act.run(() => lender.calls.pause(camera.id, minutes))) setChoosing(false);
  };
  return (
    <fieldset class="pause-choices">
      <legend>Pause for how long? Open pictures stop at once.</legend>
      {CHOICES.map(({ words, minutes }) => (
        <button
          key={words}
          type="button"
          class="large"
          disabled={act.busy}
          onClick={() => void choose(minutes)}
        >
          {words}
        </button>
      ))}
      <button type="button" class="plain" onClick={() => setChoosing(false)}>
        Do not pause
      </button>
    </fieldset>
  );
}
