// What owners contest, with one form to answer in public; and monthly statements that do not match.
import { useState } from "preact/hooks";
import { reasonWords } from "../lending/words.ts";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry as generally } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import type { ContestedView, ContestOutcome, ContestReason, MismatchView, Reason } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";

const WHYS: Readonly<Record<ContestReason, string>> = {
  "no-emergency": "There was no emergency there",
  "not-allowed": "It was not allowed: the level, the hours or a pause",
  "too-long": "It was watched for longer than was needed",
  "wrong-reason": "The reason is not right",
  misused: "What was seen was used for something else",
  "facts-wrong": "The receipt does not say what happened",
};

const OUTCOMES: readonly (readonly [ContestOutcome, string])[] = [
  ["upheld", "The owner is right"],
  ["partly", "The owner is partly right"],
  ["explained", "It was within the rules"],
];

const MOST_WORDS = 500;

function sorry(error: unknown): string {
  if (!(error instanceof Refused)) return generally(error);
  if (error.code === "decided") return "Another supervisor has answered it. The list shows the answer.";
  if (error.code === "log-away")
    return "The public log does not have this contest yet. Nothing was sent. Try again in a moment.";
  return generally(error);
}

function Answer({
  calls,
  contest,
  again,
}: {
  calls: AgencyCalls;
  contest: ContestedView;
  again(): Promise<void>;
}) {
  const [outcome, setOutcome] = useState<ContestOutcome | null>(null);
  const [words, setWords] = useDraft(`answer ${contest.id}`, "");
  const act = useAct(sorry);
  const text = words.trim();
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (outcome === null || text === "") return;
    if (!(await act.run(() => calls.answerContest(contest.id, { outcome, words: text })))) return;
    setWords("");
    await again();
  };
  return (
    <form class="answer" onSubmit={(event) => void send(event)}>
      <fieldset>
        <legend>What do you find?</legend>
        {OUTCOMES.map(([code, sentence]) => (
          <label key={code} class="check">
            <input
              type="radio"
              name={`outcome-${contest.id}`}
              checked={outcome === code}
              onChange={() => setOutcome(code)}
            />
            <span>{sentence}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>Your answer, in words that anybody may read</span>
        <textarea
          rows={3}
          maxLength={MOST_WORDS}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value.replaceAll("\n", " "))}
        />
      </label>
      <p class="public-note">
        <Icon name="warning" />
        <span>
          <strong>This becomes public for good</strong>, in the log and on the public page. Write no name, no
          address, no number, and nothing that tells who it was.
        </span>
      </p>
      <ProblemNote text={act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy || outcome === null || text === ""}>
          {act.busy ? "Answering…" : "Answer in public"}
        </button>
      </div>
    </form>
  );
}

function openedBy({ role, reason }: ContestedView): string {
  const who = role === null ? "by somebody" : `by the role ${role}`;
  return reason === null ? who : `${who}, ${reasonWords(reason as Reason)}`;
}

function watched({ seconds }: ContestedView): string {
  if (seconds === null) return "";
  const whole = Math.round(seconds);
  return whole < 60 ? `, watched ${whole} s` : `, watched ${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function Contested({
  calls,
  contest,
  now,
  again,
}: {
  calls: AgencyCalls;
  contest: ContestedView;
  now: number;
  again(): Promise<void>;
}) {
  const [answering, setAnswering] = useState(false);
  const waits = contest.outcome === null;
  return (
    <li class="card">
      <div class="card-head">
        <h3>{WHYS[contest.why]}</h3>
        <time dateTime={contest.at}>{new Date(contest.at).toLocaleString()}</time>
      </div>
      <p>
        <span dir="auto">{contest.camera}</span>, <span dir="auto">{contest.site}</span> (
        <span dir="auto">{contest.owner}</span>): opened {new Date(contest.opened_at).toLocaleString()} for{" "}
        {contest.category}, {openedBy(contest)}
        {watched(contest)}.
      </p>
      {contest.words !== "" && (
        <>
          <p class="private-note">
            <Icon name="lock" /> For the agency alone:
          </p>
          <blockquote dir="auto">{contest.words}</blockquote>
        </>
      )}
      {!waits && (
        <p>
          <Icon name="done" /> {OUTCOMES.find(([code]) => code === contest.outcome)?.[1]}: “
          <span dir="auto">{contest.answer}</span>” ({contest.answered_by})
        </p>
      )}
      {waits && (
        <p class={`standing ${contest.late ? "tone-danger" : "tone-waiting"}`}>
          <Icon name={contest.late ? "warning" : "queued"} />
          {contest.late ? "Late: has waited for" : "Has waited for"} {duration(now - Date.parse(contest.at))}
        </p>
      )}
      {waits && !answering && (
        <div class="buttons">
          <button
            type="button"
            class="primary"
            disabled={contest.index === null}
            onClick={() => setAnswering(true)}
          >
            {contest.index === null ? "On its way into the public log…" : "Answer…"}
          </button>
          {contest.index === null && (
            <button type="button" onClick={() => void again()}>
              <Icon name="refresh" /> Look again
            </button>
          )}
        </div>
      )}
      {waits && answering && <Answer calls={calls} contest={contest} again={again} />}
    </li>
  );
}

function mismatchWords({ counted }: MismatchView): string {
  const lines = [];
  if (counted.unopened > 0)
    lines.push(`${counted.unopened} minutes with pictures although no camera was open`);
  if (counted.unmatched > 0)
    lines.push(
      `${counted.unmatched} of ${counted.sessions} times watched with more bytes than the connector counted`,
    );
  if (counted.forged > 0) lines.push(`${counted.forged} minutes without the connector's signature`);
  return lines.join(", ");
}

function Mismatches({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.mismatches(), sorry);
  return (
    <section aria-labelledby="mismatches-title">
      <h2 id="mismatches-title">Statements that do not match</h2>
      <Shown held={held}>
        {(all) =>
          all.length === 0 ? (
            <p class="empty">What was watched is what connectors counted, in every month so far.</p>
          ) : (
            <ul class="cards">
              {all.map((statement) => (
                <li key={statement.id} class="card is-mismatch">
                  <div class="card-head">
                    <h3 dir="auto">
                      {statement.site}, {statement.month}
                    </h3>
                    <span dir="auto">{statement.owner}</span>
                  </div>
                  <p class="standing tone-danger">
                    <Icon name="failed" /> <span>{mismatchWords(statement)}</span>
                  </p>
                  <p>The owner has been told. Look into it with them and whoever runs the service.</p>
                  <a
                    class="button"
                    href={`/api/statements/${statement.id}.html`}
                    target="_blank"
                    rel="noreferrer"
                  >
                    Read the statement
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </section>
  );
}

export function Contests({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.contests(), sorry);
  return (
    <>
      <section aria-labelledby="contests-title">
        <h2 id="contests-title">Contested openings</h2>
        <Shown held={held}>
          {({ now, waiting, contests }) => (
            <>
              <p class="empty">
                {waiting === 0
                  ? "No contest waits for an answer."
                  : `${waiting} ${waiting === 1 ? "waits" : "wait"} for an answer. It should come within 14 days.`}
              </p>
              <ul class="cards">
                {contests.map((contest) => (
                  <Contested
                    key={contest.id}
                    calls={calls}
                    contest={contest}
                    now={Date.parse(now)}
                    again={held.again}
                  />
                ))}
              </ul>
            </>
          )}
        </Shown>
      </section>
      <Mismatches calls={calls} />
    </>
  );
}
