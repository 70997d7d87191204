// Which units the plot shows for an incident, and whose they are. Pure.
import type { IncidentView } from "../wire.ts";
import type { PlotUnit } from "./parts/plot.tsx";
import type { World } from "./world.ts";

/** Units with a position. `mine` is the unit of this very phone, if it is one. */
export function plotUnits(world: World, incident: IncidentView, mine: string | null): PlotUnit[] {
  return [...world.units.values()].flatMap((unit) =>
    unit.position === null
      ? []
      : [
          {
            id: unit.id,
            name: unit.call_sign,
            position: unit.position,
            assigned: incident.unit_ids.includes(unit.id),
            mine: unit.id === mine,
          },
        ],
  );
}
