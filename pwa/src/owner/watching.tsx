// Above everything: who sees a camera now, and the press that ends it; and what 911 asks.

import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago, countdown } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { AskView, OwnerView } from "../wire.ts";
import type { Lender } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { reasonWords, untilWords, type Watched, watchedOf, watchingWords } from "./words.ts";

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
            {watchingWords(one)}, since {ago(now - Date.parse(one.since))}, until {untilWords(one.until, now)}{" "}
            at the latest.
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

export function Watch({ lender, view }: { lender: Lender; view: OwnerView }) {
  const lost = useStore(lender.line) !== "open";
  const watched = watchedOf(view.sites);
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

function Ask({ lender, ask, name }: { lender: Lender; ask: AskView; name: string }) {
  const act = useAct(sorry);
  const left = Date.parse(ask.expires_at) - useNow(() => lender.clock.now());
  const whole = Date.parse(ask.expires_at) - Date.parse(ask.asked_at);
  const over = left <= 0;
  const answer = (allow: boolean): void => void act.run(() => lender.calls.answer(ask.id, allow));
  return (
    <li class="ask">
      <div class="ask-head">
        <h2>May 911 see {name}?</h2>
        <p class="ask-left" role="timer" aria-label={`${Math.max(0, Math.ceil(left / 1000))} seconds left`}>
          {countdown(left)}
        </p>
      </div>
      <progress max={whole} value={Math.max(0, left)} aria-label="Time left to answer" />
      <p>
        {ask.incident_type} nearby. They need it {reasonWords(ask.reason)}.
      </p>
      {over ? (
        <p class="ask-over">
          The minute has passed: nobody sees it. 911 does not ask again for this emergency.
        </p>
      ) : (
        <div class="ask-answers">
          <button type="button" class="primary large" disabled={act.busy} onClick={() => answer(true)}>
            Allow
          </button>
          <button type="button" class="large" disabled={act.busy} onClick={() => answer(false)}>
            Refuse
          </button>
        </div>
      )}
      <p class="small">If you allow it, you can stop it at any time. If you do nothing, nobody sees it.</p>
      <ProblemNote text={act.problem} />
    </li>
  );
}

export function Asks({ lender, view }: { lender: Lender; view: OwnerView }) {
  if (view.asks.length === 0) return null;
  const cameras = view.sites.flatMap((site) => site.cameras);
  return (
    <section aria-label="911 asks you">
      <div role="alert">
        <ul class="asks">
          {view.asks.map((ask) => (
            <Ask
              key={ask.id}
              lender={lender}
              ask={ask}
              name={cameras.find(({ id }) => id === ask.camera_id)?.name ?? "a camera"}
            />
          ))}
        </ul>
      </div>
    </section>
  );
}
