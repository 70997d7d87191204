// What stands where a page was that is locked: nothing of it, and a field for the password.
import "../door.css";
import { type ComponentChild, render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Me } from "../../wire.ts";
import { Drafts } from "../drafts.ts";
import { useAct } from "../hooks.ts";
import { type Lock, unlock } from "../lock.ts";
import { unlockSorry } from "../refusals.ts";
import { Icon } from "./icon.tsx";
import { PasswordField } from "./password-field.tsx";
import { ProblemNote } from "./problem.tsx";

interface Props {
  /** Null while the page does not know. */
  name: string | null;
  onPassword(password: string): Promise<void>;
}

function LockScreen({ name, onPassword }: Props) {
  const password = useRef<HTMLInputElement>(null);
  const act = useAct(unlockSorry);
  useEffect(() => {
    const before = document.title;
    document.title = "Locked – Sightline";
    password.current?.focus();
    return () => {
      document.title = before;
    };
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const field = password.current;
    if (field === null || act.busy) return;
    if (field.value === "") return field.focus();
    if (!(await act.run(() => onPassword(field.value)))) field.select();
  };
  return (
    <main class="door">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <h1>
          <Icon name="lock" /> Locked
        </h1>
        <p class="door-why">
          {name === null ? "Enter your password to go on." : `${name}, enter your password to go on.`} You
          come back to where you were.
        </p>
        <PasswordField field={password} />
        <ProblemNote id="problem" text={act.problem} />
        <button type="submit" class="primary" disabled={act.busy}>
          {act.busy ? "Unlocking…" : "Unlock"}
        </button>
        <p class="door-join">
          Are you somebody else? <a href="/signin">Sign in</a>
        </p>
      </form>
    </main>
  );
}

/** Shows `view` while the page is not locked; what was half typed in it is there again afterwards. */
export function behindLock(root: Element, lock: Lock, view: ComponentChild): void {
  const open = <Drafts.Provider value={new Map()}>{view}</Drafts.Provider>;
  const draw = (): void => {
    const { me, locked } = lock;
    const name = me.user.display_name;
    render(locked.value ? <LockScreen name={name} onPassword={(word) => lock.open(word)} /> : open, root);
  };
  lock.locked.watch(draw);
  draw();
}

/** Asks a page's person who came to a locked session for the password, until it is right. */
export function atTheLock(root: Element): Promise<Me> {
  return new Promise((opened) => {
    const onPassword = async (password: string): Promise<void> => opened(await unlock(password));
    render(<LockScreen name={null} onPassword={onPassword} />, root);
  });
}
