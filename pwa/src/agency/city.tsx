// The city's own sites and cameras: the cards and forms that owners have, a line for each site.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Fold } from "../lending/fold.tsx";
import { Lost } from "../lending/lost.tsx";
import { SiteForm, SiteInside } from "../lending/site.tsx";
import { Watch } from "../lending/watching.tsx";
import { cameraState } from "../lending/words.ts";
import { useNow, useStore } from "../lib/hooks.ts";
import type { Requests } from "../lib/requests.ts";
import type { SiteView } from "../wire.ts";
import { CityLender } from "./city-lender.ts";

/** More sites than this are looked for by name. */
const SEEN_AT_ONCE = 8;

function plural(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}

/** "12 Elm Street · 3 cameras, 2 ready". */
export function siteWords(site: SiteView, now: number): string {
  const tones = site.cameras.map((camera) => cameraState(camera, site.connectors, now).tone);
  const ready = tones.filter((tone) => tone === "good" || tone === "live").length;
  const cameras =
    site.cameras.length === 0 ? "no camera yet" : `${plural(site.cameras.length, "camera")}, ${ready} ready`;
  return site.address === "" ? cameras : `${site.address} · ${cameras}`;
}

/** Sites whose name, address or cameras have these words. */
export function found(sites: readonly SiteView[], words: string): readonly SiteView[] {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return sites;
  return sites.filter(({ name, address, cameras }) =>
    [name, address, ...cameras.map((camera) => camera.name)].some((text) =>
      text.toLowerCase().includes(wanted),
    ),
  );
}

function Sites({ lender, sites }: { lender: CityLender; sites: readonly SiteView[] }) {
  const [words, setWords] = useState("");
  const now = useNow(() => lender.clock.now());
  const shown = found(sites, words);
  return (
    <>
      {sites.length > SEEN_AT_ONCE && (
        <label class="field">
          <span>Find a site or a camera</span>
          <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        </label>
      )}
      <section class="card folds" aria-labelledby="city-title">
        <h2 id="city-title" class="folds-title">
          City sites
        </h2>
        {sites.length === 0 && (
          <p class="folds-none">The city has no site here yet. Add the first street corner or building.</p>
        )}
        {sites.length > 0 && shown.length === 0 && (
          <p class="folds-none" role="status">
            No site and no camera is called that.
          </p>
        )}
        {shown.map((site) => (
          <Fold key={site.id} icon="place" title={site.name} now={siteWords(site, now)}>
            {() => <SiteInside lender={lender} site={site} />}
          </Fold>
        ))}
        <Fold icon="plus" title="Add a site" now="A street corner, a building: wherever the city has cameras">
          {(close) => <SiteForm lender={lender} site={null} onDone={close} />}
        </Fold>
      </section>
    </>
  );
}

export function City({ requests }: { requests: Requests }) {
  const lender = useMemo(() => new CityLender(requests), [requests]);
  useEffect(() => {
    const leaving = new AbortController();
    lender.start(leaving.signal);
    return () => leaving.abort();
  }, [lender]);
  const sites = useStore(lender.sites);
  return (
    <div class="lending city">
      <Lost lender={lender} />
      {sites === null ? (
        <p role="status">Loading…</p>
      ) : (
        <>
          <Watch lender={lender} sites={sites} />
          <Sites lender={lender} sites={sites} />
        </>
      )}
    </div>
  );
}
