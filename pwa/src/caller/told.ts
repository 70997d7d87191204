// What the screen after the end says of a receipt: what was shared, what of it stays until when, and whom to ask.
// Without a receipt it says what this page itself can know. Pure.
import type { CallerReceipt, Rung } from "../wire.ts";
import type { Summary } from "./share.ts";
import { type AllWords, fill } from "./words.ts";

/** "4:05", minutes and seconds. */
export function duration(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.round(seconds) % 60).padStart(2, "0")}`;
}

function on(receipt: CallerReceipt | null, ...rungs: readonly Rung[]): number {
  return (receipt?.shared ?? [])
    .filter(({ rung }) => rungs.includes(rung))
    .reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The server's word where it has one: this page may be another, or loaded anew. */
export function sharedLines(
  words: AllWords,
  summary: Summary | null,
  receipt: CallerReceipt | null,
): string[] {
  const told = receipt !== null && receipt.shared.length > 0;
  const camera = told ? on(receipt, "live") : (summary?.camera_s ?? 0);
  const place = summary?.place_s || on(receipt, "position");
  const lines: readonly (readonly [string, number])[] = [
    [words.sawCamera, camera],
    [words.sawStills, on(receipt, "stills", "single-stills")],
    [words.sawPlace, place],
  ];
  const held = lines
    .filter(([, seconds]) => seconds >= 1)
    .map(([line, seconds]) => fill(line, { time: duration(Math.floor(seconds)) }));
  if (receipt?.uploads) held.push(words.fileThere);
  if (receipt?.words) held.push(fill(words.sawWords, { time: String(receipt.words) }));
  return held;
}

/** What stays until when; the day in `language`, by the calendar and the digits of the rest of the page. */
export function keptLines(
  words: AllWords,
  agency: string,
  receipt: CallerReceipt | null,
  language: string,
): string[] {
  const calendar = `${language}-u-ca-gregory-nu-latn`;
  const kept = receipt?.recorded ? words.keptRecording : words.kept;
  if (receipt === null) return [kept, fill(words.keptUntil, { agency })];
  const { places_until, places_days } = receipt;
  const day = places_until && new Date(places_until).toLocaleDateString(calendar, { dateStyle: "long" });
  const places = day
    ? fill(words.placesUntil, { time: day })
    : fill(words.placesAfter, { time: String(places_days) });
  return [kept, places, fill(words.restUntil, { agency })];
}

/** The agency's own words; none where it has set none. */
export function whomToAsk(receipt: CallerReceipt | null): string[] {
  return receipt?.contact ? [receipt.contact] : [];
}
