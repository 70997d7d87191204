// One finding: why it is here, what it rests on, what was said of it, and the words that close it.
import { useState } from "preact/hooks";
import { useDraft } from "../lib/drafts.ts";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { FindingView, Outcome, PersonNamed } from "../wire.ts";
import type { ReviewCalls } from "./calls.ts";
import { moment, OUTCOMES, role, said, TITLES, week, why } from "./words.ts";

interface FindingProps {
  finding: FindingView;
  calls: ReviewCalls;
  onChanged(finding: FindingView): void;
  onBack(): void;
}

function Who({ finding, calls }: { finding: FindingView; calls: ReviewCalls }) {
  const [named, setNamed] = useState<PersonNamed | null>(null);
  const act = useAct(sorry);
  const ask = (): Promise<boolean> => act.run(async () => setNamed(await calls.name(finding.id)));
  return (
    <div class="who">
      <dl>
        <div>
          <dt>About</dt>
          <dd>
            {role(finding.role)} <code>{finding.officer}</code>
          </dd>
        </div>
        {named !== null && (
          <div>
            <dt>Name</dt>
            <dd>
              <strong dir="auto">{named.name}</strong>
              {named.unit !== null && `, ${named.unit}`}
            </dd>
          </div>
        )}
        {finding.camera !== null && (
          <div>
            <dt>Camera</dt>
            <dd dir="auto">{finding.camera}</dd>
          </div>
        )}
        <div>
          <dt>Found</dt>
          <dd>
            {moment(finding.made_at)}
            {finding.closed_at === null && `, to be closed by ${moment(finding.due_at)}`}
          </dd>
        </div>
      </dl>
      {named === null && (
        <div class="who-ask">
          <button type="button" disabled={act.busy} onClick={() => void ask()}>
            <Icon name="show" /> Show the name
          </button>
          <span class="hint">That you asked is on record.</span>
        </div>
      )}
      <ProblemNote text={act.problem} />
    </div>
  );
}

function Evidence({ finding }: { finding: FindingView }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="evidence" tabIndex={0} aria-label="What it rests on">
      <table>
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">When</th>
            <th scope="col">What</th>
            <th scope="col">Incident</th>
            <th scope="col">Reason</th>
            <th scope="col">Camera</th>
            <th scope="col">Ended</th>
          </tr>
        </thead>
        <tbody>
          {finding.evidence.map((one) => (
            <tr key={one.number}>
              <th scope="row">{one.index ?? "waits"}</th>
              <td>{moment(one.at)}</td>
              <td>{said(one.kind)}</td>
              <td>{one.category ?? "–"}</td>
              <td>{said(one.reason)}</td>
              <td dir="auto">{one.camera ?? "–"}</td>
              <td>{said(one.end)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface WordsProps {
  label: string;
  words: string;
  onWords(words: string): void;
}

function WordsField({ label, words, onWords }: WordsProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea
        required
        maxLength={1000}
        rows={4}
        value={words}
        onInput={(event) => onWords(event.currentTarget.value)}
      />
    </label>
  );
}

function Stay({ id }: { id: string }) {
  return (
    <p class="stay" id={id}>
      <Icon name="safe" />
      <span>
        These words stay. Nobody can change or remove them, you neither; a remark can be added. Write no
        names.
      </span>
    </p>
  );
}

function CloseForm({ finding, calls, onChanged }: Omit<FindingProps, "onBack">) {
  const act = useAct(sorry);
  const [words, setWords] = useDraft(`finding ${finding.id}`, "");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const outcome = new FormData(event.currentTarget as HTMLFormElement).get("outcome") as Outcome;
    if (act.busy || words.trim() === "") return;
    await act.run(async () => {
      const closed = await calls.close(finding.id, outcome, words.trim());
      setWords("");
      onChanged(closed);
    });
  };
  return (
    <form class="close-form" aria-labelledby="close-title" onSubmit={(event) => void submit(event)}>
      <h3 id="close-title">Close it</h3>
      <fieldset>
        <legend>What did looking at it come to?</legend>
        {(Object.keys(OUTCOMES) as Outcome[]).map((name) => (
          <label key={name} class="choice">
            <input type="radio" name="outcome" value={name} required />
            <span>
              <strong>{OUTCOMES[name][0]}</strong> <span class="choice-words">{OUTCOMES[name][1]}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <WordsField label="In your words" words={words} onWords={setWords} />
      <Stay id="stay" />
      <button type="submit" class="primary" disabled={act.busy} aria-describedby="stay">
        {act.busy ? "Closing…" : "Close this finding for good"}
      </button>
      <ProblemNote text={act.problem} />
    </form>
  );
}

function RemarkForm({ finding, calls, onChanged }: Omit<FindingProps, "onBack">) {
  const act = useAct(sorry);
  const [words, setWords] = useDraft(`remark ${finding.id}`, "");
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (act.busy || words.trim() === "") return;
    const done = await act.run(async () => onChanged(await calls.remark(finding.id, words.trim())));
    if (done) setWords("");
  };
  return (
    <form class="close-form" aria-label="Add a remark" onSubmit={(event) => void submit(event)}>
      <WordsField label="Add a remark" words={words} onWords={setWords} />
      <Stay id="stay" />
      <button type="submit" disabled={act.busy} aria-describedby="stay">
        Add it
      </button>
      <ProblemNote text={act.problem} />
    </form>
  );
}

export function Finding(props: FindingProps) {
  const { finding, calls, onBack } = props;
  return (
    <article>
      <button type="button" class="plain back" onClick={onBack}>
        <Icon name="back" /> All findings
      </button>
      <p class="under">{week(finding.week)}</p>
      <h2>{TITLES[finding.kind]}</h2>
      <p>{why(finding)}</p>
      <Who finding={finding} calls={calls} />
      <Evidence finding={finding} />
      {finding.outcome !== null && (
        <p class="closed">
          <Icon name="done" />
          <span>
            <strong>{OUTCOMES[finding.outcome][0]}</strong>, closed by {finding.closed_by}{" "}
            {finding.closed_at !== null && moment(finding.closed_at)}
          </span>
        </p>
      )}
      {finding.remarks.length > 0 && (
        <ol class="remarks" aria-label="What was said">
          {finding.remarks.map((one) => (
            <li key={`${one.at} ${one.words}`}>
              <blockquote dir="auto">{one.words}</blockquote>
              <p class="under">
                {one.by}, {moment(one.at)}
              </p>
            </li>
          ))}
        </ol>
      )}
      {finding.outcome === null ? <CloseForm {...props} /> : <RemarkForm {...props} />}
    </article>
  );
}
