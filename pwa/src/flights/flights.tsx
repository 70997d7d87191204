// Flights and their logs: the newest first, one of them in full. For supervisors, pilots, dispatchers and auditors.
import { useEffect, useRef, useState } from "preact/hooks";
import { useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { LockButton, SignOutButton, ThemeButton } from "../lib/parts/page-buttons.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Requests } from "../lib/requests.ts";
import { dayAndTime } from "../staff/words.ts";
import type { FlightSummary, Me } from "../wire.ts";
import type { FlightLogCalls } from "./calls.ts";
import { Log } from "./log.tsx";
import { endTone, endWords, span } from "./words.ts";

function named(): string | null {
  return location.hash.slice(1) || null;
}

/** Where whoever reads came from. */
const HOMES: Readonly<Record<string, readonly [string, string]>> = {
  supervisor: ["/agency?part=docks", "Drones"],
  pilot: ["/pilot", "Pilot's page"],
  auditor: ["/review", "Weekly review"],
  dispatcher: ["/console", "Console"],
};

function Row({ flight, chosen }: { flight: FlightSummary; chosen: boolean }) {
  const { drone, incident_type, pressed_at, air_s, times } = flight;
  const facts = [
    dayAndTime(pressed_at),
    air_s === 0 ? null : `${span(air_s)} in the air`,
    times.to_scene_s === null ? null : `${span(times.to_scene_s)} to the scene`,
  ];
  return (
    <li>
      <a class="row" href={`#${flight.id}`} aria-current={chosen ? "true" : undefined}>
        <span class="row-top">
          <strong>
            {drone}, {incident_type}
          </strong>
          <span class={`tone-${endTone(flight)}`}>{endWords(flight)}</span>
        </span>
        <span class="under">{facts.filter((fact) => fact !== null).join(" · ")}</span>
      </a>
    </li>
  );
}

function List({ calls, chosen }: { calls: FlightLogCalls; chosen: string | null }) {
  const [older, setOlder] = useState<FlightSummary[]>([]);
  const [more, setMore] = useState<boolean | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const held = useLoaded(() => calls.page(null), sorry);
  if (held.state === "loading") {
    return (
      <p class="empty" role="status">
        Loading…
      </p>
    );
  }
  if (held.state === "failed") {
    return (
      <>
        <ProblemNote text={held.problem} />
        <button type="button" onClick={() => void held.again()}>
          Try again
        </button>
      </>
    );
  }
  const flights = [...held.value.flights, ...older];
  const last = flights.at(-1);
  const further = async (): Promise<void> => {
    try {
      const page = await calls.page(last?.pressed_at ?? null);
      setOlder([...older, ...page.flights]);
      setMore(page.more);
      setProblem(null);
    } catch (error) {
      setProblem(sorry(error));
    }
  };
  return (
    <>
      {flights.length === 0 && <p class="empty">No drone has flown yet.</p>}
      <ul>
        {flights.map((flight) => (
          <Row key={flight.id} flight={flight} chosen={flight.id === chosen} />
        ))}
      </ul>
      <ProblemNote text={problem} />
      {(more ?? held.value.more) && (
        <button type="button" onClick={() => void further()}>
          Older flights
        </button>
      )}
    </>
  );
}

function Chosen({ calls, flight, onBack }: { calls: FlightLogCalls; flight: string; onBack(): void }) {
  const held = useLoaded(async () => Promise.all([calls.log(flight), calls.areas()]), sorry, flight);
  if (held.state === "there") {
    const [log, areas] = held.value;
    return <Log key={flight} log={log} areas={areas} onBack={onBack} />;
  }
  if (held.state === "failed") {
    return (
      <>
        <ProblemNote text={held.problem} />
        <button type="button" onClick={() => void held.again()}>
          Try again
        </button>
      </>
    );
  }
  return (
    <p class="empty" role="status">
      Loading the log…
    </p>
  );
}

export function Flights({ me, calls, requests }: { me: Me; calls: FlightLogCalls; requests: Requests }) {
  const [chosen, setChosen] = useState<string | null>(named);
  const detail = useRef<HTMLElement>(null);
  useEffect(() => {
    const follow = (): void => {
      setChosen(named());
      if (named() !== null) requestAnimationFrame(() => detail.current?.focus());
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);
  const back = (): void => {
    history.pushState(null, "", location.pathname);
    setChosen(null);
  };
  const signOut = async (): Promise<void> => {
    await calls.signOut();
    location.assign("/signin");
  };
  const [home, word] = HOMES[me.user.role] ?? ["/", "Back"];
  return (
    <div class="flights">
      <header class="flights-bar">
        <p class="brand">
          <strong>Sightline</strong>
          <span>{me.agency.name}</span>
        </p>
        <a class="button" href={home}>
          <Icon name="back" /> <span class="wide-word">{word}</span>
        </a>
        <ThemeButton />
        <LockButton requests={requests} />
        <SignOutButton name={me.user.display_name} onSignOut={signOut} />
      </header>
      <main class={chosen === null ? "flights-main" : "flights-main is-chosen"}>
        <h1 class="sr-only">Flights and their logs</h1>
        <section class="flights-list" aria-labelledby="flights-title">
          <h2 id="flights-title">Flights</h2>
          <List calls={calls} chosen={chosen} />
        </section>
        <section class="flights-log" ref={detail} tabIndex={-1} aria-label="The flight's log">
          {chosen === null ? (
            <p class="empty">Choose a flight to see where it flew, and what was done in it by whom.</p>
          ) : (
            <Chosen calls={calls} flight={chosen} onBack={back} />
          )}
        </section>
      </main>
    </div>
  );
}
