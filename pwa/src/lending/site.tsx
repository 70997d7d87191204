// A site: its cameras, its connectors, and what it is called.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useNow } from "../lib/hooks.ts";
import { numberWords } from "../lib/numbers.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { MapKey } from "../map/key.tsx";
import { ownersUse } from "../map/look.ts";
import { AreaMap } from "../map/map.tsx";
import type { Point, SiteKind, SiteView } from "../wire.ts";
import { AddCamera } from "./add-camera.tsx";
import { CameraCard } from "./camera-card.tsx";
import { Connector, Enrol } from "./connectors.tsx";
import { Fold, Twice } from "./fold.tsx";
import type { Lender } from "./lender.ts";
import { FirstPlace, PlaceField } from "./place-fields.tsx";
import { sorry } from "./refusals.ts";

const KINDS: readonly { kind: SiteKind; words: string }[] = [
  { kind: "business", words: "A business" },
  { kind: "residence", words: "A home" },
];

/** One number a line, or several with commas. */
export function numbersOf(text: string): string[] {
  return text
    .split(/[,;\n]/)
    .map((number) => number.trim())
    .filter((number) => number !== "");
}

export function SiteForm({
  lender,
  site,
  onDone,
}: {
  lender: Lender;
  site: SiteView | null;
  onDone(): void;
}) {
  const isCity = lender.whose === "city";
  const [kind, setKind] = useState<SiteKind>(site?.kind ?? (isCity ? "city" : "business"));
  const [name, setName] = useDraft(`name ${site?.id}`, site?.name ?? "");
  const [address, setAddress] = useDraft(`address ${site?.id}`, site?.address ?? "");
  const [numbers, setNumbers] = useState((site?.numbers ?? []).map(numberWords).join(", "));
  const [point, setPoint] = useState<Point | null>(site?.point ?? null);
  const act = useAct(sorry);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (point === null) return;
    const fields = { name: name.trim(), address: address.trim(), point, numbers: numbersOf(numbers) };
    const done = await act.run(() =>
      site === null ? lender.calls.addSite({ kind, ...fields }) : lender.calls.amendSite(site.id, fields),
    );
    if (!done) return;
    setName(site?.name ?? "");
    setAddress(site?.address ?? "");
    onDone();
  };
  return (
    <form class="form" onSubmit={(event) => void save(event)}>
      {site === null && !isCity && (
        <fieldset class="kinds">
          <legend>What is it?</legend>
          {KINDS.map((each) => (
            <label key={each.kind} class="check">
              <input
                type="radio"
                name="kind"
                checked={kind === each.kind}
                onChange={() => setKind(each.kind)}
              />
              <span>{each.words}</span>
            </label>
          ))}
        </fieldset>
      )}
      <label class="field">
        <span>Name</span>
        <input
          value={name}
          maxLength={80}
          required
          autocomplete="organization"
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Address</span>
        <input
          value={address}
          maxLength={200}
          required={!isCity}
          autocomplete="street-address"
          onInput={(event) => setAddress(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Telephones there, with commas between</span>
        <input value={numbers} inputMode="tel" onInput={(event) => setNumbers(event.currentTarget.value)} />
      </label>
      <p class="small">A 911 call from one of these counts as the site's own call.</p>
      {point === null ? (
        <FirstPlace onPoint={setPoint} />
      ) : (
        <div class="map-tall">
          <AreaMap
            label={`${name || "The site"} on the map`}
            cameras={[
              {
                id: "site",
                name: name || "The site",
                point,
                view: { heading_deg: null, field_deg: 360, height_m: 0 },
                use: "registry",
              },
            ]}
            chosen="site"
            changes={{ onPoint: setPoint, onView: () => {} }}
            gentle
          />
        </div>
      )}
      {point !== null && <p class="small">Drag the mark to the entrance.</p>}
      <PlaceField point={point} onPoint={setPoint} />
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy || point === null || name.trim() === ""}>
        {act.busy ? "Saving…" : site === null ? "Add the site" : "Save"}
      </button>
    </form>
  );
}

function SiteMap({ lender, site }: { lender: Lender; site: SiteView }) {
  const now = useNow(() => lender.clock.now());
  const cameras = site.cameras.map((camera) => ({ ...camera, use: ownersUse(camera, now) }));
  const label = `${site.name} and its ${cameras.length} cameras on the map`;
  return (
    <>
      <div class="map-small">
        <AreaMap label={label} cameras={cameras} sites={[site]} gentle />
      </div>
      <MapKey uses={cameras.map(({ use }) => use)} />
    </>
  );
}

export function Site({
  lender,
  site,
  children,
}: {
  lender: Lender;
  site: SiteView;
  children?: ComponentChildren;
}) {
  return (
    <section class="site" aria-label={site.name}>
      <header class="site-head">
        <Icon name={site.kind === "residence" ? "home" : "shop"} />
        <div>
          <h2>{site.name}</h2>
          <p>{site.address}</p>
        </div>
      </header>
      <SiteInside lender={lender} site={site} />
      {children}
    </section>
  );
}

/** All of a site but its name: cameras, connectors, map. */
export function SiteInside({ lender, site }: { lender: Lender; site: SiteView }) {
  const retire = useAct(sorry);
  const connectors = site.connectors.length;
  return (
    <>
      {site.cameras.length === 0 && (
        <p class="card">No camera here yet. Nobody can see anything of this site.</p>
      )}
      <div class="cards">
        {site.cameras.map((camera) => (
          <CameraCard key={camera.id} lender={lender} site={site} camera={camera} />
        ))}
      </div>
      <div class="folds card">
        <Fold icon="plus" title="Add a camera" now="From a connector, or as an entry on the list">
          {(close) => <AddCamera lender={lender} site={site} onDone={close} />}
        </Fold>
        <Fold
          icon="connector"
          title="Connectors"
          now={
            connectors === 0
              ? "None yet: no picture can leave this site"
              : site.connectors
                  .map(({ name, connected }) => `${name}: ${connected ? "connected" : "not connected"}`)
                  .join(", ")
          }
        >
          {() => (
            <div class="form">
              {site.connectors.map((connector) => (
                <Connector key={connector.id} lender={lender} site={site} connector={connector} />
              ))}
              <h3>Enrol a connector</h3>
              <Enrol lender={lender} site={site} />
            </div>
          )}
        </Fold>
        {site.cameras.length > 0 && (
          <Fold
            icon="place"
            title="Map of this site"
            now={`${site.cameras.length} ${site.cameras.length === 1 ? "camera" : "cameras"}`}
          >
            {() => <SiteMap lender={lender} site={site} />}
          </Fold>
        )}
        <Fold
          icon="correct"
          title="Name, address, telephones"
          now={
            site.numbers.length === 0
              ? "No telephone: no call counts as its own"
              : site.numbers.map(numberWords).join(", ")
          }
        >
          {(close) => (
            <>
              <SiteForm lender={lender} site={site} onDone={close} />
              <Twice
                first="Remove this site"
                sure="Remove it"
                words={`${site.name}, its cameras and its connectors are taken off for good, and all pictures stop at once.`}
                busy={retire.busy}
                onSure={() => void retire.run(() => lender.calls.retireSite(site.id))}
              />
              <ProblemNote text={retire.problem} />
            </>
          )}
        </Fold>
      </div>
    </>
  );
}
