// A new link for the selected incident: to which number, and asking for what.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import type { IncidentView, LinkKind } from "../wire.ts";
import { type ConsoleState, change, showHandout } from "./state.ts";

export const NUMBER_FIELD = "link-number";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
  /** Whether somebody asked for it: then the field takes the focus. */
  asked: boolean;
  /** Whether there is something to go back to. */
  canCancel: boolean;
}

export function LinkForm({ desk, state, incident, asked, canCancel }: Props) {
  const known = incident.callback_number ?? incident.links[0]?.number ?? "";
  const [number, setNumber] = useState(known);
  const [kind, setKind] = useState<LinkKind>("live");
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  useLayoutEffect(() => {
    if (asked) field.current?.select();
  }, [asked]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy) return;
    if (number.trim() === "") {
      field.current?.focus();
      return;
    }
    await act.run(async () => {
      const issued = await desk.calls.issueLink(incident.id, { number: number.trim(), kind });
      showHandout(state, issued.link.id, issued.handout);
      change(state, { texting: false, notice: null });
    });
  };

  const texts = desk.me.agency.sender !== "console";
  return (
    <form class="link-form" aria-label="Text a link" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Caller's number</span>
        <input
          id={NUMBER_FIELD}
          ref={field}
          type="tel"
          autocomplete="off"
          maxLength={32}
          value={number}
          onInput={(event) => setNumber(event.currentTarget.value)}
        />
      </label>
      <fieldset>
        <legend class="sr-only">What to ask for</legend>
        <label class="check">
          <input type="radio" name="kind" checked={kind === "live"} onChange={() => setKind("live")} />
          <span>Camera and position</span>
        </label>
        <label class="check">
          <input
            type="radio"
            name="kind"
            checked={kind === "position"}
            onChange={() => setKind("position")}
          />
          <span>Position only</span>
        </label>
      </fieldset>
      <ProblemNote text={act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy}>
          <Icon name={texts ? "sent" : "link"} /> {texts ? "Text the link" : "Make the link"}
        </button>
        {canCancel && (
          <button type="button" onClick={() => change(state, { texting: false, notice: null })}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}
