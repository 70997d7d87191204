// MapLibre: every frame drawn anew by the graphics card.
import "maplibre-gl/dist/maplibre-gl.css";
import { MapLibreMap, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { LEAST_ZOOM, MOST_ZOOM } from "../frame.ts";
import type { Basemap, Beginning } from "./basemap.ts";
import { style } from "./style.ts";

setWorkerUrl(workerUrl);

/** Throws where there is no WebGL. */
export function begin({ box, tiles, at, light, onDrawn, signal }: Beginning): Basemap {
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
