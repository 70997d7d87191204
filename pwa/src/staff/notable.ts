// Which entries deserve somebody's eye when they come from elsewhere: the caller's and the carrier's steps, and
// every refusal. A colleague opening a picture is on the log but is no news. NEWS in backend/model/entries.py is
// the same list.
import type { EntryView } from "../wire.ts";

export const NOTABLE: ReadonlySet<string> = new Set([
  "link.delivery",
  "link.next",
  "link.open",
  "link.redeem",
  "link.code-use",
  "caller.status",
  "caller.say",
  "caller.rung",
  "caller.stop",
  "upload.begin",
  "upload.end",
  "feed.live",
  "feed.end",
  "incident.close",
  "incident.panic",
  "camera.answer",
  "glass.break",
  "note.write",
  "session.end",
  "unit.silent",
  "unit.status",
  "unit.undo",
]);

export function isNotable(entry: EntryView): boolean {
  return entry.refusal !== null || NOTABLE.has(entry.action);
}
