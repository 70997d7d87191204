// How far this unit is, by one press each, and how far the others are.
import { useEffect, useState } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Desk } from "../staff/desk.ts";
import { myUnit, NEXT, responseOf, STATUS_WORDS } from "../staff/duty.ts";
import type { IncidentView, ResponseView, Status } from "../wire.ts";
import type { Presses } from "./presses.ts";

const REST_MS = 1500; // a thumb that bounces must not say the next status too
const WILL: Partial<Record<Status, string>> = {
  "en-route": "I am en route",
  "on-scene": "I am on scene",
  clear: "We are clear",
};

/** The farthest that was said, whether the server knows it yet or not. */
function said(response: ResponseView, presses: Presses): { status: Status; waits: boolean } {
  const waiting = presses.waiting.value.presses.filter((press) => press.response === response.id);
  const last = waiting.at(-1);
  return last === undefined
    ? { status: response.status, waits: false }
    : { status: last.status, waits: true };
}

function StatusButton({ response, presses }: { response: ResponseView; presses: Presses }) {
  useStore(presses.waiting);
  const { status, waits } = said(response, presses);
  const [rests, setRests] = useState(false);
  useEffect(() => {
    setRests(true);
    const timer = setTimeout(() => setRests(false), REST_MS);
    return () => clearTimeout(timer);
  }, [status]);
  const next = NEXT[status];
  if (next === null) return <p class="status-waits">Clear, waits for the network</p>;
  return (
    <button
      type="button"
      class="status primary"
      disabled={rests}
      onClick={() => presses.press(response.id, next)}
    >
      <span>{WILL[next]}</span>
      <small>
        {STATUS_WORDS[status]}
        {waits && ", waits for the network"}
      </small>
    </button>
  );
}

/** The button of this officer's unit; nothing for who sees the incident by broken glass. */
export function OwnStatus({
  desk,
  incident,
  presses,
}: {
  desk: Desk;
  incident: IncidentView;
  presses: Presses;
}) {
  const unit = myUnit(useStore(desk.world));
  const { problem } = useStore(presses.waiting);
  const response = responseOf(incident, unit);
  return (
    <>
      {problem !== null && (
        <p class="share-problem" role="alert">
          {problem}
        </p>
      )}
      {response !== null && <StatusButton key={response.id} response={response} presses={presses} />}
    </>
  );
}

/** Who else comes, and how far they are. */
export function OtherUnits({ desk, incident }: { desk: Desk; incident: IncidentView }) {
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
