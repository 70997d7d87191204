// Whether this phone is told when 911 asks: said plainly, switched by a press.
import { useEffect, useState } from "preact/hooks";
import { sorry } from "../lending/refusals.ts";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { Refused, Unreachable } from "../lib/requests.ts";
import type { OwnerLender } from "./lender.ts";
import { type Notices, readNotices, switchOff, switchOn } from "./notices.ts";

const WORDS: Readonly<Record<Exclude<Notices, "unknown">, string>> = {
  install:
    "To be told on this phone, put this page on your home screen first: press Share, then Add to Home Screen, and open it from there.",
  cannot:
    "This browser cannot tell you of anything while the page is closed. Keep the page open, or use another browser.",
  off: "When 911 asks for a camera you have one minute to answer. This phone can tell you, also while this page is closed. The message says that 911 asks, and nothing else.",
  on: "This phone tells you when 911 asks for a camera.",
  refused:
    "You have told this browser not to send messages from this page. Allow them in the browser's settings for this page, then come back.",
};

function pushSorry(error: unknown): string {
  if (error instanceof Refused || error instanceof Unreachable) return sorry(error);
  return "This browser could not be reached for messages. Nothing was changed. Try again, or use another browser.";
}

export function NoticesCard({ lender }: { lender: OwnerLender }) {
  const [notices, setNotices] = useState<Notices>("unknown");
  const act = useAct(pushSorry);
  useEffect(() => {
    readNotices().then(setNotices, () => setNotices("cannot"));
  }, []);
  if (notices === "unknown") return null;
  const turn = (way: typeof switchOn): void => void act.run(async () => setNotices(await way(lender.calls)));
  return (
    <section class="card notices" aria-label="Messages on this phone">
      <h2>
        <Icon name="bell" /> Messages on this phone
      </h2>
      <p role="status">{WORDS[notices]}</p>
      <ProblemNote text={act.problem} />
      {notices === "off" && (
        <button type="button" class="primary" disabled={act.busy} onClick={() => turn(switchOn)}>
          {act.busy ? "Asking your browser…" : "Tell me on this phone"}
        </button>
      )}
      {notices === "on" && (
        <button type="button" disabled={act.busy} onClick={() => turn(switchOff)}>
          Stop telling me here
        </button>
      )}
    </section>
  );
}
