// The strip below the picture: what is on, what may be opened near the scene, and this phone's own camera. One
// tap swaps or opens; the best stands first.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { metres } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import { type Asking, askedOf, asking, lasts, openingOf, reasonsFor, siteCameras } from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import { feedLabel } from "../staff/feeds.ts";
import { glassFor } from "../staff/glass.ts";
import type { Around } from "../staff/nearby.ts";
import { Reasons } from "../staff/parts/reasons.tsx";
import type { FeedView, IncidentView, NearbyCamera, Reason } from "../wire.ts";
import { OwnCamera } from "./own-camera.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  around: Around;
  /** Those that this officer may watch. */
  feeds: readonly FeedView[];
  feed: FeedView | null;
  onShow(feed: string): void;
}

const MOST = 12; // a thumb does not look for the thirteenth

function useOwnCamera(desk: Desk, incident: IncidentView): OwnCamera {
  const camera = useMemo(() => new OwnCamera(desk.calls, incident.id), [desk, incident.id]);
  useEffect(() => () => camera.stop(), [camera]);
  return camera;
}

function OwnChip({ camera }: { camera: OwnCamera }) {
  const { state } = useStore(camera.own);
  if (state === "off") {
    return (
      <button type="button" onClick={() => camera.start()}>
        <Icon name="smartphone" /> Send my camera
      </button>
    );
  }
  return (
    <button type="button" class="is-on" onClick={() => camera.stop()}>
      <Icon name="live" /> {state === "live" ? "My camera is on – stop" : "My camera starts – stop"}
    </button>
  );
}

function what(camera: NearbyCamera): string {
  return camera.distance_m === null ? camera.name : `${camera.name}, ${metres(camera.distance_m)}`;
}

function press(camera: NearbyCamera): string {
  return `${camera.offer === "ask" ? "Ask owner of" : "Open"} ${what(camera)}`;
}

/** What a chip says: the camera, and below it who is asking its owner. */
function Words({ asked, children }: { asked: Asking | null; children: string }) {
  if (asked === null) return <>{children}</>;
  return (
    <span class="pictures-asked">
      <span>{asked.mine ? children : `Join: ${children}`}</span>
      <small>{asked.words}</small>
    </span>
  );
}

export function Pictures({ desk, incident, around, feeds, feed, onShow }: Props) {
  const { nearby, problem } = around;
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const own = useOwnCamera(desk, incident);
  const { problem: ownProblem } = useStore(own.own);
  const me = desk.me.user.id;
  const byGlass = glassFor(useStore(desk.world), incident, me) !== null; // it is for seeing, and for its own time
  const shown = new Set(feeds.map((each) => each.camera_id));
  const offered = (nearby?.cameras ?? [])
    .filter((camera) => camera.offer !== "no" && !shown.has(camera.camera_id))
    .slice(0, MOST);
  const asked = (camera: NearbyCamera) => asking(askedOf(incident, camera.camera_id), me, now);
  const joins = (camera: NearbyCamera): boolean => asked(camera)?.mine === false;
  const waits = (camera: NearbyCamera): boolean =>
    !joins(camera) && (camera.offer === "asking" || asked(camera) !== null);
  const opening = feed?.camera_id == null ? null : openingOf(incident, feed.camera_id, me);
  const [why, setWhy] = useState<string | null>(null);
  const chosen = offered.find((camera) => camera.camera_id === why && !waits(camera));
  const site = siteCameras(incident, nearby?.cameras ?? [], me);
  const open = (camera: NearbyCamera, reason: Reason): void => {
    setWhy(null);
    void act.run(async () => {
      const opened = await desk.calls.openCamera(incident.id, camera.camera_id, reason);
      if (opened.opening !== null) onShow(opened.opening.feed_id);
    });
  };
  const openSite = (): void =>
    void act.run(async () => {
      const [first] = (await desk.calls.openSite(incident.id)).openings;
      if (first !== undefined) onShow(first.feed_id);
    });
  const strip = useRef<HTMLUListElement>(null);
  useEffect(() => strip.current?.scrollTo({ left: 0 }), [feed?.id, nearby === null, opening?.id]);
  const said = act.problem ?? ownProblem ?? problem;
  return (
    <nav class="pictures" aria-label="Pictures and cameras">
      {said !== null && (
        <p class="pictures-problem" role="alert">
          {said}
        </p>
      )}
      {chosen !== undefined && (
        <Reasons
          camera={chosen}
          busy={act.busy}
          onReason={(reason) => open(chosen, reason)}
          onBack={() => setWhy(null)}
        />
      )}
      <ul ref={strip} hidden={chosen !== undefined}>
        {opening !== null && (
          <li class="pictures-mine">
            {!byGlass && lasts(opening, now).soon && (
              <button
                type="button"
                class="is-soon"
                disabled={act.busy}
                onClick={() => void act.run(() => desk.calls.renewOpening(opening.id))}
              >
                {lasts(opening, now).words} – renew
              </button>
            )}
            <button
              type="button"
              disabled={act.busy}
              onClick={() => void act.run(() => desk.calls.closeOpening(opening.id))}
            >
              <Icon name="close" /> Close camera
            </button>
          </li>
        )}
        {feeds.length > 1 &&
          feeds.map((each) => (
            <li key={each.id}>
              <button type="button" aria-pressed={each.id === feed?.id} onClick={() => onShow(each.id)}>
                {each.state === "live" && <Icon name="live" />} {feedLabel(feeds, each)}
              </button>
            </li>
          ))}
        {site.length > 1 && (
          <li>
            <button type="button" disabled={act.busy} onClick={openSite}>
              <Icon name="camera" /> All {site.length} of {incident.site}
            </button>
          </li>
        )}
        {offered.map((camera) => (
          <li key={camera.camera_id} class="split-button">
            <button
              type="button"
              disabled={act.busy || waits(camera)}
              aria-label={asked(camera) === null ? press(camera) : undefined}
              onClick={() => open(camera, reasonsFor(camera)[0])}
            >
              <Icon name={camera.offer === "open" ? "camera" : "queued"} />
              <Words asked={asked(camera)}>{what(camera)}</Words>
            </button>
            {!waits(camera) && (
              <button
                type="button"
                disabled={act.busy}
                aria-label={`Why: another reason for ${camera.name}`}
                onClick={() => setWhy(camera.camera_id)}
              >
                Why
              </button>
            )}
          </li>
        ))}
        {!byGlass && (
          <li>
            <OwnChip camera={own} />
          </li>
        )}
      </ul>
    </nav>
  );
}
