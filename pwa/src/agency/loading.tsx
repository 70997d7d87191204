// What stands where something from the server is to stand: that it is on its way, or what went wrong.
import type { ComponentChild } from "preact";
import type { Loaded } from "../lib/hooks.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";

export function Shown<T>({ held, children }: { held: Loaded<T>; children(value: T): ComponentChild }) {
  if (held.state === "loading") {
    return (
      <p class="empty" role="status">
        Loading…
      </p>
    );
  }
  if (held.state === "there") return <>{children(held.value)}</>;
  return (
    <div class="failed">
      <ProblemNote text={held.problem} />
      <button type="button" onClick={() => void held.again()}>
        Try again
      </button>
    </div>
  );
}
