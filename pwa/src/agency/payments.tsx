// Payments from a bank's or the city's export: first what each row would do, then it is done.
import { useRef, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { money } from "../lib/money.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { PaymentOutcome, PaymentReport, YearOfFees } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";

const WORDS: Record<PaymentOutcome, string> = {
  pays: "pays the invoice",
  already: "paid already",
  "no-invoice": "no such invoice",
  "wrong-amount": "wrong amount",
  "nothing-due": "nothing due",
  twice: "twice in the file",
  "bad-date": "impossible date",
  unreadable: "cannot be read",
};

const SHOWN = 200;

function count(report: PaymentReport, ...outcomes: PaymentOutcome[]): number {
  return report.rows.filter((row) => outcomes.includes(row.outcome)).length;
}

function summary(report: PaymentReport): string {
  const pays = count(report, "pays");
  const already = count(report, "already");
  const wrong = report.rows.length - pays - already;
  const done = report.preview ? "would be marked paid" : "marked paid";
  return `${pays} ${done}, ${already} paid already, ${wrong} not matched.`;
}

function Rows({ report, fees }: { report: PaymentReport; fees: YearOfFees }) {
  // what needs somebody's eye first
  const rank = (outcome: PaymentOutcome): number => (outcome === "pays" ? 1 : outcome === "already" ? 2 : 0);
  const rows = [...report.rows].sort((a, b) => rank(a.outcome) - rank(b.outcome) || a.line - b.line);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="wide" tabIndex={0} aria-label="Rows of the file">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Line</th>
            <th scope="col">Invoice</th>
            <th scope="col">Date</th>
            <th scope="col" class="sum">
              Amount
            </th>
            <th scope="col">What it does</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, SHOWN).map((row) => (
            <tr key={row.line}>
              <td>{row.line}</td>
              <td>{row.number}</td>
              <td>{row.paid_on}</td>
              <td class="sum">{row.cents === null ? "" : money(row.cents, fees.digits, fees.currency)}</td>
              <td>
                <strong
                  class={
                    row.outcome === "pays"
                      ? "tone-good"
                      : row.outcome === "already"
                        ? "tone-quiet"
                        : "tone-waiting"
                  }
                >
                  {WORDS[row.outcome]}
                </strong>
                {row.words !== "" && `: ${row.words}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > SHOWN && <p class="empty">And {rows.length - SHOWN} more rows.</p>}
    </section>
  );
}

export function Payments({
  fees,
  calls,
  again,
}: {
  fees: YearOfFees;
  calls: AgencyCalls;
  again(): Promise<void>;
}) {
  const field = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<PaymentReport | null>(null);
  const act = useAct(sorry);
  const choose = async (chosen: File | undefined): Promise<void> => {
    if (chosen === undefined) return;
    setFile(chosen);
    setReport(null);
    await act.run(async () => setReport(await calls.payments(chosen, true)));
  };
  const over = (): void => {
    setFile(null);
    setReport(null);
    act.clear();
    if (field.current !== null) field.current.value = "";
  };
  const take = async (): Promise<void> => {
    if (file === null || act.busy) return;
    const done = await act.run(async () => setReport(await calls.payments(file, false)));
    if (done) await again();
  };
  return (
    <section class="payments" aria-labelledby="payments-title">
      <h2 id="payments-title">Payments from a file</h2>
      <label class="field file">
        <span>CSV with the columns number, date and amount</span>
        <input
          ref={field}
          type="file"
          accept=".csv,.txt,text/csv"
          onChange={(event) => void choose(event.currentTarget.files?.[0])}
        />
      </label>
      <ProblemNote text={act.problem} />
      {report !== null && (
        <>
          <p role="status">
            <strong>{summary(report)}</strong>
          </p>
          <Rows report={report} fees={fees} />
          <div class="buttons">
            {report.preview ? (
              <>
                <button
                  type="button"
                  class="primary"
                  disabled={act.busy || count(report, "pays") === 0}
                  onClick={() => void take()}
                >
                  <Icon name="done" /> Mark {count(report, "pays")} paid
                </button>
                <button type="button" onClick={over}>
                  Cancel
                </button>
              </>
            ) : (
              <button type="button" onClick={over}>
                Done
              </button>
            )}
          </div>
        </>
      )}
    </section>
  );
}
