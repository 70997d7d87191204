// Which of an agency's units are listed beside an incident, and in which order.
import { distanceM } from "../lib/measure.ts";
import type { IncidentView, Unit } from "../wire.ts";

/** More are found by their call sign: nobody reads thousands, and a browser that draws them does nothing else. */
export const SHOWN = 50;
const BY_NUMBER = new Intl.Collator("en", { numeric: true });

/** Assigned first, then nearest, then by call sign. */
export function ranked(units: readonly Unit[], incident: IncidentView): Unit[] {
  const { position, unit_ids } = incident;
  const far = (unit: Unit): number =>
    unit.position === null || position === null
      ? Number.POSITIVE_INFINITY
      : distanceM(unit.position, position);
  return units
    .map((unit) => ({ unit, rank: unit_ids.includes(unit.id) ? 0 : 1, far: far(unit) }))
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        (a.far === b.far ? BY_NUMBER.compare(a.unit.call_sign, b.unit.call_sign) : a.far - b.far),
    )
    .map(({ unit }) => unit);
}

/** The first of them, the assigned in any case; or those whose call sign has these words in it. */
export function shown(units: readonly Unit[], incident: IncidentView, words: string): Unit[] {
  const wanted = words.trim().toLowerCase();
  const found = units.filter(
    ({ id, call_sign }) => incident.unit_ids.includes(id) || call_sign.toLowerCase().includes(wanted),
  );
  return ranked(found, incident).slice(0, Math.max(SHOWN, incident.unit_ids.length));
}
