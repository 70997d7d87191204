// A status that was pressed by mistake is taken back by one press, for some seconds after it. What has not been sent
// yet is never said; what has been is taken back at the server, and its log keeps both.
import { useEffect } from "preact/hooks";
import { useAct, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { STATUS_WORDS } from "../staff/duty.ts";
import type { SaidStatus } from "../staff/queue.ts";
import { withResponse } from "../staff/world.ts";

const OFFERED_MS = 10_000;

async function takeBack(desk: Desk, { id, incident, response }: SaidStatus): Promise<void> {
  const held = desk.queue.items.value.find((item) => item.id === id);
  if (held !== undefined && held.state !== "sending") {
    desk.queue.forget(id);
  } else {
    const answer = await desk.calls.undoPress(response, id);
    desk.world.update((world) => withResponse(world, incident, answer));
  }
}

export function Undo({ desk }: { desk: Desk }) {
  const pressed = useStore(desk.queue.pressed);
  const sending = useStore(desk.queue.items).some(
    ({ id, state }) => id === pressed?.id && state === "sending",
  );
  const act = useAct(sorry);
  useEffect(() => {
    act.clear();
    if (pressed === null) return;
    const timer = setTimeout(() => desk.queue.pressed.set(null), OFFERED_MS);
    return () => clearTimeout(timer);
  }, [pressed]);
  if (pressed === null) return null;
  const undo = async (): Promise<void> => {
    if (await act.run(() => takeBack(desk, pressed))) desk.queue.pressed.set(null);
  };
  return (
    <div class="undo" role="status">
      <span>{act.problem ?? `You said: ${STATUS_WORDS[pressed.status]}`}</span>
      {act.problem === null && (
        <button type="button" disabled={sending || act.busy} onClick={() => void undo()}>
          <Icon name="back" /> Undo
        </button>
      )}
    </div>
  );
}
