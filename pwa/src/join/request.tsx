// Somebody without an invitation asks for an account; a supervisor decides.
import { useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { Requests } from "../lib/requests.ts";
import type { SiteKind } from "../wire.ts";
import { Frame, KindField, Promises } from "./fields.tsx";
import { sorry } from "./refusals.ts";

const EMPTY = { display_name: "", number: "", email: "", address: "", words: "" };
type Fields = typeof EMPTY;

interface Line {
  name: keyof Fields;
  words: string;
  most: number;
  autocomplete: AutoFill;
  type: "text" | "tel" | "email";
  required: boolean;
}

const LINES: readonly Line[] = [
  {
    name: "display_name",
    words: "Your name, or your business's",
    most: 64,
    autocomplete: "name",
    type: "text",
    required: true,
  },
  { name: "number", words: "Telephone", most: 40, autocomplete: "tel", type: "tel", required: true },
  {
    name: "email",
    words: "Email, if you like",
    most: 254,
    autocomplete: "email",
    type: "email",
    required: false,
  },
  {
    name: "address",
    words: "Where the cameras are",
    most: 200,
    autocomplete: "street-address",
    type: "text",
    required: true,
  },
];

export function Request() {
  const [kind, setKind] = useState<SiteKind>("business");
  const [fields, setFields] = useState(EMPTY);
  const [sent, setSent] = useState(false);
  const act = useAct(sorry);
  const set = (name: keyof Fields, value: string): void => setFields({ ...fields, [name]: value });
  const ask = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy) return;
    setSent(await act.run(() => new Requests().send("POST", "/api/join/request", { kind, ...fields })));
  };
  if (sent) {
    return (
      <Frame title="Your request has been sent">
        <p role="status">
          <Icon name="done" /> Somebody of the agency reads it and calls {fields.number} or writes to you. If
          they agree you get a link; with it you choose a name and a password.
        </p>
        <p>Until then nothing is lent and nobody can see anything.</p>
      </Frame>
    );
  }
  return (
    <Frame title="Lend a camera for emergencies">
      <form onSubmit={(event) => void ask(event)}>
        <Promises />
        <KindField kind={kind} onKind={setKind} />
        {LINES.map((line) => (
          <label key={line.name} class="field">
            <span>{line.words}</span>
            <input
              type={line.type as "text"}
              value={fields[line.name]}
              maxLength={line.most}
              required={line.required}
              autocomplete={line.autocomplete}
              onInput={(event) => set(line.name, event.currentTarget.value)}
            />
          </label>
        ))}
        <label class="field">
          <span>Anything else, such as how many cameras</span>
          <textarea
            value={fields.words}
            maxLength={500}
            rows={3}
            onInput={(event) => set("words", event.currentTarget.value)}
          />
        </label>
        <ProblemNote text={act.problem} />
        <button type="submit" class="primary" disabled={act.busy}>
          {act.busy ? "Sending…" : "Ask for an account"}
        </button>
        <p class="small">
          You have an account already? <a href="/signin">Sign in</a>
        </p>
      </form>
    </Frame>
  );
}
