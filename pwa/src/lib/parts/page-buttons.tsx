// What stands at the end of a desk page's bar: night or day, the lock, and the way out.
import { useState } from "preact/hooks";
import { lockNow } from "../lock.ts";
import type { Requests } from "../requests.ts";
import { setTheme, theme } from "../theme.ts";
import { Icon } from "./icon.tsx";

export function ThemeButton() {
  const [shade, setShade] = useState(theme);
  const other = shade === "night" ? "day" : "night";
  const words = other === "day" ? "Day colours" : "Night colours";
  return (
    <button
      type="button"
      class="square"
      aria-label={words}
      title={words}
      onClick={() => {
        setTheme(other);
        setShade(other);
      }}
    >
      <Icon name={other} />
    </button>
  );
}

export function LockButton({ requests }: { requests: Requests }) {
  return (
    <button
      type="button"
      class="square"
      aria-label="Lock"
      title="Lock: hide everything until your password comes"
      onClick={() => void lockNow(requests)}
    >
      <Icon name="lock" />
    </button>
  );
}

export function SignOutButton({ name, onSignOut }: { name: string; onSignOut(): Promise<void> }) {
  const words = `Sign out ${name}`;
  return (
    <button type="button" class="square" aria-label={words} title={words} onClick={() => void onSignOut()}>
      <Icon name="logOut" />
    </button>
  );
}
