// The large picture in a small window over other apps, for who looks at another map. Who looks and when goes along
// where the browser lets frames be drawn anew (MediaStreamTrackProcessor); elsewhere a browser shows the bare video.
import { Store } from "../lib/store.ts";

/** What the DOM's types do not know yet (mediacapture-transform). */
interface Processor {
  readonly readable: ReadableStream<VideoFrame>;
}
interface Generator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
interface Transforms {
  MediaStreamTrackProcessor?: new (init: { track: MediaStreamTrack }) => Processor;
  MediaStreamTrackGenerator?: new (init: { kind: "video" }) => Generator;
}

const LOOK_MS = 500;
const LETTERS = 22; // a line's height is the picture's divided by this

export function canFloat(): boolean {
  return document.pictureInPictureEnabled === true && "requestPictureInPicture" in HTMLVideoElement.prototype;
}

function draw(pen: OffscreenCanvasRenderingContext2D, frame: VideoFrame, words: string): void {
  const { width, height } = pen.canvas;
  pen.drawImage(frame, 0, 0, width, height);
  const size = Math.max(12, height / LETTERS);
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.fillStyle = "rgb(255 255 255 / 0.42)";
  pen.strokeStyle = "rgb(0 0 0 / 0.34)";
  pen.lineWidth = size / 6;
  const step = pen.measureText(words).width + 2 * size;
  for (let line = 0, y = size * 2; y < height; y += size * 5, line += 1) {
    for (let x = (line % 2) * (-step / 2); x < width; x += step) {
      pen.strokeText(words, x, y);
      pen.fillText(words, x, y);
    }
  }
}

/** The same picture with `words()` drawn into it, as a track; null where this browser cannot. */
function marked(
  shown: () => MediaStreamTrack | undefined,
  words: () => string,
  signal: AbortSignal,
): MediaStreamTrack | null {
  const { MediaStreamTrackProcessor, MediaStreamTrackGenerator } = window as Window & Transforms;
  if (MediaStreamTrackProcessor === undefined || MediaStreamTrackGenerator === undefined) return null;
  const generator = new MediaStreamTrackGenerator({ kind: "video" });
  const writer = generator.writable.getWriter();
  const canvas = new OffscreenCanvas(16, 16);
  const pen = canvas.getContext("2d");
  let current: MediaStreamTrack | undefined;

  const pass = async (track: MediaStreamTrack): Promise<void> => {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    while (!signal.aborted && track === current) {
      const { value: frame, done } = await reader.read();
      if (done || pen === null) break;
      const { displayWidth: width, displayHeight: height, timestamp } = frame;
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      draw(pen, frame, words());
      frame.close();
      await writer.write(new VideoFrame(canvas, { timestamp }));
    }
    await reader.cancel();
  };
  // a picture that is opened again comes by another track
  const follow = (): void => {
    const track = shown();
    if (track === undefined || track === current) return;
    current = track;
    pass(track).catch(() => {}); // it ended: the next one is followed
  };
  follow();
  const timer = setInterval(follow, LOOK_MS);
  signal.addEventListener("abort", () => {
    clearInterval(timer);
    generator.stop();
  });
  return generator;
}

export class Floating {
  readonly on = new Store(false);
  #leave: AbortController | null = null;

  /** Opens the small window over what `video` shows, or closes it. Call from a press. */
  async press(video: HTMLVideoElement, words: () => string): Promise<void> {
    if (this.on.value) {
      this.stop();
      return;
    }
    const leave = new AbortController();
    this.#leave = leave;
    this.on.set(true);
    try {
      await this.#open(video, words, leave);
    } catch {
      if (this.#leave === leave) this.stop(); // the browser would not, or nothing is shown yet
    }
  }

  stop(): void {
    this.#leave?.abort();
    this.#leave = null;
    this.on.set(false);
    if (document.pictureInPictureElement !== null) document.exitPictureInPicture().catch(() => {});
  }

  async #open(video: HTMLVideoElement, words: () => string, leave: AbortController): Promise<void> {
    const shown = (): MediaStreamTrack | undefined =>
      video.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0] : undefined;
    const track = marked(shown, words, leave.signal);
    const window = track === null ? video : document.createElement("video");
    if (track !== null) {
      window.muted = true;
      window.srcObject = new MediaStream([track]);
      await window.play();
    }
    window.disablePictureInPicture = false;
    await window.requestPictureInPicture();
    window.addEventListener("leavepictureinpicture", () => this.stop(), { once: true, signal: leave.signal });
    leave.signal.addEventListener("abort", () => {
      window.disablePictureInPicture = true;
    });
  }
}
