// Alerts on the officer's screen: what the unit is sent to, until it is opened; and whether alerts reach this phone.
import { useEffect, useState } from "preact/hooks";
import { useAct, useStore } from "../lib/hooks.ts";
import { sendTest } from "../lib/notices.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { NoticesCard, type NoticesWords } from "../lib/parts/notices.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import type { Alarm } from "./alarm.ts";

const WORDS: NoticesWords = {
  title: "Alerts on this phone",
  states: {
    install:
      "Not yet: this phone alerts only apps on the home screen. Press Share, then Add to Home Screen. Open Sightline from there, sign in and press Turn on alerts.",
    old: "Not possible: this phone's system is too old. Update it to iOS 16.4 or later. Until then keep this app open, with the sound on.",
    cannot:
      "Not possible: this browser cannot alert you while the app is closed. Keep it open with the sound on, or use another browser.",
    off: "Off: with the app closed or the screen dark, nothing tells you that you are sent.",
    on: "On: this phone tells you when you are sent, also with the app closed. What it shows then names no place and nobody.",
    refused:
      "Blocked: this phone does not let Sightline alert you. Allow notifications in the browser's settings for this page, then come back here.",
  },
  on: "Turn on alerts",
  off: "Turn off alerts",
};

/** Sends one really, and says whether it came. */
function Test({ desk }: { desk: Desk }) {
  const act = useAct(sorry);
  const [state, setState] = useState<"" | "sent" | "came">("");
  useEffect(() => {
    const heard = ({ data }: MessageEvent): void => {
      if (typeof (data as { pushed?: { test?: unknown } } | null)?.pushed?.test === "string")
        setState("came");
    };
    navigator.serviceWorker?.addEventListener("message", heard);
    return () => navigator.serviceWorker?.removeEventListener("message", heard);
  }, []);
  const press = async (): Promise<void> => {
    setState("");
    const sent = await act.run(() => sendTest(desk.requests));
    if (sent) setState((before) => (before === "came" ? before : "sent"));
  };
  return (
    <>
      <button type="button" disabled={act.busy} onClick={() => void press()}>
        <Icon name="bell" /> {act.busy ? "Sending…" : "Send a test alert"}
      </button>
      <p role="status" class="notices-test">
        {state === "sent" &&
          "Sent. It comes within seconds; if it does not, look at the phone's own settings."}
        {state === "came" && "It came."}
      </p>
      <ProblemNote text={act.problem} />
    </>
  );
}

export function AlertsCard({ desk }: { desk: Desk }) {
  return (
    <NoticesCard requests={desk.requests} words={WORDS} sorry={sorry}>
      <Test desk={desk} />
    </NoticesCard>
  );
}

/** Over whatever is shown, until it is pressed. */
export function Calls({ desk, alarm }: { desk: Desk; alarm: Alarm }) {
  const world = useStore(desk.world);
  const { problem } = useStore(alarm.answers);
  const calls = alarm.unanswered();
  if (calls.length === 0 && problem === null) return null;
  return (
    <div role="alert">
      {calls.map(({ alert, incident }) => (
        <button key={alert.id} type="button" class="call" onClick={() => alarm.sees(incident.id)}>
          <Icon name="bell" />
          <span>
            <strong>
              {world.units.get(alert.unit_id)?.call_sign ?? "Your unit"} is sent: {incident.type}
            </strong>
            <small>Press to say that you have seen it</small>
          </span>
        </button>
      ))}
      {problem !== null && (
        <p class="over">
          <span>{problem}</span>
          <button type="button" class="plain" onClick={() => alarm.settle()}>
            OK
          </button>
        </p>
      )}
    </div>
  );
}
