// The worker that paints: fetches tiles, reads each once, and answers with a picture of what was asked last. It answers
// at once with what it has, and again when the rest has come or takes long.
import { VectorTile } from "@mapbox/vector-tile";
import type { LayerSpecification, StyleSpecification } from "@maplibre/maplibre-gl-style-spec";
import { PbfReader } from "pbf";
import type { TileJson } from "../../wire.ts";
import { cover, MOST_TILES, type TileId } from "./cover.ts";
import { type Laid, paint } from "./paint.ts";
import type { View } from "./picture.ts";
import { type Sheet, sheetOf } from "./sheet.ts";
import { type Light, style } from "./style.ts";

export interface Wanted {
  readonly view: View;
  readonly tiles: TileJson;
  readonly light: Light;
}

export interface Painted {
  readonly bitmap: ImageBitmap;
  readonly view: View;
  /** There are streets in it, and no tile failed. */
  readonly drawn: boolean;
  /** No tile is still to come. */
  readonly whole: boolean;
}

interface Scope {
  onmessage: ((event: MessageEvent<Wanted>) => void) | null;
  postMessage(painted: Painted, moved: Transferable[]): void;
}

/** A tile that did not come is asked for again after this. */
const AGAIN_AFTER_MS = 5000;
/** Tiles that come so soon after one another are painted together. */
const TOGETHER_MS = 300;
const MOST_KEPT = 2 * MOST_TILES;

const scope = self as unknown as Scope;
const canvas = new OffscreenCanvas(1, 1);
const styles = new Map<Light, StyleSpecification>();
/** What each address gave: null for a tile with nothing in it. Those that were looked at last are at the end. */
const kept = new Map<string, Sheet | null>();
const asked = new Set<string>();
/** Until when an address is not asked again. */
const resting = new Map<string, number>();
let wanted: Wanted | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let due = Infinity;

scope.onmessage = ({ data }) => {
  wanted = data;
  answerWithin(0);
};

/** Once for all that comes until then. */
function answerWithin(ms: number): void {
  const at = performance.now() + ms;
  if (at >= due) return;
  due = at;
  clearTimeout(timer);
  timer = setTimeout(() => {
    due = Infinity;
    if (wanted !== null) answer(wanted);
  }, ms);
}

function answer({ view, tiles, light }: Wanted): void {
  const look = styles.get(light) ?? style(tiles, light, location.origin);
  styles.set(light, look);
  const { laid, coming, lost } = gather(cover(view.frame, view.size, tiles), tiles, look.layers);
  if (lost > 0) answerWithin(AGAIN_AFTER_MS);
  if (laid.length === 0 && coming > 0) return; // what stands there is better than nothing
  canvas.width = Math.round(view.size.width * view.ratio);
  canvas.height = Math.round(view.size.height * view.ratio);
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) return;
  paint(context, view, laid, look);
  const bitmap = canvas.transferToImageBitmap();
  const drawn = laid.length > 0 && lost === 0;
  scope.postMessage({ bitmap, view, drawn, whole: coming === 0 }, [bitmap]);
}

interface Gathered {
  readonly laid: readonly Laid[];
  readonly coming: number;
  readonly lost: number;
}

/** Which of them are here; the others are asked for. */
function gather(ids: readonly TileId[], tiles: TileJson, layers: readonly LayerSpecification[]): Gathered {
  const laid: Laid[] = [];
  let [coming, lost] = [0, 0];
  for (const id of ids) {
    const url = addressOf(id, tiles);
    const sheet = kept.get(url);
    if (sheet !== undefined) keep(url, sheet);
    else if (performance.now() < (resting.get(url) ?? 0)) lost += 1;
    else {
      coming += 1;
      void ask(url, layers);
    }
    if (sheet) laid.push({ id, sheet });
  }
  return { laid, coming, lost };
}

function addressOf({ z, x, y }: TileId, { tiles }: TileJson): string {
  const path = tiles[0] ?? "";
  return `${path.replace("{z}", `${z}`).replace("{x}", `${x}`).replace("{y}", `${y}`)}`;
}

function keep(url: string, sheet: Sheet | null): void {
  kept.delete(url);
  kept.set(url, sheet);
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) break;
    kept.delete(oldest);
  }
}

async function ask(url: string, layers: readonly LayerSpecification[]): Promise<void> {
  if (asked.has(url)) return;
  asked.add(url);
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status}`);
    const bytes = response.status === 204 ? null : new Uint8Array(await response.arrayBuffer());
    keep(url, bytes === null ? null : sheetOf(new VectorTile(new PbfReader(bytes)), layers));
    resting.delete(url);
  } catch {
    resting.set(url, performance.now() + AGAIN_AFTER_MS);
  } finally {
    asked.delete(url);
    answerWithin(asked.size === 0 ? 0 : TOGETHER_MS);
  }
}
