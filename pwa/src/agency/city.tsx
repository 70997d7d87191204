// The agency's own sites and cameras, by the same routes by which owners keep theirs.
import { useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { NO_PLACE, parsePlace } from "../lib/place.ts";
import { sorry } from "../lib/refusals.ts";
import type { CameraView, ParticipationLevel, Point, SiteView } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { LEVELS } from "./levels.ts";
import { Shown } from "./loading.tsx";

const written = (point: Point): string => `${point.latitude.toFixed(5)}, ${point.longitude.toFixed(5)}`;

function text(form: FormData, name: string): string {
  return String(form.get(name) ?? "").trim();
}

function SiteForm({ site, calls, onDone }: { site: SiteView | null; calls: AgencyCalls; onDone(): void }) {
  const act = useAct(sorry);
  const [misplaced, setMisplaced] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const point = parsePlace(text(form, "place"));
    setMisplaced(point === null);
    if (point === null || act.busy) return;
    const said = { name: text(form, "name"), address: text(form, "address"), point };
    const done = await act.run(() =>
      site === null
        ? calls.addSite({ kind: "city", ...said, numbers: [] })
        : calls.amendSite(site.id, { ...said, numbers: null }),
    );
    if (done) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Name</span>
        <input name="name" maxLength={80} required defaultValue={site?.name ?? ""} />
      </label>
      <label class="field">
        <span>Address</span>
        <input name="address" maxLength={200} defaultValue={site?.address ?? ""} />
      </label>
      <label class="field">
        <span>Place, as 42.3223, -83.1763</span>
        <input name="place" maxLength={64} required defaultValue={site === null ? "" : written(site.point)} />
      </label>
      <ProblemNote text={misplaced ? NO_PLACE : act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy}>
          {site === null ? "Add the site" : "Save"}
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function CameraForm(props: {
  site: SiteView;
  camera: CameraView | null;
  calls: AgencyCalls;
  onDone(): void;
}) {
  const { site, camera, calls, onDone } = props;
  const act = useAct(sorry);
  const [misplaced, setMisplaced] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const point = parsePlace(text(form, "place"));
    setMisplaced(point === null);
    if (point === null || act.busy) return;
    const heading = text(form, "heading");
    const view = {
      heading_deg: heading === "" ? null : Number(heading),
      field_deg: Number(text(form, "field")),
      height_m: Number(text(form, "height")),
    };
    const said = { name: text(form, "name"), point, view, indoor: form.get("indoor") !== null };
    const source = text(form, "source");
    const [connector, name] = source === "" ? [null, null] : (JSON.parse(source) as [string, string]);
    const bound = { connector_id: connector, source: name };
    const level = text(form, "level") as ParticipationLevel;
    const done = await act.run(async () => {
      const held = camera ?? (await calls.addCamera(site.id, { ...said, ...bound }));
      await calls.amendCamera(held.id, { ...said, ...bound, level, unbind: source === "" });
    });
    if (done) onDone();
  };
  const sources = site.connectors.flatMap((connector) =>
    connector.sources.map((found) => ({
      value: JSON.stringify([connector.id, found.name]),
      label: `${connector.name}: ${found.label}`,
    })),
  );
  const bound = camera?.connector_id == null ? "" : JSON.stringify([camera.connector_id, camera.source]);
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Name</span>
        <input name="name" maxLength={80} required defaultValue={camera?.name ?? ""} />
      </label>
      <label class="field">
        <span>Place, as 42.3223, -83.1763</span>
        <input name="place" maxLength={64} required defaultValue={written(camera?.point ?? site.point)} />
      </label>
      <label class="field">
        <span>Looks towards, degrees from north (empty: all around)</span>
        <input
          name="heading"
          type="number"
          min="0"
          max="360"
          step="any"
          defaultValue={camera?.view.heading_deg ?? ""}
        />
      </label>
      <label class="field">
        <span>Width of the picture, degrees</span>
        <input
          name="field"
          type="number"
          min="1"
          max="360"
          step="any"
          required
          defaultValue={camera?.view.field_deg ?? 90}
        />
      </label>
      <label class="field">
        <span>Height, metres</span>
        <input
          name="height"
          type="number"
          min="-100"
          max="1000"
          step="any"
          required
          defaultValue={camera?.view.height_m ?? 3}
        />
      </label>
      <label class="field">
        <span>May be used</span>
        <select name="level">
          {(["registry", "nearby"] as const).map((level) => (
            <option key={level} value={level} selected={level === (camera?.level ?? "nearby")}>
              {LEVELS[level]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Brought by</span>
        <select name="source">
          <option value="">Nothing yet, or a device with a token</option>
          {sources.map(({ value, label }) => (
            <option key={value} value={value} selected={value === bound}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="check">
        <input type="checkbox" name="indoor" defaultChecked={camera?.indoor ?? false} />
        <span>Indoors</span>
      </label>
      <ProblemNote text={misplaced ? NO_PLACE : act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy}>
          {camera === null ? "Add the camera" : "Save"}
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function looks(camera: CameraView): string {
  const { heading_deg } = camera.view;
  return heading_deg === null ? "all around" : `${Math.round(heading_deg)}°`;
}

function Site({ site, calls, again }: { site: SiteView; calls: AgencyCalls; again(): Promise<void> }) {
  const [open, setOpen] = useState<"site" | "new" | string | null>(null);
  const close = (): void => {
    setOpen(null);
    void again();
  };
  return (
    <li class="card">
      <div class="card-head">
        <h3 dir="auto">{site.name}</h3>
        <span dir="auto">{site.address}</span>
        <span class="tabular">{written(site.point)}</span>
        <button
          type="button"
          class="plain"
          aria-label={`Correct ${site.name}`}
          onClick={() => setOpen("site")}
        >
          <Icon name="correct" /> Correct
        </button>
      </div>
      {open === "site" && <SiteForm site={site} calls={calls} onDone={close} />}
      {site.cameras.length === 0 ? (
        <p class="empty">No camera here yet.</p>
      ) : (
        <ul class="lines">
          {site.cameras.map((camera) => (
            <li key={camera.id}>
              <div class="line-of">
                <Icon name="camera" />
                <strong dir="auto">{camera.name}</strong>
                <span>{LEVELS[camera.level]}</span>
                <span>looks {looks(camera)}</span>
                <span class={camera.connected ? "tone-good" : "tone-quiet"}>
                  {camera.trouble ?? (camera.connected ? "connected" : "nothing connected")}
                </span>
                <button
                  type="button"
                  class="plain"
                  aria-label={`Correct ${camera.name}`}
                  onClick={() => setOpen(camera.id)}
                >
                  <Icon name="correct" /> Correct
                </button>
              </div>
              {open === camera.id && <CameraForm site={site} camera={camera} calls={calls} onDone={close} />}
            </li>
          ))}
        </ul>
      )}
      {open === "new" ? (
        <CameraForm site={site} camera={null} calls={calls} onDone={close} />
      ) : (
        <button type="button" onClick={() => setOpen("new")}>
          <Icon name="plus" /> Camera
        </button>
      )}
    </li>
  );
}

export function City({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.sites(), sorry);
  const [adding, setAdding] = useState(false);
  return (
    <section aria-labelledby="city-title">
      <h2 id="city-title">City sites</h2>
      <Shown held={held}>
        {(sites) =>
          sites.length === 0 ? (
            <p class="empty">The city has no site here yet. Add the first street corner or building.</p>
          ) : (
            <ul class="cards">
              {sites.map((site) => (
                <Site key={site.id} site={site} calls={calls} again={held.again} />
              ))}
            </ul>
          )
        }
      </Shown>
      {adding ? (
        <div class="card">
          <SiteForm
            site={null}
            calls={calls}
            onDone={() => {
              setAdding(false);
              void held.again();
            }}
          />
        </div>
      ) : (
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          <Icon name="plus" /> Add a site
        </button>
      )}
    </section>
  );
}
