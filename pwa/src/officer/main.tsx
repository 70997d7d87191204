// The entry of the officer's app. It opens the only incident there is by itself, and registers the service worker
// that lets the app start without a network.
import "../staff/staff.css";
import "../staff/parts/words.css";
import "./officer.css";
import "./words.css";
import { renew } from "../lib/notices.ts";
import { keepShell } from "../lib/shell.ts";
import type { Desk } from "../staff/desk.ts";
import { Alarm } from "./alarm.ts";
import { begin } from "./begin.tsx";
import { Glance } from "./glance.ts";
import { Officer, shown } from "./officer.tsx";
import { Sharing } from "./sharing.ts";

/** Keeps the desk's selection on what is shown, so that its log is read. */
function openTheOnlyOne(desk: Desk): void {
  const open = (): void => {
    const incident = shown(desk.world.value);
    if (incident !== null && incident.id !== desk.world.value.selected) desk.select(incident.id);
  };
  desk.world.watch(open);
  open();
}

keepShell();

void begin((desk) => {
  openTheOnlyOne(desk);
  const sharing = new Sharing(desk.calls, () => desk.clock.now());
  sharing.follow(desk.world);
  const glance = new Glance(desk);
  glance.start(new AbortController().signal); // for as long as the page is there
  const alarm = new Alarm(desk);
  alarm.follow();
  renew(desk.requests).catch(() => {}); // the next start tries again
  return <Officer desk={desk} glance={glance} sharing={sharing} alarm={alarm} />;
});
