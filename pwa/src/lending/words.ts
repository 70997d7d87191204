// What an owner is told, in plain words: levels, hours, pauses, who watches and why, bytes and money. Pure.
import { metres } from "../lib/measure.ts";
import { moneyWords } from "../lib/money.ts";
import type {
  CameraView,
  ConnectorView,
  Hours,
  ParticipationLevel,
  Pause,
  Reason,
  Role,
  SiteView,
  Watching,
} from "../wire.ts";
import type { Whose } from "./lender.ts";

const LEVELS: readonly ParticipationLevel[] = ["registry", "ask", "own-calls", "nearby"];

/** Those to choose from. The city's cameras have no owner who could be asked. */
export function levelsFor(whose: Whose): readonly ParticipationLevel[] {
  return whose === "owner" ? LEVELS : LEVELS.filter((level) => level !== "ask");
}

const LEVEL_NAMES: Readonly<Record<ParticipationLevel, string>> = {
  registry: "On the map only",
  ask: "Ask me first",
  "own-calls": "My own calls",
  nearby: "Nearby emergencies",
};

export function levelName(level: ParticipationLevel, whose: Whose): string {
  return whose === "city" && level === "own-calls" ? "Calls from this site" : LEVEL_NAMES[level];
}

/** Who may see what, and when: one sentence. */
export function levelSentence(level: ParticipationLevel, radius_m: number, whose: Whose): string {
  return whose === "owner" ? ownersSentence(level, metres(radius_m)) : citysSentence(level, metres(radius_m));
}

function citysSentence(level: ParticipationLevel, near: string): string {
  switch (level) {
    case "registry":
      return "Dispatchers know that the camera is there. Nobody can see its picture.";
    case "ask":
      return "Nobody can be asked about the city's cameras, so nobody sees it. Choose another level.";
    case "own-calls":
      return "Dispatchers and the officers sent can see it when the call comes from this site's telephones.";
    case "nearby":
      return `Dispatchers and the officers sent can see it during an emergency within ${near}, and for calls from this site.`;
  }
}

function ownersSentence(level: ParticipationLevel, near: string): string {
  switch (level) {
    case "registry":
      return "911 knows that the camera is there. Nobody can see its picture.";
    case "ask":
      return `In an emergency within ${near}, 911 asks you. Dispatchers and officers see it only after you press Allow.`;
    case "own-calls":
      return "911 and the officers sent can see it when the call comes from your numbers, or when you press for help here.";
    case "nearby":
      return `911 and the officers sent can see it during an emergency within ${near}, and for your own calls.`;
  }
}

export const REASONS: Readonly<Record<Reason, string>> = {
  "see-scene": "to judge what is happening",
  "find-person": "to find somebody in danger",
  "follow-suspect": "to follow a suspect",
  "officer-safety": "to keep officers safe",
  "site-call": "because your site called",
};

export const ROLES: Readonly<Record<Role, string>> = {
  dispatcher: "A dispatcher",
  officer: "An officer",
  pilot: "A pilot",
  supervisor: "A supervisor",
  owner: "An owner",
  auditor: "An auditor",
};

export function reasonWords(reason: Reason): string {
  return REASONS[reason];
}

/** "A dispatcher, to find somebody in danger". */
export function watchingWords(watching: Watching): string {
  return `${ROLES[watching.role]}, ${REASONS[watching.reason]}`;
}

export interface Watched {
  camera: CameraView;
  site: SiteView;
}

/** Cameras that somebody sees now. */
export function watchedOf(sites: readonly SiteView[]): Watched[] {
  return sites.flatMap((site) =>
    site.cameras.filter((camera) => camera.watching.length > 0).map((camera) => ({ camera, site })),
  );
}

/** The hour and minute here, "18:00"; with the day when it is not today: "Thu 18:00". */
export function untilWords(at: string, now: number): string {
  const date = new Date(at);
  const clock = `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  return `${date.toLocaleDateString("en", { weekday: "short" })} ${clock}`;
}

export function isPaused(pause: Pause | null, now: number): pause is Pause {
  return pause !== null && (pause.until === null || now < Date.parse(pause.until));
}

export function pauseWords(pause: Pause, now: number): string {
  if (pause.until === null) return "Nobody can open this camera until you resume it.";
  return `Nobody can open this camera until ${untilWords(pause.until, now)}.`;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
export const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const EVERY_DAY = 127;
const DAY_MIN = 1440;

/** "08:30"; midnight at the end of a day is "24:00". */
export function clockWords(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Runs of three or more days are joined: "Mon–Fri", "Sat, Sun". */
export function daysWords(days: number): string {
  if (days === EVERY_DAY) return "Every day";
  const held = DAYS.map((_, n) => n).filter((n) => (days >> n) & 1);
  const runs: number[][] = [];
  for (const day of held) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === day - 1) last.push(day);
    else runs.push([day]);
  }
  return runs
    .flatMap((run) =>
      run.length > 2 ? [`${DAYS[run[0] ?? 0]}–${DAYS[run.at(-1) ?? 0]}`] : run.map((n) => DAYS[n]),
    )
    .join(", ");
}

export function isAlways(hours: Hours): boolean {
  return hours.days === EVERY_DAY && hours.from_min === 0 && hours.to_min === DAY_MIN;
}

/** "At any time", "Mon–Fri, 18:00 to 06:00 the next day". */
export function hoursWords(hours: Hours): string {
  if (isAlways(hours)) return "At any time";
  if (hours.from_min === 0 && hours.to_min === DAY_MIN) return daysWords(hours.days);
  const night = hours.to_min <= hours.from_min ? " the next day" : "";
  return `${daysWords(hours.days)}, ${clockWords(hours.from_min)} to ${clockWords(hours.to_min)}${night}`;
}

/** "512 kB", "3.4 MB": what was sent. */
export function bytesWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let [size, unit] = [bytes / 1000, 0];
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

export function sentWords(media_bytes: number): string {
  return media_bytes === 0
    ? "Sent no picture in the last 24 hours."
    : `Sent ${bytesWords(media_bytes)} of pictures in the last 24 hours.`;
}

/** A year's fee: "$120.00", or that there is none. */
export function feeWords(cents: number, currency: string): string {
  return cents === 0 ? "No fee" : `${moneyWords(cents, currency)} a year`;
}

export interface State {
  tone: "live" | "waiting" | "good" | "quiet";
  icon: "live" | "still" | "warning" | "safe" | "none";
  words: string;
}

/** How a camera stands, the worst first. */
export function cameraState(camera: CameraView, connectors: readonly ConnectorView[], now: number): State {
  if (camera.watching.length > 0) return { tone: "live", icon: "live", words: "Somebody sees it now" };
  if (isPaused(camera.pause, now)) return { tone: "quiet", icon: "still", words: "Paused" };
  if (camera.level === "registry") return { tone: "quiet", icon: "none", words: "No picture is lent" };
  if (camera.device !== null)
    return { tone: "good", icon: "safe", words: `${camera.device} brings its picture. Nobody sees it` };
  if (camera.connector_id === null || camera.source === null)
    return { tone: "waiting", icon: "warning", words: "No connector brings its picture yet" };
  if (!camera.connected) {
    const name = connectors.find(({ id }) => id === camera.connector_id)?.name ?? "Its connector";
    return { tone: "waiting", icon: "warning", words: `${name} is not connected` };
  }
  if (camera.trouble !== null) return { tone: "waiting", icon: "warning", words: camera.trouble };
  return { tone: "good", icon: "safe", words: "Ready. Nobody sees it" };
}
