// An invitation is accepted: a name to sign in with, a password, and the account is there.
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { Requests } from "../lib/requests.ts";
import type { SiteKind } from "../wire.ts";
import { Frame, KindField, Promises } from "./fields.tsx";
import { isOver, sorry } from "./refusals.ts";

interface Invited {
  agency: string;
  display_name: string;
}

export const LEAST_PASSWORD = 10;
const requests = new Requests();

function Form({ token, invited }: { token: string; invited: Invited }) {
  const [kind, setKind] = useState<SiteKind>("business");
  const [display_name, setDisplayName] = useState(invited.display_name);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [plain, setPlain] = useState(false);
  const act = useAct(sorry);
  const short = password !== "" && password.length < LEAST_PASSWORD;
  const join = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy || password.length < LEAST_PASSWORD) return;
    await act.run(async () => {
      const credentials = { name: name.trim(), password };
      await requests.send("POST", "/api/join", {
        token,
        display_name: display_name.trim(),
        kind,
        ...credentials,
      });
      await requests.send("POST", "/api/session", credentials);
      location.replace("/owner");
    });
  };
  return (
    <form onSubmit={(event) => void join(event)}>
      <p>{invited.agency} invites you to lend cameras for emergencies.</p>
      <Promises />
      <KindField kind={kind} onKind={setKind} />
      <label class="field">
        <span>Your name, or your business's</span>
        <input
          value={display_name}
          maxLength={64}
          required
          autocomplete="name"
          onInput={(event) => setDisplayName(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Choose a name to sign in with</span>
        <input
          value={name}
          maxLength={64}
          required
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Choose a password, at least {LEAST_PASSWORD} characters</span>
        <input
          type={(plain ? "text" : "password") as "text"}
          value={password}
          minLength={LEAST_PASSWORD}
          maxLength={256}
          required
          autocomplete="new-password"
          aria-invalid={short}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </label>
      <label class="check">
        <input type="checkbox" checked={plain} onChange={() => setPlain(!plain)} />
        <span>Show password</span>
      </label>
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy}>
        {act.busy ? "Joining…" : "Join"}
      </button>
    </form>
  );
}

export function Accept({ token }: { token: string }) {
  const [invited, setInvited] = useState<Invited | null>(null);
  const [over, setOver] = useState(false);
  const act = useAct(sorry);
  const look = (): void =>
    void act.run(async () => {
      try {
        setInvited(await requests.send<Invited>("POST", "/api/join/look", { token }));
      } catch (error) {
        setOver(isOver(error));
        throw error;
      }
    });
  useEffect(look, []);
  if (invited !== null) {
    return (
      <Frame title={`Welcome, ${invited.display_name}`}>
        <Form token={token} invited={invited} />
      </Frame>
    );
  }
  return (
    <Frame title="Your invitation">
      {act.problem === null ? (
        <p role="status">Looking at your invitation…</p>
      ) : (
        <ProblemNote text={act.problem} />
      )}
      {act.problem !== null && !over && (
        <button type="button" class="primary" disabled={act.busy} onClick={look}>
          Try again
        </button>
      )}
      {over && (
        <div class="buttons">
          <a class="button" href="/signin">
            Sign in
          </a>
          <a class="button" href="/join">
            Ask for an account
          </a>
        </div>
      )}
    </Frame>
  );
}
