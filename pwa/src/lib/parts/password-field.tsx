// The password of somebody who has one: to sign in, and to open what was locked. A problem stands under it.
import type { RefObject } from "preact";

export function PasswordField({ field }: { field: RefObject<HTMLInputElement | null> }) {
  return (
    <label class="field">
      <span>Password</span>
      <input
        ref={field}
        name="password"
        type="password"
        autocomplete="current-password"
        maxLength={256}
        required
        aria-describedby="problem"
      />
    </label>
  );
}
