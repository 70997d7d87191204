// The city's docks: what each waiver allows, how its drone is, and why nothing flies from one that is shut.
import { useEffect, useState } from "preact/hooks";
import { Fold, Twice } from "../lending/fold.tsx";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { DockView, DroneView, UndockedView } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { DockForm } from "./dock-form.tsx";
import { Shown } from "./loading.tsx";

function share(of: number): string {
  return `${Math.round(of * 100)} %`;
}

/** "Shut: its lid sticks", "Grounded: a worn propeller", "Ready, 97 % charged". */
export function dockWords(dock: DockView): string {
  const { drone } = dock;
  if (dock.trouble !== null) return `Shut: ${dock.trouble}`;
  if (drone === null) return "No drone";
  if (drone.trouble !== null) return `Grounded: ${drone.trouble}`;
  if (drone.flight_id !== null) return "Its drone is flying";
  if (drone.heard_at === null) return "Nothing has been heard of its drone";
  const charged = drone.charge === null ? "" : `, ${share(drone.charge)} charged`;
  return dock.watch === null
    ? `Nobody is on watch${charged}`
    : `Ready${charged}, ${dock.watch.pilot} on watch`;
}

function terms({ waiver }: DockView): string {
  const until = new Date(waiver.ends).toLocaleDateString(undefined, { dateStyle: "long" });
  const light = { day: "by day", twilight: "from dawn to dusk", night: "by day and night" }[waiver.light];
  const more = [
    waiver.observers === 0 ? "" : `, ${waiver.observers} observers`,
    waiver.parachute ? ", parachute armed" : "",
  ].join("");
  const km = (waiver.radius_m / 1000).toLocaleString(undefined, { maximumFractionDigits: 1 });
  return `Waiver ${waiver.number}: ${waiver.ceiling_m} m high, ${km} km around, ${light}${more}; until ${until}.`;
}

function Trouble(props: {
  of: string;
  label: string;
  stop: string;
  free: string;
  now: string | null;
  busy: boolean;
  onSay(words: string): void;
}) {
  const { of, label, stop, free, now, busy, onSay } = props;
  const [words, setWords] = useDraft(`trouble ${of}`, "");
  useEffect(() => {
    if (now !== null) setWords(""); // it was said
  }, [now]);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (words.trim() !== "") onSay(words.trim());
  };
  if (now !== null) {
    return (
      <p>
        {now}{" "}
        <button type="button" disabled={busy} onClick={() => onSay("")}>
          {free}
        </button>
      </p>
    );
  }
  return (
    <form class="inline-form" onSubmit={submit}>
      <label class="field">
        <span>{label}</span>
        <input
          maxLength={200}
          autocomplete="off"
          required
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={busy}>
        {stop}
      </button>
    </form>
  );
}

function Condition({ drone }: { drone: DroneView }) {
  return (
    <dl class="dock-facts">
      <div>
        <dt>In the air</dt>
        <dd>{drone.air_hours.toFixed(1)} h</dd>
      </div>
      <div>
        <dt>Battery flown empty</dt>
        <dd>{drone.cycles} times</dd>
      </div>
      <div>
        <dt>Parachute</dt>
        <dd>{drone.parachute}</dd>
      </div>
      <div>
        <dt>Pictures</dt>
        <dd>{[drone.colour && "colour", drone.thermal && "thermal"].filter(Boolean).join(", ") || "none"}</dd>
      </div>
      {drone.remote_id !== "" && (
        <div>
          <dt>Remote ID</dt>
          <dd>{drone.remote_id}</dd>
        </div>
      )}
    </dl>
  );
}

function Dock({ dock, calls, again }: { dock: DockView; calls: AgencyCalls; again(): Promise<void> }) {
  const act = useAct(sorry);
  const { drone } = dock;
  const run = (step: () => Promise<unknown>): void => {
    void act.run(async () => {
      await step();
      await again();
    });
  };
  return (
    <div class="dock-inside">
      <p>{terms(dock)}</p>
      <Trouble
        of={dock.id}
        label="Why nothing flies from here"
        stop="Shut the dock"
        free="Open the dock"
        now={dock.trouble}
        busy={act.busy}
        onSay={(trouble) => run(() => calls.amendDock(dock.id, { trouble }))}
      />
      {drone !== null && (
        <>
          <h3>{`${drone.name}, ${drone.model}`}</h3>
          <Condition drone={drone} />
          {drone.service_due !== null && <p class="hint">{drone.service_due}</p>}
          <Trouble
            of={drone.id}
            label="Why it stays"
            stop="Ground the drone"
            free="Let it fly again"
            now={drone.trouble}
            busy={act.busy}
            onSay={(trouble) => run(() => calls.maintainDrone(drone.id, { trouble }))}
          />
          <div class="buttons">
            <button
              type="button"
              disabled={act.busy}
              onClick={() => run(() => calls.maintainDrone(drone.id, { serviced: true }))}
            >
              Serviced now
            </button>
          </div>
        </>
      )}
      <Twice
        first="Retire this dock…"
        sure="Retire it for good"
        words="Its drone is not sent any more. What it has flown stays in the log."
        busy={act.busy}
        onSure={() => run(() => calls.retireDock(dock.id))}
      />
      <ProblemNote text={act.problem} />
    </div>
  );
}

export function Docks({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(async () => Promise.all([calls.docks(), calls.undocked()]), sorry);
  const [asked, setAsked] = useState(0);
  const again = async (): Promise<void> => {
    await held.again();
    setAsked(asked + 1);
  };
  return (
    <Shown held={held}>
      {([docks, undocked]: [DockView[], UndockedView[]]) => (
        <div class="lending city">
          <p>
            <a class="button" href="/flights">
              <Icon name="history" /> Flights and their logs
            </a>
          </p>
          <section class="card folds" aria-labelledby="docks-title">
            <h2 id="docks-title" class="folds-title">
              Docks
            </h2>
            {docks.length === 0 && undocked.length === 0 && (
              <p class="folds-none">
                No drone yet. At a city site enrol a connector (City cameras), then beside the dock: sightline
                connector drone add.
              </p>
            )}
            {docks.map((dock) => (
              <Fold key={dock.id} icon="drone" title={dock.name} now={dockWords(dock)}>
                {() => <Dock dock={dock} calls={calls} again={again} />}
              </Fold>
            ))}
            {undocked.map((drone) => (
              <Fold
                key={`${drone.connector_id} ${drone.called} ${asked}`}
                icon="plus"
                title={`Register a dock for ${drone.label}`}
                now={`${drone.site}, connector ${drone.connector}${drone.signed ? "" : "; its link is not signed"}`}
              >
                {(close) => (
                  <DockForm
                    calls={calls}
                    drone={drone}
                    onDone={() => {
                      close();
                      void again();
                    }}
                  />
                )}
              </Fold>
            ))}
          </section>
        </div>
      )}
    </Shown>
  );
}
