// What could be better about the picture, told to the caller alone: a small still goes to the server every few
// seconds while there is a picture, which answers with a word and keeps nothing. One hint at a time, with patience.
import type { PictureHint } from "../wire.ts";
import type { Door } from "./door.ts";

/** What the server sees, and what the phone itself feels. */
export type Hint = NonNullable<PictureHint["hint"]> | "sideways";

const EVERY_MS = 4000;
const ACROSS = 160; // pixels of the longer side
const TWICE = 2; // in a row, until a hint is shown or taken away
const WITHIN_MS = 6000;

export interface HintOptions {
  door: Door;
  video(): HTMLVideoElement | null;
  /** Something else is shown: no still is taken. */
  busy(): boolean;
  onHint(hint: Hint | null): void;
  signal: AbortSignal;
}

/** What is shown after one more answer: only what was said twice in a row changes it. */
export function patiently(): (answer: Hint | null) => Hint | null {
  let shown: Hint | null = null;
  let last: Hint | null = null;
  let times = 0;
  return (answer) => {
    times = answer === last ? times + 1 : 1;
    last = answer;
    if (times >= TWICE) shown = answer;
    return shown;
  };
}

async function look(video: HTMLVideoElement): Promise<Blob | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
  const scale = ACROSS / Math.max(width, height);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(16, Math.round(width * scale));
  canvas.height = Math.max(16, Math.round(height * scale));
  const paper = canvas.getContext("2d");
  if (paper === null) return null;
  paper.imageSmoothingQuality = "high";
  paper.drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
}

/** What pulls a phone down, in its own axes: m/s² across and along its screen. */
export interface Pull {
  x: number;
  y: number;
}

const PULL = 7; // m/s²: the phone is upright, on one edge or the other

/**
 * A picture that stands while the phone lies on its long edge, or the other way round, as when its rotation is
 * locked. It cannot be told from the picture alone (docs/decisions/0056).
 */
export function liesOnItsSide(pull: Pull | null, width: number, height: number): boolean {
  if (pull === null || width === height) return false;
  return width < height ? Math.abs(pull.x) > PULL : Math.abs(pull.y) > PULL;
}

export function hinting({ door, video, busy, onHint, signal }: HintOptions): void {
  let pull: Pull | null = null;
  addEventListener(
    "devicemotion",
    ({ accelerationIncludingGravity: felt }) => {
      pull = felt !== null && felt.x !== null && felt.y !== null ? { x: felt.x, y: felt.y } : null;
    },
    { signal },
  );
  let next = patiently();
  let shown: Hint | null = null;
  let asking = false;

  const tell = (hint: Hint | null): void => {
    if (hint === shown) return;
    shown = hint;
    onHint(hint);
  };

  const once = async (): Promise<void> => {
    const element = video();
    if (element === null || busy()) {
      next = patiently();
      tell(null);
      return;
    }
    if (document.visibilityState !== "visible") return;
    const still = await look(element);
    if (still === null) return;
    const { bearer } = await door.grant();
    const giveUp = new AbortController();
    setTimeout(() => giveUp.abort(), WITHIN_MS);
    const reply = await fetch(
      `/api/caller/look${shown === null || shown === "sideways" ? "" : `?shown=${shown}`}`,
      {
        method: "POST",
        headers: { "Content-Type": "image/jpeg", Authorization: `Bearer ${bearer}` },
        body: still,
        credentials: "omit",
        signal: giveUp.signal,
      },
    );
    if (!reply.ok) return;
    const { hint } = (await reply.json()) as PictureHint;
    tell(next(hint ?? (liesOnItsSide(pull, element.videoWidth, element.videoHeight) ? "sideways" : null)));
  };

  const timer = setInterval(async () => {
    if (asking) return;
    asking = true;
    await once().catch(() => {}); // a hint is comfort: the next one is asked for in a moment
    asking = false;
  }, EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}
