// What stands at the end of a desk page's bar: night or day, and the way out.
import { useState } from "preact/hooks";
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

export function SignOutButton({ name, onSignOut }: { name: string; onSignOut(): Promise<void> }) {
  const words = `Sign out ${name}`;
  return (
    <button type="button" class="square" aria-label={words} title={words} onClick={() => void onSignOut()}>
      <Icon name="logOut" />
    </button>
  );
}
