// The entry of the officer's app. It opens the only incident there is by itself, and registers the service worker
// that lets the app start without a network.
import "../staff/staff.css";
import "../staff/parts/words.css";
import "./officer.css";
import "./words.css";
import { renew } from "../lib/notices.ts";
import { begin } from "../staff/begin.tsx";
import type { Desk } from "../staff/desk.ts";
import { Alarm } from "./alarm.ts";
import { Glance } from "./glance.ts";
import { Officer, shown } from "./officer.tsx";
import { Presses } from "./presses.ts";
import { Sharing } from "./sharing.ts";

/** Keeps the desk's selection on what is shown, so that its log is read. */
function openTheOnlyOne(desk: Desk): void {
  desk.world.watch(() => {
    const incident = shown(desk.world.value);
    if (incident !== null && incident.id !== desk.world.value.selected) desk.select(incident.id);
  });
}

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // without it the app only needs the network to start
}

void begin(
  (desk) => {
    openTheOnlyOne(desk);
    const sharing = new Sharing(desk.calls, () => desk.clock.now());
    sharing.follow(desk.world);
    const glance = new Glance(desk);
    glance.start(new AbortController().signal); // for as long as the page is there
    const alarm = new Alarm(desk);
    alarm.follow();
    renew(desk.requests).catch(() => {}); // the next start tries again
    const presses = new Presses(desk.calls);
    return <Officer desk={desk} glance={glance} sharing={sharing} presses={presses} alarm={alarm} />;
  },
  (me) => me.user.role === "officer",
);
