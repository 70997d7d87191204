// The entry of sign-in: a name, a password, and plain words when they do not work.
import "../staff/staff.css";
import "../lib/door.css";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { PasswordField } from "../lib/parts/password-field.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { signInSorry } from "../lib/refusals.ts";
import { Requests } from "../lib/requests.ts";
import { restoreTheme } from "../lib/theme.ts";
import { wipe } from "../officer/shelf.ts";
import type { SignIn as Credentials, Me } from "../wire.ts";

function home(me: Me): string {
  if (me.user.role === "owner") return "/owner";
  if (me.user.role === "auditor") return "/review";
  if (me.user.role === "pilot") return "/pilot";
  return me.user.role === "officer" ? "/officer" : "/console";
}

/** By the address, what the page before this one said: "#ended", or "#ended-2" when two things were not sent. */
function why(fragment: string): string {
  if (!fragment.startsWith("#ended")) {
    return "Sign in to see what callers share, or the cameras that you lend.";
  }
  const lost = /^#ended-(\d{1,3})$/.exec(fragment)?.[1];
  if (lost === undefined) return "You are signed out. Sign in to go on.";
  const what = lost === "1" ? "One thing that you said was" : `${lost} things that you said were`;
  return `You are signed out. ${what} not sent, and gone from this phone: tell dispatch by radio.`;
}

function SignIn() {
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const act = useAct(signInSorry);
  useEffect(() => name.current?.focus(), []);

  const show = (plain: boolean): void => {
    if (password.current !== null) (password.current as HTMLInputElement).type = plain ? "text" : "password";
  };

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (name.current === null || password.current === null || act.busy) return;
    const credentials: Credentials = { name: name.current.value.trim(), password: password.current.value };
    const empty = [name.current, password.current].find((field) => field.value === "");
    if (empty !== undefined) return empty.focus();
    const done = await act.run(async () => {
      location.assign(home(await new Requests().send<Me>("POST", "/api/session", credentials)));
    });
    if (!done) password.current.select();
  };

  return (
    <main class="door">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <h1>Sightline</h1>
        <p class="door-why" role="status">
          {why(location.hash)}
        </p>
        <label class="field">
          <span>Name</span>
          <input
            ref={name}
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            required
          />
        </label>
        <PasswordField field={password} />
        <label class="check">
          <input type="checkbox" onChange={(event) => show(event.currentTarget.checked)} />
          <span>Show password</span>
        </label>
        <ProblemNote id="problem" text={act.problem} />
        <button type="submit" class="primary" disabled={act.busy}>
          {act.busy ? "Signing in…" : "Sign in"}
        </button>
        <p class="door-join">
          Do you want to lend a camera? <a href="/join">Ask for an account</a>
        </p>
        <p class="door-join">
          Anybody may see what cameras were opened for: <a href="/transparency">the public page</a>
        </p>
      </form>
    </main>
  );
}

restoreTheme();
const root = document.getElementById("app");
void wipe(); // nobody is signed in here, so nothing of anybody stays
if (root !== null) render(<SignIn />, root);
