// Month by month: not opened, or how often and for how long, held against what the connector counted.
import { Fold } from "../lending/fold.tsx";
import { sorry } from "../lending/refusals.ts";
import { useLoaded } from "../lib/hooks.ts";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { OwnerView, StatementView, Verdict } from "../wire.ts";
import type { OwnerLender } from "./lender.ts";
import {
  bytesSaid,
  countWords,
  lasting,
  monthBars,
  monthWords,
  timesWords,
  VERDICTS,
} from "./receipt-words.ts";

const MARKS: Readonly<Record<Verdict, { icon: IconName; tone: string }>> = {
  matches: { icon: "safe", tone: "tone-good" },
  gaps: { icon: "warning", tone: "tone-waiting" },
  uncounted: { icon: "none", tone: "tone-quiet" },
  mismatch: { icon: "failed", tone: "tone-danger" },
};

function nowWords({ openings, seconds, verdict }: StatementView): string {
  const watched = openings === 0 ? "" : `, watched ${lasting(seconds)}`;
  return `${timesWords(openings)}${watched}${verdict === "mismatch" ? " · does not match" : ""}`;
}

function Bars({ statements }: { statements: readonly StatementView[] }) {
  const bars = monthBars(statements);
  const words = bars.map(({ month, openings }) => `${monthWords(month)}: ${timesWords(openings)}`).join(". ");
  return (
    <figure class="months" role="img" aria-label={words}>
      {bars.map(({ month, openings, height, mismatch }) => (
        <div key={month} class={mismatch ? "month is-mismatch" : "month"}>
          <span class="month-count">{openings}</span>
          <svg class="month-chart" viewBox="0 0 10 40" preserveAspectRatio="none" aria-hidden="true">
            <rect class="month-none" x="0" y="38" width="10" height="2" />
            <rect class="month-bar" x="0" y={40 - 40 * height} width="10" height={40 * height} />
          </svg>
          <span class="month-name">{monthWords(month).slice(0, 3)}</span>
        </div>
      ))}
    </figure>
  );
}

function Statement({ statement, several }: { statement: StatementView; several: boolean }) {
  const { verdict } = statement;
  const { icon, tone } = MARKS[verdict];
  const month = monthWords(statement.month);
  return (
    <Fold icon={icon} title={several ? `${month} · ${statement.site}` : month} now={nowWords(statement)}>
      {() => (
        <>
          {verdict === "mismatch" ? (
            <ProblemNote text={VERDICTS[verdict]} />
          ) : (
            <p class={`standing ${tone}`}>
              <Icon name={icon} /> <span>{VERDICTS[verdict]}</span>
            </p>
          )}
          <ul class="cameras-of-month">
            {statement.cameras.map((camera) => (
              <li key={camera.camera_id}>
                <strong>{camera.name}</strong>
                <span>
                  {timesWords(camera.openings)}
                  {camera.openings > 0 &&
                    `, watched ${lasting(camera.seconds)}, ${bytesSaid(camera.bytes)} sent`}
                </span>
              </li>
            ))}
          </ul>
          {countWords(statement.counted).map((line) => (
            <p key={line} class="small">
              {line}
            </p>
          ))}
          <p class="buttons">
            <a class="button" href={statement.html} target="_blank" rel="noreferrer">
              Read and print
            </a>
            <a class="button" href={statement.pdf}>
              PDF
            </a>
            <a class="button" href={statement.csv} download>
              CSV
            </a>
          </p>
        </>
      )}
    </Fold>
  );
}

export function Statements({ lender, view }: { lender: OwnerLender; view: OwnerView }) {
  // A statement is made once a month; the day is often enough to ask.
  const held = useLoaded(() => lender.calls.statements(), sorry, view.now.slice(0, 10));
  if (held.state === "loading") return null;
  if (held.state === "failed") {
    return (
      <section class="card statements" aria-label="Month by month">
        <h2>Month by month</h2>
        <ProblemNote text={held.problem} />
        <button type="button" onClick={() => void held.again()}>
          Try again
        </button>
      </section>
    );
  }
  const statements = held.value;
  const wrong = statements.filter(({ verdict }) => verdict === "mismatch");
  return (
    <section class="card statements" aria-label="Month by month">
      <div class="section-head">
        <h2>
          <Icon name="month" /> Month by month
        </h2>
      </div>
      {statements.length === 0 ? (
        <p>
          When a month is over you find here whether your cameras were opened in it, held against what your
          connector counted. The first comes two days after this month.
        </p>
      ) : (
        <>
          {wrong.length > 0 && (
            <ProblemNote
              text={`${wrong.map(({ month }) => monthWords(month)).join(", ")}: what was shown does not match what your connector counted. The agency has been told. Open the month below.`}
            />
          )}
          {new Set(statements.map(({ month }) => month)).size > 1 && <Bars statements={statements} />}
          <div class="folds">
            {statements.map((statement) => (
              <Statement key={statement.id} statement={statement} several={view.sites.length > 1} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}
