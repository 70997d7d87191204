// The year's invoices: issued at one press, paid by hand or from a file, out again as CSV.
import { useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { money } from "../lib/money.ts";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import type { InvoiceState, InvoiceView, YearOfFees } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";
import { Payments } from "./payments.tsx";
import { Prices } from "./prices.tsx";
import { Totals } from "./totals.tsx";

const STATES: Record<InvoiceState, [word: string, mark: IconName, tone: string]> = {
  free: ["Nothing to pay", "none", "quiet"],
  paid: ["Paid", "done", "good"],
  open: ["Open", "age", "waiting"],
  overdue: ["Overdue", "warning", "danger"],
};

interface RowProps {
  invoice: InvoiceView;
  today: string;
  calls: AgencyCalls;
  again(): Promise<void>;
}

function PaidForm({ invoice, today, calls, again, onDone }: RowProps & { onDone(): void }) {
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [day, note] = [String(form.get("day")), String(form.get("note")).trim()];
    if (act.busy || !(await act.run(() => calls.pay(invoice.id, day, note)))) return;
    onDone();
    await again();
  };
  return (
    <form class="inline-form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Paid on</span>
        <input name="day" type="date" required max={today} defaultValue={today} />
      </label>
      <label class="field">
        <span>Note</span>
        <input name="note" maxLength={200} autocomplete="off" placeholder="cash, check 204…" />
      </label>
      <button type="submit" class="primary" disabled={act.busy}>
        Paid
      </button>
      <button type="button" onClick={onDone}>
        Cancel
      </button>
      <ProblemNote text={act.problem} />
    </form>
  );
}

function Row(props: RowProps) {
  const { invoice, calls, again } = props;
  const [paying, setPaying] = useState(false);
  const act = useAct(sorry);
  const [word, mark, tone] = STATES[invoice.state];
  const takeBack = (): Promise<boolean> =>
    act.run(async () => {
      await calls.pay(invoice.id, null, "");
      await again();
    });
  return (
    <>
      <tr>
        <th scope="row">
          <a href={invoice.html} target="_blank" rel="noreferrer">
            {invoice.number}
          </a>
        </th>
        <td>
          <span dir="auto">{invoice.addressee}</span>
          <span class="under" dir="auto">
            {invoice.site}
          </span>
        </td>
        <td class="sum">{money(invoice.cents, invoice.digits, invoice.currency)}</td>
        <td>
          <span class={`standing tone-${tone}`}>
            <Icon name={mark} /> <span>{word}</span>
          </span>
          <span class="under" dir="auto">
            {invoice.paid_on === null
              ? invoice.state !== "free" && `due ${invoice.due_on}`
              : `${invoice.paid_on} ${invoice.paid_note}`}
          </span>
        </td>
        <td class="row-buttons">
          <a
            class="button"
            href={invoice.pdf}
            target="_blank"
            rel="noreferrer"
            aria-label={`PDF of ${invoice.number}`}
          >
            PDF
          </a>
          {(invoice.state === "open" || invoice.state === "overdue") && (
            <button type="button" aria-label={`${invoice.number} is paid`} onClick={() => setPaying(true)}>
              Paid…
            </button>
          )}
          {invoice.state === "paid" && (
            <button
              type="button"
              class="plain"
              disabled={act.busy}
              aria-label={`${invoice.number} is not paid`}
              onClick={() => void takeBack()}
            >
              Not paid
            </button>
          )}
        </td>
      </tr>
      {(paying || act.problem !== null) && (
        <tr>
          <td colSpan={5}>
            {paying && <PaidForm {...props} onDone={() => setPaying(false)} />}
            <ProblemNote text={act.problem} />
          </td>
        </tr>
      )}
    </>
  );
}

function Issue({ fees, calls, again }: { fees: YearOfFees; calls: AgencyCalls; again(): Promise<void> }) {
  const act = useAct(sorry);
  const issue = (): Promise<boolean> =>
    act.run(async () => {
      await calls.issue(fees.year);
      await again();
    });
  const sites = fees.missing === 1 ? "1 site has" : `${fees.missing} sites have`;
  return (
    <div class="issue">
      <p>
        {fees.missing === 0
          ? `Every site that takes part has its invoice for ${fees.year}.`
          : `${sites} no invoice for ${fees.year} yet.`}
      </p>
      {fees.missing > 0 && (
        <button type="button" class="primary" disabled={act.busy} onClick={() => void issue()}>
          {act.busy ? "Issuing…" : `Issue ${fees.missing} for ${fees.year}`}
        </button>
      )}
      <a
        class="button"
        href={`/api/agency/invoices.csv?year=${fees.year}`}
        download={`invoices-${fees.year}.csv`}
      >
        Save {fees.year} as CSV
      </a>
      <ProblemNote text={act.problem} />
    </div>
  );
}

function Invoices({ fees, calls, again }: { fees: YearOfFees; calls: AgencyCalls; again(): Promise<void> }) {
  if (fees.invoices.length === 0) return <p class="empty">No invoice was issued for {fees.year}.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="wide" tabIndex={0} aria-label={`Invoices of ${fees.year}`}>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Number</th>
            <th scope="col">For</th>
            <th scope="col" class="sum">
              Amount
            </th>
            <th scope="col">State</th>
            <th scope="col">
              <span class="sr-only">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fees.invoices.map((invoice) => (
            <Row key={invoice.id} invoice={invoice} today={fees.today} calls={calls} again={again} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Fees({ desk, calls }: { desk: Desk; calls: AgencyCalls }) {
  const now = new Date(desk.clock.now()).getFullYear();
  const [year, setYear] = useState(now);
  const held = useLoaded(() => calls.invoices(year), sorry, String(year));
  return (
    <>
      <Prices calls={calls} />
      <section aria-labelledby="invoices-title">
        <div class="card-head">
          <h2 id="invoices-title">Invoices</h2>
          <label class="year">
            <span>Year</span>
            <select value={String(year)} onChange={(event) => setYear(Number(event.currentTarget.value))}>
              {[now + 1, now, now - 1, now - 2, now - 3].map((one) => (
                <option key={one} value={String(one)}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        </div>
        <Shown held={held}>
          {(fees) => (
            <>
              <Totals fees={fees} />
              <Issue fees={fees} calls={calls} again={held.again} />
              <Invoices fees={fees} calls={calls} again={held.again} />
              <p class="promise">{fees.promise}</p>
              <Payments fees={fees} calls={calls} again={held.again} />
            </>
          )}
        </Shown>
      </section>
    </>
  );
}
