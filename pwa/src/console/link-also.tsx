// A link that is there goes to a number or an e-mail address that it had not: first spoken or shown, then sent.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import type { LinkView } from "../wire.ts";
import { addressed, EmailField, LanguageField, NumberField } from "./link-fields.tsx";
import { type ConsoleState, showHandout } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  link: LinkView;
  onDone(): void;
}

/** Whether there is an address left that something would take it to. */
export function canGoAlso({ me }: Desk, link: LinkView): boolean {
  return (link.number === null && me.agency.sender !== "console") || (link.email === null && me.agency.email);
}

export function LinkAlso({ desk, state, link, onDone }: Props) {
  const { agency } = desk.me;
  const byText = link.number === null && agency.sender !== "console";
  const [number, setNumber] = useState("");
  const [email, setEmail] = useState("");
  const [language, setLanguage] = useState(link.language);
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  useLayoutEffect(() => field.current?.focus(), []);

  const submit = (event: Event): void => {
    event.preventDefault();
    if (act.busy) return;
    if (number.trim() === "" && email.trim() === "") {
      field.current?.focus();
      return;
    }
    void act.run(async () => {
      const sent = await desk.calls.sendAlso(link.id, {
        ...addressed(number, email),
        ...(language === link.language ? {} : { language }),
      });
      showHandout(state, sent.link.id, sent.handout);
      onDone();
    });
  };

  return (
    <form class="link-form" aria-label="Send this link also to" onSubmit={submit}>
      {byText && <NumberField label="Number" value={number} onChange={setNumber} field={field} />}
      {link.email === null && agency.email && (
        <EmailField label="E-mail" value={email} onChange={setEmail} field={byText ? null : field} />
      )}
      <LanguageField agency={agency} value={language} onChange={setLanguage} />
      <ProblemNote text={act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy}>
          <Icon name="sent" /> Send it
        </button>
        <button type="button" onClick={onDone}>
          Cancel
        </button>
      </div>
    </form>
  );
}
