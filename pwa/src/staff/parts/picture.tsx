// A picture with everything that must be on it: whose it is, live or how old, the signal in words, and who is
// looking when. It keeps its last frame, dimmed, when nothing new comes. It never makes a sound.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useNow, useStore } from "../../lib/hooks.ts";
import { ago } from "../../lib/measure.ts";
import { Icon, type IconName } from "../../lib/parts/icon.tsx";
import { Store } from "../../lib/store.ts";
import type { FeedView, Level, LinkView } from "../../wire.ts";
import { type Connected, callersConnection, ownConnection } from "../connections.ts";
import { next, pressed, type Shown, shownOf } from "../covers.ts";
import type { Desk } from "../desk.ts";
import type { Kind } from "../exposures.ts";
import { Thermal } from "../thermal/thermal.tsx";
import { BEGINNING, type Picture, Watching } from "../watching.ts";
import { Watermark } from "./watermark.tsx";

interface Props {
  desk: Desk;
  feed: FeedView;
  link: LinkView | null;
  label: string;
  /** How much of it is wanted: less than all for one that is to be a still, say. */
  most?: Level;
  /** One of several that stand beside the large one: it says no more than whether it is live. */
  small?: boolean;
  /** Another one is in front, and a still is of that. */
  beside?: boolean;
  /** Told how the picture is, whenever that changes; null when it is gone. */
  onPicture?: (picture: Picture | null) => void;
  /** In the lower left corner. */
  corner?: ComponentChildren;
  /** Said while there is no picture yet. */
  children: ComponentChildren;
}

/** A phone's still that is older than this is dimmed, though it comes again and again. */
const OLD_STILL_MS = 10_000;
const NOTHING = new Store<Picture>(BEGINNING);

function useWatching(desk: Desk, feed: FeedView, most: Level, front: boolean) {
  const video = useRef<HTMLVideoElement>(null);
  const [watching, setWatching] = useState<Watching | null>(null);
  const line = useStore(desk.line);
  const latest = useRef(most);
  latest.current = most;
  useEffect(() => {
    if (video.current === null) return;
    const leave = new AbortController();
    const on = video.current;
    // a connection takes a phone many milliseconds: what stands around it is drawn first
    const timer = setTimeout(() =>
      setWatching(new Watching(feed.id, on, desk, leave.signal, latest.current)),
    );
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [desk, feed.id]);
  useEffect(() => {
    if (!front) return; // a still that is attached is of the one in front
    desk.shows(feed.id, video.current);
    return () => desk.shows(feed.id, null);
  }, [desk, feed.id, front]);
  useEffect(() => watching?.want(most), [watching, most]);
  useEffect(() => watching?.feedIs(feed.state), [watching, feed.state]);
  useEffect(() => watching?.nudge(), [watching, line]);
  return { video, picture: useStore(watching?.picture ?? NOTHING) };
}

/** A still is the picture held where it is. */
function useHeld(video: { current: HTMLVideoElement | null }, held: boolean): void {
  useEffect(() => {
    const on = video.current;
    if (on === null || !held) return;
    const hold = (): void => on.pause();
    hold();
    on.addEventListener("playing", hold); // it began again
    return () => {
      on.removeEventListener("playing", hold);
      on.play().catch(() => {}); // refused only while the page is hidden
    };
  }, [held]);
}

/** How somebody sees it: what their ledger counts. */
function seenAs(shown: Shown, moves: boolean): Kind | null {
  if (shown === "hidden") return null;
  return moves && shown === "motion" ? "motion" : "still";
}

function useExposure({ exposures }: Desk, feed: string, seen: Kind | null): void {
  useEffect(() => exposures.shows(feed, seen), [exposures, feed, seen]);
  useEffect(() => () => exposures.shows(feed, null), [exposures, feed]);
}

function uncoverWords(shown: Shown, then: Shown): string {
  if (shown === "still") return "Show it moving";
  return then === "still" ? "Hidden. Show a still" : "Hidden. Show the picture";
}

/** The next cover off, by a press. */
function Uncover({ desk, feed, beside }: { desk: Desk; feed: string; beside: boolean }) {
  const covers = useStore(desk.covers);
  const shown = shownOf(covers, feed);
  if (shown === "motion") return null;
  return (
    <button
      type="button"
      class={`picture-uncover is-${shown}`}
      onClick={() => desk.covers.update((before) => pressed(before, feed))}
    >
      <Icon name={shown === "hidden" ? "show" : "resume"} /> {uncoverWords(shown, next(covers, shown))}{" "}
      {!beside && <kbd>B</kbd>}
    </button>
  );
}

interface Looks {
  small: boolean;
  nothing: boolean;
  moves: boolean;
  shown: Shown;
}

function classes({ small, nothing, moves, shown }: Looks): string {
  const all = [
    "picture",
    small && "is-small",
    nothing && "is-empty",
    !moves && shown === "motion" && "is-still",
    shown === "hidden" && "is-blurred",
  ];
  return all.filter(Boolean).join(" ");
}

interface Said {
  icon: IconName;
  tone: "live" | "waiting" | "quiet";
  words: string;
  /** Kept apart from the words so that a screen reader hears a change of state and not every second. */
  age: string;
}

/** How old the newest of a phone's stills is at the server's time; null where it sends video. */
function stillAge({ still_at }: FeedView, atServerMs: number): number | null {
  return still_at === null ? null : Math.max(0, atServerMs - Date.parse(still_at));
}

/** The one line on the picture that says how it is. Times by this page's clock and by the server's. */
export function pictureWords(picture: Picture, feed: FeedView, nowMs: number, atServerMs: number): Said {
  const age = picture.stillSince === null ? "" : `, ${ago(nowMs - picture.stillSince)}`;
  const old_ms = stillAge(feed, atServerMs);
  if (picture.phase === "live" && old_ms !== null)
    return { icon: "still", tone: "waiting", words: "Still", age: `, ${ago(old_ms)}` };
  if (picture.phase === "live") return { icon: "live", tone: "live", words: "Live", age: "" };
  if (feed.state === "ended") return { icon: "over", tone: "quiet", words: "Ended", age };
  if (picture.phase === "still" || picture.phase === "stills")
    return { icon: "still", tone: "waiting", words: "Still", age };
  if (picture.phase === "over")
    return { icon: "over", tone: "quiet", words: "No longer yours to see", age: "" };
  const words = feed.state === "live" ? "Connecting" : "No picture yet";
  return { icon: "queued", tone: "waiting", words, age: "" };
}

/** Whether it shows what is: what does not is dimmed. */
function isNow(picture: Picture, feed: FeedView, atServerMs: number): boolean {
  if (picture.phase === "live") return (stillAge(feed, atServerMs) ?? 0) < OLD_STILL_MS;
  return picture.phase === "stills" && feed.state === "live";
}

/** Live, or how old; of a small one the drawing says which, and there is room for the age alone. */
function HowItIs({ said: { icon, tone, words, age }, small }: { said: Said; small: boolean }) {
  const short = small && age !== "";
  return (
    <span class={`chip tone-${tone}`} role="status">
      <Icon name={icon} />
      <span>
        <span class={short ? "sr-only" : ""}>{words}</span>
        <span aria-hidden="true">{short ? age.replace(", ", "") : age}</span>
      </span>
    </span>
  );
}

/** Who it is, and how their picture reaches the server. */
function Who({ label, connected }: { label: string; connected: Connected | null }) {
  return (
    <span
      class={connected === null ? "chip picture-who" : `chip picture-who said-${connected.tone}`}
      role="status"
    >
      {connected !== null && <Icon name={connected.icon} />}
      <span>{connected === null ? label : `${label}: ${connected.words}`}</span>
    </span>
  );
}

/** Of this browser's own connection, when there is something to say. */
function Own({ said }: { said: Connected | null }) {
  return (
    <span class={said === null ? "picture-own" : `chip picture-own said-${said.tone}`} role="status">
      {said !== null && (
        <>
          <Icon name={said.icon} />
          <span>{said.words}</span>
        </>
      )}
    </span>
  );
}

export function FeedPicture({
  desk,
  feed,
  link,
  label,
  most = "full",
  small = false,
  beside = false,
  onPicture,
  corner,
  children,
}: Props) {
  const { video, picture } = useWatching(desk, feed, most, !small && !beside);
  useEffect(() => onPicture?.(picture), [picture]);
  useEffect(() => () => onPicture?.(null), []);
  const now = useNow(() => desk.clock.now());
  const said = pictureWords(picture, feed, performance.now(), now);
  const own = ownConnection(picture, feed);
  const role = desk.me.user.role === "officer" ? "patrol" : "desk";
  const moves = isNow(picture, feed, now);
  const nothing = picture.phase === "connecting" || picture.phase === "waiting";
  const shown = shownOf(useStore(desk.covers), feed.id);
  useHeld(video, shown === "still" && !nothing);
  useExposure(desk, feed.id, nothing ? null : seenAs(shown, moves));
  return (
    <figure class={classes({ small, nothing, moves, shown })} aria-label={`${label}'s picture`}>
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        disablePictureInPicture
        aria-label={`${label}'s picture`}
      />
      {feed.kind === "thermal" && !nothing && (
        <Thermal user={desk.me.user.id} video={video} label={label} small={small} />
      )}
      {!nothing && <Watermark desk={desk} small={small} />}
      {nothing && <div class="picture-empty">{children}</div>}
      {!nothing && !small && <Uncover desk={desk} feed={feed.id} beside={beside} />}
      <figcaption class="picture-said">
        <HowItIs said={said} small={small} />
        {!small && (
          <>
            <Who label={label} connected={callersConnection(feed, link, role)} />
            <Own said={own} />
          </>
        )}
      </figcaption>
      {!small && corner}
    </figure>
  );
}
