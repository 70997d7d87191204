// Says that what is on the page is from before, while the server is away.
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Lender } from "./lender.ts";

export function Lost({ lender }: { lender: Lender }) {
  const lost = useStore(lender.line) === "lost";
  return (
    <div class={lost ? "lost-line" : "lost-none"} role="status">
      {lost && (
        <>
          <strong>
            <Icon name="lost" /> Connection lost, trying again
          </strong>
          <span>What you see is from before. Pauses and levels that you have set still hold.</span>
        </>
      )}
    </div>
  );
}
