// The officer's app: a bar, and below it one incident or the list of them.
import { useState } from "preact/hooks";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { lockNow } from "../lib/lock.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import { setTheme, theme } from "../lib/theme.ts";
import type { Desk } from "../staff/desk.ts";
import { myUnit } from "../staff/duty.ts";
import { unsent } from "../staff/queue.ts";
import { openIncidents, type World } from "../staff/world.ts";
import type { IncidentView } from "../wire.ts";
import type { Alarm } from "./alarm.ts";
import { AlertsCard, Calls } from "./alerts.tsx";
import { AssignedList } from "./assigned-list.tsx";
import { DutyScreen, SignOff } from "./duty.tsx";
import type { Glance } from "./glance.ts";
import { IncidentScreen } from "./incident-screen.tsx";
import { logOut } from "./leaving.ts";
import { NotLive, Untaken, WaitingToSend } from "./not-live.tsx";
import type { Sharing } from "./sharing.ts";
import { Undo } from "./undo.tsx";

interface Props {
  desk: Desk;
  glance: Glance;
  sharing: Sharing;
  alarm: Alarm;
}

/** The incident to show: the one that was opened, or the only one there is. */
export function shown(world: World): IncidentView | null {
  const open = openIncidents(world);
  const asked = open.find((incident) => incident.id === world.selected);
  return asked ?? (open.length === 1 ? (open[0] ?? null) : null);
}

interface MenuProps {
  desk: Desk;
  sharing: Sharing;
  onClose(): void;
}

function Menu({ desk, sharing, onClose }: MenuProps) {
  const { on, here, problem } = useStore(sharing.shared);
  const other = theme() === "night" ? "day" : "night";
  const { display_name: name } = desk.me.user;
  const world = useStore(desk.world);
  const unit = world.units.get(myUnit(world) ?? "");
  return (
    <div class="menu" id="menu">
      <p>
        {name} · {desk.me.agency.name}
      </p>
      <button
        type="button"
        onClick={() => {
          setTheme(other);
          onClose();
        }}
      >
        <Icon name={other} /> {other === "day" ? "Day colours" : "Night colours"}
      </button>
      {unit !== undefined && problem !== null && (
        <>
          <p class="share-problem">{problem}</p>
          {!on && (
            <button type="button" onClick={() => sharing.start()}>
              <Icon name="locate" /> Say where I am
            </button>
          )}
        </>
      )}
      <AlertsCard desk={desk} />
      {unit !== undefined && <SignOff desk={desk} unit={unit} seen={here !== null} onDone={onClose} />}
      <a class="button" href="/care">
        <Icon name="care" /> Care: how pictures open
      </a>
      <a class="button" href="/sessions">
        <Icon name="devices" /> Signed-in devices
      </a>
      <button type="button" onClick={() => void lockNow(desk.requests)}>
        <Icon name="lock" /> Lock
      </button>
      <LogOut desk={desk} />
    </div>
  );
}

/** Says before it is pressed what would be lost. */
function LogOut({ desk }: { desk: Desk }) {
  const [sure, setSure] = useState(false);
  const act = useAct(sorry);
  const waiting = unsent(useStore(desk.queue.items)).length;
  return (
    <>
      {sure && waiting > 0 && (
        <p role="status">{waiting} not sent yet. Log out now, and nobody hears of it: say it by radio.</p>
      )}
      {act.problem !== null && (
        <p class="share-problem" role="alert">
          {act.problem}
        </p>
      )}
      <button
        type="button"
        disabled={act.busy}
        onClick={() => (waiting > 0 && !sure ? setSure(true) : void act.run(() => logOut(desk)))}
      >
        <Icon name="logOut" /> {sure ? "Log out all the same" : "Log out"}
      </button>
    </>
  );
}

interface BarProps {
  desk: Desk;
  sharing: Sharing;
  incident: IncidentView | null;
  many: boolean;
}

function Bar({ desk, sharing, incident, many }: BarProps) {
  const [menu, setMenu] = useState(false);
  const now = useNow(() => desk.clock.now());
  return (
    <header class="bar">
      {incident !== null && many && (
        <a class="button square" href="#all" aria-label="All incidents">
          <Icon name="back" />
        </a>
      )}
      <div class="bar-title">
        {incident === null ? <strong>Sightline</strong> : <h1>{incident.type}</h1>}
        {incident !== null && <span>{duration(now - Date.parse(incident.opened_at))}</span>}
        <NotLive desk={desk} />
        <span class="bar-words">
          <WaitingToSend desk={desk} />
          {incident?.words}
        </span>
      </div>
      <button
        type="button"
        class="square"
        aria-label="Menu"
        aria-expanded={menu}
        aria-controls="menu"
        onClick={() => setMenu(!menu)}
      >
        <Icon name={menu ? "close" : "menu"} />
      </button>
      {menu && <Menu desk={desk} sharing={sharing} onClose={() => setMenu(false)} />}
    </header>
  );
}

/** Whose place was taken, until it is read. */
function Over({ names, onRead }: { names: readonly string[]; onRead(): void }) {
  if (names.length === 0) return null;
  return (
    <p class="over" role="status">
      <span>You took over from {names.join(" and ")}, who has been told.</span>
      <button type="button" class="plain" onClick={onRead}>
        OK
      </button>
    </p>
  );
}

export function Officer({ desk, glance, sharing, alarm }: Props) {
  const world = useStore(desk.world);
  const [over, setOver] = useState<readonly string[]>([]);
  const incident = shown(world);
  const offDuty = world.snapshots > 0 && myUnit(world) === null && openIncidents(world).length === 0;
  // whoever presses anything on an incident has it before their eyes; at the click, for the banner then goes and all moves
  const looks = ({ target }: Event): void => {
    if (incident !== null && (target as Element).closest("main") !== null) alarm.sees(incident.id);
  };
  return (
    <div class="officer" onClickCapture={looks}>
      <Bar desk={desk} sharing={sharing} incident={incident} many={openIncidents(world).length > 1} />
      <div class="above">
        <Calls desk={desk} alarm={alarm} />
        <Over names={over} onRead={() => setOver([])} />
        <Untaken desk={desk} incident={incident?.id ?? null} />
      </div>
      <Undo desk={desk} />
      {offDuty ? (
        <DutyScreen desk={desk} onOver={setOver} />
      ) : incident === null ? (
        <AssignedList desk={desk} sharing={sharing} alarm={alarm} />
      ) : (
        <IncidentScreen key={incident.id} desk={desk} glance={glance} sharing={sharing} incident={incident} />
      )}
    </div>
  );
}
