// The pilot's page: offers, flights and docks on the left; one flight beside it, with everything it takes to fly.
import { useEffect, useMemo, useState } from "preact/hooks";
import { useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { LockButton, SignOutButton, ThemeButton } from "../lib/parts/page-buttons.tsx";
import type { Store } from "../lib/store.ts";
import type { MapCamera } from "../map/drawing.tsx";
import { AreaMap } from "../map/map.tsx";
import { airOf } from "../staff/air.ts";
import type { Desk } from "../staff/desk.ts";
import { LineStatus } from "../staff/parts/line-status.tsx";
import { docksOf } from "../staff/scene-sky.ts";
import type { Sky } from "../staff/sky.ts";
import { Docks } from "./docks.tsx";
import { Flight } from "./flight.tsx";
import { inFront } from "./front.ts";
import { FlightList, Offers } from "./lists.tsx";

interface Props {
  desk: Desk;
  /** The flight in front; null for the first of one's own. */
  chosen: Store<string | null>;
}

const NOBODY: readonly MapCamera[] = [];
const DOCK_RADIUS_M = 300;

function Bar({ desk, listed, onList }: { desk: Desk; listed: boolean; onList(): void }) {
  return (
    <header class="bar">
      <p class="brand">
        <strong>Sightline drones</strong>
        <span>{desk.me.agency.name}</span>
      </p>
      <button type="button" class="to-list" aria-expanded={listed} aria-controls="list" onClick={onList}>
        <Icon name="list" /> Docks and flights
      </button>
      <div class="bar-end">
        <a class="button" href="/flights">
          <Icon name="history" /> <span class="wide-word">Flights</span>
        </a>
        <LockButton requests={desk.requests} />
        <ThemeButton />
        <SignOutButton name={desk.me.user.display_name} onSignOut={() => desk.signOut()} />
      </div>
    </header>
  );
}

/** Where drones stand, while none flies. */
function DocksMap({ desk, sky }: { desk: Desk; sky: Sky }) {
  const { areas } = useStore(airOf(desk));
  const now = useNow(() => desk.clock.now());
  const docks = useMemo(() => docksOf({ sky, drones: desk.drones.value, now }), [sky, now]);
  const ready = docks.filter(({ state }) => state === "ready").length;
  return (
    <div class="docks-map">
      <h1 class="sr-only">No drone is in the air</h1>
      <AreaMap
        label={`${docks.length} docks, ${ready} of them ready`}
        cameras={NOBODY}
        within={docks.map(({ point }) => ({ point, radius_m: DOCK_RADIUS_M }))}
        sky={{ docks, areas, flights: [], told: null }}
      />
    </div>
  );
}

function Nothing({ desk, sky }: { desk: Desk; sky: Sky }) {
  if (sky.docks.length > 0) return <DocksMap desk={desk} sky={sky} />;
  return (
    <div class="nothing">
      <h1>No drone is in the air</h1>
      <p>
        {sky.told
          ? "A flight comes up here as soon as somebody sends a drone, or you confirm an offer."
          : "Loading…"}
      </p>
    </div>
  );
}

export function Pilot({ desk, chosen }: Props) {
  const sky = useStore(desk.sky);
  const flight = inFront(sky, useStore(chosen), desk.me.user.id);
  useEffect(() => {
    if (flight !== null) chosen.set(flight.id); // another one that takes off does not take its place
  }, [chosen, flight?.id]);
  const [listed, setListed] = useState(false);
  const incident = flight?.incident_id ?? null;
  useEffect(() => {
    if (incident !== null) desk.select(incident);
  }, [desk, incident]);
  useEffect(() => {
    document.title = `${flight === null ? "Drones" : flight.drone} – Sightline`;
  }, [flight?.drone]);
  const choose = (id: string): void => {
    chosen.set(id);
    setListed(false);
  };
  return (
    <div class={flight === null || listed ? "pilot is-listed" : "pilot"}>
      <Bar desk={desk} listed={listed} onList={() => setListed(!listed)} />
      <aside class="list" id="list" aria-label="Offers, flights and docks">
        <LineStatus desk={desk} />
        <Offers desk={desk} onFlight={choose} />
        <FlightList desk={desk} front={flight?.id ?? null} onChoose={choose} />
        <Docks desk={desk} />
      </aside>
      <main class="front">
        {flight === null ? (
          <Nothing desk={desk} sky={sky} />
        ) : (
          <Flight key={flight.id} desk={desk} flight={flight} />
        )}
      </main>
    </div>
  );
}
