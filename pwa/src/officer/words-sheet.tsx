// Words on an officer's phone: one line under the picture that says the newest, and pulls up over the map. The
// picture is never covered.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useAct, useSize, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { NO_NOTES, type Thread, unreadNotes } from "../staff/notes.ts";
import { CallersFiles } from "../staff/parts/callers-files.tsx";
import { Composer, inOneLine, NewestSaid, Note, OnTheirWay } from "../staff/parts/words.tsx";
import { timeOfDay } from "../staff/words.ts";
import type { IncidentView, NoteView } from "../wire.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  open: boolean;
  onOpen(open: boolean): void;
}

const PULL_PX = 24;

/** Up or down by a pull of the thumb; a press does the other of what is. */
function usePull({ open, onOpen }: Pick<Props, "open" | "onOpen">) {
  const from = useRef<number | null>(null);
  const pulled = useRef(false);
  return {
    onPointerDown: (event: PointerEvent) => {
      from.current = event.clientY;
      pulled.current = false;
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      if (from.current === null || Math.abs(event.clientY - from.current) < PULL_PX) return;
      pulled.current = true;
      onOpen(event.clientY < from.current);
      from.current = null;
    },
    onPointerUp: () => {
      from.current = null;
    },
    onClick: () => {
      if (!pulled.current) onOpen(!open);
      pulled.current = false;
    },
  };
}

function Notes({ desk, incident, thread }: Pick<Props, "desk" | "incident"> & { thread: Thread }) {
  const box = useRef<HTMLDivElement>(null);
  const act = useAct(sorry);
  const pending = useStore(desk.queue.items).length;
  const newest = thread.notes.at(-1)?.number ?? 0;
  const { height } = useSize(box);
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [newest, pending, height]);
  const first = thread.notes[0]?.number ?? 1;
  return (
    <div
      class="words-notes"
      ref={box}
      role="log"
      aria-label="Words"
      aria-live="off"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      {first > 1 && (
        <button
          type="button"
          class="plain"
          disabled={act.busy}
          onClick={() => void act.run(() => desk.readEarlier(incident.id))}
        >
          Earlier
        </button>
      )}
      {thread.notes.length === 0 && pending === 0 && incident.uploads.length === 0 && (
        <p class="empty">Nothing is written yet. Dispatch and all units on this incident read it.</p>
      )}
      <CallersFiles desk={desk} incident={incident} />
      <ol>
        {thread.notes.map((note) => (
          <li key={note.id}>
            <time dateTime={note.at}>{timeOfDay(note.at).slice(0, 5)}</time>
            <Note desk={desk} note={note} readers={thread.readers} />
          </li>
        ))}
      </ol>
      <OnTheirWay desk={desk} incident={incident} />
    </div>
  );
}

/** What the closed sheet says: the newest words, or what else there is to look at. */
function newestLine(newest: NoteView | undefined, files: number): string {
  if (newest !== undefined) return inOneLine(newest);
  return files === 0 ? "Write to dispatch" : "From the caller, to look at";
}

function FilesCount({ files }: { files: number }) {
  if (files === 0) return null;
  return (
    <span class="words-count">
      {files} {files === 1 ? "file" : "files"}
    </span>
  );
}

export function WordsSheet({ desk, incident, open, onOpen }: Props) {
  const world = useStore(desk.world);
  const thread = world.notes.get(incident.id) ?? NO_NOTES;
  const unread = unreadNotes(thread, desk.me.user.id);
  const newest = thread.notes.at(-1);
  const lastUnread = unread.at(-1);
  const mine = useStore(desk.queue.items).filter(
    ({ kind, incident: of }) => kind === "note" && of === incident.id,
  );
  const pull = usePull({ open, onOpen });
  useEffect(() => {
    if (!open) return;
    const read = (): void => {
      if (document.visibilityState === "visible") desk.marks.readAll(incident.id);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [desk, incident.id, open, newest?.number]);
  useEffect(() => {
    if (lastUnread !== undefined && navigator.userActivation?.hasBeenActive) navigator.vibrate?.(200);
  }, [lastUnread?.number]);
  const line = lastUnread ?? newest;
  const files = incident.uploads.filter(({ state }) => state === "ready").length;
  return (
    <section class={open ? "area-words is-open" : "area-words"} aria-label="Words">
      <NewestSaid unread={unread} />
      <button
        type="button"
        class={unread.length > 0 && !open ? "words-handle is-new" : "words-handle"}
        aria-expanded={open}
        {...pull}
      >
        <Icon name="write" />
        <span class="words-line">{open ? "Words" : newestLine(line, files)}</span>
        {!open && mine.some(({ state }) => state === "refused") ? (
          <span class="tone-danger">Not sent</span>
        ) : (
          !open && mine.some(({ state }) => state === "waiting") && <span class="tone-waiting">Waits</span>
        )}
        {!open && <FilesCount files={files} />}
        {!open && unread.length > 0 && <span class="words-count">{unread.length} new</span>}
        <Icon name="more" />
      </button>
      {open && (
        <>
          <Notes desk={desk} incident={incident} thread={thread} />
          <Composer desk={desk} incident={incident} />
        </>
      )}
    </section>
  );
}
