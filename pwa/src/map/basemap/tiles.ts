// What this server has of a basemap.
import type { TileJson } from "../../wire.ts";

/** Null when it has none, or cannot be asked. */
export async function aboutTiles(signal?: AbortSignal): Promise<TileJson | null> {
  try {
    const answer = await fetch("/tiles", signal === undefined ? {} : { signal });
    return answer.status === 200 ? ((await answer.json()) as TileJson) : null;
  } catch {
    return null;
  }
}
