// How the public log stands, and what it has at an index.
import { useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import type { FindingView, LogEntryView, LogView } from "../wire.ts";
import type { ReviewCalls } from "./calls.ts";
import { ago, moment, said, TITLES } from "./words.ts";

interface LogStateProps {
  log: LogView;
  now: string;
  calls: ReviewCalls;
  known: FindingView[];
  onFinding(id: string): void;
}

function Facts({ log, now }: { log: LogView; now: string }) {
  const good = log.up && log.trouble === null;
  return (
    <>
      <p class={`standing ${good ? "tone-good" : "tone-danger"}`}>
        <Icon name={good ? "safe" : "warning"} />
        <span>{good ? "The log takes entries and is signed." : (log.trouble ?? "The log is away.")}</span>
      </p>
      <dl class="log-facts">
        <div>
          <dt>Last checkpoint</dt>
          <dd>{log.checkpoint_at === null ? "none yet" : ago(log.checkpoint_at, now)}</dd>
        </div>
        <div>
          <dt>Published</dt>
          <dd>
            {log.published ?? "–"} of {log.entries ?? "–"} entries
          </dd>
        </div>
        <div>
          <dt>Waiting for the log</dt>
          <dd>{log.waiting}</dd>
        </div>
        <div>
          <dt>Sealed uses</dt>
          <dd>{log.sealed}</dd>
        </div>
        <div>
          <dt>Witnesses</dt>
          <dd>
            {log.witnesses.length === 0
              ? "none are set"
              : log.witnesses.map((one) => (
                  <span key={one.name} class="witness">
                    {one.name}: {one.trouble ?? `signed ${one.size} entries`}
                  </span>
                ))}
          </dd>
        </div>
      </dl>
    </>
  );
}

function Entry({
  entry,
  known,
  onFinding,
}: { entry: LogEntryView } & Pick<LogStateProps, "known" | "onFinding">) {
  return (
    <div class="entry-found">
      <h3>
        Entry {entry.index}: {said(entry.kind)}, {moment(entry.at)}
      </h3>
      {entry.sealed_until !== null && <p>Sealed until {moment(entry.sealed_until)}.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard */}
      <section class="evidence" tabIndex={0} aria-label={`Fields of entry ${entry.index}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Says</th>
              <th scope="col">Public</th>
            </tr>
          </thead>
          <tbody>
            {entry.fields.map((field) => (
              <tr key={field.name}>
                <th scope="row">{said(field.name)}</th>
                <td dir="auto">{field.value ?? "erased"}</td>
                <td>{field.public ? "yes" : "not now"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {entry.findings.map((id) => {
        const finding = known.find((one) => one.id === id);
        return (
          finding !== undefined && (
            <button key={id} type="button" onClick={() => onFinding(id)}>
              <Icon name="opened" /> {TITLES[finding.kind]}
            </button>
          )
        );
      })}
    </div>
  );
}

function missing(error: unknown): string {
  return error instanceof Refused && error.code === "not-found" ? error.detail : sorry(error);
}

export function LogState({ log, now, calls, known, onFinding }: LogStateProps) {
  const [entry, setEntry] = useState<LogEntryView | null>(null);
  const act = useAct(missing);
  const look = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const index = Number(new FormData(event.currentTarget as HTMLFormElement).get("index"));
    if (act.busy) return;
    setEntry(null);
    await act.run(async () => setEntry(await calls.entry(index)));
  };
  return (
    <section class="log-state" aria-labelledby="log-title">
      <h2 id="log-title">The public log</h2>
      <Facts log={log} now={now} />
      <form class="look-up" onSubmit={(event) => void look(event)}>
        <label class="field">
          <span>Look up an entry by its number</span>
          <input name="index" type="number" inputMode="numeric" min={0} step={1} required />
        </label>
        <button type="submit" disabled={act.busy}>
          <Icon name="search" /> Look up
        </button>
      </form>
      <ProblemNote text={act.problem} />
      {entry !== null && <Entry entry={entry} known={known} onFinding={onFinding} />}
    </section>
  );
}
