// Streets and houses under the drawing, from this server alone. MapLibre draws them where there is a graphics card;
// elsewhere, where it would hold the page up for seconds, a worker paints the same style. Neither knows of cameras,
// nor takes gestures: both show what they are told to.
import type { TileJson } from "../../wire.ts";
import type { Frame } from "../frame.ts";
import { hasGraphicsCard } from "./card.ts";
import type { Light } from "./style.ts";

export interface Basemap {
  show(frame: Frame): void;
  light(light: Light): void;
}

export interface Beginning {
  /** What it is drawn into. */
  box: HTMLElement;
  tiles: TileJson;
  /** Where it begins. */
  at: Frame;
  light: Light;
  /** Whether tiles come: told when the first is drawn, and again when one fails. */
  onDrawn(drawn: boolean): void;
  /** Ends it. */
  signal: AbortSignal;
}

/** What draws here, once it has been loaded. Rejects where it cannot be; what it returns throws where nothing can draw. */
export async function loadBasemap(): Promise<(beginning: Beginning) => Basemap> {
  const { begin } = (await hasGraphicsCard()) ? await import("./maplibre.ts") : await import("./painted.ts");
  return begin;
}
