// A camera that was pressed on the officer's map: what it may be used for, and one press to see it.
import { useAct, useNow } from "../lib/hooks.ts";
import { sorry } from "../lib/refusals.ts";
import { askedOf, asking, openingOf, reasonsFor, whereWords, whyNot } from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import type { IncidentView, NearbyCamera } from "../wire.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  camera: NearbyCamera;
  onShow(feed: string): void;
}

export function CameraCard({ desk, incident, camera, onShow }: Props) {
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const opening = openingOf(incident, camera.camera_id, desk.me.user.id);
  const asked = asking(askedOf(incident, camera.camera_id), desk.me.user.id, now);
  const shut = camera.offer === "no" && opening === null;
  const waits = asked?.mine ?? camera.offer === "asking";
  const open = (): void =>
    void act.run(async () => {
      const opened = await desk.calls.openCamera(incident.id, camera.camera_id, reasonsFor(camera)[0]);
      if (opened.opening !== null) onShow(opened.opening.feed_id);
    });
  const words = shut ? `${whyNot(camera)} · ${whereWords(camera)}` : (asked?.words ?? whereWords(camera));
  return (
    <>
      <p class="unit-text">
        <strong>{camera.name}</strong>
        <span role="status">{act.problem ?? words}</span>
      </p>
      {!shut && !waits && (
        <button
          type="button"
          disabled={act.busy}
          onClick={opening === null ? open : () => onShow(opening.feed_id)}
        >
          {opening !== null
            ? "Show"
            : asked !== null
              ? "Join"
              : camera.offer === "ask"
                ? "Ask owner"
                : "Open"}
        </button>
      )}
    </>
  );
}
