// Whether this phone is told while the page is closed: said plainly, switched by a press.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../hooks.ts";
import { type Notices, readNotices, switchOff, switchOn } from "../notices.ts";
import { Refused, type Requests, Unreachable } from "../requests.ts";
import { Icon, type IconName } from "./icon.tsx";
import { ProblemNote } from "./problem.tsx";

export interface NoticesWords {
  readonly title: string;
  readonly states: Readonly<Record<Exclude<Notices, "unknown">, string>>;
  readonly on: string;
  readonly off: string;
}

interface Props {
  requests: Requests;
  words: NoticesWords;
  sorry(error: unknown): string;
  /** What can be pressed beside, while it is on. */
  children?: ComponentChildren;
}

const ICONS: Readonly<Record<Exclude<Notices, "unknown">, IconName>> = {
  on: "done",
  off: "bellOff",
  refused: "over",
  install: "smartphone",
  old: "warning",
  cannot: "warning",
};

export function NoticesCard({ requests, words, sorry, children }: Props) {
  const [notices, setNotices] = useState<Notices>("unknown");
  const act = useAct((error) =>
    error instanceof Refused || error instanceof Unreachable
      ? sorry(error)
      : "This browser could not be reached for messages. Nothing was changed. Try again, or use another browser.",
  );
  useEffect(() => {
    const look = (): void => void readNotices().then(setNotices, () => setNotices("cannot"));
    look();
    addEventListener("focus", look); // back from the browser's settings
    return () => removeEventListener("focus", look);
  }, []);
  if (notices === "unknown") return null;
  const turn = (way: typeof switchOn): void => void act.run(async () => setNotices(await way(requests)));
  return (
    <section class={`card notices is-${notices}`} aria-label={words.title}>
      <h2>
        <Icon name={ICONS[notices]} /> {words.title}
      </h2>
      <p role="status">{words.states[notices]}</p>
      <ProblemNote text={act.problem} />
      {notices === "off" && (
        <button type="button" class="primary" disabled={act.busy} onClick={() => turn(switchOn)}>
          {act.busy ? "Asking your browser…" : words.on}
        </button>
      )}
      {notices === "on" && (
        <>
          {children}
          <button type="button" disabled={act.busy} onClick={() => turn(switchOff)}>
            {words.off}
          </button>
        </>
      )}
    </section>
  );
}
