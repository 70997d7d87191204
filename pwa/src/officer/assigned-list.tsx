// The incidents that this officer's unit is assigned to. One alone opens by itself, so this is seldom seen.

import { useNow, useStore } from "../lib/hooks.ts";
import { duration, wayTo } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Desk } from "../staff/desk.ts";
import { myUnit } from "../staff/duty.ts";
import { standingOf } from "../staff/links.ts";
import { StandingMark } from "../staff/parts/standing.tsx";
import { openIncidents } from "../staff/world.ts";
import type { IncidentView, Position } from "../wire.ts";
import type { Alarm } from "./alarm.ts";
import { AlertsCard } from "./alerts.tsx";
import type { Sharing } from "./sharing.ts";

interface Props {
  desk: Desk;
  sharing: Sharing;
  alarm: Alarm;
}

interface CardProps {
  desk: Desk;
  incident: IncidentView;
  here: Position | null;
  onOpen(): void;
}

function Card({ desk, incident, here, onOpen }: CardProps) {
  const now = useNow(() => desk.clock.now());
  const way = here === null || incident.position === null ? null : wayTo(here, incident.position);
  return (
    <li>
      <a class="button card" href={`#${incident.id}`} onClick={onOpen}>
        <span class="card-top">
          <strong>{incident.type}</strong>
          <span class="card-age">{duration(now - Date.parse(incident.opened_at))}</span>
        </span>
        <span class="card-words">{incident.words}</span>
        <span class="card-top">
          <StandingMark standing={standingOf(incident)} />
          {way !== null && <span class="card-age">{way}</span>}
        </span>
      </a>
    </li>
  );
}

export function AssignedList({ desk, sharing, alarm }: Props) {
  const world = useStore(desk.world);
  const { here } = useStore(sharing.shared);
  const incidents = openIncidents(world);
  const unit = world.units.get(myUnit(world) ?? "");
  const lost = useStore(desk.line) === "lost";
  if (world.snapshots === 0) return <main class="list-empty">Loading…</main>;
  if (incidents.length === 0) {
    return (
      <main class="list-empty">
        <Icon name="unit" />
        <h1>{lost ? "No incident was known" : "No incident now"}</h1>
        <p>
          {lost
            ? "Without a connection nothing new comes here. Listen to the radio."
            : unit === undefined
              ? "You are off duty."
              : `When dispatch assigns ${unit.call_sign}, the incident opens here by itself.`}
        </p>
        <AlertsCard desk={desk} />
      </main>
    );
  }
  return (
    <main class="list">
      <h1 class="sr-only">Assigned incidents</h1>
      <ul>
        {incidents.map((incident) => (
          <Card
            key={incident.id}
            desk={desk}
            incident={incident}
            here={here}
            onOpen={() => alarm.sees(incident.id)}
          />
        ))}
      </ul>
    </main>
  );
}
