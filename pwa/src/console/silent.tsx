// That nobody in a unit has answered its alert, and who could go instead by one press: above the picture, never over it.
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { duration, wayTo } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import type { AlertView, IncidentView, Unit } from "../wire.ts";

const HEARD: Readonly<Record<AlertView["reach"], string>> = {
  trying: "Their phones cannot be reached.",
  push: "It was delivered to their phone.",
  page: "Their app is open, but no phone of theirs takes alerts.",
  nobody: "No phone of theirs takes alerts.",
};

/** Of an open incident, those that nobody has answered in time. */
export function silences(incident: IncidentView): AlertView[] {
  if (incident.closed_at !== null) return [];
  return incident.alerts.filter((alert) => alert.silent_at !== null && alert.acknowledged_at === null);
}

interface OfferProps {
  desk: Desk;
  incident: IncidentView;
  next: Unit;
}

function Offer({ desk, incident, next }: OfferProps) {
  const act = useAct(sorry);
  const { position } = incident;
  const way = position === null || next.position === null ? null : wayTo(position, next.position);
  const send = (): void => {
    void act.run(async () => desk.take(await desk.calls.assign(incident.id, next.id, true)));
  };
  return (
    <>
      <ProblemNote text={act.problem} />
      <button type="button" class="primary" disabled={act.busy} onClick={send}>
        Send {next.call_sign}
        {way !== null && `, ${way}`}
      </button>
    </>
  );
}

/** How the alert of a unit stands that is dispatched, and for how long. */
export function answerWords(alert: AlertView, now: number): string {
  const { raised_at, acknowledged_at, silent_at } = alert;
  const word = acknowledged_at !== null ? "Seen" : silent_at === null ? "Alerted" : "No answer";
  return `${word} ${duration(now - Date.parse(acknowledged_at ?? raised_at))}`;
}

export function Silent({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const silent = silences(incident);
  if (silent.length === 0) return null;
  return (
    <div role="alert">
      {silent.map((alert) => {
        const next = alert.next_unit_id === null ? undefined : world.units.get(alert.next_unit_id);
        return (
          <section key={alert.id} class="silent" aria-label="Nobody has answered">
            <Icon name="warning" />
            <p>
              <strong>
                Nobody in {world.units.get(alert.unit_id)?.call_sign ?? "the unit"} has answered for{" "}
                {duration(now - Date.parse(alert.raised_at))}
              </strong>
              <span>{HEARD[alert.reach]}</span>
            </p>
            {next !== undefined && <Offer desk={desk} incident={incident} next={next} />}
          </section>
        );
      })}
    </div>
  );
}
