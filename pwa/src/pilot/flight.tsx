// One flight: what its cameras see, what it says of itself, where it is, and what it is told.
import { useEffect, useMemo, useState } from "preact/hooks";
import { useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Desk } from "../staff/desk.ts";
import { Orders } from "../staff/flights.ts";
import { useNearby } from "../staff/nearby.ts";
import { SceneMap } from "../staff/parts/scene-map.tsx";
import { isFlown, isUp } from "../staff/sky.ts";
import { phaseTone, phaseWords, telemetry, toScene } from "../staff/sky-words.ts";
import type { FlightView, IncidentView, Point } from "../wire.ts";
import { Acknowledged } from "./acknowledged.tsx";
import { Camera } from "./camera.ts";
import { Controls } from "./controls.tsx";
import { Pictures } from "./pictures.tsx";
import { mayFly } from "./roles.ts";
import { Steering } from "./steering.tsx";

interface Props {
  desk: Desk;
  flight: FlightView;
}

/** Everything that is told to one flight goes through here. */
export interface Piloting extends Props {
  incident: IncidentView | null;
  orders: Orders;
  camera: Camera;
  /** Whether whoever looks may tell it anything now. */
  may: boolean;
}

function Head({ desk, flight, incident }: Props & { incident: IncidentView | null }) {
  const now = useNow(() => desk.clock.now());
  const eta = toScene(flight, now);
  return (
    <header class="flight-head">
      <h1>
        {flight.drone} <span class={`tone-${phaseTone(flight)}`}>{phaseWords(flight)}</span>
      </h1>
      <p>
        {incident?.type}
        {eta !== null && ` · ${eta}`} · from {flight.dock} · pilot in command {flight.pilot}
        {flight.steered_by !== null && ` · ${flight.steered_by} steers`}
        {flight.follows && " · follows the caller"}
      </p>
      <div class="warnings" role="alert">
        {flight.warnings.map((words) => (
          <p key={words}>
            <Icon name="warning" /> {words}
          </p>
        ))}
        {flight.advice.map((words) => (
          <p key={words} class="advice">
            <Icon name="flag" /> <strong>You:</strong> {words}
          </p>
        ))}
      </div>
    </header>
  );
}

function Telemetry({ desk, flight, incident }: Props & { incident: IncidentView | null }) {
  const at = useStore(desk.drones).get(flight.drone_id);
  useNow(() => desk.clock.now()); // its age grows when nothing comes
  if (at === undefined) return <p class="telemetry is-empty">Nothing was heard of {flight.drone} yet.</p>;
  return (
    <>
      <dl class="telemetry">
        {telemetry(at, flight, incident?.position ?? null, desk.clock.now()).map(({ name, value, tone }) => (
          <div key={name} class={tone === "plain" ? "" : `is-${tone}`}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {at.trouble.length > 0 && (
        <p class="trouble" role="alert">
          <Icon name="warning" /> {at.trouble.join(" ")}
        </p>
      )}
    </>
  );
}

function MapArea({ desk, incident, camera, may, told, onTold }: Piloting & Told) {
  const around = useNearby(desk, incident);
  if (incident?.position == null) {
    return (
      <div class="map-empty">
        <Icon name="place" />
        <p>The incident has no position, or you may not see it.</p>
      </div>
    );
  }
  const look = (point: Point): void => {
    onTold(point);
    void camera.lookAt(point);
  };
  return (
    <SceneMap
      desk={desk}
      incident={incident}
      caller={incident.position}
      around={around}
      told={told}
      {...(may && { onPlace: look })}
      card={(camera) => <p>{camera.name}</p>}
    />
  );
}

interface Told {
  /** Where the camera was told to look last. */
  told: Point | null;
  onTold(point: Point | null): void;
}

/** Who can tell it nothing, and why not. */
function Looking({ desk, flight }: Props) {
  if (!isUp(flight)) {
    return (
      <p class="only-looking">
        This flight is over.{" "}
        <a class="button" href={`/flights#${flight.id}`}>
          <Icon name="history" /> Its log
        </a>
      </p>
    );
  }
  return (
    <p class="only-looking">
      {mayFly(desk.me)
        ? "It hangs under its parachute: nothing can be told to it any more."
        : "You look on: a pilot tells it what to do."}
    </p>
  );
}

export function Flight({ desk, flight }: Props) {
  const incident = useStore(desk.world).incidents.get(flight.incident_id) ?? null;
  const orders = useMemo(() => new Orders(), []);
  const [told, setTold] = useState<Point | null>(null);
  const camera = useMemo(
    () => new Camera(desk, flight.id, flight.drone_id, orders, () => setTold(null)),
    [desk, flight.id, flight.drone_id, orders],
  );
  useEffect(() => () => camera.end(), [camera]);
  const piloting: Piloting = {
    desk,
    flight,
    incident,
    orders,
    camera,
    may: isFlown(flight) && mayFly(desk.me),
  };
  return (
    <div class="flight">
      <Head desk={desk} flight={flight} incident={incident} />
      <section class="flight-pictures" aria-label="Pictures">
        <Pictures {...piloting} />
      </section>
      <section class="flight-facts" aria-label="What the drone says">
        <Telemetry desk={desk} flight={flight} incident={incident} />
        <Acknowledged orders={orders} />
      </section>
      <section class="flight-map" aria-label="Map">
        <MapArea {...piloting} told={told} onTold={setTold} />
        {piloting.may && <p class="map-says">Press the map: the camera looks there.</p>}
      </section>
      <section class="flight-controls" aria-label="Orders">
        {piloting.may ? (
          <>
            <Controls {...piloting} />
            <Steering {...piloting} />
          </>
        ) : (
          <Looking desk={desk} flight={flight} />
        )}
      </section>
    </div>
  );
}
