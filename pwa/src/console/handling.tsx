// Who has an incident, and its way to a colleague: one press offers it, one press accepts it. Above the picture, never
// over it; what is offered to somebody is there whichever incident they have in front.
import { useEffect, useRef } from "preact/hooks";
import { useAct, useLoaded, useNow, useStore } from "../lib/hooks.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { Colleague, IncidentView, TransferView } from "../wire.ts";
import { AT_REST, type ConsoleState, change } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
}

interface OneProps extends Props {
  incident: IncidentView;
}

export interface Offered {
  incident: IncidentView;
  transfer: TransferView;
}

/** What this person is offered now: by name, or as anybody at the desk. */
export function offersTo(world: World, me: string, now: number): Offered[] {
  return openIncidents(world).flatMap((incident) => {
    const { transfer } = incident;
    if (transfer === null || transfer.from_id === me || Date.parse(transfer.expires_at) <= now) return [];
    return transfer.to_id === null || transfer.to_id === me ? [{ incident, transfer }] : [];
  });
}

/** Takes it over, and puts it in front. */
export async function accept({ desk, state }: Props, { incident, transfer }: Offered): Promise<void> {
  desk.take(await desk.calls.accept(transfer.id));
  change(state, AT_REST);
  desk.select(incident.id);
}

function Offer({ desk, state, offered, first }: Props & { offered: Offered; first: boolean }) {
  const { incident, transfer } = offered;
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const decline = (): void => {
    void act.run(async () => desk.take(await desk.calls.decline(transfer.id)));
  };
  return (
    <section class="handing" aria-label={`${transfer.from_name} hands over an incident`}>
      <Icon name="handOver" />
      <p>
        <strong>
          {transfer.from_name} hands over: {incident.type}
        </strong>
        <span>
          {incident.words || "No words yet"} · {duration(Date.parse(transfer.expires_at) - now)} to answer
        </span>
        <ProblemNote text={act.problem} />
      </p>
      <button
        type="button"
        class="primary"
        disabled={act.busy}
        aria-keyshortcuts={first ? "A" : undefined}
        onClick={() => void act.run(() => accept({ desk, state }, offered))}
      >
        Take it over {first && <kbd>A</kbd>}
      </button>
      {transfer.to_id !== null && (
        <button type="button" disabled={act.busy} onClick={decline}>
          Not now
        </button>
      )}
    </section>
  );
}

/** All that is offered to this person; the first is accepted by a key. */
export function Offers(props: Props) {
  const { desk } = props;
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const offers = offersTo(world, desk.me.user.id, now);
  return (
    <div role="status" class="offers">
      {offers.map((offered, index) => (
        <Offer key={offered.transfer.id} {...props} offered={offered} first={index === 0} />
      ))}
    </div>
  );
}

/** The giver waits, and may keep it after all. */
function Waiting({ desk, transfer }: { desk: Desk; transfer: TransferView }) {
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  return (
    <section class="handing" aria-label="Handing over">
      <Icon name="queued" />
      <p role="status">
        <strong>{transfer.to_name ?? "Anybody at the desk"} is asked to take this over</strong>
        <span aria-hidden="true">
          {duration(Math.max(0, Date.parse(transfer.expires_at) - now))}; until then it is yours
        </span>
        <ProblemNote text={act.problem} />
      </p>
      <button
        type="button"
        disabled={act.busy}
        onClick={() => void act.run(async () => desk.take(await desk.calls.withdraw(transfer.id)))}
      >
        Keep it
      </button>
    </section>
  );
}

function busyWith({ incidents }: Colleague): string {
  return incidents === 0 ? "has none" : incidents === 1 ? "has 1 incident" : `has ${incidents} incidents`;
}

/** To whom: the first is focused, so that H and Enter hand it over. */
function Choose({ desk, state, incident }: OneProps) {
  const act = useAct(sorry);
  const held = useLoaded(() => desk.calls.colleagues(), sorry, incident.id);
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const offer = async (to: string | null): Promise<void> => {
    const done = await act.run(async () => desk.take(await desk.calls.offer(incident.id, to)));
    if (done) change(state, { handing: false });
  };
  const there = held.state === "there" ? held.value : [];
  return (
    <section class="handing is-choosing" aria-label="Hand over to">
      <button type="button" class="primary" ref={first} disabled={act.busy} onClick={() => void offer(null)}>
        <Icon name="handOver" /> Whoever is free
      </button>
      {there.map((colleague) => (
        <button
          key={colleague.user_id}
          type="button"
          disabled={act.busy}
          onClick={() => void offer(colleague.user_id)}
        >
          {colleague.name} <small>{busyWith(colleague)}</small>
        </button>
      ))}
      {held.state === "there" && there.length === 0 && <p>Nobody else has a console open.</p>}
      {held.state === "failed" && <ProblemNote text={held.problem} />}
      <button type="button" class="plain" onClick={() => change(state, { handing: false })}>
        Keep it <kbd>Esc</kbd>
      </button>
      <ProblemNote text={act.problem} />
    </section>
  );
}

/** Of the incident in front: it waits for a colleague, or one is chosen. */
export function Handing({ desk, state, incident }: OneProps) {
  const { handing } = useStore(state);
  const { transfer } = incident;
  const mine = transfer !== null && transfer.from_id === desk.me.user.id;
  if (incident.closed_at !== null) return null;
  if (mine) return <Waiting desk={desk} transfer={transfer} />;
  return handing && mayHandOver(desk, incident) ? (
    <Choose desk={desk} state={state} incident={incident} />
  ) : null;
}

export function mayHandOver(desk: Desk, incident: IncidentView): boolean {
  const { id, role } = desk.me.user;
  return incident.closed_at === null && (incident.handler?.user_id === id || role === "supervisor");
}

/** Who has it, for the head. */
export function handlerWords(incident: IncidentView, me: string): string {
  const { handler } = incident;
  if (handler === null) return "Nobody has it yet";
  return handler.user_id === me ? "You have it" : `${handler.name} has it`;
}

/** Whether this person gave it away: then its pictures stay off until they ask. */
export function gaveAway(incident: IncidentView, me: string): boolean {
  const { handler } = incident;
  return handler !== null && handler.from_id === me && handler.user_id !== me;
}

/** In the head: the one of the two verbs that is this person's. */
export function HandlingButton({ desk, state, incident }: OneProps) {
  const act = useAct(sorry);
  if (incident.handler?.user_id === desk.me.user.id) {
    return (
      <button
        type="button"
        aria-keyshortcuts="H"
        disabled={incident.transfer !== null}
        onClick={() => change(state, { handing: true })}
      >
        <Icon name="handOver" /> <span class="wide-word">Hand over</span> <kbd>H</kbd>
      </button>
    );
  }
  const take = (): void => {
    void act.run(async () => desk.take(await desk.calls.takeIncident(incident.id)));
  };
  return (
    <>
      <ProblemNote text={act.problem} />
      <button type="button" disabled={act.busy} onClick={take}>
        <Icon name="handOver" /> Take it
      </button>
    </>
  );
}
