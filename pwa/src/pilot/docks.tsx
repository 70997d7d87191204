// The docks: whether each drone can be sent now or every reason why not, and who is on watch for it.
import { useState } from "preact/hooks";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import { airOf, weatherWords } from "../staff/air.ts";
import type { Desk } from "../staff/desk.ts";
import { asHeard } from "../staff/sky.ts";
import { notReady, parachuteWords, percent } from "../staff/sky-words.ts";
import type { DockView } from "../wire.ts";
import { mayFly } from "./roles.ts";

const MOST_OBSERVERS = 8;

function facts({ drone, watch, waiver }: DockView): string {
  const parts = [
    drone === null ? null : drone.name,
    drone === null || drone.charge === null ? null : `battery ${percent(drone.charge)}`,
    drone === null ? null : parachuteWords(drone.parachute),
    `up to ${Math.round(waiver.ceiling_m)} m`,
    watch === null ? null : `on watch: ${watch.pilot}${watch.observers > 0 ? ` and ${watch.observers}` : ""}`,
    drone?.service_due ?? null,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function Dock(props: { desk: Desk; dock: DockView; observers: number }) {
  const { desk, observers } = props;
  const now = useNow(() => desk.clock.now());
  const dock = asHeard(props.dock, desk.drones.value);
  const act = useAct(sorry);
  const why = notReady(dock, now);
  const up = dock.drone?.flight_id != null;
  const mine = dock.watch?.pilot_id === desk.me.user.id;
  const { flights } = desk;
  return (
    <li class="dock">
      <p class="dock-top">
        <strong>{dock.name}</strong>
        <span class={`standing tone-${up ? "waiting" : why.length === 0 ? "good" : "quiet"}`}>
          <Icon name={up ? "drone" : why.length === 0 ? "done" : "over"} />
          {up ? "In the air" : why.length === 0 ? "Ready" : "Stays"}
        </span>
      </p>
      <p class="dock-facts">{facts(dock)}</p>
      {!up && why.length > 0 && (
        <ul class="dock-why">
          {why.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      <ProblemNote text={act.problem} />
      {mayFly(desk.me) && (
        <button
          type="button"
          disabled={act.busy}
          aria-label={mine ? `Leave the watch for ${dock.name}` : `Go on watch for ${dock.name}`}
          onClick={() =>
            void act.run(() => (mine ? flights.leave(dock.id) : flights.watch(dock.id, observers)))
          }
        >
          {mine ? "Leave the watch" : "Go on watch"}
        </button>
      )}
    </li>
  );
}

/** For all docks by one press. */
function All({ desk, docks, observers }: { desk: Desk; docks: readonly DockView[]; observers: number }) {
  const act = useAct(sorry);
  const me = desk.me.user.id;
  const without = docks.filter(({ watch }) => watch?.pilot_id !== me);
  const leaving = without.length === 0;
  const press = (): void => {
    void act.run(async () => {
      for (const { id } of leaving ? docks : without)
        await (leaving ? desk.flights.leave(id) : desk.flights.watch(id, observers));
    });
  };
  return (
    <>
      <ProblemNote text={act.problem} />
      <button type="button" disabled={act.busy} onClick={press}>
        {leaving
          ? "Leave every watch"
          : `Go on watch for ${without.length === docks.length ? "all" : "the other"} ${without.length}`}
      </button>
    </>
  );
}

export function Docks({ desk }: { desk: Desk }) {
  const { docks, told } = useStore(desk.sky);
  const [observers, setObservers] = useState(0);
  const air = useStore(airOf(desk));
  return (
    <section aria-labelledby="docks-title">
      <h2 id="docks-title">Docks</h2>
      {docks.length > 0 && <p class="weather">{weatherWords(air.weather, desk.clock.now())}</p>}
      {docks.length === 0 && (
        <p class="empty">{told ? "No dock is registered yet. A supervisor does that." : "Loading…"}</p>
      )}
      {docks.length > 1 && mayFly(desk.me) && (
        <div class="watch-all">
          <label class="field">
            <span>Observers with you</span>
            <select
              value={String(observers)}
              onChange={({ currentTarget }) => setObservers(Number(currentTarget.value))}
            >
              {Array.from({ length: MOST_OBSERVERS + 1 }, (_, n) => (
                <option key={n} value={String(n)}>
                  {n}
                </option>
              ))}
            </select>
          </label>
          <All desk={desk} docks={docks} observers={observers} />
        </div>
      )}
      <ul>
        {docks.map((dock) => (
          <Dock key={dock.id} desk={desk} dock={dock} observers={observers} />
        ))}
      </ul>
    </section>
  );
}
