// Uses in the public log: what is withheld from everybody for a time, and what is destroyed for good.
import { useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Erased, EraseReason, LoggedUse, SealReason } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";
import { categoryWord, erasedWords, publicWords, sourceWord, whyWord } from "./log-words.ts";

const SEAL_REASONS: Record<SealReason, string> = {
  investigation: "An open investigation",
  court: "A court has ordered it",
  safety: "Somebody would be in danger",
};
const ERASE_REASONS: Record<EraseReason, string> = {
  court: "A court has ordered it",
  law: "A law asks for it",
  safety: "Somebody is in danger",
  mistake: "It should never have been written",
};
const ERASED: Record<Erased, string> = {
  place: "The place: camera, district, distance",
  person: "The person: pseudonym, unit, role",
  words: "The words of an answer",
  everything: "Everything but the use’s own number",
};
const MOST_DAYS = 180;
const PAGE = 50;

function Choice<T extends string>(props: { label: string; name: string; words: Record<T, string> }) {
  return (
    <label class="field">
      <span>{props.label}</span>
      <select name={props.name} required>
        {Object.entries<string>(props.words).map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Doing {
  use: LoggedUse;
  calls: AgencyCalls;
  /** Reads the list anew. */
  again(): Promise<void>;
  onDone(): void;
}

function useSubmit({ again, onDone }: Doing, step: (said: FormData) => Promise<void>) {
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const said = new FormData(event.currentTarget as HTMLFormElement);
    if (act.busy) return;
    const done = await act.run(async () => {
      await step(said);
      await again();
    });
    if (done) onDone();
    else await again(); // another supervisor may have been there before
  };
  return { act, submit };
}

function SealForm(doing: Doing) {
  const { act, submit } = useSubmit(doing, (said) =>
    doing.calls.seal(doing.use.id, said.get("why") as SealReason, Number(said.get("days"))),
  );
  return (
    <form class="inline-form" onSubmit={(event) => void submit(event)}>
      <Choice label="Why" name="why" words={SEAL_REASONS} />
      <label class="field">
        <span>Days, with today; at most {MOST_DAYS}</span>
        <input name="days" type="number" inputMode="numeric" min={1} max={MOST_DAYS} value={30} required />
      </label>
      <button type="submit" class="primary" disabled={act.busy}>
        <Icon name="hide" /> Seal
      </button>
      <button type="button" onClick={doing.onDone}>
        Cancel
      </button>
      <p class="hint">
        What is public already stays public. The seal itself, its reason and its end are public.
      </p>
      <ProblemNote text={act.problem} />
    </form>
  );
}

function EraseForm(doing: Doing) {
  const { act, submit } = useSubmit(doing, (said) =>
    doing.calls.erase(doing.use.id, said.get("why") as EraseReason, said.get("what") as Erased),
  );
  return (
    <form class="inline-form" onSubmit={(event) => void submit(event)}>
      <Choice label="What" name="what" words={ERASED} />
      <Choice label="Why" name="why" words={ERASE_REASONS} />
      <button type="submit" class="danger" disabled={act.busy}>
        <Icon name="remove" /> Erase for good
      </button>
      <button type="button" onClick={doing.onDone}>
        Cancel
      </button>
      <p class="hint">
        Nobody can bring it back, and receipts of this use no longer show it. That something was erased, by a
        supervisor and why, is public.
      </p>
      <ProblemNote text={act.problem} />
    </form>
  );
}

function Use({ use, calls, again }: { use: LoggedUse; calls: AgencyCalls; again(): Promise<void> }) {
  const [doing, setDoing] = useState<"seal" | "erase" | null>(null);
  const act = useAct(sorry);
  const at = new Date(use.at).toLocaleString();
  const label = `${categoryWord(use)}, ${at}`;
  const lift = (): Promise<boolean> =>
    act.run(async () => {
      await calls.unseal(use.id);
      await again();
    });
  const form = { use, calls, again, onDone: () => setDoing(null) };
  const gone = erasedWords(use);
  return (
    <li class="card">
      <div class="card-head">
        <h3>{categoryWord(use)}</h3>
        <span>{whyWord(use)}</span>
        <time dateTime={use.at}>{at}</time>
      </div>
      <p dir="auto">{[use.camera ?? sourceWord(use), use.who].join(" · ")}</p>
      <p class={use.seal === null ? undefined : "tone-waiting"}>
        <Icon name={use.seal !== null ? "hide" : use.published ? "show" : "queued"} /> {publicWords(use)}
      </p>
      {gone !== "" && (
        <p>
          <Icon name="remove" /> {gone}
        </p>
      )}
      <ProblemNote text={act.problem} />
      {doing === "seal" && <SealForm {...form} />}
      {doing === "erase" && <EraseForm {...form} />}
      {doing === null && (
        <div class="buttons">
          {!use.complete && (
            <button
              type="button"
              aria-label={`${use.seal === null ? "Seal" : "Seal for longer:"} ${label}`}
              onClick={() => setDoing("seal")}
            >
              {use.seal === null ? "Seal…" : "Seal for longer…"}
            </button>
          )}
          {use.seal !== null && (
            <button
              type="button"
              aria-label={`Lift the seal of ${label}`}
              disabled={act.busy}
              onClick={() => void lift()}
            >
              Lift the seal
            </button>
          )}
          {use.over && (
            <button
              type="button"
              class="quiet-danger"
              aria-label={`Erase of ${label}`}
              onClick={() => setDoing("erase")}
            >
              Erase…
            </button>
          )}
        </div>
      )}
    </li>
  );
}

export function PublicLog({ calls }: { calls: AgencyCalls }) {
  const [sealed, setSealed] = useState(false);
  const [before, setBefore] = useState<readonly number[]>([]);
  const last = before.at(-1);
  const held = useLoaded(() => calls.uses(last, sealed), sorry, `${sealed} ${last}`);
  return (
    <section aria-labelledby="uses-title">
      <h2 id="uses-title">Uses</h2>
      <p class="promise">
        Whoever opened a picture is in the public log, which anybody can check. A seal withholds for a time
        what is not public yet; erasing destroys it for good. Both are entries there themselves.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={sealed}
          onChange={(event) => {
            setBefore([]);
            setSealed(event.currentTarget.checked);
          }}
        />
        <span>Only what is sealed</span>
      </label>
      <Shown held={held}>
        {(uses) => (
          <>
            {uses.length === 0 ? (
              <p class="empty">
                {sealed
                  ? "Nothing is sealed."
                  : last === undefined
                    ? "Nobody has opened a picture yet."
                    : "No more."}
              </p>
            ) : (
              <ul class="cards">
                {uses.map((use) => (
                  <Use key={use.id} use={use} calls={calls} again={held.again} />
                ))}
              </ul>
            )}
            {(uses.length === PAGE || last !== undefined) && (
              <div class="buttons">
                {last !== undefined && (
                  <button type="button" onClick={() => setBefore(before.slice(0, -1))}>
                    Newer
                  </button>
                )}
                {uses.length === PAGE && (
                  <button type="button" onClick={() => setBefore([...before, uses.at(-1)?.number ?? 0])}>
                    Older
                  </button>
                )}
              </div>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}
