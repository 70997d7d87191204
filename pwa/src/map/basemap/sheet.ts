// One tile (Mapbox Vector Tile 2.1) as the style's layers need it: what is painted alike in one path, and what is
// written. In the tile's own units, so it is made once and painted at any zoom.
import type { VectorTile, VectorTileFeature, VectorTileLayer } from "@mapbox/vector-tile";
import { featureFilter, type LayerSpecification } from "@maplibre/maplibre-gl-style-spec";
import type { Spot } from "../frame.ts";

/** Features of one kind. The style tells them apart by nothing else. */
export interface Shapes {
  readonly feature: VectorTileFeature;
  readonly path: Path2D;
}

/** A name, and the point or the line that it stands at. */
export interface Name {
  readonly words: string;
  readonly line: readonly Spot[];
}

export interface Sheet {
  /** Units along one side. */
  readonly extent: number;
  /** By the style layer's id. */
  readonly shapes: ReadonlyMap<string, readonly Shapes[]>;
  readonly names: ReadonlyMap<string, readonly Name[]>;
}

/** As MapLibre has it; a tile's layers may differ, and are brought to it. */
const EXTENT = 4096;
const LINE = 2;
const POLYGON = 3;

export function sheetOf(tile: VectorTile, layers: readonly LayerSpecification[]): Sheet {
  const shapes = new Map<string, Shapes[]>();
  const names = new Map<string, Name[]>();
  const all = new Map(Object.entries(tile.layers).map(([name, layer]) => [name, featuresOf(layer)]));
  for (const layer of layers) {
    if (layer.type === "background") continue;
    const { filter } = featureFilter(layer.filter, layer.id);
    const at = { zoom: layer.minzoom ?? 0 };
    const features = (all.get(layer["source-layer"] ?? "") ?? []).filter((feature) => filter(at, feature));
    if (features.length === 0) continue;
    if (layer.type === "symbol") names.set(layer.id, namesOf(features, layer.layout?.["symbol-placement"]));
    else shapes.set(layer.id, shapesOf(features));
  }
  return { extent: EXTENT, shapes, names };
}

function featuresOf(layer: VectorTileLayer): VectorTileFeature[] {
  return Array.from({ length: layer.length }, (_, n) => layer.feature(n));
}

function spotsOf(feature: VectorTileFeature): Spot[][] {
  const by = EXTENT / feature.extent;
  return feature.loadGeometry().map((line) => line.map(({ x, y }) => ({ x: x * by, y: y * by })));
}

function shapesOf(features: readonly VectorTileFeature[]): Shapes[] {
  const kinds = new Map<unknown, Shapes>();
  for (const feature of features) {
    const { kind } = feature.properties;
    const shapes = kinds.get(kind) ?? { feature, path: new Path2D() };
    kinds.set(kind, shapes);
    for (const line of spotsOf(feature)) {
      for (const [n, { x, y }] of line.entries()) {
        if (n === 0) shapes.path.moveTo(x, y);
        else shapes.path.lineTo(x, y);
      }
      if (feature.type === POLYGON) shapes.path.closePath();
    }
  }
  return [...kinds.values()];
}

function namesOf(features: readonly VectorTileFeature[], placed: unknown): Name[] {
  const named = new Map<string, Spot[][]>();
  for (const feature of features) {
    if (placed === "line" && feature.type !== LINE) continue;
    const words = String(feature.properties.name);
    const lines = feature.type === POLYGON ? [[middleOf(spotsOf(feature))]] : spotsOf(feature);
    named.set(words, [...(named.get(words) ?? []), ...lines]);
  }
  return [...named].flatMap(([words, lines]) => {
    if (placed === "line") return joined(lines).map((line) => ({ words, line }));
    return lines.flatMap((line) => line.slice(0, 1).map((spot) => ({ words, line: [spot] })));
  });
}

/** Lines that go on where another ends, as one: a street is in many pieces, each too short for its name. */
function joined(lines: readonly Spot[][]): Spot[][] {
  const open: Spot[][] = [];
  for (const line of lines) {
    let whole = line;
    for (;;) {
      const n = open.findIndex((other) => touch(whole, other));
      if (n < 0) break;
      whole = join(whole, open.splice(n, 1)[0] ?? []);
    }
    open.push(whole);
  }
  return open;
}

function same(a: Spot | undefined, b: Spot | undefined): boolean {
  return a !== undefined && b !== undefined && a.x === b.x && a.y === b.y;
}

function touch(a: readonly Spot[], b: readonly Spot[]): boolean {
  return [a[0], a.at(-1)].some((end) => same(end, b[0]) || same(end, b.at(-1)));
}

function join(a: Spot[], b: Spot[]): Spot[] {
  const first = same(a.at(-1), b[0]) || same(a.at(-1), b.at(-1)) ? a : a.toReversed();
  const then = same(first.at(-1), b[0]) ? b : b.toReversed();
  return [...first, ...then.slice(1)];
}

/** The centroid of the largest ring, which for most parks and lakes lies in it. */
function middleOf(rings: readonly Spot[][]): Spot {
  let largest = { area: 0, x: 0, y: 0 };
  for (const ring of rings) {
    let [area, x, y] = [0, 0, 0];
    ring.forEach((a, n) => {
      const b = ring[(n + 1) % ring.length] ?? a;
      const cross = a.x * b.y - b.x * a.y;
      area += cross / 2;
      x += ((a.x + b.x) * cross) / 6;
      y += ((a.y + b.y) * cross) / 6;
    });
    if (Math.abs(area) > Math.abs(largest.area)) largest = { area, x: x / area, y: y / area };
  }
  return { x: largest.x, y: largest.y };
}
