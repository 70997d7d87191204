// How far this unit is, by one press each, and how far the others are.
import { useEffect, useState } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Desk } from "../staff/desk.ts";
import { myUnit, NEXT, responseOf, STATUS_WORDS } from "../staff/duty.ts";
import { type Queued, unsent } from "../staff/queue.ts";
import type { IncidentView, ResponseView, Status } from "../wire.ts";

const REST_MS = 1500; // a thumb that bounces must not say the next status too
const WILL: Partial<Record<Status, string>> = {
  "en-route": "I am en route",
  "on-scene": "I am on scene",
  clear: "We are clear",
};

/** The farthest that was said, whether the server knows it yet or not. */
function said(response: ResponseView, items: readonly Queued[]): { status: Status; waits: boolean } {
  const last = unsent(items).findLast((item) => item.kind === "status" && item.response === response.id);
  return last?.kind === "status"
    ? { status: last.status, waits: last.state === "waiting" }
    : { status: response.status, waits: false };
}

interface Props {
  desk: Desk;
  incident: IncidentView;
}

function StatusButton({ desk, incident, response }: Props & { response: ResponseView }) {
  const { status, waits } = said(response, useStore(desk.queue.items));
  const [rests, setRests] = useState(false);
  useEffect(() => {
    setRests(true);
    const timer = setTimeout(() => setRests(false), REST_MS);
    return () => clearTimeout(timer);
  }, [status]);
  const next = NEXT[status];
  if (next === null) return <p class="status-waits">Clear, not sent</p>;
  return (
    <button
      type="button"
      class="status primary"
      disabled={rests}
      onClick={() => desk.queue.press(incident, response.id, next)}
    >
      <span>{WILL[next]}</span>
      <small>
        {STATUS_WORDS[status]}
        {waits && ", not sent"}
      </small>
    </button>
  );
}

/** The button of this officer's unit; nothing for who sees the incident by broken glass. */
export function OwnStatus({ desk, incident }: Props) {
  const unit = myUnit(useStore(desk.world));
  const response = responseOf(incident, unit);
  if (response === null) return null;
  return <StatusButton key={response.id} desk={desk} incident={incident} response={response} />;
}

/** Who else comes, and how far they are. */
export function OtherUnits({ desk, incident }: Props) {
  const world = useStore(desk.world);
  const mine = myUnit(world);
  const others = incident.responses.filter((response) => response.unit_id !== mine);
  if (others.length === 0) return null;
  return (
    <p class="others">
      <Icon name="unit" />
      <span>
        {others
          .map(({ unit_id, status }) => {
            const sign = world.units.get(unit_id)?.call_sign ?? "A unit";
            return `${sign} ${STATUS_WORDS[status].toLowerCase()}`;
          })
          .join(" · ")}
      </span>
    </p>
  );
}
