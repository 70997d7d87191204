// Keeps on this phone what an officer's app knows while it is true, and forgets it when it has not been true for long.
import type { Desk } from "../staff/desk.ts";
import type { Said } from "../staff/queue.ts";
import { FORGET_MS, known } from "./kept.ts";
import * as shelf from "./shelf.ts";

/** Positions come all the time; a phone that dies loses the last seconds of them. */
const GAP_MS = 5000;
/** So old may what is kept say that it is while nothing happens. */
const STILL_TRUE_MS = 30_000;
const LOOK_MS = 60_000;

/** Of a still only its name: callers are told that their picture is not recorded. */
function withoutPicture(said: Said): Said {
  if (said.kind !== "note" || said.still === null) return said;
  return { ...said, still: { ...said.still, jpeg: "" } };
}

/** From here on; `said` is what an earlier page of this session had not sent. */
export function keepGoing(desk: Desk, said: readonly Said[]): void {
  const { session } = desk.me;
  let timer = 0;
  let kept = desk.world.value;

  const keep = (): void => {
    clearTimeout(timer);
    timer = 0;
    if (desk.world.value.snapshots === 0 || !desk.requests.admitted) return; // nothing new
    kept = desk.world.value;
    const { heard, clock } = desk;
    void shelf.keep(session, known(kept, desk.me, { heard, ahead: clock.ahead() }));
  };
  const soon = (): void => {
    if (timer === 0 && desk.world.value !== kept) timer = window.setTimeout(keep, GAP_MS);
  };
  const forgetOld = async (): Promise<void> => {
    if (desk.line.value === "open" || desk.clock.now() - desk.heard <= FORGET_MS) return;
    await shelf.wipe();
    location.reload();
  };
  const looked = (): void => {
    if (document.visibilityState === "hidden") keep();
    else void forgetOld();
  };

  desk.phone = { wipe: shelf.wipe };
  desk.queue.keepWith(
    {
      add: (one) => void shelf.add(session, withoutPicture(one)),
      drop: (id) => void shelf.drop(session, id),
    },
    said,
  );
  let first = true;
  desk.world.watch(() => {
    if (first && desk.world.value.snapshots > 0) keep();
    else soon();
    first = first && desk.world.value.snapshots === 0;
  });
  desk.line.watch(() => desk.line.value === "lost" && keep());
  document.addEventListener("visibilitychange", looked);
  addEventListener("pagehide", keep);
  setInterval(() => desk.line.value === "open" && keep(), STILL_TRUE_MS);
  setInterval(() => void forgetOld(), LOOK_MS);
}
