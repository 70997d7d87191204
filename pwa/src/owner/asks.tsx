// What 911 asks the owner, while there is time to answer.

import { sorry } from "../lending/refusals.ts";
import { reasonWords } from "../lending/words.ts";
import { useAct, useNow } from "../lib/hooks.ts";
import { countdown } from "../lib/measure.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { AskView, OwnerView } from "../wire.ts";
import type { OwnerLender } from "./lender.ts";

function Ask({ lender, ask, name }: { lender: OwnerLender; ask: AskView; name: string }) {
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

export function Asks({ lender, view }: { lender: OwnerLender; view: OwnerView }) {
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
