// The agency's price list: what a camera costs a year at each level.
import { useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { cents, plain } from "../lib/money.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { ParticipationLevel, PriceList } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { LEVELS } from "./levels.ts";
import { Shown } from "./loading.tsx";

function Form({ list, calls, again }: { list: PriceList; calls: AgencyCalls; again(): Promise<void> }) {
  const [said, setSaid] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const chosen: Partial<Record<ParticipationLevel, number>> = {};
    setSaid("");
    for (const { level } of list.prices) {
      const price = cents(String(form.get(level)), list.digits);
      if (price === null)
        return setWrong(`${LEVELS[level]}: write the price like ${plain(1250, list.digits)}.`);
      chosen[level] = price;
    }
    setWrong(null);
    const done = await act.run(() =>
      calls.setPrices({ cents: chosen as Record<ParticipationLevel, number> }),
    );
    if (done) {
      setSaid("Saved. Invoices that were issued keep what they say.");
      await again();
    }
  };
  return (
    <form class="prices" onSubmit={(event) => void submit(event)}>
      {list.prices.map((price) => (
        <label class="field" key={price.level}>
          <span>{LEVELS[price.level]}</span>
          <input
            name={price.level}
            inputMode="decimal"
            maxLength={12}
            required
            defaultValue={plain(price.cents, list.digits)}
          />
        </label>
      ))}
      <button type="submit" disabled={act.busy}>
        Save the prices
      </button>
      <ProblemNote text={wrong ?? act.problem} />
      <p class="hint" role="status">
        {said}
      </p>
    </form>
  );
}

export function Prices({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.prices(), sorry);
  return (
    <section aria-labelledby="prices-title">
      <h2 id="prices-title">
        Prices for a camera and a year{held.state === "there" ? `, in ${held.value.currency}` : ""}
      </h2>
      <Shown held={held}>
        {(list) => (
          <>
            <Form list={list} calls={calls} again={held.again} />
            <p class="promise">{list.promise}</p>
          </>
        )}
      </Shown>
    </section>
  );
}
