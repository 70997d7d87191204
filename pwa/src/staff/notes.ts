// What those on an incident write to each other, as one thread. Pure: numbers come from the server without gaps,
// so a repeated note changes nothing and a missing one is noticed.
import type { NoteReader, NotesView, NoteView } from "../wire.ts";

export interface Thread {
  /** Oldest first, no number missing between two. */
  readonly notes: readonly NoteView[];
  readonly readers: readonly NoteReader[];
}

export const NO_NOTES: Thread = { notes: [], readers: [] };

/** Two runs as one, each number once. Where some are missing between them only the newer run stays. */
export function joined(a: readonly NoteView[], b: readonly NoteView[]): readonly NoteView[] {
  const byNumber = new Map([...a, ...b].map((note) => [note.number, note]));
  const all = [...byNumber.values()].sort((x, y) => x.number - y.number);
  const gap = all.findLastIndex((note, at) => at > 0 && note.number !== (all[at - 1]?.number ?? 0) + 1);
  return gap === -1 ? all : all.slice(gap);
}

function further(a: NoteReader, b: NoteReader): NoteReader {
  return { ...b, delivered: Math.max(a.delivered, b.delivered), read: Math.max(a.read, b.read) };
}

/** The thread with more of it. */
export function withNotes(thread: Thread, { notes, readers }: Omit<NotesView, "incident_id">): Thread {
  const known = new Map(thread.readers.map((reader) => [reader.user_id, reader]));
  for (const reader of readers) {
    const before = known.get(reader.user_id);
    known.set(reader.user_id, before === undefined ? reader : further(before, reader));
  }
  return { notes: joined(thread.notes, notes), readers: [...known.values()] };
}

/** The number of the last note that somebody else wrote; 0 for none. */
export function lastOfOthers(thread: Thread, me: string): number {
  return thread.notes.findLast((note) => note.by_id !== me)?.number ?? 0;
}

/** How far this person has read. One's own words are read. */
export function readBy(thread: Thread, me: string): number {
  return thread.readers.find((reader) => reader.user_id === me)?.read ?? 0;
}

/** What others wrote that this person has not read. */
export function unreadNotes(thread: Thread, me: string): readonly NoteView[] {
  const read = readBy(thread, me);
  return thread.notes.filter((note) => note.by_id !== me && note.number > read);
}

/** "Sam Ortiz, Unit 12". */
export function byWhom(note: Pick<NoteView, "by" | "unit">): string {
  return note.unit === null ? note.by : `${note.by}, ${note.unit}`;
}

export interface Mark {
  icon: "done" | "delivered" | "show";
  words: string;
}

function names(readers: readonly NoteReader[]): string {
  const called = [...new Set(readers.map((reader) => reader.unit ?? reader.name))];
  const shown = called.slice(0, 3).join(", ");
  return called.length > 3 ? `${shown} and ${called.length - 3} more` : shown;
}

/** What became of a note: sent, delivered to whose phones, read by whom. */
export function markOf(note: NoteView, readers: readonly NoteReader[]): Mark {
  const others = readers.filter((reader) => reader.user_id !== note.by_id);
  const read = others.filter((reader) => reader.read >= note.number);
  const only = others.filter((reader) => reader.delivered >= note.number && reader.read < note.number);
  const delivered = only.length === 0 ? "" : `elivered to ${names(only)}`;
  if (read.length > 0) {
    return { icon: "show", words: `Read by ${names(read)}${delivered && `, d${delivered}`}` };
  }
  return delivered === "" ? { icon: "done", words: "Sent" } : { icon: "delivered", words: `D${delivered}` };
}
