// The left column: what is open, the newest first, each with its age, how its link is and what is unread.
import { useEffect } from "preact/hooks";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { standingOf } from "../staff/links.ts";
import { LineStatus } from "../staff/parts/line-status.tsx";
import { StandingMark } from "../staff/parts/standing.tsx";
import { dayAndTime } from "../staff/words.ts";
import { closedIncidents, openIncidents, type World } from "../staff/world.ts";
import type { IncidentView } from "../wire.ts";
import { silences } from "./silent.tsx";
import { AT_REST, type ConsoleState, change } from "./state.ts";

interface RowProps {
  incident: IncidentView;
  world: World;
  now: number;
  onSelect(): void;
}

function Row({ incident, world, now, onSelect }: RowProps) {
  const unread = world.unread.get(incident.id);
  const signs = incident.unit_ids.map((id) => world.units.get(id)?.call_sign ?? "").filter(Boolean);
  const silent = silences(incident).length > 0;
  const when = incident.closed_at;
  return (
    <li>
      <button type="button" class="row" aria-current={world.selected === incident.id} onClick={onSelect}>
        <span class="row-top">
          <strong>{incident.type}</strong>
          {unread !== undefined && (
            <span class="unread">
              {unread === 0 ? (
                "new"
              ) : (
                <>
                  {unread}
                  <span class="sr-only"> new</span>
                </>
              )}
            </span>
          )}
          <span class="row-age">
            {when === null ? duration(now - Date.parse(incident.opened_at)) : dayAndTime(when)}
          </span>
        </span>
        <span class="row-words">{incident.words || "No words yet"}</span>
        <span class="row-foot">
          <StandingMark standing={standingOf(incident)} />
          {silent ? (
            <span class="row-units tone-waiting">
              <Icon name="warning" /> No answer
            </span>
          ) : (
            signs.length > 0 && (
              <span class="row-units">
                <Icon name="unit" /> {signs.join(", ")}
              </span>
            )
          )}
        </span>
      </button>
    </li>
  );
}

function nothing(world: World, closed: boolean, busy: boolean): string {
  if (busy || world.snapshots === 0) return "Loading…";
  return closed ? "No incident has been closed yet." : "No open incident. Press N to open one.";
}

export function IncidentList({ desk, state }: { desk: Desk; state: Store<ConsoleState> }) {
  const world = useStore(desk.world);
  const { list } = useStore(state);
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const open = openIncidents(world);
  const shown = list === "open" ? open : closedIncidents(world);
  useEffect(() => {
    if (list === "closed") void act.run(() => desk.readClosed());
  }, [desk, list]);

  return (
    <nav class="incidents" aria-label="Incidents">
      <div class="tabs">
        <button type="button" aria-pressed={list === "open"} onClick={() => change(state, { list: "open" })}>
          Open <span class="count">{open.length}</span>
        </button>
        <button
          type="button"
          aria-pressed={list === "closed"}
          onClick={() => change(state, { list: "closed" })}
        >
          Closed
        </button>
      </div>
      <div class="rows">
        {shown.length === 0 && <p class="empty">{nothing(world, list === "closed", act.busy)}</p>}
        <ProblemNote text={act.problem} />
        <ul>
          {shown.map((incident) => (
            <Row
              key={incident.id}
              incident={incident}
              world={world}
              now={now}
              onSelect={() => {
                change(state, AT_REST);
                desk.select(incident.id);
              }}
            />
          ))}
        </ul>
      </div>
      <LineStatus desk={desk} />
    </nav>
  );
}
