// What dispatchers and officers can say by one press: two lists, a line for each button.
import { useState } from "preact/hooks";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Phrases as Held } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";

const MOST = 12;
const MOST_CHARS = 60;
const SIDES = [
  ["officer", "Officers say"],
  ["desk", "Dispatchers say"],
] as const;

/** The lines that say something. */
function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is wrong with them, in words; null for nothing. */
function wrongWith(phrases: readonly string[]): string | null {
  if (phrases.length > MOST) return `At most ${MOST} phrases: a thumb does not look for the next one.`;
  if (new Set(phrases).size < phrases.length) return "Each phrase once.";
  const long = phrases.find((phrase) => phrase.length > MOST_CHARS);
  return long === undefined ? null : `“${long.slice(0, 20)}…” is longer than ${MOST_CHARS} letters.`;
}

function Lines({ side, title, held }: { side: string; title: string; held: string }) {
  const [text, setText] = useDraft(`phrases ${side} ${held}`, held);
  return (
    <label class="field">
      <span>{title}</span>
      <textarea name={side} rows={8} value={text} onInput={(event) => setText(event.currentTarget.value)} />
    </label>
  );
}

function Form({ held, calls, again }: { held: Held; calls: AgencyCalls; again(): Promise<void> }) {
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const given = { desk: lines(String(form.get("desk"))), officer: lines(String(form.get("officer"))) };
    const problem = wrongWith(given.desk) ?? wrongWith(given.officer);
    setSaid("");
    setWrong(problem);
    if (problem !== null || !(await act.run(() => calls.setPhrases(given)))) return;
    setSaid("Saved. Pages that are open have them when they are loaded again.");
    await again();
  };
  return (
    <form class="phrase-lists" onSubmit={(event) => void submit(event)}>
      {SIDES.map(([side, title]) => (
        <Lines key={`${side} ${held[side].join()}`} side={side} title={title} held={held[side].join("\n")} />
      ))}
      <p class="hint">
        A line for each button, the most used first. A press sends at once. An empty list has the defaults
        again.
      </p>
      <button type="submit" disabled={act.busy}>
        Save the phrases
      </button>
      <ProblemNote text={wrong ?? act.problem} />
      <p class="hint" role="status">
        {said}
      </p>
    </form>
  );
}

export function Phrases({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.phrases(), sorry);
  return (
    <section aria-labelledby="phrases-title">
      <h2 id="phrases-title">What can be said by one press</h2>
      <Shown held={held}>{(found) => <Form held={found} calls={calls} again={held.again} />}</Shown>
    </section>
  );
}
