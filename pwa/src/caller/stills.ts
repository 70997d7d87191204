// Single pictures of the camera over HTTPS, where video does not get through: one at a time, as large as the line takes.
import { ask } from "./asking.ts";
import type { Door } from "./door.ts";
import { gap, type Size, sizeFor, type Way } from "./rungs.ts";

export interface StillsFor {
  door: Door;
  /** null while there is no camera. */
  track(): MediaStreamTrack | null;
  way(): Way;
  onArrived(bps: number): void;
  onRefused(error: unknown): void;
  signal: AbortSignal;
}

const LOOK_MS = 250;
const TIMEOUT_MS = 20_000;
const FAILED_MS = 1000;
const MOST_FAILED_MS = 5000;
const FIRST_BYTES_PER_PIXEL = 0.12;
const NEWEST = 0.5; // how much the newest still counts in what the line takes

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Draws what a track shows. Its <video> is on no page. */
function drawing() {
  const video = document.createElement("video");
  const canvas = document.createElement("canvas");
  let shown: MediaStreamTrack | null = null;
  video.muted = true;
  video.playsInline = true;

  const show = (track: MediaStreamTrack | null): void => {
    if (track === shown) return;
    shown = track;
    video.srcObject = track === null ? null : new MediaStream([track]);
    if (track !== null) video.play().catch(() => {});
  };

  const take = ({ longest, quality }: Size): Promise<Blob | null> => {
    const { videoWidth, videoHeight } = video;
    if (videoWidth === 0) return Promise.resolve(null);
    const scale = Math.min(1, longest / Math.max(videoWidth, videoHeight));
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  };
  return { show, take, pixels: () => canvas.width * canvas.height };
}

/** Sends until the signal aborts. A still that does not get through is followed by a newer one. */
export function sendStills({ door, track, way, onArrived, onRefused, signal }: StillsFor): void {
  const draw = drawing();
  let bps: number | null = null;
  let bytesPerPixel = FIRST_BYTES_PER_PIXEL;
  let failures = 0;

  const send = async (jpeg: Blob): Promise<void> => {
    const began = performance.now();
    await ask(door, "/api/caller/still", { method: "POST", body: jpeg, timeout_ms: TIMEOUT_MS });
    const took_s = Math.max(performance.now() - began, 1) / 1000;
    const now_bps = (jpeg.size * 8) / took_s;
    bps = bps === null ? now_bps : bps * (1 - NEWEST) + now_bps * NEWEST;
    failures = 0;
    if (!signal.aborted) onArrived(bps);
  };

  const once = async (): Promise<number> => {
    draw.show(track());
    const jpeg =
      document.visibilityState === "visible" ? await draw.take(sizeFor(way(), bps, bytesPerPixel)) : null;
    if (jpeg === null) return LOOK_MS;
    bytesPerPixel = jpeg.size / draw.pixels();
    const began = performance.now();
    try {
      await send(jpeg);
    } catch (error) {
      onRefused(error);
      failures += 1;
      if (bps !== null) bps /= 2;
      return Math.min(FAILED_MS * failures, MOST_FAILED_MS);
    }
    const took_ms = performance.now() - began;
    return gap(way(), took_ms) - took_ms;
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) await pause(await once(), signal);
    draw.show(null);
  };
  void run();
}
