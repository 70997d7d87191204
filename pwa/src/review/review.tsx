// The auditor's page: the queue of findings by week, one of them in full, the week's charts, and the public log.
import { useEffect, useRef, useState } from "preact/hooks";
import { useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { LockButton, SignOutButton, ThemeButton } from "../lib/parts/page-buttons.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Requests } from "../lib/requests.ts";
import type { FindingView, Me, ReviewView } from "../wire.ts";
import type { ReviewCalls } from "./calls.ts";
import { Charts } from "./charts.tsx";
import { Finding } from "./finding.tsx";
import { LogState } from "./log-state.tsx";
import { Queue } from "./queue.tsx";

function standing(findings: FindingView[]): string {
  const open = findings.filter((one) => one.closed_at === null);
  const overdue = open.filter((one) => one.overdue).length;
  if (open.length === 0) return "Nothing is open. Every finding has been looked at.";
  const count = open.length === 1 ? "1 finding is open" : `${open.length} findings are open`;
  return overdue === 0 ? `${count}.` : `${count}, ${overdue} of them overdue.`;
}

interface PageProps {
  view: ReviewView;
  calls: ReviewCalls;
}

function Page({ view, calls }: PageProps) {
  const [findings, setFindings] = useState(view.findings);
  const [chosen, setChosen] = useState<string | null>(() => location.hash.slice(1) || null);
  const detail = useRef<HTMLElement>(null);
  useEffect(() => setFindings(view.findings), [view]);
  useEffect(() => {
    const follow = (): void => setChosen(location.hash.slice(1) || null);
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  const finding = findings.find((one) => one.id === chosen);
  const choose = (id: string | null): void => {
    history.pushState(null, "", id === null ? location.pathname : `#${id}`);
    setChosen(id);
    if (id !== null) requestAnimationFrame(() => detail.current?.focus());
  };
  const put = (next: FindingView): void =>
    setFindings((held) => held.map((one) => (one.id === next.id ? next : one)));
  return (
    <main class="review-main">
      <div class="review-title">
        <h1>Weekly review</h1>
        <p role="status">{standing(findings)}</p>
      </div>
      <div class={`review-columns${finding === undefined ? "" : " is-chosen"}`}>
        <Queue findings={findings} weeks={view.weeks} chosen={finding?.id ?? null} onChoose={choose} />
        <section class="detail" ref={detail} tabIndex={-1} aria-label="The finding">
          {finding === undefined ? (
            <p class="empty">
              {findings.length === 0
                ? "When a week is over, what deserves a look is put here."
                : "Choose a finding to see what it rests on."}
            </p>
          ) : (
            <Finding
              key={finding.id}
              finding={finding}
              calls={calls}
              onChanged={put}
              onBack={() => choose(null)}
            />
          )}
        </section>
      </div>
      {view.weeks.length > 0 && <Charts weeks={view.weeks} />}
      <LogState log={view.log} now={view.now} calls={calls} onFinding={choose} known={findings} />
    </main>
  );
}

export function Review({ me, calls, requests }: { me: Me; calls: ReviewCalls; requests: Requests }) {
  const held = useLoaded(() => calls.look(), sorry);
  const signOut = async (): Promise<void> => {
    await calls.signOut();
    location.assign("/signin");
  };
  return (
    <div class="review">
      <header class="review-bar">
        <p class="brand">
          <strong>Sightline</strong>
          <span>{me.agency.name}</span>
        </p>
        <a class="button" href="/flights">
          <Icon name="drone" /> <span class="wide-word">Flights</span>
        </a>
        <ThemeButton />
        <LockButton requests={requests} />
        <SignOutButton name={me.user.display_name} onSignOut={signOut} />
      </header>
      {held.state === "loading" && (
        <main class="review-main">
          <h1 class="sr-only">Weekly review</h1>
          <p class="empty" role="status">
            Loading…
          </p>
        </main>
      )}
      {held.state === "failed" && (
        <main class="review-main">
          <h1>Weekly review</h1>
          <ProblemNote text={held.problem} />
          <button type="button" onClick={() => void held.again()}>
            Try again
          </button>
        </main>
      )}
      {held.state === "there" && <Page view={held.value} calls={calls} />}
    </div>
  );
}
