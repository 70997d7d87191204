// The panic press: two presses, so that none is by accident. It opens an emergency at the site.
import { useState } from "preact/hooks";
import { sorry } from "../lending/refusals.ts";
import { useDraft } from "../lib/drafts.ts";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { SiteView } from "../wire.ts";
import type { OwnerLender } from "./lender.ts";

type Stage = "calm" | "asked" | "told";

export function Panic({ lender, site }: { lender: OwnerLender; site: SiteView }) {
  const [stage, setStage] = useState<Stage>("calm");
  const [words, setWords] = useDraft(`panic ${site.id}`, "");
  const act = useAct(sorry);
  const press = async (): Promise<void> => {
    if (!(await act.run(() => lender.calls.panic(site.id, words.trim())))) return;
    setWords("");
    setStage("told");
  };
  if (stage === "told") {
    return (
      <div class="panic is-told" role="status">
        <p>
          <Icon name="done" /> <strong>911 has your press for help at {site.name}.</strong>
        </p>
        <p>They may see your cameras here now. If you can speak safely, call 911 too.</p>
        <button type="button" onClick={() => setStage("calm")}>
          Close
        </button>
      </div>
    );
  }
  if (stage === "calm") {
    return (
      <button type="button" class="quiet-danger large" onClick={() => setStage("asked")}>
        <Icon name="panic" /> Get help at {site.name}
      </button>
    );
  }
  return (
    <div class="panic">
      <p>
        <strong>Open an emergency at {site.name}?</strong>
      </p>
      <p>911 can then open your cameras here, except those that are paused or on the map only.</p>
      <label class="field">
        <span>What is happening, if you can write</span>
        <input value={words} maxLength={500} onInput={(event) => setWords(event.currentTarget.value)} />
      </label>
      <ProblemNote text={act.problem === null ? null : `${act.problem} Call 911.`} />
      <button type="button" class="danger large" disabled={act.busy} onClick={() => void press()}>
        {act.busy ? "Telling 911…" : "Yes, get help now"}
      </button>
      <button type="button" onClick={() => setStage("calm")}>
        No, go back
      </button>
    </div>
  );
}
