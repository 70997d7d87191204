// A live picture with everything that must be on it: whose it is, live or how old, the signal in words, and who
// is looking when. It keeps its last frame, dimmed, when nothing new comes. It never makes a sound.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Feed } from "../../wire.ts";
import type { Desk } from "../desk.ts";
import { useNow, useStore } from "../hooks.ts";
import { duration } from "../measure.ts";
import { Store } from "../store.ts";
import { type Picture, QUALITY_WORDS, Watching } from "../watching.ts";
import { timeOfDay } from "../words.ts";
import { Icon, type IconName } from "./icon.tsx";

interface Props {
  desk: Desk;
  feed: Feed;
  label: string;
  /** Hides the picture until it is asked for again: some pictures are hard to see. */
  blurred?: boolean;
  onUnblur?: () => void;
  /** Said while there is no picture yet. */
  children: ComponentChildren;
}

const NOTHING = new Store<Picture>({
  phase: "connecting",
  stillSince: null,
  quality: null,
  bytes: 0,
});

function useWatching(desk: Desk, feed: Feed) {
  const video = useRef<HTMLVideoElement>(null);
  const [watching, setWatching] = useState<Watching | null>(null);
  const line = useStore(desk.line);
  useEffect(() => {
    if (video.current === null) return;
    const leave = new AbortController();
    setWatching(new Watching(feed.id, video.current, desk.calls, leave.signal));
    return () => leave.abort();
  }, [desk, feed.id]);
  useEffect(() => watching?.feedIs(feed.state), [watching, feed.state]);
  useEffect(() => watching?.nudge(), [watching, line]);
  return { video, picture: useStore(watching?.picture ?? NOTHING) };
}

interface Said {
  icon: IconName;
  tone: "live" | "waiting" | "quiet";
  words: string;
  /** Kept apart from the words so that a screen reader hears a change of state and not every second. */
  age: string;
}

/** The one line on the picture that says how it is. */
export function pictureWords(picture: Picture, feed: Feed, nowMs: number): Said {
  const age = picture.stillSince === null ? "" : `, ${duration(nowMs - picture.stillSince)} ago`;
  if (picture.phase === "live") return { icon: "live", tone: "live", words: "Live", age: "" };
  if (feed.state === "ended") return { icon: "over", tone: "quiet", words: "Ended", age };
  if (picture.phase === "still") return { icon: "still", tone: "waiting", words: "Still", age };
  if (picture.phase === "over")
    return { icon: "over", tone: "quiet", words: "No longer yours to see", age: "" };
  const words = feed.state === "live" ? "Connecting" : "No picture yet";
  return { icon: "queued", tone: "waiting", words, age: "" };
}

export function FeedPicture({ desk, feed, label, blurred = false, onUnblur, children }: Props) {
  const { video, picture } = useWatching(desk, feed);
  const now = useNow(() => desk.clock.now());
  const said = pictureWords(picture, feed, performance.now());
  const nothing = picture.phase === "connecting" || picture.phase === "waiting";
  const classes = [
    "picture",
    nothing && "is-empty",
    picture.phase !== "live" && "is-still",
    blurred && "is-blurred",
  ];
  return (
    <figure class={classes.filter(Boolean).join(" ")} aria-label={`${label}'s picture`}>
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        disablePictureInPicture
        aria-label={`${label}'s picture`}
      />
      {nothing && <div class="picture-empty">{children}</div>}
      {blurred && !nothing && (
        <button type="button" class="picture-unblur" onClick={onUnblur}>
          <Icon name="show" /> Hidden. Show the picture <kbd>B</kbd>
        </button>
      )}
      <figcaption class="picture-said">
        <span class={`chip tone-${said.tone}`} role="status">
          <Icon name={said.icon} />
          <span>
            {said.words}
            <span aria-hidden="true">{said.age}</span>
          </span>
        </span>
        <span class="chip picture-who">{label}</span>
        {picture.quality !== null && (
          <span class={`chip quality-${picture.quality}`}>{QUALITY_WORDS[picture.quality]}</span>
        )}
      </figcaption>
      <div class="watermark" aria-hidden="true">
        {desk.me.user.display_name} · {timeOfDay(now)}
        {picture.bytes >= 1e5 && <span class="data-used"> · {(picture.bytes / 1e6).toFixed(1)} MB</span>}
      </div>
    </figure>
  );
}
