// Above everything: who sees a camera now, and the press that ends it.
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { SiteView } from "../wire.ts";
import type { Lender } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { untilWords, type Watched, watchedOf, watchingWords } from "./words.ts";

function WatchedCamera({ lender, watched }: { lender: Lender; watched: Watched }) {
  const act = useAct(sorry);
  const now = useNow(() => lender.clock.now());
  const { camera, site } = watched;
  return (
    <li class="watched">
      <h2>
        {camera.name} <span>{site.name}</span>
      </h2>
      <ul class="watchers">
        {camera.watching.map((one) => (
          <li key={`${one.role} ${one.since}`}>
            {watchingWords(one)}, since {untilWords(one.since, now)} ({ago(now - Date.parse(one.since))}),
            until {untilWords(one.until, now)} at the latest.
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="danger large"
        disabled={act.busy}
        onClick={() => void act.run(() => lender.calls.stop(camera.id))}
      >
        <Icon name="failed" /> {act.busy ? "Stopping…" : "Stop now"}
      </button>
      <ProblemNote text={act.problem} />
    </li>
  );
}

export function Watch({ lender, sites }: { lender: Lender; sites: readonly SiteView[] }) {
  const lost = useStore(lender.line) !== "open";
  const watched = watchedOf(sites);
  if (watched.length === 0) {
    return (
      <section class={lost ? "watch is-unsure" : "watch is-nobody"} aria-label="Who is watching">
        <Icon name={lost ? "lost" : "safe"} />
        <p role="status">
          <strong>
            {lost ? "Nobody was watching when the connection was lost" : "Nobody is watching now"}
          </strong>
          <span>
            {lost
              ? "This page shows it again as soon as the server can be reached."
              : "You see it here the moment that somebody does."}
          </span>
        </p>
      </section>
    );
  }
  const one = watched.length === 1;
  return (
    <section class="watch is-watched" aria-label="Who is watching">
      <p role="status" class="watch-head">
        <Icon name="live" />
        <strong>{one ? "One camera is being watched" : `${watched.length} cameras are being watched`}</strong>
      </p>
      <ul>
        {watched.map((each) => (
          <WatchedCamera key={each.camera.id} lender={lender} watched={each} />
        ))}
      </ul>
    </section>
  );
}
