// What happened, with what was written in its place, and the field below it.
import { useEffect } from "preact/hooks";
import { useAct, useStore } from "../lib/hooks.ts";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { lastOfOthers, NO_NOTES, unreadNotes } from "../staff/notes.ts";
import { CallersFiles } from "../staff/parts/callers-files.tsx";
import { Timeline } from "../staff/parts/timeline.tsx";
import { Composer, NewestSaid, Note, OnTheirWay } from "../staff/parts/words.tsx";
import type { IncidentView } from "../wire.ts";

export function Words({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const world = useStore(desk.world);
  const reading = useStore(desk.reading);
  const earlier = useAct(sorry);
  const thread = world.notes.get(incident.id) ?? NO_NOTES;
  const byId = new Map(thread.notes.map((note) => [note.id, note]));
  const me = desk.me.user.id;
  const last = lastOfOthers(thread, me);
  useEffect(() => {
    const read = (): void => {
      if (document.visibilityState === "visible") desk.marks.readAll(incident.id);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [desk, incident.id, last]);
  const first = thread.notes[0]?.number ?? 1;
  const note = (id: string) => {
    const found = byId.get(id);
    return found === undefined ? null : <Note desk={desk} note={found} readers={thread.readers} />;
  };
  return (
    <section class="log" aria-labelledby="log-title">
      <h2 id="log-title">
        What happened
        {first > 1 && (
          <button
            type="button"
            class="plain"
            disabled={earlier.busy}
            onClick={() => void earlier.run(() => desk.readEarlier(incident.id))}
          >
            Earlier words
          </button>
        )}
      </h2>
      <NewestSaid unread={unreadNotes(thread, me)} />
      <CallersFiles desk={desk} incident={incident} />
      <Timeline entries={world.logs.get(incident.id) ?? []} reading={reading} note={note}>
        <OnTheirWay desk={desk} incident={incident} />
      </Timeline>
      <Composer desk={desk} incident={incident} />
    </section>
  );
}
