// What lending costs a year, its invoices, and that this changes nothing about help.
import { useEffect, useState } from "preact/hooks";
import { Fold } from "../lending/fold.tsx";
import { sorry } from "../lending/refusals.ts";
import { feeWords } from "../lending/words.ts";
import { useAct } from "../lib/hooks.ts";
import { moneyWords } from "../lib/money.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { InvoiceView, OwnerView } from "../wire.ts";
import type { OwnerLender } from "./lender.ts";

function Invoices({ lender }: { lender: OwnerLender }) {
  const [invoices, setInvoices] = useState<InvoiceView[] | null>(null);
  const act = useAct(sorry);
  useEffect(() => void act.run(async () => setInvoices(await lender.calls.invoices())), []);
  if (act.problem !== null) return <ProblemNote text={act.problem} />;
  if (invoices === null) return <p role="status">Reading your invoices…</p>;
  if (invoices.length === 0) return <p>There is no invoice yet.</p>;
  return (
    <ul class="invoices">
      {invoices.map((invoice) => {
        const paid = invoice.paid_on !== null;
        return (
          <li key={invoice.id}>
            <strong>
              {invoice.year} · {moneyWords(invoice.cents, invoice.currency)}
            </strong>
            <span class={`standing ${paid ? "tone-good" : "tone-waiting"}`}>
              <Icon name={paid ? "done" : "queued"} />{" "}
              {paid ? `Paid on ${invoice.paid_on}` : `To be paid by ${invoice.due_on}`}
            </span>
            <span class="buttons">
              <a class="button" href={invoice.html} target="_blank" rel="noreferrer">
                Read {invoice.number}
              </a>
              <a class="button" href={invoice.pdf}>
                PDF
              </a>
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function Fees({ lender, view }: { lender: OwnerLender; view: OwnerView }) {
  const { currency } = lender.me.agency;
  const sum = view.sites.reduce((cents, site) => cents + site.cents_a_year, 0);
  return (
    <section class="card fees" aria-label="The yearly fee">
      <h2>The yearly fee</h2>
      {view.sites.map((site) => (
        <p key={site.id} class="fee">
          <span>{site.name}</span>
          <strong>{feeWords(site.cents_a_year, currency)}</strong>
        </p>
      ))}
      <p>
        The fee changes nothing about who gets help first. Help goes where it is needed, whether anybody has
        paid or not.
      </p>
      <Fold icon="fee" title="Invoices" now={`${feeWords(sum, currency)} at what you have chosen now`}>
        {() => <Invoices lender={lender} />}
      </Fold>
    </section>
  );
}
