// How pictures open for one person, and for how long hard ones were on their screen. Theirs alone; a supervisor sees
// sums of each person below, to offer relief.
import { useAct, useLoaded } from "../lib/hooks.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ThemeButton } from "../lib/parts/page-buttons.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Requests } from "../lib/requests.ts";
import type { CareChoice, CareView, Exposure, Me, Relief } from "../wire.ts";

interface SwitchProps {
  on: boolean;
  busy: boolean;
  words: string;
  means: string;
  onChange(on: boolean): void;
}

function Switch({ on, busy, words, means, onChange }: SwitchProps) {
  return (
    <label class="check choice">
      <input
        type="checkbox"
        checked={on}
        disabled={busy}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        <strong>{words}</strong>
        <small>{means}</small>
      </span>
    </label>
  );
}

interface ChoicesProps {
  view: CareView;
  atDesk: boolean;
  requests: Requests;
  again(): Promise<void>;
}

function Choices({ view, atDesk, requests, again }: ChoicesProps) {
  const act = useAct(sorry);
  const choose = (part: Partial<CareChoice>): void => {
    const body = { ...view.choice, ...part } satisfies CareChoice;
    void act.run(async () => {
      await requests.send("PUT", "/api/care", body);
      await again();
    });
  };
  return (
    <section class="card" aria-labelledby="choices-title">
      <h2 id="choices-title">How pictures open</h2>
      <Switch
        on={view.choice.blur}
        busy={act.busy}
        words="Blurred until I press"
        means="A blurred picture is there, and shows nothing yet."
        onChange={(blur) => choose({ blur })}
      />
      <Switch
        on={view.choice.still_first}
        busy={act.busy}
        words="A still before motion"
        means="The first press shows one frame, the second the moving picture."
        onChange={(still_first) => choose({ still_first })}
      />
      <p class="soft">
        Pictures never make a sound. {atDesk && "Esc on the console hides all of them at once. "}What you
        choose holds on every device; open pages take it up when you come back to them.
      </p>
      <ProblemNote text={act.problem} />
    </section>
  );
}

interface Day {
  day: string;
  rows: Exposure[];
  seconds: number;
}

/** The ledger by day, the last first. */
export function byDay(exposures: readonly Exposure[]): Day[] {
  const days = new Map<string, Exposure[]>();
  for (const row of exposures) days.set(row.day, [...(days.get(row.day) ?? []), row]);
  return [...days].map(([day, rows]) => ({
    day,
    rows,
    seconds: rows.reduce((sum, row) => sum + row.motion_s + row.still_s, 0),
  }));
}

function dayWords(day: string): string {
  const date = new Date(`${day}T12:00:00`);
  return date.toLocaleDateString("en", { weekday: "short", day: "numeric", month: "short" });
}

function long(seconds: number): string {
  return seconds === 0 ? "none" : duration(seconds * 1000);
}

/** "5 min moving, 25 s of stills"; what was not seen is not said. */
function seen({ motion_s, still_s }: Exposure): string {
  const parts = [
    motion_s > 0 && `${duration(motion_s * 1000)} moving`,
    still_s > 0 && `${duration(still_s * 1000)} of stills`,
  ];
  return parts.filter(Boolean).join(", ");
}

function Ledger({ view }: { view: CareView }) {
  const days = byDay(view.exposures);
  const most = Math.max(1, ...days.map((day) => day.seconds));
  return (
    <section class="card" aria-labelledby="ledger-title">
      <h2 id="ledger-title">What was on your screen</h2>
      <p class="soft">
        Seconds of uncovered pictures, by type of incident. Only you see this; it holds no picture and names
        no incident, and is forgotten after {view.kept_days} days.
      </p>
      {days.length === 0 && <p>Nothing yet.</p>}
      <ol class="days">
        {days.map(({ day, rows, seconds }) => (
          <li key={day}>
            <p class="day">
              <span>{dayWords(day)}</span>
              <meter min={0} max={most} value={seconds} aria-hidden="true" />
              <strong>{long(seconds)}</strong>
            </p>
            <ul>
              {rows.map((row) => (
                <li key={row.type}>
                  <span>{row.type}</span>
                  <span>{seen(row)}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Team({ requests }: { requests: Requests }) {
  const held = useLoaded(() => requests.send<Relief[]>("GET", "/api/care/relief"), sorry);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="card" tabIndex={0} aria-labelledby="relief-title">
      <h2 id="relief-title">Who could use relief</h2>
      <p class="soft">
        Sums of each person, to offer a break or another desk by. No incident, no type, nothing older than a
        week.
      </p>
      {held.state === "loading" && <p role="status">Loading…</p>}
      {held.state === "failed" && <ProblemNote text={held.problem} />}
      {held.state === "there" && held.value.length === 0 && <p>Nobody has seen anything this week.</p>}
      {held.state === "there" && held.value.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Person</th>
              <th scope="col">Today, moving</th>
              <th scope="col">stills</th>
              <th scope="col">7 days, moving</th>
              <th scope="col">stills</th>
            </tr>
          </thead>
          <tbody>
            {held.value.map((row) => (
              <tr key={row.user_id}>
                <th scope="row">
                  {row.name} <small>{row.role}</small>
                </th>
                <td>{long(row.today_motion_s)}</td>
                <td>{long(row.today_still_s)}</td>
                <td>{long(row.week_motion_s)}</td>
                <td>{long(row.week_still_s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Care({ me, requests }: { me: Me; requests: Requests }) {
  const held = useLoaded(() => requests.send<CareView>("GET", "/api/care"), sorry);
  return (
    <div class="care">
      <header>
        <a class="button square" href="/" aria-label="Back" title="Back">
          <Icon name="back" />
        </a>
        <h1>Care</h1>
        <ThemeButton />
      </header>
      <main>
        {held.state === "loading" && <p role="status">Loading…</p>}
        {held.state === "failed" && <ProblemNote text={held.problem} />}
        {held.state === "there" && (
          <>
            <Choices
              view={held.value}
              atDesk={me.user.role !== "officer"}
              requests={requests}
              again={held.again}
            />
            <Ledger view={held.value} />
          </>
        )}
        {me.user.role === "supervisor" && <Team requests={requests} />}
      </main>
    </div>
  );
}
