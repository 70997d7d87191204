// The basemap's look, for tiles in the schema of the Protomaps basemap (version 4): calm, so that what is drawn on it
// stands out. No glyphs: labels use the fonts of this computer, and nothing is asked of anybody else.
import type { StyleSpecification } from "@maplibre/maplibre-gl-style-spec";
import type { TileJson } from "../../wire.ts";

export type Light = "day" | "night";

interface Colours {
  ground: string;
  water: string;
  green: string;
  square: string;
  building: string;
  edge: string;
  casing: string;
  road: string;
  path: string;
  rail: string;
  ink: string;
  soft: string;
  halo: string;
}

const COLOURS: Record<Light, Colours> = {
  day: {
    ground: "#eef1f4",
    water: "#c5dcec",
    green: "#dbe9d6",
    square: "#e6e6e4",
    building: "#dcdfe4",
    edge: "#c6cbd3",
    casing: "#c9d0d9",
    road: "#ffffff",
    path: "#cfc8bd",
    rail: "#a9b0ba",
    ink: "#2b3646",
    soft: "#4b5768",
    halo: "#ffffff",
  },
  night: {
    ground: "#141d28",
    water: "#0d2a3d",
    green: "#162a22",
    square: "#1b2531",
    building: "#202b39",
    edge: "#2f3c4c",
    casing: "#0f1721",
    road: "#475769",
    path: "#3b4149",
    rail: "#4a5663",
    ink: "#d5dde7",
    soft: "#9fb0c2",
    halo: "#101822",
  },
};

const FONT = ["sans-serif"];

/** A width in pixels that grows with the zoom, from `a` at 12 to `b` at 19. */
function wide(a: number, b: number): ["interpolate", ["exponential", number], ["zoom"], ...number[]] {
  return ["interpolate", ["exponential", 1.6], ["zoom"], 12, a, 19, b];
}

/** The whole style. */
export function style(tiles: TileJson, light: Light, origin: string): StyleSpecification {
  const c = COLOURS[light];
  const background: StyleSpecification["layers"][number] = {
    id: "ground",
    type: "background",
    paint: { "background-color": c.ground },
  };
  const of = { source: "basemap" };
  return {
    version: 8,
    sources: {
      basemap: {
        type: "vector",
        tiles: tiles.tiles.map((path) => `${origin}${path}`),
        bounds: [
          tiles.bounds[0] ?? -180,
          tiles.bounds[1] ?? -85,
          tiles.bounds[2] ?? 180,
          tiles.bounds[3] ?? 85,
        ],
        minzoom: tiles.minzoom,
        maxzoom: tiles.maxzoom,
      },
    },
    layers: [
      background,
      {
        ...of,
        id: "green",
        "source-layer": "landuse",
        type: "fill",
        filter: ["!=", ["get", "kind"], "pedestrian"],
        paint: {
          "fill-color": [
            "match",
            ["get", "kind"],
            [
              "park",
              "garden",
              "grass",
              "forest",
              "wood",
              "scrub",
              "cemetery",
              "meadow",
              "heath",
              "playground",
              "pitch",
              "nature_reserve",
              "golf_course",
              "recreation_ground",
              "village_green",
            ],
            c.green,
            c.ground,
          ],
        },
      },
      {
        ...of,
        id: "squares",
        "source-layer": "landuse",
        type: "fill",
        filter: ["==", ["get", "kind"], "pedestrian"],
        paint: { "fill-color": c.square },
      },
      {
        ...of,
        id: "water",
        "source-layer": "water",
        type: "fill",
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": c.water },
      },
      {
        ...of,
        id: "buildings",
        "source-layer": "buildings",
        type: "fill",
        minzoom: 14,
        paint: { "fill-color": c.building, "fill-outline-color": c.edge },
      },
      {
        ...of,
        id: "paths",
        "source-layer": "roads",
        type: "line",
        minzoom: 15,
        filter: ["==", ["get", "kind"], "path"],
        paint: { "line-color": c.path, "line-width": wide(0.5, 3), "line-dasharray": [2, 1.5] },
      },
      {
        ...of,
        id: "rails",
        "source-layer": "roads",
        type: "line",
        filter: ["==", ["get", "kind"], "rail"],
        paint: { "line-color": c.rail, "line-width": wide(0.5, 2) },
      },
      {
        ...of,
        id: "road-edges",
        "source-layer": "roads",
        type: "line",
        filter: ["in", ["get", "kind"], ["literal", ["minor_road", "major_road", "highway"]]],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": c.casing,
          "line-width": [
            "interpolate",
            ["exponential", 1.6],
            ["zoom"],
            12,
            ["match", ["get", "kind"], "minor_road", 1.5, 3],
            19,
            ["match", ["get", "kind"], "minor_road", 16, 26],
          ],
        },
      },
      {
        ...of,
        id: "roads",
        "source-layer": "roads",
        type: "line",
        filter: ["in", ["get", "kind"], ["literal", ["minor_road", "major_road", "highway"]]],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": c.road,
          "line-width": [
            "interpolate",
            ["exponential", 1.6],
            ["zoom"],
            12,
            ["match", ["get", "kind"], "minor_road", 0.7, 2],
            19,
            ["match", ["get", "kind"], "minor_road", 13, 23],
          ],
        },
      },
      {
        ...of,
        id: "road-names",
        "source-layer": "roads",
        type: "symbol",
        minzoom: 14,
        filter: ["all", ["has", "name"], ["!=", ["get", "kind"], "rail"]],
        layout: {
          "symbol-placement": "line",
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": 13,
          "text-max-angle": 35,
        },
        paint: { "text-color": c.soft, "text-halo-color": c.halo, "text-halo-width": 1.6 },
      },
      {
        ...of,
        id: "water-names",
        "source-layer": "water",
        type: "symbol",
        minzoom: 13,
        filter: ["has", "name"],
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13 },
        paint: { "text-color": c.soft, "text-halo-color": c.halo, "text-halo-width": 1.2 },
      },
      {
        ...of,
        id: "landmarks",
        "source-layer": "pois",
        type: "symbol",
        minzoom: 15.5,
        filter: [
          "in",
          ["get", "kind"],
          [
            "literal",
            [
              "train_station",
              "hospital",
              "police",
              "fire_station",
              "school",
              "university",
              "library",
              "townhall",
              "park",
            ],
          ],
        ],
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 13, "text-max-width": 8 },
        paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 1.6 },
      },
      {
        ...of,
        id: "places",
        "source-layer": "places",
        type: "symbol",
        maxzoom: 16,
        filter: ["has", "name"],
        layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 15, "text-max-width": 8 },
        paint: { "text-color": c.ink, "text-halo-color": c.halo, "text-halo-width": 2 },
      },
    ],
  };
}
