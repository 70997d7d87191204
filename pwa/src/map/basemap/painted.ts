// Streets painted by a worker, as one picture that is larger than the map: it is moved, turned and scaled with the frame
// by the compositor until the next one has come. So the page itself has next to nothing to do for it.
import type { Basemap, Beginning } from "./basemap.ts";
import type { Painted, Wanted } from "./painter.ts";
import workerUrl from "./painter.ts?worker&url";
import { covers, moved, type View, viewOf } from "./picture.ts";

/** A map that is moved is painted anew so often at most. */
const PAUSE_MS = 100;
/** Finer cannot be told apart on the go, and costs by its square. */
const MOST_RATIO = 2;

/** Throws where a worker cannot paint. */
export function begin({ box, tiles, at, light: first, onDrawn, signal }: Beginning): Basemap {
  const canvas = document.createElement("canvas");
  const screen = canvas.getContext("bitmaprenderer");
  if (screen === null || typeof OffscreenCanvas === "undefined") throw new Error("nothing to paint with");
  canvas.className = "map-painted";
  canvas.setAttribute("aria-hidden", "true");
  box.append(canvas);
  let [frame, light] = [at, first];
  let shown: View | null = null;
  let asked: View | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const painter = new Worker(workerUrl);
  painter.onmessage = ({ data }: MessageEvent<Painted>) => {
    screen.transferFromImageBitmap(data.bitmap);
    shown = data.view;
    canvas.style.width = `${shown.size.width}px`;
    canvas.style.height = `${shown.size.height}px`;
    canvas.style.transform = moved(shown, frame);
    if (data.whole) box.setAttribute("data-map", "drawn");
    onDrawn(data.drawn);
  };
  painter.onerror = () => onDrawn(false);

  const ask = (): void => {
    timer = undefined;
    const map = { width: box.clientWidth, height: box.clientHeight };
    if (map.width * map.height === 0) return; // the map is folded away
    asked = viewOf(frame, map, Math.min(MOST_RATIO, devicePixelRatio));
    painter.postMessage({ view: asked, tiles, light } satisfies Wanted);
  };
  const askSoon = (): void => {
    timer ??= setTimeout(ask, asked === null ? 0 : PAUSE_MS);
  };
  const resized = new ResizeObserver(askSoon);
  resized.observe(box);
  const end = (): void => {
    painter.terminate();
    resized.disconnect();
    clearTimeout(timer);
    canvas.remove();
  };
  signal.addEventListener("abort", end, { once: true });
  return {
    show: (next) => {
      frame = next;
      if (shown !== null) canvas.style.transform = moved(shown, frame);
      if (asked !== null && !covers(asked, frame)) askSoon();
    },
    light: (next) => {
      light = next;
      askSoon();
    },
  };
}
