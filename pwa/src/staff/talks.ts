// What the desk and callers say to each other, by link. Pure: numbers come from the server without gaps, so a
// repeated word changes nothing and a missing one is noticed.
import type { IncidentView, Marks, TalkView, WordView } from "../wire.ts";

export const NO_MARKS: Marks = { delivered: 0, read: 0, desk_read: 0, language: null };

export type Talks = ReadonlyMap<string, TalkView>;

/** Two runs as one, each number once. Where some are missing between them only the newer run stays. */
function joined(a: readonly WordView[], b: readonly WordView[]): WordView[] {
  const byNumber = new Map([...a, ...b].map((word) => [word.number, word]));
  const all = [...byNumber.values()].sort((x, y) => x.number - y.number);
  const gap = all.findLastIndex((word, at) => at > 0 && word.number !== (all[at - 1]?.number ?? 0) + 1);
  return gap === -1 ? all : all.slice(gap);
}

function further(a: Marks, b: Marks): Marks {
  return {
    delivered: Math.max(a.delivered, b.delivered),
    read: Math.max(a.read, b.read),
    desk_read: Math.max(a.desk_read, b.desk_read),
    language: b.language ?? a.language,
  };
}

/** The threads with more of one. */
export function withTalk(talks: Talks, more: TalkView): Talks {
  const known = talks.get(more.link_id);
  const words = joined(known?.words ?? [], more.words);
  const marks = further(known?.marks ?? NO_MARKS, more.marks);
  return new Map(talks).set(more.link_id, { ...more, words, marks });
}

/** The link whose phone is talked to: the newest that has words, else the newest that is not over. */
export function talkedTo(incident: IncidentView, talks: Talks): string | null {
  const there = incident.links.filter(({ state }) => state !== "revoked" && state !== "expired");
  const sharing = there.find(({ state }) => state === "sharing");
  const withWords = incident.links.find(({ id }) => talks.has(id));
  return (sharing ?? there[0] ?? withWords)?.id ?? null;
}

/** What the caller said that nobody at the desk has read. */
export function unreadWords(talk: TalkView | undefined): readonly WordView[] {
  return talk?.words.filter(({ by, number }) => by === null && number > talk.marks.desk_read) ?? [];
}

/** What became of the desk's word. */
export function markOfWord(word: WordView, { delivered, read }: Marks): string {
  if (word.number <= read) return "Read";
  return word.number <= delivered ? "On their screen" : "Sent";
}

/** "Spanish", for a code of the caller's page. */
export function languageName(code: string | null): string | null {
  if (code === null) return null;
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
