// Broken glass, from the side of whom it is for.
import type { GlassView, IncidentView, User } from "../wire.ts";

/** By what this officer sees the incident; null when the rules let them. */
export function glassFor(incident: IncidentView, user: User): GlassView | null {
  if (user.unit_id !== null && incident.unit_ids.includes(user.unit_id)) return null;
  return incident.glass.find((one) => one.user_id === user.id) ?? null;
}
