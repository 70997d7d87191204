// Lent and city cameras near the incident, the most useful first: one press opens one, or asks its owner. What
// cannot be opened stands below with the reason.
import { useState } from "preact/hooks";
import { type Act, useAct, useNow } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import {
  askedOf,
  askingWords,
  lasts,
  openingOf,
  othersOf,
  REASONS,
  watchable,
  whereWords,
  whyNot,
} from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import { useNearby } from "../staff/nearby.ts";
import type { IncidentView, NearbyCamera, OpeningView, Reason } from "../wire.ts";
import { type ConsoleState, change } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

interface Row extends Props {
  camera: NearbyCamera;
  now: number;
  act: Act;
  reason: Reason;
}

function Mine({ desk, state, incident, camera, now, act, opening }: Row & { opening: OpeningView }) {
  const { words, soon } = lasts(opening, now);
  const at = watchable(incident, desk.me.user.id).findIndex((feed) => feed.id === opening.feed_id);
  return (
    <>
      <span class="unit-text">
        <strong title={camera.name}>{camera.name}</strong>
        <span class={soon ? "tone-waiting" : ""}>
          {at >= 0 && <kbd>{at + 1}</kbd>} {words}
        </span>
      </span>
      {soon ? (
        <button
          type="button"
          disabled={act.busy}
          aria-label={`Renew ${camera.name} for 30 minutes`}
          onClick={() => void act.run(() => desk.calls.renewOpening(opening.id))}
        >
          Renew
        </button>
      ) : (
        <button
          type="button"
          aria-label={`Show ${camera.name}`}
          onClick={() => change(state, { feed: opening.feed_id, blurred: false })}
        >
          Show
        </button>
      )}
      <button
        type="button"
        class="square"
        disabled={act.busy}
        aria-label={`Close ${camera.name}`}
        title={`Close ${camera.name}`}
        onClick={() => void act.run(() => desk.calls.closeOpening(opening.id))}
      >
        <Icon name="close" />
      </button>
    </>
  );
}

function Openable({ desk, state, incident, camera, now, act, reason }: Row) {
  const others = othersOf(incident, camera.camera_id, desk.me.user.id);
  const asking = askingWords(askedOf(incident, camera.camera_id), now);
  const asks = camera.offer === "ask";
  const open = (): void => {
    void act.run(async () => {
      const { opening } = await desk.calls.openCamera(incident.id, camera.camera_id, reason);
      if (opening !== null) change(state, { feed: opening.feed_id, blurred: false });
    });
  };
  return (
    <>
      <span class="unit-text">
        <strong>{camera.name}</strong>
        <span title={camera.site}>{asking ?? whereWords(camera)}</span>
        {others.length > 0 && <span>{others.join(", ")} sees it</span>}
      </span>
      {camera.offer === "asking" ? (
        <span class="camera-waits tone-waiting">
          <Icon name="queued" /> Asked
        </span>
      ) : (
        <button
          type="button"
          disabled={act.busy}
          aria-label={asks ? `Ask owner of ${camera.name}` : `Open ${camera.name}`}
          onClick={open}
        >
          {asks ? "Ask owner" : "Open"}
        </button>
      )}
    </>
  );
}

function CameraRow(row: Row) {
  const opening = openingOf(row.incident, row.camera.camera_id, row.desk.me.user.id);
  return (
    <li class={opening === null ? "unit" : "unit is-assigned"}>
      <Icon name={opening === null ? "camera" : "live"} />
      {opening === null ? <Openable {...row} /> : <Mine {...row} opening={opening} />}
    </li>
  );
}

function Shut({ cameras, more }: { cameras: readonly NearbyCamera[]; more: number }) {
  if (cameras.length === 0 && more === 0) return null;
  const count = cameras.length + more;
  return (
    <details class="cameras-shut">
      <summary>
        {count} more {count === 1 ? "camera" : "cameras"} that cannot be opened
      </summary>
      <ul>
        {cameras.map((camera) => (
          <li key={camera.camera_id}>
            <strong>{camera.name}</strong>
            <span>
              {whyNot(camera.why)} · {whereWords(camera)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The site's own call or panic press: one press for all that it lends for that. */
function OwnSite({ desk, incident, cameras, act }: Props & { cameras: readonly NearbyCamera[]; act: Act }) {
  const shut = cameras.filter(
    ({ own, offer, camera_id }) =>
      own &&
      (offer === "open" || offer === "ask") &&
      openingOf(incident, camera_id, desk.me.user.id) === null,
  );
  if (incident.site === null || shut.length === 0) return null;
  return (
    <div class="cameras-own">
      <p>{incident.site} asks for help and lends its cameras for that.</p>
      <button
        type="button"
        class="primary"
        disabled={act.busy}
        onClick={() => void act.run(() => desk.calls.openSite(incident.id))}
      >
        <Icon name="camera" /> Open its {shut.length === 1 ? "camera" : `${shut.length} cameras`}
      </button>
    </div>
  );
}

export function Cameras(props: Props) {
  const { desk, incident } = props;
  const { nearby, problem } = useNearby(desk, incident);
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const [reason, setReason] = useState<Reason>("see-scene");
  if (incident.closed_at !== null) return null;
  const cameras = nearby?.cameras ?? [];
  const mine = new Set(
    incident.openings.filter((o) => o.user_id === desk.me.user.id).map((o) => o.camera_id),
  );
  const offered = cameras.filter((camera) => camera.offer !== "no" || mine.has(camera.camera_id));
  const shut = cameras.filter((camera) => !offered.includes(camera));
  return (
    <section class="units cameras" aria-labelledby="cameras-title">
      <div class="cameras-head">
        <h2 id="cameras-title">Cameras near</h2>
        <select
          aria-label="Why they are opened"
          title="Why: it is on record with every opening"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value as Reason)}
        >
          {REASONS.map(({ value, words }) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </div>
      <ProblemNote text={act.problem ?? problem} />
      {nearby === null && problem === null && <p class="empty">Looking…</p>}
      {nearby !== null && cameras.length === 0 && (
        <p class="empty">
          {incident.position === null ? "Known as soon as the incident has a place." : "None within reach."}
        </p>
      )}
      <OwnSite {...props} cameras={cameras} act={act} />
      <ul>
        {offered.map((camera) => (
          <CameraRow key={camera.camera_id} {...props} camera={camera} now={now} act={act} reason={reason} />
        ))}
      </ul>
      {nearby !== null && <Shut cameras={shut} more={nearby.more} />}
    </section>
  );
}
