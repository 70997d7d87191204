// The agency's units: the assigned first, then the nearest; one press assigns or releases.

import { type Act, useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago, distanceM, duration, STALE_MS, soonTo, wayTo } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { crewWords, NEXT, responseOf, STATUS_WORDS, sinceWhen } from "../staff/duty.ts";
import { newId } from "../staff/new-id.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { IncidentView, Position, ResponseView, Status, Unit } from "../wire.ts";
import { GlassList } from "./glass.tsx";

/** Assigned first, then nearest, then by call sign. */
export function ranked(units: readonly Unit[], incident: IncidentView): Unit[] {
  const far = (unit: Unit): number =>
    unit.position === null || incident.position === null
      ? Number.POSITIVE_INFINITY
      : distanceM(unit.position, incident.position);
  const rank = (unit: Unit): number => (incident.unit_ids.includes(unit.id) ? 0 : 1);
  return [...units].sort((a, b) => {
    const nearer = far(a) === far(b) ? 0 : far(a) - far(b);
    return rank(a) - rank(b) || nearer || a.call_sign.localeCompare(b.call_sign, "en", { numeric: true });
  });
}

/** Who is there, or that nobody is. */
function crew(unit: Unit): string {
  return unit.crew.length === 0 ? "Nobody on duty" : crewWords(unit);
}

/** How far it is, since when; and what is said by radio is pressed for it. */
function HowFar({ response, sign, now, act, desk }: HowFarProps) {
  const next = NEXT[response.status];
  const press = (status: Status): void => {
    void act.run(() => desk.calls.pressStatus(response.id, { press: newId("prs"), status, age_ms: 0 }));
  };
  return (
    <span class={`unit-status is-${response.status}`}>
      <span>
        {STATUS_WORDS[response.status]} {duration(now - Date.parse(sinceWhen(response)))}
      </span>
      {next !== null && next !== "clear" && (
        <button
          type="button"
          class="plain"
          disabled={act.busy}
          aria-label={`${sign} says ${STATUS_WORDS[next].toLowerCase()}`}
          onClick={() => press(next)}
        >
          {STATUS_WORDS[next]}
        </button>
      )}
    </span>
  );
}

interface HowFarProps {
  response: ResponseView;
  sign: string;
  now: number;
  act: Act;
  desk: Desk;
}

function whereabouts(unit: Unit, to: Position | null, now: number): string {
  if (unit.position === null) return "No position";
  const age = now - Date.parse(unit.position.at);
  if (to === null) return `Position ${ago(age)}`;
  const way = wayTo(to, unit.position);
  if (age > STALE_MS) return `${way}, ${ago(age)}`;
  const soon = soonTo(unit.position, to, now);
  return soon === null ? way : `${way}, ${soon}`;
}

function elsewhere(world: World, unit: Unit, incident: IncidentView): string {
  const other = openIncidents(world).find((i) => i.id !== incident.id && i.unit_ids.includes(unit.id));
  return other === undefined ? "" : ` · on ${other.type}`;
}

export function Units({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const closed = incident.closed_at !== null;
  const toggle = (unit: Unit, assigned: boolean): void => {
    void act.run(async () => {
      const { calls } = desk;
      desk.take(await (assigned ? calls.release(incident.id, unit.id) : calls.assign(incident.id, unit.id)));
    });
  };
  const units = ranked([...world.units.values()], incident);
  return (
    <section class="units" aria-labelledby="units-title">
      <h2 id="units-title">
        Units <span class="count">{incident.unit_ids.length} assigned</span>
      </h2>
      <ProblemNote text={act.problem} />
      <GlassList desk={desk} incident={incident} />
      {units.length === 0 && <p class="empty">No unit is set up yet.</p>}
      <ul>
        {units.map((unit) => {
          const assigned = incident.unit_ids.includes(unit.id);
          const response = responseOf(incident, unit.id);
          return (
            <li key={unit.id} class={assigned ? "unit is-assigned" : "unit"}>
              <Icon name={assigned ? "done" : "unit"} />
              <span class="unit-text">
                <strong>{unit.call_sign}</strong>
                <span>
                  {crew(unit)}
                  {unit.crew.length > 0 && ` · ${whereabouts(unit, incident.position, now)}`}
                  {elsewhere(world, unit, incident)}
                </span>
                {response !== null && !closed && (
                  <HowFar response={response} sign={unit.call_sign} now={now} act={act} desk={desk} />
                )}
              </span>
              {!closed && (
                <button
                  type="button"
                  disabled={act.busy}
                  aria-label={`${assigned ? "Release" : "Assign"} ${unit.call_sign}`}
                  onClick={() => toggle(unit, assigned)}
                >
                  {assigned ? "Release" : "Assign"}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
