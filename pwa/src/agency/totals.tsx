// What a year's fees come to, as bars and as the table that they are drawn from.

import { money } from "../lib/money.ts";
import type { YearOfFees } from "../wire.ts";

const WORDS = [
  ["billed", "Billed"],
  ["paid", "Paid"],
  ["open", "Open"],
  ["overdue", "Overdue"],
] as const;

export function Totals({ fees }: { fees: YearOfFees }) {
  const most = Math.max(fees.billed, 1);
  return (
    <table class="totals">
      <caption class="sr-only">Fees of {fees.year}</caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">What</th>
          <th scope="col">Sum</th>
          <th scope="col">Share of what was billed</th>
        </tr>
      </thead>
      <tbody>
        {WORDS.map(([name, word]) => (
          <tr key={name}>
            <th scope="row">{word}</th>
            <td class="sum">{money(fees[name], fees.digits, fees.currency)}</td>
            <td class="bar-cell">
              <svg
                viewBox="0 0 100 10"
                preserveAspectRatio="none"
                role="img"
                aria-label={`${Math.round((100 * fees[name]) / most)} percent`}
              >
                <rect class={`bar-${name}`} width={(100 * fees[name]) / most} height="10" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
