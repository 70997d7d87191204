// Broken glass, from the side of whom it is for.
import type { GlassView, IncidentView } from "../wire.ts";
import { myUnit } from "./duty.ts";
import type { World } from "./world.ts";

/** By what this officer sees the incident; null when the rules let them. */
export function glassFor(world: World, incident: IncidentView, me: string): GlassView | null {
  if (incident.unit_ids.includes(myUnit(world) ?? "")) return null;
  return incident.glass.find((one) => one.user_id === me) ?? null;
}
