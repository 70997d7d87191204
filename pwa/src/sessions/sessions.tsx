// Who is signed in where: one's own devices first, then those that one may end for others. A lost phone is two presses:
// End, and why.
import { useEffect, useState } from "preact/hooks";
import { useAct, useLoaded, useNow } from "../lib/hooks.ts";
import { ago } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ThemeButton } from "../lib/parts/page-buttons.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Requests } from "../lib/requests.ts";
import type { EndSession, Me, PersonSessions, SessionEnd, SessionView } from "../wire.ts";

const AGAIN_MS = 5000;
/** From so many people on, one is looked for by name. */
const MANY = 8;
const REASONS: readonly (readonly [SessionEnd, string])[] = [
  ["lost", "It is lost"],
  ["stolen", "It is stolen"],
  ["left-open", "It was left open"],
  ["other", "Another reason"],
];

interface AskProps {
  question: string;
  busy: boolean;
  onReason(reason: SessionEnd): void;
  onBack(): void;
}

function Ask({ question, busy, onReason, onBack }: AskProps) {
  return (
    <div class="ask">
      <p role="status">{question} Its pages and pictures close at once. Why?</p>
      <div class="buttons">
        {REASONS.map(([reason, words]) => (
          <button
            key={reason}
            type="button"
            class="quiet-danger"
            disabled={busy}
            onClick={() => onReason(reason)}
          >
            {words}
          </button>
        ))}
        <button type="button" class="plain" disabled={busy} onClick={onBack}>
          Do not end it
        </button>
      </div>
    </div>
  );
}

function facts(session: SessionView, now: number): string {
  const since = `signed in ${ago(now - Date.parse(session.since))}`;
  return session.here ? since : `${since}, last used ${ago(now - Date.parse(session.seen_at))}`;
}

interface PersonProps {
  person: PersonSessions;
  me: Me;
  now: number;
  requests: Requests;
  again(): Promise<void>;
}

function Person({ person, me, now, requests, again }: PersonProps) {
  const [asking, setAsking] = useState<string | null>(null);
  const act = useAct(sorry);
  const mine = person.user_id === me.user.id;
  const others = person.sessions.filter((session) => !session.here);
  const end = async (path: string, reason: SessionEnd): Promise<void> => {
    const ended = await act.run(async () => {
      await requests.send("POST", path, { reason } satisfies EndSession);
      await again();
    });
    if (ended) setAsking(null);
  };
  const everywhere = mine ? "Sign out everywhere else" : "End all of them";
  return (
    <section class="card" aria-labelledby={person.user_id}>
      <div class="card-head">
        <h2 id={person.user_id} dir="auto">
          {mine ? "You" : person.name}
        </h2>
        <span class="soft">{[person.role, person.unit].filter((word) => word !== null).join(" · ")}</span>
      </div>
      <ul>
        {person.sessions.map((session) => (
          <li key={session.id}>
            <span class="device">
              <strong>{session.device || "A browser"}</strong>
              <span class="soft">{facts(session, now)}</span>
            </span>
            {session.here && (
              <span class="mark tone-good">
                <Icon name="done" /> This device
              </span>
            )}
            {session.locked && (
              <span class="mark tone-quiet">
                <Icon name="lock" /> Locked
              </span>
            )}
            {!session.here && asking !== session.id && (
              <button
                type="button"
                aria-label={`End ${mine ? "" : `${person.name}, `}${session.device}`}
                onClick={() => setAsking(session.id)}
              >
                End
              </button>
            )}
            {asking === session.id && (
              <Ask
                question={`End ${session.device || "this session"}?`}
                busy={act.busy}
                onReason={(reason) => void end(`/api/sessions/${session.id}/end`, reason)}
                onBack={() => setAsking(null)}
              />
            )}
          </li>
        ))}
      </ul>
      <ProblemNote text={act.problem} />
      {others.length > 1 && asking !== person.user_id && (
        <button
          type="button"
          class="quiet-danger"
          aria-label={mine ? everywhere : `${everywhere}, ${person.name}`}
          onClick={() => setAsking(person.user_id)}
        >
          {everywhere}
        </button>
      )}
      {asking === person.user_id && (
        <Ask
          question={`End ${others.length} sessions?`}
          busy={act.busy}
          onReason={(reason) => void end(`/api/people/${person.user_id}/sessions/end`, reason)}
          onBack={() => setAsking(null)}
        />
      )}
    </section>
  );
}

const ENDS: Partial<Record<Me["user"]["role"], string>> = {
  supervisor: "You may end anybody's. A lost phone sees nothing more within a second or two.",
  dispatcher: "You may end your own and officers'. A lost phone sees nothing more within a second or two.",
};

export function Sessions({ me, requests }: { me: Me; requests: Requests }) {
  const [wanted, setWanted] = useState("");
  const held = useLoaded(() => requests.send<PersonSessions[]>("GET", "/api/sessions"), sorry);
  const now = useNow(Date.now);
  const { again } = held;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && void again(), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const people = held.state === "there" ? held.value : [];
  const found = people.filter(({ name, unit }) =>
    `${name} ${unit ?? ""}`.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  return (
    <div class="sessions">
      <header>
        <a class="button square" href="/" aria-label="Back" title="Back">
          <Icon name="back" />
        </a>
        <h1>Signed-in devices</h1>
        <ThemeButton />
      </header>
      <main>
        <p class="soft">
          {ENDS[me.user.role] ?? "Where you are signed in. End what is not yours or not with you."}
        </p>
        {people.length > MANY && (
          <label class="field">
            <span>Name or unit</span>
            <input type="search" value={wanted} onInput={(event) => setWanted(event.currentTarget.value)} />
          </label>
        )}
        {held.state === "loading" && <p class="empty">Loading…</p>}
        {held.state === "failed" && <ProblemNote text={held.problem} />}
        {found.map((person) => (
          <Person key={person.user_id} person={person} me={me} now={now} requests={requests} again={again} />
        ))}
        {held.state === "there" && found.length === 0 && (
          <p class="empty">Nobody of that name is signed in.</p>
        )}
      </main>
    </div>
  );
}
