// Paints tiles with a canvas, by the style that MapLibre draws by: fills, lines and names. What the style does not use
// is not here.
import {
  type Feature,
  type LayerSpecification,
  normalizePropertyExpression,
  type StylePropertyExpression,
  type StylePropertySpecification,
  type StyleSpecification,
  type SymbolLayerSpecification,
} from "@maplibre/maplibre-gl-style-spec";
import type { Size, Spot } from "../frame.ts";
import { type Matrix, matrix, type TileId } from "./cover.ts";
import { type Placed, Places } from "./names.ts";
import type { View } from "./picture.ts";
import type { Name, Shapes, Sheet } from "./sheet.ts";

export interface Laid {
  readonly id: TileId;
  readonly sheet: Sheet;
}

type Context = OffscreenCanvasRenderingContext2D;
type Properties = Readonly<Record<string, unknown>>;

const BY_FEATURE = {
  "property-type": "data-driven",
  expression: { interpolated: true, parameters: ["zoom", "feature"] },
  transition: false,
} satisfies Partial<StylePropertySpecification>;
const COLOUR: StylePropertySpecification = { ...BY_FEATURE, type: "color", overridable: false };
const NUMBER: StylePropertySpecification = { ...BY_FEATURE, type: "number" };
/** Tiles reach so far into one another, or their edges would be seen. */
const OVERLAP_PX = 0.5;
const LINE_HEIGHT = 1.2; // MapLibre's own
const EMS_OF_A_LINE = 10; // MapLibre's own `text-max-width`

export function paint(context: Context, view: View, laid: readonly Laid[], style: StyleSpecification): void {
  context.resetTransform();
  const places = new Places(view.size);
  for (const layer of shown(style.layers, view.frame.zoom)) {
    if (layer.type === "background") paintGround(context, view, layer.paint ?? {});
    else if (layer.type !== "symbol") paintShapes(context, view, laid, layer);
  }
  // the last of them goes before the others where there is no room for all, as in MapLibre
  for (const layer of shown(style.layers, view.frame.zoom).reverse())
    if (layer.type === "symbol") writeNames(context, view, laid, layer, places);
}

function shown(layers: readonly LayerSpecification[], zoom: number): LayerSpecification[] {
  return layers.filter(({ minzoom = 0, maxzoom = 24 }) => minzoom <= zoom && zoom < maxzoom);
}

/** Each expression of a style is parsed once. */
const parsed = new WeakMap<Properties, Map<string, StylePropertyExpression>>();

/** What the style says of a property, for a zoom and a feature; undefined where it says nothing. */
function read(
  properties: Properties,
  name: string,
  kind: StylePropertySpecification,
  view: View,
  of?: Feature,
) {
  const value = properties[name];
  if (value === undefined) return undefined;
  const known = parsed.get(properties) ?? new Map<string, StylePropertyExpression>();
  parsed.set(properties, known);
  const expression = known.get(name) ?? normalizePropertyExpression(value as never, name, kind);
  known.set(name, expression);
  return expression.evaluate({ zoom: view.frame.zoom }, of);
}

function colour(properties: Properties, name: string, view: View, of?: Feature): string | null {
  const found = read(properties, name, COLOUR, view, of);
  return found === undefined ? null : String(found);
}

function number(properties: Properties, name: string, view: View, otherwise: number, of?: Feature): number {
  return Number(read(properties, name, NUMBER, view, of) ?? otherwise);
}

function paintGround(context: Context, view: View, paint: Properties): void {
  context.fillStyle = colour(paint, "background-color", view) ?? "transparent";
  context.fillRect(0, 0, view.size.width * view.ratio, view.size.height * view.ratio);
}

function paintShapes(context: Context, view: View, laid: readonly Laid[], layer: LayerSpecification): void {
  const paint: Properties = layer.paint ?? {};
  const layout: Properties = layer.layout ?? {};
  context.lineCap = layout["line-cap"] === "round" ? "round" : "butt";
  context.lineJoin = layout["line-join"] === "round" ? "round" : "miter";
  for (const { id, sheet } of laid) {
    const shapes = sheet.shapes.get(layer.id);
    if (shapes === undefined) continue;
    const lies = matrix(id, sheet.extent, view.frame, view.size);
    const unit_px = Math.hypot(lies[0], lies[1]);
    context.save();
    context.setTransform(...scaled(lies, view.ratio));
    clip(context, sheet.extent, OVERLAP_PX / unit_px);
    const draw = layer.type === "fill" ? fill : stroke;
    for (const one of shapes) draw(context, view, one, paint, unit_px);
    context.restore();
  }
}

/** To a tile: what it holds of its neighbours is theirs to paint. */
function clip(context: Context, extent: number, over: number): void {
  context.beginPath();
  context.rect(-over, -over, extent + 2 * over, extent + 2 * over);
  context.clip();
}

function fill(
  context: Context,
  view: View,
  { feature, path }: Shapes,
  paint: Properties,
  unit_px: number,
): void {
  context.fillStyle = colour(paint, "fill-color", view, feature) ?? "transparent";
  context.fill(path);
  const edge = colour(paint, "fill-outline-color", view, feature);
  if (edge === null) return;
  context.strokeStyle = edge;
  context.lineWidth = 1 / unit_px;
  context.stroke(path);
}

function stroke(
  context: Context,
  view: View,
  { feature, path }: Shapes,
  paint: Properties,
  unit_px: number,
): void {
  const width = number(paint, "line-width", view, 1, feature) / unit_px;
  const dashes = paint["line-dasharray"];
  context.strokeStyle = colour(paint, "line-color", view, feature) ?? "transparent";
  context.lineWidth = width;
  context.setLineDash(Array.isArray(dashes) ? dashes.map((part) => Number(part) * width) : []);
  context.stroke(path);
}

function scaled([a, b, c, d, e, f]: Matrix, by: number): [number, number, number, number, number, number] {
  return [a * by, b * by, c * by, d * by, e * by, f * by];
}

function applied([a, b, c, d, e, f]: Matrix, { x, y }: Spot): Spot {
  return { x: a * x + c * y + e, y: b * x + d * y + f };
}

function writeNames(
  context: Context,
  view: View,
  laid: readonly Laid[],
  layer: SymbolLayerSpecification,
  places: Places,
): void {
  const layout: Properties = layer.layout ?? {};
  const size_px = number(layout, "text-size", view, 16);
  const line_px = size_px * LINE_HEIGHT;
  const along = layout["symbol-placement"] === "line";
  const most_px = along ? Infinity : size_px * number(layout, "text-max-width", view, EMS_OF_A_LINE);
  takePen(context, view, layer, size_px);
  const wide = (words: string): number => context.measureText(words).width;
  for (const { id, sheet } of laid) {
    const lies = matrix(id, sheet.extent, view.frame, view.size);
    for (const name of sheet.names.get(layer.id) ?? []) {
      const lines = broken(name.words, most_px, wide);
      const room = { width: Math.max(...lines.map(wide)), height: lines.length * line_px };
      const placed = placeName(places, name, lies, along, room);
      if (placed !== null) write(context, lines, line_px, placed, view.ratio);
    }
  }
}

function takePen(context: Context, view: View, layer: SymbolLayerSpecification, size_px: number): void {
  const paint: Properties = layer.paint ?? {};
  context.font = `${size_px}px ${layer.layout?.["text-font"]}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.setLineDash([]);
  context.fillStyle = colour(paint, "text-color", view) ?? "black";
  context.strokeStyle = colour(paint, "text-halo-color", view) ?? "transparent";
  context.lineWidth = 2 * number(paint, "text-halo-width", view, 0); // half of it lies under the letters
}

function write(
  context: Context,
  lines: readonly string[],
  line_px: number,
  { at, turned }: Placed,
  ratio: number,
): void {
  context.setTransform(...scaled([1, 0, 0, 1, at.x, at.y], ratio));
  context.rotate(turned);
  for (const [n, words] of lines.entries()) {
    const y = (n - (lines.length - 1) / 2) * line_px;
    context.strokeText(words, 0, y);
    context.fillText(words, 0, y);
  }
}

function placeName(places: Places, name: Name, lies: Matrix, along: boolean, room: Size): Placed | null {
  const line = name.line.map((spot) => applied(lies, spot));
  const [first] = line;
  if (first === undefined) return null;
  return along ? places.along(name.words, line, room) : places.around(name.words, first, room);
}

/** Words in lines that are no wider, where they can be broken. */
function broken(words: string, most_px: number, wide: (words: string) => number): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && wide(`${last} ${word}`) <= most_px) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
