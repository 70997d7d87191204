// What receipts, contests and statements say, in plain words. Pure; nothing here knows a page.
import { bytesWords, REASONS, ROLES } from "../lending/words.ts";
import type {
  ContestOutcome,
  ContestReason,
  Counted,
  OpeningEnd,
  ReceiptView,
  StatementView,
  Verdict,
} from "../wire.ts";

const ENDS: Readonly<Record<OpeningEnd, string>> = {
  closed: "whoever had opened it closed it",
  expired: "its time ran out",
  "incident-closed": "the emergency was over",
  released: "the officer was sent elsewhere or signed out",
  "owner-stopped": "you stopped it",
  "owner-paused": "you paused the camera",
  "owner-changed": "your rules no longer allowed it",
  "connector-away": "the connector was away",
  "camera-trouble": "the camera failed",
  "log-away": "it could not be written down, so nobody saw it",
};

export const CONTEST_REASONS: Readonly<Record<ContestReason, string>> = {
  "no-emergency": "There was no emergency here",
  "not-allowed": "It was not allowed: the level, the hours or a pause",
  "too-long": "It was watched for longer than was needed",
  "wrong-reason": "The reason is not right",
  misused: "What was seen was used for something else",
  "facts-wrong": "This receipt does not say what happened",
};

export const OUTCOMES: Readonly<Record<ContestOutcome, string>> = {
  upheld: "You are right",
  partly: "You are partly right",
  explained: "It was within the rules",
};

const SEALS: Readonly<Record<string, string>> = {
  investigation: "an investigation is open",
  court: "a court ordered it",
  safety: "somebody would be in danger",
};

const ERASED: Readonly<Record<string, string>> = {
  at: "the times",
  from: "the times",
  role: "the role",
  reason: "the reason",
  bytes: "the bytes",
  duration_s: "how long it was watched",
  outcome: "what ended it",
  category: "the kind of emergency",
  camera: "the camera",
};

/** A code of the log in words; the code itself where there are none, for logs outlive pages. */
function said(words: Readonly<Record<string, string>>, code: string | null, none: string): string {
  return code === null ? none : (words[code] ?? code);
}

/** "A dispatcher, to find somebody in danger". */
export function whoWords({ role, reason }: ReceiptView): string {
  return `${said(ROLES, role, "Somebody")}, ${said(REASONS, reason, "for a reason not said")}`;
}

export function endWords({ outcome }: ReceiptView): string {
  return said(ENDS, outcome, "not said");
}

/** "12 s", "4 min 05 s", "1 h 02 min". */
export function lasting(seconds: number | null): string {
  if (seconds === null) return "not said";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number): string => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

export function bytesSaid(bytes: number | null): string {
  return bytes === null ? "not said" : bytesWords(bytes);
}

export function keptWords({ stills, looks, recorded }: ReceiptView): string {
  if (stills === null || recorded === null) return "not said";
  const pictures = stills === 0 ? "no still" : stills === 1 ? "1 still" : `${stills} stills`;
  const seen = looks === 0 ? "" : `, looked at ${looks === 1 ? "once" : `${looks} times`}`;
  return `${pictures}${seen}, ${recorded ? "and it was recorded" : "not recorded"}`;
}

/** "Thu, Nov 26"; with the year when it is another than this one. */
export function dayWords(at: string): string {
  const day = new Date(at);
  const year = day.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return day.toLocaleDateString("en", { weekday: "short", day: "numeric", month: "short", year });
}

export function clockWords(at: string): string {
  return new Date(at).toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false });
}

/** "Thu, Nov 26, 14:31"; the hour only, where that is all that is open. */
export function whenWords({ opened_at, hour }: ReceiptView): string {
  if (opened_at !== null) return `${dayWords(opened_at)}, ${clockWords(opened_at)}`;
  if (hour === null) return "at a time not said";
  return `${hour.slice(0, 10)}, between ${hour.slice(11)}:00 and ${hour.slice(11)}:59`;
}

export function sealWords({ sealed }: ReceiptView): string {
  if (sealed === null) return "";
  const until = sealed.until === null ? "further notice" : dayWords(sealed.until);
  const why = said(SEALS, sealed.why, "for a reason not said");
  return `A ${sealed.by ?? "supervisor"} has sealed it until ${until}: ${why}. Until then you see what everybody sees, and then all of it.`;
}

export function erasedWords(erased: readonly string[]): string {
  const names = [...new Set(erased.map((name) => ERASED[name] ?? name))];
  return `Erased for good: ${names.join(", ")}. Nobody can show them any more.`;
}

export function timesWords(count: number): string {
  if (count === 0) return "Not opened";
  return count === 1 ? "Opened once" : `Opened ${count} times`;
}

/** "November 2026". */
export function monthWords(month: string): string {
  const [year, number] = month.split("-").map(Number);
  return new Date(year ?? 0, (number ?? 1) - 1, 1).toLocaleDateString("en", {
    month: "long",
    year: "numeric",
  });
}

export const VERDICTS: Readonly<Record<Verdict, string>> = {
  matches: "Matches what your connector counted.",
  gaps: "Matches as far as your connector counted. Some minutes are missing.",
  uncounted: "No connector was there to count, so there is nothing to compare with.",
  mismatch: "This does not match what your connector counted. The agency has been told.",
};

function many(count: number): string {
  return count.toLocaleString("en");
}

/** What the connector's own signed counters say: a sentence each. */
export function countWords(counted: Counted): string[] {
  if (counted.connectors === 0) return [];
  const { sessions } = counted;
  const lines = [
    counted.media_bytes === 0
      ? `It counted ${many(counted.minutes)} of ${many(counted.expected)} minutes and sent no picture in any of them.`
      : `It counted ${many(counted.minutes)} of ${many(counted.expected)} minutes and sent pictures in ${many(counted.sending)} of them: ${bytesWords(counted.media_bytes)}.`,
  ];
  if (counted.gaps > 0)
    lines.push(
      `${many(Math.max(0, counted.expected - counted.minutes))} minutes did not come, in ${counted.gaps} ${counted.gaps === 1 ? "gap" : "gaps"}: it was off or not online. What happened then is not known.`,
    );
  if (counted.unopened > 0)
    lines.push(
      `In ${counted.unopened} ${counted.unopened === 1 ? "minute" : "minutes"} it sent pictures (${bytesWords(counted.unopened_bytes)}) although no camera was open.`,
    );
  if (counted.unmatched > 0)
    lines.push(
      `${counted.unmatched} of ${sessions} times that somebody watched, more was shown than it counted.`,
    );
  if (counted.unsure > 0)
    lines.push(
      `${counted.unsure} of ${sessions} times that somebody watched cannot be compared: minutes are missing.`,
    );
  if (counted.forged > 0)
    lines.push(`${counted.forged} minutes do not bear its signature and were not believed.`);
  return lines;
}

export interface MonthBar {
  month: string;
  openings: number;
  /** 0 to 1 of the tallest; what is above nothing is never invisible. */
  height: number;
  mismatch: boolean;
}

const LEAST = 0.12;

/** A bar for each month, the oldest first; all sites together, the last twelve months that there are. */
export function monthBars(statements: readonly StatementView[]): MonthBar[] {
  const months = new Map<string, MonthBar>();
  for (const { month, openings, verdict } of statements) {
    const bar = months.get(month) ?? { month, openings: 0, height: 0, mismatch: false };
    bar.openings += openings;
    bar.mismatch ||= verdict === "mismatch";
    months.set(month, bar);
  }
  const bars = [...months.values()].sort((a, b) => a.month.localeCompare(b.month)).slice(-12);
  const most = Math.max(1, ...bars.map(({ openings }) => openings));
  return bars.map((bar) => ({
    ...bar,
    height: bar.openings === 0 ? 0 : Math.max(LEAST, bar.openings / most),
  }));
}
