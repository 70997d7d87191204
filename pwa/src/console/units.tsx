// The agency's units: the assigned first, then the nearest; one press assigns or releases.

import { useState } from "preact/hooks";
import { type Act, useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago, duration, STALE_MS, soonTo, wayTo } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { crewWords, NEXT, responseOf, STATUS_WORDS, sinceWhen } from "../staff/duty.ts";
import { newId } from "../staff/new-id.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { AlertView, IncidentView, Position, ResponseView, Status, Unit } from "../wire.ts";
import { GlassList } from "./glass.tsx";
import { SHOWN, shown } from "./ranking.ts";
import { answerWords } from "./silent.tsx";

/** Who is there, or that nobody is. */
function crew(unit: Unit): string {
  return unit.crew.length === 0 ? "Nobody on duty" : crewWords(unit);
}

/** How far it is, since when; and what is said by radio is pressed for it. */
function HowFar({ response, alert, sign, now, act, desk }: HowFarProps) {
  const next = NEXT[response.status];
  const said =
    alert === undefined || response.status !== "dispatched"
      ? `${STATUS_WORDS[response.status]} ${duration(now - Date.parse(sinceWhen(response)))}`
      : answerWords(alert, now);
  const press = (status: Status): void => {
    void act.run(() => desk.calls.pressStatus(response.id, { press: newId("prs"), status, age_ms: 0 }));
  };
  return (
    <span class={`unit-status is-${response.status}`}>
      <span>{said}</span>
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
  alert: AlertView | undefined;
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

/** What the units are on, by unit, beside this incident. */
function elsewhere(world: World, incident: IncidentView): ReadonlyMap<string, string> {
  const others = openIncidents(world).filter(({ id }) => id !== incident.id);
  return new Map(
    others.reverse().flatMap(({ type, unit_ids }) => unit_ids.map((unit) => [unit, ` · on ${type}`])),
  );
}

export function Units({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const [words, setWords] = useState("");
  const closed = incident.closed_at !== null;
  const toggle = (unit: Unit, assigned: boolean): void => {
    void act.run(async () => {
      const { calls } = desk;
      desk.take(await (assigned ? calls.release(incident.id, unit.id) : calls.assign(incident.id, unit.id)));
    });
  };
  const units = shown([...world.units.values()], incident, words);
  const busyWith = elsewhere(world, incident);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="units" tabIndex={0} aria-labelledby="units-title">
      <h2 id="units-title">
        Units <span class="count">{incident.unit_ids.length} assigned</span>
      </h2>
      <ProblemNote text={act.problem} />
      <GlassList desk={desk} incident={incident} />
      {world.units.size === 0 && <p class="empty">No unit is set up yet.</p>}
      {world.units.size > 0 && units.length === 0 && <p class="empty">No unit is called that.</p>}
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
                  {busyWith.get(unit.id)}
                </span>
                {response !== null && !closed && (
                  <HowFar
                    response={response}
                    alert={incident.alerts.find((alert) => alert.unit_id === unit.id)}
                    sign={unit.call_sign}
                    now={now}
                    act={act}
                    desk={desk}
                  />
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
      {world.units.size > SHOWN && (
        <label class="field">
          <span>
            Find a unit by its call sign, of {world.units.size}; the nearest {SHOWN} are shown
          </span>
          <input
            type="search"
            value={words}
            onInput={(event) => setWords(event.currentTarget.value)}
            autocomplete="off"
          />
        </label>
      )}
    </section>
  );
}
