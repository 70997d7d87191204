// The queue: by week, open first. Arrow keys go from one finding to the next.
import { useState } from "preact/hooks";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import type { FindingKind, FindingView, WeekView } from "../wire.ts";
import { OUTCOMES, role, TITLES, week } from "./words.ts";

const MARKS: Record<FindingKind, IconName> = {
  "same-camera": "camera",
  "not-on-a-call": "unit",
  "never-sent": "sent",
  "off-duty": "unit",
  "never-en-route": "sent",
  "same-reason": "again",
  "outside-incident": "hours",
  "owner-ended": "pause",
  "broken-glass": "glass",
  contested: "warning",
};

interface QueueProps {
  findings: FindingView[];
  weeks: WeekView[];
  chosen: string | null;
  onChoose(id: string): void;
}

function State({ finding }: { finding: FindingView }) {
  if (finding.outcome !== null) {
    return (
      <span class="standing tone-good">
        <Icon name="done" /> {OUTCOMES[finding.outcome][0]}
      </span>
    );
  }
  return finding.overdue ? (
    <span class="standing tone-danger">
      <Icon name="age" /> Overdue
    </span>
  ) : (
    <span class="standing tone-waiting">
      <Icon name="queued" /> Open
    </span>
  );
}

/** Of those that are open the oldest week first, for it has waited longest; of the closed the newest. */
function byWeek(findings: FindingView[], newest: boolean): [string, FindingView[]][] {
  const groups = new Map<string, FindingView[]>();
  for (const one of findings) groups.set(one.week, [...(groups.get(one.week) ?? []), one]);
  return [...groups].sort(([a], [b]) => (a < b === newest ? 1 : -1));
}

function step(event: KeyboardEvent): void {
  const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (by === 0) return;
  const list = event.currentTarget as HTMLElement;
  const all = [...list.querySelectorAll<HTMLButtonElement>("button.finding")];
  const at = all.indexOf(document.activeElement as HTMLButtonElement);
  const next = at < 0 ? undefined : all[at + by];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

export function Queue({ findings, weeks, chosen, onChoose }: QueueProps) {
  const [closed, setClosed] = useState(false);
  const open = findings.filter((one) => one.closed_at === null);
  const done = findings.filter((one) => one.closed_at !== null);
  const shown = closed ? done : open;
  const last = weeks[0];
  return (
    <section class="queue" aria-labelledby="queue-title">
      <h2 id="queue-title">Findings</h2>
      <div class="queue-kinds">
        <button type="button" aria-pressed={!closed} onClick={() => setClosed(false)}>
          Open {open.length}
        </button>
        <button type="button" aria-pressed={closed} onClick={() => setClosed(true)}>
          Closed {done.length}
        </button>
      </div>
      {shown.length === 0 && (
        <p class="empty">
          {closed ? "No finding has been closed yet." : "Nothing is open."}
          {!closed && last !== undefined && ` ${week(last.week)} has been reviewed.`}
          {!closed && last === undefined && " The first week is reviewed when it is over, on Monday."}
        </p>
      )}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the buttons inside take the keys */}
      <div onKeyDown={step}>
        {byWeek(shown, closed).map(([monday, held]) => (
          <div key={monday} class="queue-week">
            <h3>{week(monday)}</h3>
            <ul>
              {held.map((one) => (
                <li key={one.id}>
                  <button
                    type="button"
                    class="finding"
                    aria-current={one.id === chosen ? "true" : undefined}
                    onClick={() => onChoose(one.id)}
                  >
                    <Icon name={MARKS[one.kind]} />
                    <span class="finding-words">
                      <strong>{TITLES[one.kind]}</strong>
                      <span class="finding-about">
                        {role(one.role)} {one.officer.slice(0, 6)}
                        {one.camera !== null && `, ${one.camera}`}
                      </span>
                    </span>
                    <State finding={one} />
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}
