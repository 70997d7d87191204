// Who is on duty where, and how far a unit is. Pure.
import type { IncidentView, ResponseView, Status, Unit } from "../wire.ts";
import type { World } from "./world.ts";

export const STATUS_WORDS: Readonly<Record<Status, string>> = {
  dispatched: "Dispatched",
  "en-route": "En route",
  "on-scene": "On scene",
  clear: "Clear",
};

/** What is pressed next; nothing comes after clear. */
export const NEXT: Readonly<Record<Status, Status | null>> = {
  dispatched: "en-route",
  "en-route": "on-scene",
  "on-scene": "clear",
  clear: null,
};

/** The unit that whoever looks is on duty in; null off duty. */
export function myUnit(world: World): string | null {
  return world.duty === null || world.duty.ended_at !== null ? null : world.duty.unit_id;
}

export function responseOf(incident: IncidentView, unit: string | null): ResponseView | null {
  return incident.responses.find((response) => response.unit_id === unit) ?? null;
}

/** When the status began that it is in. */
export function sinceWhen(response: ResponseView): string {
  return response.on_scene_at ?? response.en_route_at ?? response.dispatched_at;
}

/** "Sam Ortiz and Kim Novak". */
export function crewWords(unit: Unit): string {
  return unit.crew.map((member) => member.name).join(" and ");
}
