// What the officer's app says when it is not live, and of what it could not get through. Above everything that may be
// old, in a place that is kept free for it, so that nothing moves under a thumb.
import { useNow, useStore } from "../lib/hooks.ts";
import { ago } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Desk } from "../staff/desk.ts";
import { STATUS_WORDS } from "../staff/duty.ts";
import { unsent } from "../staff/queue.ts";
import { inShort } from "../staff/untaken.ts";
import { timeOfDay } from "../staff/words.ts";

/** "as of 14:02, 6 min ago", by the server's clock. A clock that was set back since makes the age unknown. */
export function NotLive({ desk }: { desk: Desk }) {
  const lost = useStore(desk.line) === "lost";
  const age = useNow(() => desk.clock.now()) - desk.heard;
  return (
    <span class="bar-lost" role="status">
      {lost && (
        <>
          <Icon name="lost" />
          <span>
            <strong>Not live</strong> as of {timeOfDay(desk.heard).slice(0, 5)}
            <span aria-hidden="true">, {age < 0 ? "age unknown" : ago(age)}</span>
          </span>
        </>
      )}
    </span>
  );
}

/** How much waits to be sent; nothing while all goes through. */
export function WaitingToSend({ desk }: { desk: Desk }) {
  const waiting = unsent(useStore(desk.queue.items)).filter(({ state }) => state === "waiting").length;
  return waiting === 0 ? null : <b class="tone-waiting">{waiting} waiting to send</b>;
}

/** What the server did not take: every status, and the notes of incidents that are not shown now. */
export function Untaken({ desk, incident }: { desk: Desk; incident: string | null }) {
  const refused = useStore(desk.queue.items).filter(
    (said) => said.state === "refused" && (said.kind === "status" || said.incident !== incident),
  );
  if (refused.length === 0) return null;
  return (
    <div class="untaken" role="alert">
      {refused.map((said) => (
        <div key={said.id} class="untaken-one">
          <p>
            <strong>
              Not sent: {said.type}, {inShort(said, STATUS_WORDS)}, {timeOfDay(said.at).slice(0, 5)}
            </strong>
            <span>{said.problem}</span>
          </p>
          <button type="button" onClick={() => desk.queue.forget(said.id)}>
            OK
          </button>
        </div>
      ))}
    </div>
  );
}
