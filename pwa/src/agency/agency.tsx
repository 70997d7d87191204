// The supervisor's page: who lends cameras, the city's own, devices, the fee, and what the public log withholds. One part at a time.
import { useEffect, useMemo, useState } from "preact/hooks";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import { LockButton, SignOutButton, ThemeButton } from "../lib/parts/page-buttons.tsx";
import type { Desk } from "../staff/desk.ts";
import { Callers } from "./callers.tsx";
import { AgencyCalls } from "./calls.ts";
import { City } from "./city.tsx";
import { Contests } from "./contests.tsx";
import { Devices } from "./devices.tsx";
import { Docks } from "./docks.tsx";
import { Fees } from "./fees.tsx";
import { PublicLog } from "./log.tsx";
import { Owners } from "./owners.tsx";
import { Phrases } from "./phrases.tsx";

const PARTS = [
  ["owners", "Owners", "opened"],
  ["city", "City cameras", "camera"],
  ["callers", "Callers", "phone"],
  ["contests", "Contests", "flag"],
  ["devices", "Devices", "smartphone"],
  ["docks", "Drones", "drone"],
  ["fees", "Fees", "fee"],
  ["phrases", "Phrases", "write"],
  ["log", "Public log", "history"],
] as const satisfies readonly (readonly [string, string, IconName])[];
type Part = (typeof PARTS)[number][0];

/** The part that the address names, so that a reload and a bookmark come back to it. */
function named(): Part {
  const part = new URLSearchParams(location.search).get("part");
  return PARTS.find(([name]) => name === part)?.[0] ?? "owners";
}

export function Agency({ desk }: { desk: Desk }) {
  const [part, setPart] = useState<Part>(named);
  const calls = useMemo(() => new AgencyCalls(desk.requests), [desk]);
  const word = PARTS.find(([name]) => name === part)?.[1] ?? "";
  useEffect(() => {
    document.title = `${word} – Sightline`;
    const back = (): void => setPart(named());
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, [word]);
  const go = (event: MouseEvent, name: Part): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", `?part=${name}`);
    setPart(name);
  };
  return (
    <div class="agency">
      <header class="agency-bar">
        <p class="brand">
          <strong>Sightline</strong>
          <span>{desk.me.agency.name}</span>
        </p>
        <nav aria-label="Parts of this page">
          {PARTS.map(([name, label, mark]) => (
            <a
              key={name}
              href={`?part=${name}`}
              aria-current={name === part ? "page" : undefined}
              onClick={(event) => go(event, name)}
            >
              <Icon name={mark} /> {label}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          <a class="button" href="/console">
            <Icon name="back" /> Console
          </a>
          <ThemeButton />
          <LockButton requests={desk.requests} />
          <SignOutButton name={desk.me.user.display_name} onSignOut={() => desk.signOut()} />
        </div>
      </header>
      <main class="agency-main">
        <h1>{word}</h1>
        {part === "owners" && <Owners calls={calls} />}
        {part === "city" && <City requests={desk.requests} />}
        {part === "callers" && <Callers calls={calls} />}
        {part === "contests" && <Contests calls={calls} />}
        {part === "devices" && <Devices desk={desk} calls={calls} />}
        {part === "docks" && <Docks calls={calls} />}
        {part === "fees" && <Fees desk={desk} calls={calls} />}
        {part === "phrases" && <Phrases calls={calls} />}
        {part === "log" && <PublicLog calls={calls} />}
      </main>
    </div>
  );
}
