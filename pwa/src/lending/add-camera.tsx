// A new camera: from what a connector has found, or as an entry on the list without a picture.
import { useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { SiteView } from "../wire.ts";
import type { Lender, Whose } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { type Placing, ViewFields } from "./view-form.tsx";

export interface SourceChoice {
  connector_id: string;
  source: string;
}

const NONE = "";

interface SourceProps {
  whose: Whose;
  site: SiteView;
  choice: SourceChoice | null;
  /** The camera that keeps its own source on the list. */
  camera?: string;
  onChoice(choice: SourceChoice | null): void;
}

/** What connectors here have found and nobody has registered. */
export function SourceField({ whose, site, choice, camera, onChoice }: SourceProps) {
  const offered = site.connectors.flatMap((connector) =>
    connector.sources
      .filter((source) => source.camera_id === null || source.camera_id === camera)
      .map((source) => ({
        key: `${connector.id} ${source.name}`,
        words: `${source.label || source.name} (${connector.name})`,
        choice: { connector_id: connector.id, source: source.name },
      })),
  );
  const chosen = choice === null ? NONE : `${choice.connector_id} ${choice.source}`;
  return (
    <label class="field">
      <span>Its picture comes from</span>
      <select
        value={chosen}
        onChange={(event) =>
          onChoice(offered.find(({ key }) => key === event.currentTarget.value)?.choice ?? null)
        }
      >
        <option value={NONE}>
          {whose === "owner"
            ? "Nowhere yet: on the list only"
            : "No connector: nothing yet, or a device with a token"}
        </option>
        {offered.map(({ key, words }) => (
          <option key={key} value={key}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

export function AddCamera({ lender, site, onDone }: { lender: Lender; site: SiteView; onDone(): void }) {
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<SourceChoice | null>(null);
  const [placing, setPlacing] = useState<Placing>({
    point: site.point,
    view: { heading_deg: 0, field_deg: 90, height_m: 3 },
    indoor: false,
  });
  const act = useAct(sorry);
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    const camera = { name: name.trim(), ...placing, ...(choice ?? {}) };
    if (await act.run(() => lender.calls.addCamera(site.id, camera))) onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void add(event)}>
      <label class="field">
        <span>Name, such as Back door</span>
        <input value={name} maxLength={80} required onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      <SourceField whose={lender.whose} site={site} choice={choice} onChoice={setChoice} />
      <ViewFields
        name={name.trim() || "The new camera"}
        use="registry"
        placing={placing}
        onPlacing={setPlacing}
      />
      <p class="small">
        A new camera is on the list only: nobody can see its picture until you choose who may.
      </p>
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy || name.trim() === ""}>
        {act.busy ? "Adding…" : "Add the camera"}
      </button>
    </form>
  );
}
