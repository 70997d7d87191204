// The pictures of an incident: one large, the others beside it as small ones, the most useful first; what may be
// opened near the scene; and this phone's own camera. One tap swaps or opens.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Act, useAct, useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import {
  type Asking,
  askedOf,
  asking,
  lasts,
  openingOf,
  reasonsFor,
  siteCameras,
  watchable,
} from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import { chosenFeed, feedLabel } from "../staff/feeds.ts";
import { glassFor } from "../staff/glass.ts";
import { captures, currentLink, linkOf, whyNoPicture } from "../staff/links.ts";
import type { Around } from "../staff/nearby.ts";
import { FeedPicture } from "../staff/parts/picture.tsx";
import { Reasons } from "../staff/parts/reasons.tsx";
import { type Ranked, ranked, reasonsWords, useOfCamera } from "../staff/ranking.ts";
import { useTakenOver } from "../staff/taking-over.ts";
import { markWords } from "../staff/words.ts";
import type { FeedView, IncidentView, NearbyCamera, Reason } from "../wire.ts";
import { canFloat, Floating } from "./floating.ts";
import type { Glance } from "./glance.ts";
import type { Mode } from "./mode.ts";
import { type Moving, useMoving } from "./moving.ts";
import { OwnCamera } from "./own-camera.ts";
import { SoundOnly } from "./sound-only.tsx";
import { DataWords } from "./used.tsx";

interface Props {
  desk: Desk;
  glance: Glance;
  incident: IncidentView;
  around: Around;
  /** The picture that was asked for. */
  asked: string | null;
  onShow(feed: string): void;
}

const MOST = 12; // a thumb does not look for the thirteenth
const MOST_OPEN = 8; // beside the large one: each is a session, if only for stills
/** The order is looked at again this often: nothing moves away under a thumb. */
const ORDER_MS = 10_000;

/** The pictures that this officer may watch, what shows most first. */
function useRanked(
  { desk, incident, around }: Pick<Props, "desk" | "incident" | "around">,
  own: string | null,
): Ranked[] {
  const { units } = useStore(desk.world);
  const sky = useStore(desk.sky);
  const now = useNow(() => desk.clock.now());
  const feeds = watchable(incident, desk.me.user.id).filter(({ id }) => id !== own);
  const cameras = around.nearby?.cameras ?? [];
  const above = { sky, drones: desk.drones.value }; // looked at each second, not each time that they move
  const fresh = ranked(feeds, { caller: incident.position, cameras, units, above, now });
  const there = feeds.map(({ id, state }) => `${id}${state}`).join();
  const places = useMemo(
    () => new Map(fresh.map(({ feed }, place) => [feed.id, place])),
    [there, around.nearby, Math.floor(now / ORDER_MS)],
  );
  return fresh.sort((a, b) => (places.get(a.feed.id) ?? 0) - (places.get(b.feed.id) ?? 0));
}

/** Why there is no picture of the caller. */
function callersWords(incident: IncidentView, feed: FeedView | null): string {
  const link = currentLink(incident);
  if (link === null) return "Dispatch has sent the caller no link yet.";
  if (link.state !== "sharing") return "The caller does not share yet. The picture comes by itself.";
  return whyNoPicture(link, feed) ?? captures(link);
}

function Nothing({ desk, incident, feed }: Pick<Props, "desk" | "incident"> & { feed: FeedView | null }) {
  const lost = useStore(desk.line) === "lost";
  if (!lost && feed !== null && feed.kind !== "caller") {
    return (
      <>
        <Icon name="queued" />
        <p>{feed.state === "ended" ? "This picture has ended." : "The camera is opening."}</p>
      </>
    );
  }
  return (
    <>
      <Icon name="camera" />
      <p>
        {lost ? "No network here, so no picture. It comes back by itself." : callersWords(incident, feed)}
      </p>
    </>
  );
}

/** Over other apps, where the browser can. */
function Float({ desk, feed }: { desk: Desk; feed: FeedView }) {
  const floating = useMemo(() => new Floating(), []);
  const on = useStore(floating.on);
  useEffect(() => () => floating.stop(), [floating]);
  if (!canFloat()) return null;
  const press = (): void => {
    const video = desk.onScreen.value.get(feed.id);
    const words = (): string => markWords(desk.me.user.display_name, desk.clock.now());
    if (video !== undefined) void floating.press(video, words);
  };
  return (
    <button
      type="button"
      class="square float"
      aria-pressed={on}
      aria-label="Picture in picture"
      onClick={press}
    >
      <Icon name="float" />
    </button>
  );
}

interface TileProps extends Omit<Props, "asked" | "around"> {
  feeds: readonly FeedView[];
  one: Ranked;
  large: boolean;
  moving: Moving;
}

/** One picture, large or small: it goes on while it changes its size. */
function Tile({ desk, glance, incident, feeds, one, large, moving, onShow }: TileProps) {
  const { feed, use } = one;
  const label = feedLabel(feeds, feed);
  const reasons = reasonsWords(use);
  return (
    <li class={large ? "tile is-large" : "tile"}>
      <FeedPicture
        desk={desk}
        feed={feed}
        link={linkOf(incident, feed)}
        label={label}
        most={moving.most(feed.id)}
        small={!large}
        onPicture={(picture) => moving.hear(feed.id, picture)}
        corner={
          <>
            <DataWords glance={glance} incident={incident.id} />
            <Float desk={desk} feed={feed} />
          </>
        }
      >
        <Nothing desk={desk} incident={incident} feed={feed} />
      </FeedPicture>
      {!large && (
        <button type="button" class="tile-press" onClick={() => onShow(feed.id)}>
          <span>
            <span class="sr-only">Show </span>
            {label}
          </span>
          {reasons !== "" && <small>{reasons}</small>}
        </button>
      )}
    </li>
  );
}

const MODES: readonly { mode: Mode; icon: "still" | "sound"; word: string; words: string }[] = [
  { mode: "stills", icon: "still", word: "Stills", words: "Stills only: a picture every few seconds" },
  { mode: "sound", icon: "sound", word: "Sound", words: "Sound only: no pictures, changes are spoken" },
];

/** One press each for who drives; a second press brings everything back. */
function Modes({ glance }: { glance: Glance }) {
  const chosen = useStore(glance.choice.mode);
  const muted = useStore(glance.choice.muted);
  return (
    <fieldset class="modes" aria-label="While driving">
      {MODES.map(({ mode, icon, word, words }) => (
        <button
          key={mode}
          type="button"
          aria-pressed={chosen === mode}
          aria-label={words}
          onClick={() => glance.choice.press(mode)}
        >
          <Icon name={icon} />
          <span>{word}</span>
        </button>
      ))}
      {chosen === "sound" && (
        <button type="button" aria-pressed={muted} onClick={() => glance.choice.muted.update((is) => !is)}>
          <Icon name="quiet" />
          <span>Mute</span>
        </button>
      )}
    </fieldset>
  );
}

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

/** Whether this person waits for a camera's owner: there is nothing to press then. */
function waits(incident: IncidentView, camera: NearbyCamera, me: string, now: number): boolean {
  return asking(askedOf(incident, camera.camera_id), me, now)?.mine ?? camera.offer === "asking";
}

/** What a chip says: the camera, and below it what it shows or who is asking its owner. */
function Words({ asked, camera }: { asked: Asking | null; camera: NearbyCamera }) {
  const words = asked?.words ?? reasonsWords(useOfCamera(camera));
  return (
    <span class="pictures-words">
      <span>
        {asked === null && <span class="sr-only">{camera.offer === "ask" ? "Ask owner of " : "Open "}</span>}
        {asked === null || asked.mine ? camera.name : `Join: ${camera.name}`}
      </span>
      {words !== "" && <small>{words}</small>}
    </span>
  );
}

interface Near extends Pick<Props, "desk" | "incident" | "onShow"> {
  offered: readonly NearbyCamera[];
  act: Act;
  onOpen(camera: NearbyCamera, reason: Reason): void;
  onWhy(camera: NearbyCamera): void;
}

/** What may be opened near the scene, in the server's order: what shows most first. */
function Offered({ desk, incident, offered, act, onOpen, onWhy }: Near) {
  const now = useNow(() => desk.clock.now());
  return (
    <>
      {offered.map((camera) => {
        const asked = asking(askedOf(incident, camera.camera_id), desk.me.user.id, now);
        return (
          <li key={camera.camera_id} class="split-button">
            <button
              type="button"
              disabled={act.busy || waits(incident, camera, desk.me.user.id, now)}
              onClick={() => onOpen(camera, reasonsFor(camera)[0])}
            >
              <Icon name={camera.offer === "open" ? "camera" : "queued"} />
              <Words asked={asked} camera={camera} />
            </button>
            {!waits(incident, camera, desk.me.user.id, now) && (
              <button
                type="button"
                disabled={act.busy}
                aria-label={`Why: another reason for ${camera.name}`}
                onClick={() => onWhy(camera)}
              >
                Why
              </button>
            )}
          </li>
        );
      })}
    </>
  );
}

/** Of the large picture: how long it is still open, and the way to close it. */
function Mine({
  desk,
  incident,
  feed,
  act,
}: Pick<Props, "desk" | "incident"> & { feed: FeedView | null; act: Act }) {
  const now = useNow(() => desk.clock.now());
  const me = desk.me.user.id;
  const byGlass = glassFor(useStore(desk.world), incident, me) !== null; // for its own time
  const opening = feed?.camera_id == null ? null : openingOf(incident, feed.camera_id, me);
  if (opening === null) return null;
  return (
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
  );
}

interface StripProps extends Omit<Props, "asked"> {
  feed: FeedView | null;
  own: OwnCamera;
  /** The pictures themselves, large and small. */
  children: ComponentChildren;
}

function Strip({ desk, glance, incident, around, feed, own, onShow, children }: StripProps) {
  const { nearby, problem } = around;
  const act = useAct(sorry);
  const { problem: ownProblem } = useStore(own.own);
  const mode = useStore(glance.choice.mode);
  const me = desk.me.user.id;
  const byGlass = glassFor(useStore(desk.world), incident, me) !== null; // it is for seeing
  const open = new Set(watchable(incident, me).map((each) => each.camera_id));
  const offered = (nearby?.cameras ?? [])
    .filter((camera) => mode !== "sound" && camera.offer !== "no" && !open.has(camera.camera_id))
    .slice(0, MOST);
  const [why, setWhy] = useState<string | null>(null);
  const chosen = offered.find(
    (camera) => camera.camera_id === why && !waits(incident, camera, me, desk.clock.now()),
  );
  const site = mode === "sound" ? [] : siteCameras(incident, nearby?.cameras ?? [], me);
  const show = (camera: NearbyCamera, reason: Reason): void => {
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
  useEffect(() => strip.current?.scrollTo({ left: 0 }), [feed?.id, nearby === null]);
  const lost = useStore(desk.line) === "lost"; // said above, and no reason for an alert here
  const said = act.problem ?? ownProblem ?? (lost ? null : problem);
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
          onReason={(reason) => show(chosen, reason)}
          onBack={() => setWhy(null)}
        />
      )}
      {chosen === undefined && <Modes glance={glance} />}
      <ul ref={strip} class={chosen === undefined ? "" : "is-away"}>
        {chosen === undefined && mode !== "sound" && (
          <Mine desk={desk} incident={incident} feed={feed} act={act} />
        )}
        {children}
        {chosen === undefined && (
          <>
            {site.length > 1 && (
              <li>
                <button type="button" disabled={act.busy} onClick={openSite}>
                  <Icon name="camera" /> All {site.length} of {incident.site}
                </button>
              </li>
            )}
            <Offered
              desk={desk}
              incident={incident}
              onShow={onShow}
              offered={offered}
              act={act}
              onOpen={show}
              onWhy={(camera) => setWhy(camera.camera_id)}
            />
            {!byGlass && (
              <li>
                <OwnChip camera={own} />
              </li>
            )}
          </>
        )}
      </ul>
    </nav>
  );
}

export function PictureArea(props: Props) {
  const { desk, glance, incident, asked, onShow } = props;
  useTakenOver(desk, asked, onShow);
  const mode = useStore(glance.choice.mode);
  const own = useOwnCamera(desk, incident);
  const order = useRanked(props, useStore(own.own).feed);
  const feeds = watchable(incident, desk.me.user.id);
  const inOrder = order.map((one) => one.feed);
  const feed = chosenFeed(inOrder, asked);
  const moving = useMoving(inOrder, feed?.id ?? null, mode, incident.id, glance.used);
  const small = order.filter((one) => one.feed.id !== feed?.id && one.feed.state !== "ended");
  const open = new Set(small.slice(0, MOST_OPEN));
  const tiles = order.filter((one) => one.feed.id === feed?.id || open.has(one));
  return (
    <>
      {mode === "sound" ? (
        <SoundOnly glance={glance} incident={incident.id} />
      ) : (
        feed === null && (
          <div class="picture is-empty">
            <div class="picture-empty">
              <Nothing desk={desk} incident={incident} feed={null} />
            </div>
          </div>
        )
      )}
      <Strip {...props} feed={feed} own={own}>
        {mode !== "sound" &&
          tiles.map((one) => (
            <Tile
              key={one.feed.id}
              {...props}
              feeds={feeds}
              one={one}
              large={one.feed.id === feed?.id}
              moving={moving}
            />
          ))}
      </Strip>
    </>
  );
}
