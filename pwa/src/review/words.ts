// The review's words: what a finding means, what it rests on, what looking at it came to.
import type { FindingKind, FindingView, Outcome } from "../wire.ts";

export const TITLES: Record<FindingKind, string> = {
  "same-camera": "The same camera, again and again",
  "off-duty": "Watched off duty",
  "not-on-a-call": "Watched without a call",
  "never-sent": "Watched, and never sent there",
  "never-en-route": "Watched, and nobody went there",
  "same-reason": "Always the same reason",
  "outside-incident": "Outside the time of the incident",
  "owner-ended": "Owners put an end to it",
  "broken-glass": "Glass was broken",
  contested: "Contested",
};

export const OUTCOMES: Record<Outcome, [word: string, sentence: string]> = {
  "in-order": ["In order", "There was a good reason. Say which."],
  "talked-over": ["Talked over", "It was talked over with whom it is about."],
  reported: ["Reported", "It was handed to whoever decides about it."],
  fault: ["A fault", "The service or its settings were wrong, and somebody mends it."],
};

const ROLES: Record<string, string> = {
  dispatcher: "dispatcher",
  officer: "officer",
  supervisor: "supervisor",
};

const incidents = (count: number): string => (count === 1 ? "1 incident" : `${count} incidents`);
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Why it is here, in a sentence or two with its figures. */
export function why(finding: FindingView): string {
  const f = finding.figures;
  const count = f.incidents ?? 0;
  switch (finding.kind) {
    case "same-camera":
      return `One person opened this camera in ${incidents(count)} of the week; the usual is ${f.median ?? 0}. Calls of the camera's own site are not counted.`;
    case "not-on-a-call":
      return `An officer whose unit was assigned to no open incident at that moment watched in ${incidents(count)}.`;
    case "off-duty":
      return `An officer who was on duty in no unit at that moment watched in ${incidents(count)}.`;
    case "never-sent":
      return finding.role === "officer"
        ? `The officer's unit was never assigned to what they watched: ${incidents(count)}.`
        : `No unit was ever sent to ${incidents(count)}, of ${f.of ?? count} in which this person watched.`;
    case "never-en-route":
      return finding.role === "officer"
        ? `The officer's unit was never on its way to ${incidents(count)}, of ${f.of ?? count} that they watched.`
        : `No unit was ever on its way to ${incidents(count)}, of ${f.of ?? count} in which this person watched.`;
    case "same-reason":
      return `This person gave the same reason ${percent(f.share ?? 0)} of the time; the others ${percent(f.others ?? 0)}.`;
    case "outside-incident":
      return `It was opened before the incident was, or after it was closed: ${incidents(count)}. The rules allow neither.`;
    case "owner-ended":
      return `Owners stopped or paused what this person was watching, in ${incidents(count)}.`;
    case "broken-glass":
      return `A supervisor let a locked-out officer see an incident for ${f.minutes ?? 0} minutes. Pictures opened by it: ${f.uses ?? 0}.`;
    case "contested":
      return "An owner or a caller says that this should not have been.";
  }
}

export function role(name: string): string {
  return ROLES[name] ?? name;
}

/** A code of the log as words. */
export function said(code: string | null): string {
  return code === null ? "–" : code.replaceAll("-", " ");
}

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat(undefined, {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/** A week by its Monday. */
export function week(monday: string): string {
  return `Week of ${DAY.format(new Date(`${monday}T00:00:00Z`))}`;
}

export function moment(at: string): string {
  return MOMENT.format(new Date(at));
}

/** How long ago, roughly. */
export function ago(at: string, now: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(now) - Date.parse(at)) / 60_000));
  if (minutes < 1) return "less than a minute ago";
  if (minutes < 120) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours ago` : `${Math.round(hours / 24)} days ago`;
}
