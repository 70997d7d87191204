// MapLibre under the drawing: streets and houses, and the gestures that move both. Loaded only where a map is looked
// at (by dynamic import), from this server alone. It knows nothing of cameras.
import "maplibre-gl/dist/maplibre-gl.css";
import { MapLibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { TileJson } from "../wire.ts";
import { type Frame, LEAST_ZOOM, MOST_ZOOM } from "./frame.ts";
import { type Light, style } from "./style.ts";

setWorkerUrl(workerUrl);

export interface Basemap {
  show(frame: Frame): void;
  light(light: Light): void;
}

const WORDS = {
  "CooperativeGesturesHandler.WindowsHelpText": "Hold Ctrl and scroll to zoom",
  "CooperativeGesturesHandler.MacHelpText": "Hold ⌘ and scroll to zoom",
  "CooperativeGesturesHandler.MobileHelpText": "Move the map with two fingers",
};

/**
 * Draws into `box` until `signal` aborts, and says after each move what is shown. `gentle`: the page around it
 * scrolls, so one finger and the wheel alone are the page's. Throws where there is no WebGL.
 */
export function begin(
  box: HTMLElement,
  tiles: TileJson | null,
  at: Frame,
  light: Light,
  gentle: boolean,
  onMove: (frame: Frame) => void,
  signal: AbortSignal,
): Basemap {
  const map = new MapLibreMap({
    container: box,
    style: style(tiles, light, location.origin),
    center: [at.centre.longitude, at.centre.latitude],
    zoom: at.zoom,
    minZoom: LEAST_ZOOM,
    maxZoom: MOST_ZOOM,
    attributionControl: false, // it stands in the page, where it can be read and reached
    cooperativeGestures: gentle,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    keyboard: false,
    fadeDuration: 0,
    locale: WORDS,
    renderWorldCopies: false,
  });
  map.touchZoomRotate.disableRotation();
  map.getCanvas().tabIndex = -1; // the drawing above it has the buttons and the words
  map.getCanvas().setAttribute("aria-hidden", "true");
  const shown = (): Frame => {
    const { lat, lng } = map.getCenter();
    return { centre: { latitude: lat, longitude: lng }, zoom: map.getZoom() };
  };
  map.on("move", () => onMove(shown()));
  map.on("error", () => {}); // a tile that does not come leaves the ground: what is drawn on it stands
  map.on("load", () => box.setAttribute("data-map", "drawn"));
  signal.addEventListener("abort", () => map.remove(), { once: true });
  return {
    show: ({ centre, zoom }) => map.jumpTo({ center: [centre.longitude, centre.latitude], zoom }),
    light: (next) => map.setStyle(style(tiles, next, location.origin)),
  };
}
