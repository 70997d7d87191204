// A new link for the selected incident: where to, asking for what, and where that is not the usual for whom and
// how. The common case is the number that is there already and Enter.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAct, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { currentLink } from "../staff/links.ts";
import type { Agency, IncidentView, LinkFor, LinkKind, Manner } from "../wire.ts";
import { addressed, EmailField, LanguageField, NumberField } from "./link-fields.tsx";
import { type ConsoleState, change, showHandout } from "./state.ts";
import { knownLanguage, USUAL } from "./text-language.tsx";

export const CLOSED = { texting: false, witness: false } as const;
export const NUMBER_FIELD = "link-number";

const ASKS: readonly [LinkKind, string][] = [
  ["live", "Camera and position"],
  ["position", "Position only"],
  ["upload", "Photos and clips"],
];
const FOR: readonly [LinkFor, string, string][] = [
  ["caller", "Caller", "Caller's number"],
  ["third-party", "Witness", "Witness's number"],
  ["hung-up", "Call that ended", "Number of the call"],
];
const MANNERS: readonly [Manner, string][] = [
  ["open", "As usual"],
  ["silent", "Silent: no sound, can look switched off"],
  ["covert", "Covert: looks like another page"],
];

const whoseNumber = (whom: LinkFor): string => FOR.find(([value]) => value === whom)?.[2] ?? "";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
  /** Whether somebody asked for it: then the field takes the focus. */
  asked: boolean;
  /** Whether it is for somebody beside the caller. */
  witness: boolean;
  /** Whether there is something to go back to. */
  canCancel: boolean;
}

/** All that whoever holds the phone will read, for the dispatcher to say beforehand. */
function QuietWords({ agency, language }: { agency: Agency; language: string }) {
  const { [language]: words, [USUAL]: meaning } = agency.quiet_words;
  return (
    <p class="link-quiet" role="status">
      <Icon name="hide" /> It will read only: <q lang={language}>{words}</q>
      {language !== USUAL && ` That is: “${meaning}”`} Say so beforehand, if you can.
    </p>
  );
}

export function LinkForm({ desk, state, incident, asked, witness, canCancel }: Props) {
  const { agency } = desk.me;
  const known = incident.callback_number ?? currentLink(incident)?.number ?? "";
  const [number, setNumber] = useState(witness ? "" : known);
  const [email, setEmail] = useState("");
  const [kind, setKind] = useState<LinkKind>("live");
  const [whom, setWhom] = useState<LinkFor>(witness ? "third-party" : "caller");
  const [manner, setManner] = useState<Manner>("open");
  const { talks } = useStore(desk.world);
  const [chosen, setChosen] = useState<string | null>(null);
  const usual = whom === "third-party" ? USUAL : knownLanguage(incident, talks);
  const language = chosen ?? usual;
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  useLayoutEffect(() => {
    if (asked) field.current?.select();
  }, [asked]);

  const choose = (reader: LinkFor): void => {
    setWhom(reader);
    if (reader === "third-party" && number === known) setNumber(""); // that one is the caller's
    if (reader !== "third-party" && number === "") setNumber(known);
  };

  /** Usual things are left out. */
  const issue = (shown: boolean): Promise<boolean> =>
    act.run(async () => {
      const issued = await desk.calls.issueLink(incident.id, {
        kind,
        ...addressed(number, email),
        ...(whom === "caller" ? {} : { whom }),
        ...(manner === "open" ? {} : { manner }),
        ...(language === usual ? {} : { language }),
        ...(shown ? { shown } : {}),
      });
      showHandout(state, issued.link.id, issued.handout);
      change(state, { ...CLOSED, notice: null });
    });

  const submit = (event: Event): void => {
    event.preventDefault();
    if (act.busy) return;
    if (number.trim() === "" && email.trim() === "") field.current?.focus();
    else void issue(false);
  };

  const texts = agency.sender !== "console";
  const send =
    texts && number.trim() !== "" ? "Text the link" : email.trim() !== "" ? "E-mail the link" : null;
  return (
    <form class="link-form" aria-label="Send a link" onSubmit={submit}>
      <NumberField
        label={whoseNumber(whom)}
        value={number}
        onChange={setNumber}
        id={NUMBER_FIELD}
        field={field}
      />
      {agency.email && <EmailField label="E-mail, if known" value={email} onChange={setEmail} />}
      <fieldset>
        <legend class="sr-only">What to ask for</legend>
        {ASKS.map(([value, words]) => (
          <label key={value} class="check">
            <input type="radio" name="kind" checked={kind === value} onChange={() => setKind(value)} />
            <span>{words}</span>
          </label>
        ))}
      </fieldset>
      <div class="link-how">
        <label class="field">
          <span>For</span>
          <select value={whom} onChange={(event) => choose(event.currentTarget.value as LinkFor)}>
            {FOR.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>Their page</span>
          <select value={manner} onChange={(event) => setManner(event.currentTarget.value as Manner)}>
            {MANNERS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <LanguageField agency={agency} value={language} onChange={setChosen} />
      </div>
      {manner !== "open" && <QuietWords agency={agency} language={language} />}
      <ProblemNote text={act.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={act.busy}>
          <Icon name={texts ? "sent" : "link"} /> {send ?? (texts ? "Text the link" : "Make the link")}
        </button>
        <button type="button" disabled={act.busy} onClick={() => void issue(true)}>
          <Icon name="qr" /> Show QR
        </button>
        {canCancel && (
          <button type="button" onClick={() => change(state, { ...CLOSED, notice: null })}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}
