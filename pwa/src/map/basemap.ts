// MapLibre under the drawing: streets and houses. Loaded only where a map is looked at and there are tiles (by dynamic
// import), from this server alone. It knows nothing of cameras, and takes no gestures: it shows what it is told to.
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

/**
 * Draws into `box` until `signal` aborts. `onDrawn` says whether tiles come: first when one has been drawn, and again
 * when one fails. Throws where there is no WebGL.
 */
export function begin(
  box: HTMLElement,
  tiles: TileJson,
  at: Frame,
  light: Light,
  onDrawn: (drawn: boolean) => void,
  signal: AbortSignal,
): Basemap {
  const map = new MapLibreMap({
    container: box,
    style: style(tiles, light, location.origin),
    center: [at.centre.longitude, at.centre.latitude],
    zoom: at.zoom,
    bearing: at.bearing_deg,
    minZoom: LEAST_ZOOM,
    maxZoom: MOST_ZOOM,
    attributionControl: false, // it stands in the page, where it can be read and reached
    interactive: false,
    fadeDuration: 0,
    validateStyle: false, // it is our own, and reading it takes a phone long
    renderWorldCopies: false,
  });
  map.getCanvas().tabIndex = -1; // the drawing above it has the buttons and the words
  map.getCanvas().setAttribute("aria-hidden", "true");
  map.on("sourcedata", ({ tile }) => {
    if (tile?.state === "loaded") onDrawn(true);
  });
  map.on("error", () => onDrawn(false)); // a tile that does not come leaves the ground
  map.on("load", () => box.setAttribute("data-map", "drawn"));
  signal.addEventListener("abort", () => map.remove(), { once: true });
  return {
    show: ({ centre, zoom, bearing_deg }) =>
      map.jumpTo({ center: [centre.longitude, centre.latitude], zoom, bearing: bearing_deg }),
    light: (next) => map.setStyle(style(tiles, next, location.origin)),
  };
}
