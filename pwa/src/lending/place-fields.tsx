// Where something is: the map, and the same in numbers for whoever does not use it.
import { useEffect, useState } from "preact/hooks";
import { coordinates } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { NO_PLACE, parsePlace } from "../lib/place.ts";
import { aboutTiles } from "../map/basemap/tiles.ts";
import type { Point } from "../wire.ts";

/** Two coordinates as text. Says so when what is written is no place, and keeps the last one that was. */
export function PlaceField({ point, onPoint }: { point: Point | null; onPoint(point: Point): void }) {
  const known = point === null ? "" : coordinates(point);
  const [draft, setDraft] = useState<string | null>(null);
  const bad = draft !== null && draft.trim() !== "" && parsePlace(draft) === null;
  return (
    <div>
      <label class="field">
        <span>Position, as 60.16935, 24.94545</span>
        <input
          inputMode="text"
          value={draft ?? known}
          aria-invalid={bad}
          onInput={(event) => {
            const text = event.currentTarget.value;
            setDraft(text);
            const place = parsePlace(text);
            if (place !== null) onPoint(place);
          }}
          onBlur={() => {
            if (!bad) setDraft(null);
          }}
        />
      </label>
      <ProblemNote text={bad ? NO_PLACE : null} />
    </div>
  );
}

type Finding = "no" | "asking" | "failed";

/** This phone's own position, and the middle of the map, as places to begin from. */
export function FirstPlace({ onPoint }: { onPoint(point: Point): void }) {
  const [finding, setFinding] = useState<Finding>("no");
  const [middle, setMiddle] = useState<Point | null>(null);
  useEffect(() => {
    const over = new AbortController();
    void aboutTiles(over.signal).then((tiles) => {
      const [west, south, east, north] = tiles?.bounds ?? [];
      if (west === undefined || south === undefined || east === undefined || north === undefined) return;
      setMiddle({ latitude: (south + north) / 2, longitude: (west + east) / 2 });
    });
    return () => over.abort();
  }, []);
  const find = (): void => {
    setFinding("asking");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setFinding("no");
        onPoint({ latitude: coords.latitude, longitude: coords.longitude });
      },
      () => setFinding("failed"),
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  };
  return (
    <div class="first-place">
      <div class="buttons">
        <button type="button" disabled={finding === "asking"} onClick={find}>
          <Icon name="locate" /> {finding === "asking" ? "Looking…" : "I am there now"}
        </button>
        {middle !== null && (
          <button type="button" onClick={() => onPoint(middle)}>
            <Icon name="place" /> Show me the map
          </button>
        )}
      </div>
      <ProblemNote
        text={
          finding === "failed"
            ? "This phone does not tell where it is. Write the position, or use the map."
            : null
        }
      />
    </div>
  );
}
