// Signing on to a unit, and off again: what the officer's app shows to whoever is off duty.
import { useState } from "preact/hooks";
import { type Act, useAct, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { crewWords } from "../staff/duty.ts";
import { timeOfDay } from "../staff/words.ts";
import type { Crew, DutyView, Unit } from "../wire.ts";
import { AlertsCard } from "./alerts.tsx";

interface Props {
  desk: Desk;
  /** Told whose place was taken. */
  onOver(names: readonly string[]): void;
}

/** Why one is off duty, when it was not by one's own press. */
function ended(duty: DutyView | null, units: ReadonlyMap<string, Unit>): string | null {
  if (duty === null || duty.ended_at === null || duty.end !== "taken-over") return null;
  const sign = units.get(duty.unit_id)?.call_sign ?? "your unit";
  return `${duty.by ?? "Somebody"} took over ${sign} at ${timeOfDay(duty.ended_at).slice(0, 5)}.`;
}

/** Somebody is there already: with them, or instead of them. */
function Taken({
  unit,
  act,
  onCrew,
  onBack,
}: {
  unit: Unit;
  act: Act;
  onCrew(crew: Crew): void;
  onBack(): void;
}) {
  const who = crewWords(unit);
  return (
    <div class="duty-taken">
      <p>
        {who === "" ? "Somebody" : who} is on duty in {unit.call_sign}.
      </p>
      <button type="button" disabled={act.busy} onClick={() => onCrew("join")}>
        Ride along
      </button>
      <button type="button" disabled={act.busy} onClick={() => onCrew("take-over")}>
        Take over – they are signed off and told
      </button>
      <button type="button" class="plain" onClick={onBack}>
        Back
      </button>
    </div>
  );
}

export function DutyScreen({ desk, onOver }: Props) {
  const world = useStore(desk.world);
  const act = useAct(sorry);
  const [taken, setTaken] = useState<string | null>(null);
  const usual = world.duty?.unit_id ?? desk.me.user.usual_unit_id;
  const units = [...world.units.values()].sort(
    (a, b) =>
      Number(b.id === usual) - Number(a.id === usual) ||
      a.call_sign.localeCompare(b.call_sign, "en", { numeric: true }),
  );
  const asked = taken === null ? undefined : world.units.get(taken);
  const signOn = (unit: Unit, crew: Crew): void => {
    if (crew === "alone" && unit.crew.length > 0) {
      setTaken(unit.id);
      return;
    }
    void act.run(async () => onOver((await desk.calls.signOn({ unit_id: unit.id, crew })).over));
  };
  const why = ended(world.duty, world.units);
  return (
    <main class="duty">
      {why !== null && (
        <p class="duty-why" role="status">
          <Icon name="asking" /> <span>{why}</span>
        </p>
      )}
      <h1>You are off duty</h1>
      <p>On duty, dispatch sees where this phone is. Off duty nobody does.</p>
      {act.problem !== null && (
        <p class="share-problem" role="alert">
          {act.problem}
        </p>
      )}
      {units.length === 0 && <p>No unit is set up yet. Ask your supervisor.</p>}
      {asked !== undefined ? (
        <Taken unit={asked} act={act} onCrew={(crew) => signOn(asked, crew)} onBack={() => setTaken(null)} />
      ) : (
        <ul>
          {units.map((unit) => (
            <li key={unit.id}>
              <button
                type="button"
                class={unit.id === usual ? "duty-unit primary" : "duty-unit"}
                disabled={act.busy}
                onClick={() => signOn(unit, "alone")}
              >
                <span>Sign on to {unit.call_sign}</span>
                {unit.crew.length > 0 && <small>{crewWords(unit)}</small>}
              </button>
            </li>
          ))}
        </ul>
      )}
      <AlertsCard desk={desk} />
    </main>
  );
}

interface SignOffProps {
  desk: Desk;
  unit: Unit;
  /** Whether dispatch has this phone's place. */
  seen: boolean;
  onDone(): void;
}

/** In the menu: where one is on duty, and the way off, which says what is forgotten before it is pressed. */
export function SignOff({ desk, unit, seen, onDone }: SignOffProps) {
  const [sure, setSure] = useState(false);
  const act = useAct(sorry);
  const signOff = (): void => {
    void act.run(() => desk.calls.signOff()).then((done) => done && onDone());
  };
  if (!sure) {
    return (
      <>
        <p>
          On duty in {unit.call_sign}.{seen && " Dispatch sees where this phone is."}
        </p>
        <button type="button" onClick={() => setSure(true)}>
          <Icon name="unit" /> Sign off
        </button>
      </>
    );
  }
  return (
    <>
      <p role="status">
        Dispatch stops seeing where you are, and your last position is forgotten. What you see of incidents
        ends.
      </p>
      {act.problem !== null && (
        <p class="share-problem" role="alert">
          {act.problem}
        </p>
      )}
      <button type="button" class="primary" disabled={act.busy} onClick={signOff}>
        Sign off from {unit.call_sign}
      </button>
      <button type="button" onClick={() => setSure(false)}>
        Stay on duty
      </button>
    </>
  );
}
