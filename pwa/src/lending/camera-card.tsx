// One camera: its own still, how it stands, Pause, and a line for each thing that its owner decides.
import { useState } from "preact/hooks";
import { type Act, useAct, useNow } from "../lib/hooks.ts";
import { ago, compass, metres } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { ownersUse } from "../map/look.ts";
import type { CameraView, SiteView } from "../wire.ts";
import { type SourceChoice, SourceField } from "./add-camera.tsx";
import { Fold, Twice } from "./fold.tsx";
import { HoursForm } from "./hours.tsx";
import type { Lender, Whose } from "./lender.ts";
import { LevelForm } from "./level.tsx";
import { PauseControl } from "./pause.tsx";
import { sorry } from "./refusals.ts";
import { ViewFields } from "./view-form.tsx";
import { cameraState, hoursWords, levelName, levelSentence } from "./words.ts";

interface Props {
  lender: Lender;
  site: SiteView;
  camera: CameraView;
}

const VIEWERS: Readonly<Record<Whose, string>> = { owner: "you", city: "supervisors" };

function Still({ lender, camera, act, now }: { lender: Lender; camera: CameraView; act: Act; now: number }) {
  const can = camera.connected && camera.source !== null;
  const { still_at } = camera;
  if (still_at === null && !can) {
    return (
      <p class="still-none">
        <Icon name="camera" />
        {camera.source === null ? "No picture is connected" : "No still yet: its connector is away"}
      </p>
    );
  }
  return (
    <figure class="still">
      {still_at === null ? (
        <p class="still-none">
          <Icon name="camera" /> No still yet
        </p>
      ) : (
        <img
          src={`/api/cameras/${camera.id}/still?at=${encodeURIComponent(still_at)}`}
          alt={`What ${camera.name} saw`}
          width="640"
          height="360"
        />
      )}
      <figcaption>
        <span>
          {still_at === null ? (
            `Only ${VIEWERS[lender.whose]} would see it.`
          ) : (
            <>
              Only {VIEWERS[lender.whose]} see this ·{" "}
              <span class="age">{ago(now - Date.parse(still_at))}</span>
            </>
          )}
        </span>
        {can && (
          <button
            type="button"
            disabled={act.busy}
            onClick={() => void act.run(() => lender.calls.takeStill(camera.id))}
          >
            <Icon name="refresh" /> {act.busy ? "Wait…" : still_at === null ? "Take one" : "Take a new one"}
          </button>
        )}
      </figcaption>
    </figure>
  );
}

function PlacingForm({
  lender,
  camera,
  now,
  onDone,
}: {
  lender: Lender;
  camera: CameraView;
  now: number;
  onDone(): void;
}) {
  const [placing, setPlacing] = useState({ point: camera.point, view: camera.view, indoor: camera.indoor });
  const act = useAct(sorry);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.run(() => lender.calls.amendCamera(camera.id, placing))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      <ViewFields name={camera.name} use={ownersUse(camera, now)} placing={placing} onPlacing={setPlacing} />
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy}>
        {act.busy ? "Saving…" : "Save"}
      </button>
    </form>
  );
}

function NameForm({ lender, site, camera, onDone }: Props & { onDone(): void }) {
  const [name, setName] = useState(camera.name);
  const [choice, setChoice] = useState<SourceChoice | null>(
    camera.connector_id === null || camera.source === null
      ? null
      : { connector_id: camera.connector_id, source: camera.source },
  );
  const act = useAct(sorry);
  const retire = useAct(sorry);
  const binding = choice ?? { unbind: camera.source !== null };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await act.run(() => lender.calls.amendCamera(camera.id, { name: name.trim(), ...binding }))) onDone();
  };
  return (
    <>
      <form class="form" onSubmit={(event) => void save(event)}>
        <label class="field">
          <span>Name</span>
          <input
            value={name}
            maxLength={80}
            required
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
        <SourceField
          whose={lender.whose}
          site={site}
          choice={choice}
          camera={camera.id}
          onChoice={setChoice}
        />
        <ProblemNote text={act.problem} />
        <button type="submit" class="primary" disabled={act.busy || name.trim() === ""}>
          {act.busy ? "Saving…" : "Save"}
        </button>
      </form>
      <Twice
        first="Remove this camera"
        sure="Remove it"
        words={`${camera.name} is taken off the list for good, and its picture stops at once.`}
        busy={retire.busy}
        onSure={() => void retire.run(() => lender.calls.retireCamera(camera.id))}
      />
      <ProblemNote text={retire.problem} />
    </>
  );
}

function SoundForm({ lender, camera, onDone }: { lender: Lender; camera: CameraView; onDone(): void }) {
  const act = useAct(sorry);
  const set = async (): Promise<void> => {
    if (await act.run(() => lender.calls.amendCamera(camera.id, { sound: !camera.sound }))) onDone();
  };
  return (
    <div class="form">
      <p>
        {camera.sound
          ? "Who may see this camera hears what it hears, too."
          : "Nobody hears anything from this camera. In some places recording or listening in on talk needs everybody's consent: ask before you switch it on."}
      </p>
      <ProblemNote text={act.problem} />
      <button
        type="button"
        class={camera.sound ? "primary" : ""}
        disabled={act.busy}
        onClick={() => void set()}
      >
        <Icon name={camera.sound ? "quiet" : "sound"} />{" "}
        {camera.sound ? "Switch sound off" : "Switch sound on"}
      </button>
    </div>
  );
}

function looksWords({ view, indoor }: CameraView): string {
  const way =
    view.heading_deg === null
      ? "All around"
      : `Towards ${compass(view.heading_deg)}, ${Math.round(view.field_deg)}° wide`;
  return `${way}, ${indoor ? "indoors" : "outdoors"}`;
}

function levelNow(camera: CameraView, whose: Whose): string {
  const near = camera.level === "ask" || camera.level === "nearby";
  const name = levelName(camera.level, whose);
  return near ? `${name}, within ${metres(camera.radius_m)}` : name;
}

export function CameraCard({ lender, site, camera }: Props) {
  const now = useNow(() => lender.clock.now());
  const act = useAct(sorry);
  const state = cameraState(camera, site.connectors, now);
  return (
    <article class="card camera" aria-label={camera.name}>
      <Still lender={lender} camera={camera} act={act} now={now} />
      <div class="camera-head">
        <h3>{camera.name}</h3>
        <p class={`standing tone-${state.tone}`}>
          <Icon name={state.icon} /> <span>{state.words}</span>
        </p>
        <p class="camera-level">{levelSentence(camera.level, camera.radius_m, lender.whose)}</p>
      </div>
      <ProblemNote text={act.problem} />
      <PauseControl lender={lender} camera={camera} act={act} now={now} />
      <div class="folds">
        <Fold icon="lend" title="Who may see it" now={levelNow(camera, lender.whose)}>
          {(close) => <LevelForm lender={lender} camera={camera} onDone={close} />}
        </Fold>
        <Fold icon="hours" title="When" now={hoursWords(camera.hours)}>
          {(close) => <HoursForm lender={lender} camera={camera} onDone={close} />}
        </Fold>
        <Fold icon="place" title="Where it looks" now={looksWords(camera)}>
          {(close) => <PlacingForm lender={lender} camera={camera} now={now} onDone={close} />}
        </Fold>
        <Fold icon={camera.sound ? "sound" : "quiet"} title="Sound" now={camera.sound ? "On" : "Off"}>
          {(close) => <SoundForm lender={lender} camera={camera} onDone={close} />}
        </Fold>
        <Fold
          icon="correct"
          title="Name and connection"
          now={camera.source ?? camera.device ?? "No connector brings its picture"}
        >
          {(close) => <NameForm lender={lender} site={site} camera={camera} onDone={close} />}
        </Fold>
      </div>
    </article>
  );
}
