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
  asking,
  lasts,
  openingOf,
  othersOf,
  reasonsFor,
  reasonWords,
  siteCameras,
  watchable,
  whereWords,
  whyNot,
} from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import type { Around } from "../staff/nearby.ts";
import { Reasons } from "../staff/parts/reasons.tsx";
import type { IncidentView, NearbyCamera, OpeningView, Reason } from "../wire.ts";
import { type ConsoleState, putInFront } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

interface Row extends Props {
  camera: NearbyCamera;
  now: number;
  act: Act;
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
          onClick={() => putInFront(desk, state, opening.feed_id)}
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

function Openable({
  desk,
  incident,
  camera,
  now,
  act,
  choosing,
  onChoosing,
  onOpen,
}: Row & { choosing: boolean; onChoosing(choosing: boolean): void; onOpen(reason: Reason): void }) {
  const others = othersOf(incident, camera.camera_id, desk.me.user.id);
  const asked = asking(askedOf(incident, camera.camera_id), desk.me.user.id, now);
  const joins = asked !== null && !asked.mine;
  const asks = camera.offer === "ask";
  const [first] = reasonsFor(camera);
  const what = joins
    ? `Join: see ${camera.name} too if its owner allows it`
    : asks
      ? `Ask owner of ${camera.name}`
      : `Open ${camera.name}`;
  return (
    <>
      <span class="unit-text">
        <strong>{camera.name}</strong>
        <span title={camera.site}>{asked?.words ?? whereWords(camera)}</span>
        {others.length > 0 && <span>{others.join(", ")} sees it</span>}
      </span>
      {!joins && (camera.offer === "asking" || asked !== null) ? (
        <span class="camera-waits tone-waiting">
          <Icon name="queued" /> Asked
        </span>
      ) : (
        <span class="split-button">
          <button
            type="button"
            disabled={act.busy}
            aria-label={what}
            title={reasonWords(first)}
            onClick={() => onOpen(first)}
          >
            {joins ? "Join" : asks ? "Ask owner" : "Open"}
          </button>
          <button
            type="button"
            class="square"
            aria-expanded={choosing}
            aria-label={`Why: another reason for ${camera.name}`}
            title="For another reason"
            onClick={() => onChoosing(!choosing)}
          >
            <Icon name="more" />
          </button>
        </span>
      )}
    </>
  );
}

function CameraRow(row: Row) {
  const { desk, state, incident, camera, act } = row;
  const opening = openingOf(incident, camera.camera_id, desk.me.user.id);
  const [choosing, setChoosing] = useState(false);
  if (opening !== null) {
    return (
      <li class="unit is-assigned">
        <Icon name="live" />
        <Mine {...row} opening={opening} />
      </li>
    );
  }
  const open = async (reason: Reason): Promise<void> => {
    setChoosing(false);
    await act.run(async () => {
      const opened = await desk.calls.openCamera(incident.id, camera.camera_id, reason);
      if (opened.opening !== null) putInFront(desk, state, opened.opening.feed_id);
    });
  };
  return (
    <li class="unit">
      <Icon name="camera" />
      <Openable
        {...row}
        choosing={choosing}
        onChoosing={setChoosing}
        onOpen={(reason) => void open(reason)}
      />
      {choosing && <Reasons camera={camera} busy={act.busy} onReason={(reason) => void open(reason)} />}
    </li>
  );
}

/** One press for all cameras of the site that called. What cannot be opened is said. */
function WholeSite({
  desk,
  state,
  incident,
  act,
  cameras,
}: Props & { act: Act; cameras: readonly NearbyCamera[] }) {
  const [none, setNone] = useState(false);
  const count = siteCameras(incident, cameras, desk.me.user.id).length;
  if (incident.site === null || count === 0) return null;
  const open = (): void =>
    void act.run(async () => {
      const { openings, asked } = await desk.calls.openSite(incident.id);
      setNone(openings.length === 0 && asked.length === 0);
      const [first] = openings;
      if (first !== undefined) putInFront(desk, state, first.feed_id);
    });
  return (
    <div class="whole-site">
      <button type="button" disabled={act.busy} onClick={open}>
        <Icon name="camera" /> Open all cameras of {incident.site}
      </button>
      {none && <p role="status">None of them can be opened now. The reasons stand below.</p>}
    </div>
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
              {whyNot(camera)} · {whereWords(camera)}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The same row about a camera that was pressed on the map. */
export function CameraCard({ camera, ...props }: Props & { camera: NearbyCamera }) {
  const now = useNow(() => props.desk.clock.now());
  const act = useAct(sorry);
  const mine = openingOf(props.incident, camera.camera_id, props.desk.me.user.id) !== null;
  if (camera.offer === "no" && !mine) {
    return (
      <p class="unit-text">
        <strong>{camera.name}</strong>
        <span>
          {whyNot(camera)} · {whereWords(camera)}
        </span>
      </p>
    );
  }
  return (
    <div class="cameras">
      <ProblemNote text={act.problem} />
      <ul>
        <CameraRow {...props} camera={camera} now={now} act={act} />
      </ul>
    </div>
  );
}

export function Cameras(props: Props & { around: Around }) {
  const { desk, incident } = props;
  const { nearby, problem } = props.around;
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  if (incident.closed_at !== null) return null;
  const cameras = nearby?.cameras ?? [];
  const mine = new Set(
    incident.openings.filter((o) => o.user_id === desk.me.user.id).map((o) => o.camera_id),
  );
  const offered = cameras.filter((camera) => camera.offer !== "no" || mine.has(camera.camera_id));
  const shut = cameras.filter((camera) => !offered.includes(camera));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="units cameras" tabIndex={0} aria-labelledby="cameras-title">
      <h2 id="cameras-title">Cameras near</h2>
      <ProblemNote text={act.problem ?? problem} />
      {nearby === null && problem === null && <p class="empty">Looking…</p>}
      {nearby !== null && cameras.length === 0 && (
        <p class="empty">
          {incident.position === null ? "Known as soon as the incident has a place." : "None within reach."}
        </p>
      )}
      <WholeSite {...props} act={act} cameras={cameras} />
      <ul>
        {offered.map((camera) => (
          <CameraRow key={camera.camera_id} {...props} camera={camera} now={now} act={act} />
        ))}
      </ul>
      {nearby !== null && <Shut cameras={shut} more={nearby.more} />}
    </section>
  );
}
