// What waits for a pilot, and what flies.
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { ago } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { isUp } from "../staff/sky.ts";
import { percent, phaseTone, phaseWords, seconds, stays, toScene } from "../staff/sky-words.ts";
import type { FlightView, OfferView } from "../wire.ts";
import { mayFly } from "./roles.ts";

function Offer({ desk, offer, onFlight }: { desk: Desk; offer: OfferView; onFlight(id: string): void }) {
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const incident = useStore(desk.world).incidents.get(offer.incident_id);
  const confirm = (): void => {
    void act.run(async () => onFlight((await desk.flights.send(offer.incident_id, offer.drone_id)).id));
  };
  return (
    <li class="offer">
      <p>
        <strong>{incident?.type ?? "Incident"}</strong>
        <span>{incident?.words}</span>
        <span>
          {offer.drone}, {offer.dock}: {seconds(offer.to_scene_s)} to the scene · offered{" "}
          {ago(now - Date.parse(offer.offered_at))}
        </span>
      </p>
      <ProblemNote text={act.problem} />
      {mayFly(desk.me) && (
        <>
          <button type="button" class="primary" disabled={act.busy} onClick={confirm}>
            <Icon name="drone" /> Confirm and send {offer.drone}
          </button>
          <button
            type="button"
            class="plain"
            disabled={act.busy}
            onClick={() => void act.run(() => desk.flights.decline(offer.incident_id))}
          >
            Send none
          </button>
        </>
      )}
    </li>
  );
}

export function Offers({ desk, onFlight }: { desk: Desk; onFlight(id: string): void }) {
  const { offers } = useStore(desk.sky);
  return (
    <section aria-labelledby="offers-title" class={offers.length > 0 ? "offers is-waiting" : "offers"}>
      <h2 id="offers-title">Offers</h2>
      {offers.length === 0 && <p class="empty">Nothing waits for you.</p>}
      <p class="sr-only" role="status">
        {offers.length === 0 ? "" : `${offers.length} offered`}
      </p>
      <ul>
        {offers.map((offer) => (
          <Offer
            key={`${offer.incident_id} ${offer.drone_id}`}
            desk={desk}
            offer={offer}
            onFlight={onFlight}
          />
        ))}
      </ul>
    </section>
  );
}

interface RowProps {
  desk: Desk;
  flight: FlightView;
  front: boolean;
  onChoose(id: string): void;
}

function Row({ desk, flight, front, onChoose }: RowProps) {
  const now = useNow(() => desk.clock.now());
  const at = desk.drones.value.get(flight.drone_id);
  const left = stays(flight, now);
  const facts = [
    toScene(flight, now),
    isUp(flight) && at !== undefined ? `battery ${percent(at.charge)}` : null,
    left === null ? null : `home in ${left}`,
    `pilot ${flight.pilot}`,
  ];
  return (
    <li>
      <button type="button" class="row" aria-current={front} onClick={() => onChoose(flight.id)}>
        <span class="row-top">
          <strong>{flight.drone}</strong>
          <span class={`standing tone-${phaseTone(flight)}`}>{phaseWords(flight)}</span>
        </span>
        <span class="row-words">{facts.filter((fact) => fact !== null).join(" · ")}</span>
      </button>
    </li>
  );
}

export function FlightList({
  desk,
  front,
  onChoose,
}: {
  desk: Desk;
  front: string | null;
  onChoose(id: string): void;
}) {
  const { flights } = useStore(desk.sky);
  const shown = [...flights.filter(isUp), ...flights.filter((flight) => !isUp(flight)).slice(0, 3)];
  return (
    <section aria-labelledby="flights-title">
      <h2 id="flights-title">Flights</h2>
      {shown.length === 0 && <p class="empty">No drone is in the air.</p>}
      <ul>
        {shown.map((flight) => (
          <Row key={flight.id} desk={desk} flight={flight} front={flight.id === front} onChoose={onChoose} />
        ))}
      </ul>
    </section>
  );
}
