// The dispatcher's console: three columns that never move. This file places the columns and carries out keys.
import { useEffect, useMemo } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { LockButton, SignOutButton, ThemeButton } from "../lib/parts/page-buttons.tsx";
import type { Store } from "../lib/store.ts";
import { watchable } from "../staff/cameras.ts";
import { pressed, safe as toSafety } from "../staff/covers.ts";
import type { Desk } from "../staff/desk.ts";
import { chosenFeed } from "../staff/feeds.ts";
import { useNearby } from "../staff/nearby.ts";
import { WRITE_FIELD } from "../staff/parts/words.tsx";
import { closedIncidents, foremost, openIncidents, type World } from "../staff/world.ts";
import type { IncidentView } from "../wire.ts";
import { Cameras } from "./cameras.tsx";
import { Drones } from "./drones.tsx";
import { BreakGlass } from "./glass.tsx";
import { accept, Handing, mayHandOver, Offers, offersTo } from "./handling.tsx";
import { IncidentHead } from "./incident-head.tsx";
import { IncidentList } from "./incident-list.tsx";
import { type Command, command, keysOn, takesKeys } from "./keys.ts";
import { KeysHelp } from "./keys-help.tsx";
import { CLOSED, NUMBER_FIELD } from "./link-form.tsx";
import { LinkPanel } from "./link-panel.tsx";
import { Middle } from "./middle.tsx";
import { NewIncident, TYPE_FIELD } from "./new-incident.tsx";
import { Silent } from "./silent.tsx";
import { AT_REST, type ConsoleState, change, putInFront, swap, turn } from "./state.ts";
import { TALK_FIELD, Talk } from "./talk.tsx";
import { Units } from "./units.tsx";
import { Words } from "./words.tsx";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
}

function step({ desk, state }: Props, by: 1 | -1): void {
  const world = desk.world.value;
  const list = state.value.list === "open" ? openIncidents(world) : closedIncidents(world);
  const at = list.findIndex((incident) => incident.id === world.selected);
  const next = list[at === -1 ? 0 : Math.min(list.length - 1, Math.max(0, at + by))];
  if (next === undefined) return;
  change(state, AT_REST);
  desk.select(next.id);
}

/** Esc undoes the nearest thing first: the field, the help, the question, the form; then it hides the pictures. */
function safe({ desk, state }: Props): void {
  const { help, closing, wording, breaking, panel, texting, handing } = state.value;
  if (takesKeys(document.activeElement)) (document.activeElement as HTMLElement).blur();
  else if (help) change(state, { help: false });
  else if (breaking) change(state, { breaking: false });
  else if (panel) change(state, { panel: false });
  else if (closing) change(state, { closing: false });
  else if (wording) change(state, { wording: false });
  else if (texting) change(state, { ...CLOSED, notice: null });
  else if (handing) change(state, { handing: false });
  else desk.covers.update(toSafety);
}

/** A form that is not there yet takes the focus itself when it comes. */
function text(state: Store<ConsoleState>): void {
  document.getElementById(NUMBER_FIELD)?.focus();
  change(state, { texting: true, help: false });
}

function inFront(desk: Desk): IncidentView | undefined {
  const { selected, incidents } = desk.world.value;
  return selected === null ? undefined : incidents.get(selected);
}

/** Takes a cover off the picture in front, or puts them on again. */
function cover({ desk, state }: Props): void {
  const incident = inFront(desk);
  if (incident === undefined) return;
  const feed = chosenFeed(watchable(incident, desk.me.user.id), state.value.feed);
  if (feed !== null) desk.covers.update((covers) => pressed(covers, feed.id));
}

function hand({ desk, state }: Props): void {
  const incident = inFront(desk);
  if (incident !== undefined && mayHandOver(desk, incident)) change(state, { handing: true });
}

function acceptFirst(props: Props): void {
  const { desk } = props;
  const [offered] = offersTo(desk.world.value, desk.me.user.id, desk.clock.now());
  if (offered === undefined) return;
  accept(props, offered).catch(() => {}); // its strip stays, with the button that says why not
}

/** Puts the incident's nth picture in front. */
function show({ desk, state }: Props, index: number): void {
  const incident = inFront(desk);
  const feed = incident === undefined ? undefined : watchable(incident, desk.me.user.id)[index];
  if (feed !== undefined) putInFront(desk, state, feed.id);
}

function carryOut(props: Props, asked: Command): void {
  const { state } = props;
  if (asked.name === "feed") {
    show(props, asked.index);
    return;
  }
  const steps: Record<typeof asked.name, () => void> = {
    new: () => document.getElementById(TYPE_FIELD)?.focus(),
    text: () => text(state),
    talk: () => document.getElementById(TALK_FIELD)?.focus(),
    ended: () => change(state, { ended: true, help: false }),
    write: () => document.getElementById(WRITE_FIELD)?.focus(),
    swap: () => swap(state),
    turn: () => turn(state),
    cover: () => cover(props),
    hand: () => hand(props),
    accept: () => acceptFirst(props),
    help: () => change(state, { help: !state.value.help }),
    safe: () => safe(props),
    next: () => step(props, 1),
    previous: () => step(props, -1),
  };
  steps[asked.name]();
}

function useKeys(props: Props): void {
  const { desk, state } = props;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      const asked = command(event, takesKeys(document.activeElement), keysOn());
      if (asked === null) return;
      event.preventDefault();
      carryOut({ desk, state }, asked);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [desk, state]);
}

function Bar(props: Props) {
  const { desk, state } = props;
  return (
    <header class="bar">
      <p class="brand">
        <strong>Sightline</strong>
        <span>{desk.me.agency.name}</span>
      </p>
      <NewIncident {...props} />
      <div class="bar-end">
        <button
          type="button"
          class="square"
          aria-label="Picture and map beside or above each other"
          aria-keyshortcuts="V"
          title="Picture and map beside or above each other (V)"
          onClick={() => turn(state)}
        >
          <Icon name="layout" />
        </button>
        <button
          type="button"
          class="square"
          aria-label="Keys"
          aria-keyshortcuts="?"
          title="Keys (?)"
          onClick={() => change(state, { help: !state.value.help })}
        >
          <Icon name="keyboard" />
        </button>
        {desk.me.user.role === "supervisor" && (
          <a class="button square" href="/agency" aria-label="Agency" title="Agency: owners, cameras, fees">
            <Icon name="agency" />
          </a>
        )}
        <a
          class="button square"
          href="/sessions"
          target="_blank"
          aria-label="Signed-in devices"
          title="Signed-in devices: end a lost phone"
          rel="noopener"
        >
          <Icon name="devices" />
        </a>
        <a
          class="button square"
          href="/care"
          target="_blank"
          aria-label="Care: how pictures open, and how much was seen"
          title="Care: how pictures open, and how much was seen"
          rel="noopener"
        >
          <Icon name="care" />
        </a>
        <LockButton requests={desk.requests} />
        <ThemeButton />
        <SignOutButton name={desk.me.user.display_name} onSignOut={() => desk.signOut()} />
      </div>
    </header>
  );
}

function NothingSelected({ gone, loading }: { gone: boolean; loading: boolean }) {
  const words = gone
    ? "This incident is not open any more. Look under Closed, or choose another."
    : "Choose an incident on the left, or press N to open a new one.";
  return (
    <div class="nothing">
      <h1 class="sr-only">Console</h1>
      <p>{loading ? "Loading…" : words}</p>
    </div>
  );
}

/** The tab's name, with what is new elsewhere, for whoever works in another window. */
function useTitle(world: World): void {
  const unread = [...world.unread.values()].reduce((sum, count) => sum + Math.max(1, count), 0);
  const type = world.selected === null ? undefined : world.incidents.get(world.selected)?.type;
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${type ?? "Console"} – Sightline`;
  }, [unread, type]);
}

/** Once, when the first Snapshot has come: puts an incident in front of whoever has chosen none. */
function useForemost(desk: Desk, world: World): void {
  const loaded = world.snapshots > 0;
  useEffect(() => {
    const now = desk.world.value;
    if (loaded && now.selected === null) desk.select(foremost(now)?.id ?? null);
  }, [desk, loaded]);
}

export function Console(props: Props) {
  const { desk, state } = props;
  const world = useStore(desk.world);
  const { help, breaking } = useStore(state);
  useKeys(props);
  useTitle(world);
  useForemost(desk, world);
  const incident = world.selected === null ? undefined : world.incidents.get(world.selected);
  const around = useNearby(desk, incident ?? null);
  // kept while hundreds of units move
  const cameras = useMemo(
    () =>
      incident && <Cameras key={incident.id} desk={desk} state={state} incident={incident} around={around} />,
    [desk, state, incident, around],
  );
  return (
    <div class="console">
      <Bar {...props} />
      <IncidentList {...props} />
      <main class="middle">
        <Offers {...props} />
        {incident === undefined ? (
          <NothingSelected gone={world.selected !== null} loading={world.snapshots === 0} />
        ) : (
          <>
            <IncidentHead key={incident.id} desk={desk} state={state} incident={incident} />
            <Handing key={`${incident.id} handing`} desk={desk} state={state} incident={incident} />
            <Silent desk={desk} incident={incident} />
            <Drones key={`${incident.id} drones`} desk={desk} state={state} incident={incident} />
            <Middle desk={desk} state={state} incident={incident} around={around} />
          </>
        )}
      </main>
      <aside class="right" aria-label="What happened, cameras, units and links">
        {help && <KeysHelp onClose={() => change(state, { help: false })} />}
        {incident !== undefined && breaking && !help && incident.closed_at === null && (
          <BreakGlass key={incident.id} desk={desk} state={state} incident={incident} />
        )}
        {incident !== undefined && (
          <>
            <Words key={incident.id} desk={desk} incident={incident} />
            <Talk key={`${incident.id} talk`} desk={desk} incident={incident} />
            {cameras}
            <Units desk={desk} incident={incident} />
            <LinkPanel {...props} incident={incident} />
          </>
        )}
      </aside>
    </div>
  );
}
