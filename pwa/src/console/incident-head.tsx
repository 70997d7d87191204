// The selected incident's name, and its verbs. Closing asks once, in place, and says what will end.
import { useEffect, useRef } from "preact/hooks";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago } from "../lib/measure.ts";
import { numberWords } from "../lib/numbers.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { isOver } from "../staff/links.ts";
import { dayAndTime } from "../staff/words.ts";
import type { IncidentView } from "../wire.ts";
import { HandlingButton, handlerWords } from "./handling.tsx";
import { type ConsoleState, change } from "./state.ts";

function many(count: number, one: string, more = `${one}s`): string | null {
  if (count === 0) return null;
  return count === 1 ? `1 ${one}` : `${count} ${more}`;
}

/** What closing an incident ends, in words. */
export function whatEnds(incident: IncidentView): string {
  const pictures = incident.feeds.filter((feed) => feed.state === "live" || feed.state === "silent").length;
  const links = incident.links.filter((link) => !isOver(link)).length;
  const parts = [
    many(pictures, "picture"),
    many(links, "link"),
    many(incident.unit_ids.length, "unit's view", "units' views"),
  ].filter((part) => part !== null);
  if (parts.length === 0) return "Closing ends nothing that runs. It cannot be opened again.";
  const all = parts.length === 1 ? parts[0] : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return `Closing ends ${all}. It cannot be opened again.`;
}

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

/** The words, to be corrected in place. */
function Wording({ desk, state, incident }: Props) {
  const [words, setWords] = useDraft(`wording ${incident.id}`, incident.words);
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  useEffect(() => field.current?.focus(), []);
  const leave = (): void => {
    setWords(incident.words);
    change(state, { wording: false });
  };
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy) return;
    const done = await act.run(async () =>
      desk.take(await desk.calls.amend(incident.id, { words: words.trim() })),
    );
    if (done) leave();
  };
  return (
    <form
      class="wording"
      aria-label="Correct the words"
      onSubmit={(event) => void save(event)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        leave();
      }}
    >
      <strong>{incident.type}</strong>
      <input
        ref={field}
        aria-label="What happened, in a few words"
        autocomplete="off"
        maxLength={500}
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
      />
      <button type="submit" class="primary" disabled={act.busy}>
        Save
      </button>
      <button type="button" onClick={leave}>
        Cancel
      </button>
      <ProblemNote text={act.problem} />
    </form>
  );
}

function Confirm({ desk, state, incident }: Props) {
  const act = useAct(sorry);
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => no.current?.focus(), []);
  const close = async (): Promise<void> => {
    const done = await act.run(async () => desk.take(await desk.calls.closeIncident(incident.id)));
    if (done) change(state, { closing: false });
  };
  return (
    <section class="head-actions" aria-label="Close this incident?">
      <ProblemNote text={act.problem} />
      <button type="button" class="danger" disabled={act.busy} onClick={() => void close()}>
        Close incident
      </button>
      <button type="button" ref={no} onClick={() => change(state, { closing: false })}>
        Keep open
      </button>
    </section>
  );
}

function Sub({ desk, incident }: Pick<Props, "desk" | "incident">) {
  const now = useNow(() => desk.clock.now());
  if (incident.closed_at !== null) return <p class="head-sub">Closed {dayAndTime(incident.closed_at)}</p>;
  return (
    <p class="head-sub">
      {incident.callback_number !== null && (
        <span class="head-number">
          <Icon name="phone" /> <span class="sr-only">Call back</span> {numberWords(incident.callback_number)}
        </span>
      )}
      <span>
        Opened {ago(now - Date.parse(incident.opened_at))} by {incident.opened_by}
      </span>
      <span>{handlerWords(incident, desk.me.user.id)}</span>
    </p>
  );
}

export function IncidentHead({ desk, state, incident }: Props) {
  const { closing, wording } = useStore(state);
  const open = incident.closed_at === null;
  if (open && wording && !closing) {
    return (
      <header class="head">
        <h1 class="sr-only">{incident.type}</h1>
        <Wording desk={desk} state={state} incident={incident} />
      </header>
    );
  }
  return (
    <header class={closing ? "head is-closing" : "head"}>
      <div class="head-text">
        <h1>
          {incident.type} <span class="head-words">{incident.words}</span>
        </h1>
        {closing ? (
          <p class="head-sub head-ends">{whatEnds(incident)}</p>
        ) : (
          <Sub desk={desk} incident={incident} />
        )}
      </div>
      {open && closing && <Confirm desk={desk} state={state} incident={incident} />}
      {open && !closing && (
        <div class="head-actions">
          <button
            type="button"
            class="square"
            aria-label="Correct the words"
            title="Correct the words"
            onClick={() => change(state, { wording: true })}
          >
            <Icon name="correct" />
          </button>
          {desk.me.user.role === "supervisor" && (
            <button
              type="button"
              class="square"
              aria-label="Break glass for an officer"
              title="Break glass for an officer"
              onClick={() => change(state, { breaking: true, help: false })}
            >
              <Icon name="glass" />
            </button>
          )}
          <button type="button" aria-keyshortcuts="L" onClick={() => change(state, { texting: true })}>
            <Icon name="sent" /> <span class="wide-word">Text link</span> <kbd>L</kbd>
          </button>
          <HandlingButton desk={desk} state={state} incident={incident} />
          <button type="button" onClick={() => change(state, { closing: true })}>
            Close
          </button>
        </div>
      )}
    </header>
  );
}
