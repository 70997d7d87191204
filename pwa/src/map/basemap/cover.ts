// Which tiles a frame needs, and where each lies in it. Pure numbers.
import type { TileJson } from "../../wire.ts";
import { type Frame, type Size, turn, worldSpot } from "../frame.ts";

export interface TileId {
  readonly z: number;
  readonly x: number;
  readonly y: number;
}

/** As of a canvas: `a` to `f` of its `setTransform`. */
export type Matrix = readonly [number, number, number, number, number, number];

const TILE_PX = 512;
/** More than any screen shows: what is beyond stays ground. */
export const MOST_TILES = 64;

/** Pixels of a side of a tile. */
function sideOf(z: number, frame: Frame): number {
  return TILE_PX * 2 ** (frame.zoom - z);
}

/** Those around the middle first; none where the basemap has no tiles for the zoom or the place. */
export function cover(frame: Frame, size: Size, tiles: TileJson): TileId[] {
  const z = Math.min(tiles.maxzoom, Math.floor(frame.zoom));
  if (z < tiles.minzoom) return [];
  const side = sideOf(z, frame);
  const middle = worldSpot(frame.centre, frame.zoom);
  const wide = turn({ x: size.width / 2, y: 0 }, frame.bearing_deg);
  const tall = turn({ x: 0, y: size.height / 2 }, frame.bearing_deg);
  const across = Math.abs(wide.x) + Math.abs(tall.x);
  const along = Math.abs(wide.y) + Math.abs(tall.y);
  const [west = -180, south = -85, east = 180, north = 85] = tiles.bounds;
  const [nw, se] = [
    worldSpot({ latitude: north, longitude: west }, frame.zoom),
    worldSpot({ latitude: south, longitude: east }, frame.zoom),
  ];
  const found: TileId[] = [];
  const last = 2 ** z - 1;
  const from = (low: number, bound: number): number => Math.max(0, Math.floor(Math.max(low, bound) / side));
  const to = (high: number, bound: number): number =>
    Math.min(last, Math.floor(Math.min(high, bound) / side));
  for (let x = from(middle.x - across, nw.x); x <= to(middle.x + across, se.x); x++)
    for (let y = from(middle.y - along, nw.y); y <= to(middle.y + along, se.y); y++) found.push({ z, x, y });
  const far = ({ x, y }: TileId): number =>
    Math.hypot((x + 0.5) * side - middle.x, (y + 0.5) * side - middle.y);
  return found.sort((a, b) => far(a) - far(b)).slice(0, MOST_TILES);
}

/** From a tile's units, `extent` along each side, to pixels from the frame's top left. */
export function matrix({ z, x, y }: TileId, extent: number, frame: Frame, size: Size): Matrix {
  const side = sideOf(z, frame);
  const middle = worldSpot(frame.centre, frame.zoom);
  const corner = turn({ x: x * side - middle.x, y: y * side - middle.y }, frame.bearing_deg);
  const east = turn({ x: side / extent, y: 0 }, frame.bearing_deg);
  const south = turn({ x: 0, y: side / extent }, frame.bearing_deg);
  return [east.x, east.y, south.x, south.y, size.width / 2 + corner.x, size.height / 2 + corner.y];
}
