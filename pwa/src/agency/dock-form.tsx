// Registering a dock: which drone stands there, where that is, what the waiver allows, what the maker's sheet says.
import { useState } from "preact/hooks";
import { FirstPlace, PlaceField } from "../lending/place-fields.tsx";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Light, Point, RegisterDock, UndockedView } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";

const LIGHTS: Record<Light, string> = {
  day: "By day",
  twilight: "From dawn to dusk",
  night: "By day and by night",
};

interface Asked {
  name: string;
  label: string;
  hint?: string;
  least: number;
  most: number;
  begin?: number;
}

const WAIVER: readonly Asked[] = [
  { name: "ceiling_m", label: "Ceiling, metres above the ground", least: 10, most: 1000, begin: 60 },
  { name: "radius_m", label: "Radius, metres around the dock", least: 100, most: 50_000, begin: 3200 },
  { name: "observers", label: "Visual observers who must be there", least: 0, most: 50, begin: 0 },
];

const SHEET: readonly Asked[] = [
  { name: "cruise_mps", label: "Speed in transit, m/s", least: 3.5, most: 60 },
  { name: "climb_mps", label: "Climb, m/s", least: 0.5, most: 20 },
  { name: "descend_mps", label: "Descent, m/s", least: 0.5, most: 20 },
  { name: "hover_w", label: "Power to hover, W", hint: "With camera and parachute", least: 10, most: 20_000 },
  { name: "cruise_w", label: "Power in transit, W", least: 10, most: 20_000 },
  { name: "climb_w", label: "Power to climb, W", least: 10, most: 20_000 },
  { name: "capacity_wh", label: "Battery when new, Wh", least: 1, most: 100_000 },
  { name: "wind_mps", label: "Wind it withstands, m/s", least: 1, most: 40, begin: 12 },
  { name: "gust_mps", label: "Gusts it withstands, m/s", least: 1, most: 50, begin: 15 },
];

function Numbers({ asked }: { asked: readonly Asked[] }) {
  return (
    <div class="dock-numbers">
      {asked.map(({ name, label, hint, least, most, begin }) => (
        <label key={name} class="field">
          <span>{label}</span>
          <input type="number" name={name} min={least} max={most} step="any" defaultValue={begin} required />
          {hint !== undefined && <small>{hint}</small>}
        </label>
      ))}
    </div>
  );
}

/** The day as an input of dates has it. */
function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function body(said: FormData, drone: UndockedView, point: Point): RegisterDock {
  const text = (name: string): string => String(said.get(name) ?? "").trim();
  const number = (name: string): number => Number(said.get(name));
  return {
    site_id: drone.site_id,
    connector_id: drone.connector_id,
    name: text("name"),
    point,
    roof_m: number("roof_m"),
    waiver: {
      number: text("number"),
      begins: `${text("begins")}T00:00:00Z`,
      ends: `${text("ends")}T23:59:59Z`,
      ceiling_m: number("ceiling_m"),
      radius_m: number("radius_m"),
      light: text("light") as Light,
      observers: number("observers"),
      parachute: said.get("parachute") !== null,
    },
    drone: {
      called: drone.called,
      name: text("drone"),
      capacity_wh: number("capacity_wh"),
      sheet: {
        name: text("model"),
        cruise_mps: number("cruise_mps"),
        climb_mps: number("climb_mps"),
        descend_mps: number("descend_mps"),
        hover_w: number("hover_w"),
        cruise_w: number("cruise_w"),
        climb_w: number("climb_w"),
        wind_mps: number("wind_mps"),
        gust_mps: number("gust_mps"),
      },
    },
  };
}

export function DockForm(props: { calls: AgencyCalls; drone: UndockedView; onDone(): void }) {
  const { calls, drone, onDone } = props;
  const [point, setPoint] = useState<Point | null>(drone.point);
  const [bad, setBad] = useState<string | null>(null);
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (act.busy || point === null) return;
    const said = new FormData(event.currentTarget as HTMLFormElement);
    const ends = String(said.get("ends"));
    const late = ends < String(said.get("begins"));
    setBad(late ? "The waiver ends before it begins. Correct its dates." : null);
    if (late) return;
    if (await act.run(() => calls.addDock(body(said, drone, point)))) onDone();
  };
  const now = Date.now();
  const year = 365 * 86_400_000;
  return (
    <form class="dock-form" onSubmit={(event) => void submit(event)}>
      <div class="dock-numbers">
        <label class="field">
          <span>Name of the dock</span>
          <input name="name" maxLength={64} autocomplete="off" defaultValue={drone.site} required />
        </label>
        <label class="field">
          <span>Name of the drone</span>
          <input name="drone" maxLength={64} autocomplete="off" defaultValue={drone.label} required />
        </label>
        <label class="field">
          <span>Height of its roof above the ground, m</span>
          <input type="number" name="roof_m" min={0} max={1000} step="any" defaultValue={0} required />
        </label>
      </div>
      <PlaceField point={point} onPoint={setPoint} />
      {drone.point !== null ? (
        <p class="hint">
          As the drone says it where it stands now. Correct it if it does not stand in its dock.
        </p>
      ) : (
        <FirstPlace onPoint={setPoint} />
      )}
      <h4>The waiver</h4>
      <div class="dock-numbers">
        <label class="field">
          <span>Number</span>
          <input name="number" maxLength={64} autocomplete="off" required />
        </label>
        <label class="field">
          <span>From</span>
          <input type="date" name="begins" defaultValue={day(new Date(now))} required />
        </label>
        <label class="field">
          <span>Until</span>
          <input type="date" name="ends" defaultValue={day(new Date(now + year))} required />
        </label>
        <label class="field">
          <span>Light</span>
          <select name="light" defaultValue="twilight">
            {Object.entries(LIGHTS).map(([value, word]) => (
              <option key={value} value={value}>
                {word}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Numbers asked={WAIVER} />
      <label class="check">
        <input type="checkbox" name="parachute" defaultChecked /> A parachute must be fitted and armed
      </label>
      <h4>The drone, by its maker's sheet</h4>
      <label class="field">
        <span>Model</span>
        <input name="model" maxLength={64} autocomplete="off" required />
      </label>
      <Numbers asked={SHEET} />
      <button type="submit" class="primary" disabled={act.busy || point === null}>
        <Icon name="plus" /> Register the dock
      </button>
      <ProblemNote text={bad ?? act.problem} />
    </form>
  );
}
