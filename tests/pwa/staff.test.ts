// What the staff pages decide without a browser: how events change the world, and what is said about it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { command } from "../../pwa/src/console/keys.ts";
import { SHOWN, shown } from "../../pwa/src/console/ranking.ts";
import { cameraState } from "../../pwa/src/lending/words.ts";
import { backoff, follow, patience } from "../../pwa/src/lib/events.ts";
import { ServerClock } from "../../pwa/src/lib/clock.ts";
import { callersConnection, ownConnection } from "../../pwa/src/staff/connections.ts";
import { asking } from "../../pwa/src/staff/cameras.ts";
import { anew, asked, type Covers, coversOf, pressed, safe, shownOf } from "../../pwa/src/staff/covers.ts";
import { Exposures } from "../../pwa/src/staff/exposures.ts";
import { type Requests, Unreachable } from "../../pwa/src/lib/requests.ts";
import { chosenFeed } from "../../pwa/src/staff/feeds.ts";
import { advice, captures, currentLink, linkOf, standingOf, steps } from "../../pwa/src/staff/links.ts";
import {
  accuracyWords,
  bearingDeg,
  compass,
  distanceM,
  duration,
  metres,
  secondsTo,
  soonTo,
  wayTo,
} from "../../pwa/src/lib/measure.ts";
import { isNotable, NOTABLE } from "../../pwa/src/staff/notable.ts";
import { readSeen } from "../../pwa/src/staff/seen.ts";
import { parsePlace } from "../../pwa/src/lib/place.ts";
import { niceAbove, niceBelow, scaleBar } from "../../pwa/src/lib/scale.ts";
import { crowd } from "../../pwa/src/map/crowd.ts";
import {
  covered,
  dragged,
  fit,
  type Frame,
  heading,
  inside,
  place,
  pointAt,
  tagAt,
  toEdge,
  zoomed,
} from "../../pwa/src/map/frame.ts";
import { camerasOf, mustSee, peopleOf, type Scene, sceneWords } from "../../pwa/src/staff/scene.ts";
import { BEGINNING, isStills, type Own, ownAfter, type Picture, phaseOf } from "../../pwa/src/staff/watching.ts";
import { numberWords } from "../../pwa/src/lib/numbers.ts";
import { logLines, sentence } from "../../pwa/src/staff/words.ts";
import {
  apply,
  closedIncidents,
  EMPTY,
  foremost,
  openIncidents,
  readUp,
  select,
  type World,
  withThread,
} from "../../pwa/src/staff/world.ts";
import { markOf } from "../../pwa/src/staff/notes.ts";
import { due } from "../../pwa/src/staff/marks.ts";
import type {
  AskedView,
  CameraView,
  EntryView,
  Event,
  FeedView,
  IncidentView,
  LinkView,
  Nearby,
  NearbyCamera,
  NoteReader,
  NoteView,
  Position,
  Snapshot,
  Unit,
} from "../../pwa/src/wire.ts";

const ME = "Ana Ortiz";
const NOON = "2026-01-01T12:00:00Z";

function position(changes: Partial<Position> = {}): Position {
  return {
    latitude: 42.3223,
    longitude: -83.1763,
    accuracy_m: 12,
    at: NOON,
    source: "caller",
    heading_deg: null,
    speed_mps: null,
    ...changes,
  };
}

function nearCamera(changes: Partial<NearbyCamera>): NearbyCamera {
  return {
    camera_id: "c",
    name: "Door",
    site: "Corner shop",
    kind: "business",
    point: { latitude: 42.3225, longitude: -83.1762 },
    view: { heading_deg: 200, field_deg: 90, height_m: 3 },
    indoor: false,
    distance_m: 40,
    looks: true,
    rank_m: 40,
    own: false,
    offer: "open",
    why: null,
    ...changes,
  };
}

const PLAIN = { name: "", camera_id: null, unit_id: null, still_at: null };

function link(changes: Partial<LinkView> = {}): LinkView {
  return {
    id: "lnk_1",
    feed_id: "fed_1",
    kind: "live",
    whom: "caller",
    manner: "open",
    state: "sent",
    number: "+13135550143",
    email: null,
    language: "en",
    reason: null,
    sender: "sms",
    ways: [{ way: "sms", state: "sent", at: NOON, reason: null }],
    unreached: false,
    issued_at: NOON,
    expires_at: NOON,
    opened_at: null,
    redeemed_at: null,
    asking: false,
    camera: "off",
    position: "off",
    rung: null,
    rung_reason: null,
    rung_since: null,
    ...changes,
  };
}

function incident(id: string, changes: Partial<IncidentView> = {}): IncidentView {
  return {
    id,
    type: "Break-in",
    words: "",
    opened_at: NOON,
    opened_by: ME,
    callback_number: null,
    position: null,
    closed_at: null,
    news_at: NOON,
    unit_ids: [],
    responses: [],
    alerts: [],
    links: [],
    feeds: [],
    openings: [],
    asks: [],
    glass: [],
    uploads: [],
    site: null,
    handler: null,
    transfer: null,
    ...changes,
  };
}

function entry(index: number, changes: Partial<EntryView> = {}): EntryView {
  return { index, at: NOON, action: "link.open", actor: "caller", subject: "", refusal: null, details: {}, ...changes };
}

function snapshot(...incidents: IncidentView[]): Event {
  return { type: "snapshot", now: NOON, incidents, units: [], notes: [], phrases: [], talks: [], duty: null };
}

function recorded(id: string, line: EntryView): Event {
  return { type: "entry", incident_id: id, entry: line };
}

function after(world: World, ...events: Event[]): World {
  return events.reduce((before, event) => apply(before, event, ME), world);
}

const BEGUN = after(EMPTY, snapshot(incident("inc_1"), incident("inc_2")));

test("a snapshot replaces every open incident and heals what was missed", () => {
  const stale = after(BEGUN, { type: "incident", incident: incident("inc_9") });
  const healed = after(stale, snapshot(incident("inc_1", { words: "new words" })));
  assert.deepEqual([...healed.incidents.keys()], ["inc_1"]);
  assert.equal(healed.incidents.get("inc_1")?.words, "new words");
});

test("a snapshot keeps the closed incidents that were read", () => {
  const closed = after(BEGUN, { type: "incident", incident: incident("inc_2", { closed_at: NOON }) });
  const healed = after(closed, snapshot(incident("inc_1")));
  assert.deepEqual(closedIncidents(healed).map((i) => i.id), ["inc_2"]);
  assert.deepEqual(openIncidents(healed).map((i) => i.id), ["inc_1"]);
});

test("the same event twice changes nothing more", () => {
  const line = recorded("inc_2", entry(7));
  const read = readUp(BEGUN, "inc_2", [], []);
  const once = after(read, line);
  const twice = after(once, line);
  assert.deepEqual(twice.logs.get("inc_2"), once.logs.get("inc_2"));
  assert.equal(twice.unread.get("inc_2"), 1);
});

test("entries that arrive out of order are put in order", () => {
  const read = readUp(select(BEGUN, "inc_1"), "inc_1", [entry(1), entry(4)], []);
  const world = after(read, recorded("inc_1", entry(3)), recorded("inc_1", entry(2)));
  assert.deepEqual(world.logs.get("inc_1")?.map((line) => line.index), [1, 2, 3, 4]);
});

test("what is recorded while the log is being read is not lost", () => {
  const live = after(select(BEGUN, "inc_1"), recorded("inc_1", entry(5)));
  const world = readUp(live, "inc_1", [entry(1), entry(2)], []);
  assert.deepEqual(world.logs.get("inc_1")?.map((line) => line.index), [1, 2, 5]);
});

test("a position that comes late does not move the caller back", () => {
  const newer = position({ at: "2026-01-01T12:00:05Z", latitude: 42.4 });
  const world = after(
    BEGUN,
    { type: "position", incident_id: "inc_1", position: newer },
    { type: "position", incident_id: "inc_1", position: position() },
    { type: "incident", incident: incident("inc_1", { position: position() }) },
  );
  assert.equal(world.incidents.get("inc_1")?.position?.latitude, 42.4);
  assert.equal(world.trails.get("inc_1")?.length, 1);
});

test("a position of an unknown incident is passed over", () => {
  const world = after(BEGUN, { type: "position", incident_id: "inc_9", position: position() });
  assert.equal(world, BEGUN);
});

test("a hidden incident is gone", () => {
  const world = after(BEGUN, { type: "incident-hidden", incident_id: "inc_1" });
  assert.deepEqual(openIncidents(world).map((i) => i.id), ["inc_2"]);
});

test("only news from others in other incidents is unread, until they are opened", () => {
  const world = after(
    select(BEGUN, "inc_1"),
    recorded("inc_1", entry(1)),
    recorded("inc_2", entry(2, { actor: ME })),
    recorded("inc_2", entry(3, { action: "feed.subscribe", actor: "Lee" })),
    recorded("inc_2", entry(4)),
  );
  assert.deepEqual([...world.unread], [["inc_2", 1]]);
  assert.equal(select(world, "inc_2").unread.size, 0);
});

test("a link's steps advance in place and a failed text stops at the carrier", () => {
  const states = (one: LinkView) => steps(one).map((step) => step.state);
  assert.deepEqual(states(link({ state: "queued" })), ["current", "ahead", "ahead", "ahead", "ahead"]);
  assert.deepEqual(states(link({ state: "delivered" })), ["done", "done", "current", "ahead", "ahead"]);
  assert.deepEqual(states(link({ state: "failed" })), ["done", "failed", "ahead", "ahead", "ahead"]);
  assert.deepEqual(
    states(link({ state: "sharing", opened_at: NOON, redeemed_at: NOON })),
    ["done", "done", "done", "done", "done"],
  );
  assert.deepEqual(states(link({ sender: "console" })), ["current", "ahead", "ahead"]);
});

test("an e-mailed link has no step that nobody reports, and a witness's stays behind the caller's", () => {
  const mailed = link({ sender: "email", ways: [{ way: "email", state: "sent", at: NOON, reason: null }] });
  assert.deepEqual(steps(mailed).map((step) => step.word), ["Queued", "Sent", "Opened", "Sharing"]);
  assert.deepEqual(steps(mailed).map((step) => step.state), ["done", "current", "ahead", "ahead"]);
  const witness = link({ id: "w", whom: "third-party", feed_id: "fed_w" });
  const both = incident("i", { links: [witness, link({ id: "c", state: "ended" })] });
  assert.equal(currentLink(both)?.id, "c");
  assert.equal(linkOf(both, feedView({ id: "fed_w" }))?.id, "w");
  assert.equal(standingOf(incident("i", { links: [link({ unreached: true })] })).word, "Not opened");
});

test("a link that goes on is told with what is left to do", () => {
  const next = (details: Record<string, string>) => sentence(entry(1, { action: "link.next", details }));
  assert.deepEqual(next({ why: "not-opened", way: "email" }), {
    text: "Nobody opened the link in 15 s: it goes by e-mail now",
    weight: "news",
  });
  assert.equal(next({ why: "failed" }).weight, "warning");
});

test("a page without script and a link that goes also are told in words", () => {
  const told = (action: string, details: Record<string, string>) => sentence(entry(1, { action, details })).text;
  assert.equal(told("link.redeem", { again: "no", page: "plain" }), "The caller writes by a page that runs no script");
  assert.equal(told("caller.stop", { page: "plain" }), "The caller tries the page with the camera again");
  assert.match(told("link.also", { email: "ann@example.com", language: "uk" }), /also to ann@example.com, in Ukrainian$/);
  assert.match(told("link.issue", { number: "+13135550143", language: "so" }), /, in Somali$/);
  assert.doesNotMatch(told("link.issue", { number: "+13135550143", language: "en" }), / in /);
  assert.match(advice(link({ state: "sharing", rung: "upload", rung_reason: "no-script" })), /runs no script/);
});

test("a refused camera is said with what is left", () => {
  assert.equal(captures(link({ camera: "refused", position: "on" })), "Camera refused – position only");
  assert.equal(captures(link({ camera: "refused", position: "refused" })), "Camera refused, position refused – nothing shared");
  assert.equal(captures(link({ kind: "position", position: "on" })), "Position on");
});

test("an incident's standing is its most pressing link or picture", () => {
  const feed: FeedView = { id: "f", incident_id: "inc_1", kind: "caller", state: "live", since: NOON, connection: null, ...PLAIN };
  assert.equal(standingOf(incident("i")).word, "No link yet");
  assert.equal(standingOf(incident("i", { links: [link({ state: "failed" })] })).word, "Text failed");
  assert.equal(standingOf(incident("i", { links: [link()], feeds: [feed] })).word, "Live");
  assert.equal(standingOf(incident("i", { links: [link({ asking: true })], feeds: [feed] })).word, "Another phone asks");
});

test("the picture in front is the one asked for, else a live one", () => {
  const feeds = (["ended", "live"] as const).map(
    (state, n): FeedView => ({ id: `f${n}`, incident_id: "i", kind: "caller", state, since: NOON, connection: null, ...PLAIN }),
  );
  assert.equal(chosenFeed(feeds, null)?.id, "f1");
  assert.equal(chosenFeed(feeds, "f0")?.id, "f0");
  assert.equal(chosenFeed(feeds, "f7")?.id, "f1");
  assert.equal(chosenFeed([], null), null);
});

test("a lent camera does not take the caller's place while the caller may come back", () => {
  const camera = feedView({ id: "c", kind: "camera" });
  const inFront = (state: FeedView["state"]) => chosenFeed([camera, feedView({ state })], null)?.id;
  assert.equal(inFront("live"), "f");
  assert.equal(inFront("silent"), "f");
  assert.equal(inFront("ended"), "c");
  assert.equal(inFront("waiting"), "c");
});

test("the newest incident with a live picture is foremost, else the newest", () => {
  const feeds: FeedView[] = [{ id: "f", incident_id: "inc_1", kind: "caller", state: "live", since: NOON, connection: null, ...PLAIN }];
  const older = incident("inc_1", { opened_at: "2026-01-01T11:00:00Z", feeds });
  const oldest = incident("inc_3", { opened_at: "2026-01-01T10:00:00Z", feeds });
  assert.equal(foremost(after(EMPTY, snapshot(incident("inc_2"), older, oldest)))?.id, "inc_1");
  assert.equal(foremost(after(EMPTY, snapshot(incident("inc_2"), { ...older, feeds: [] })))?.id, "inc_2");
  assert.equal(foremost(EMPTY), null);
});

test("a picture is live only while frames are shown", () => {
  assert.equal(phaseOf("connected", null, 5000), "connecting");
  assert.equal(phaseOf("waiting", null, 5000), "waiting");
  assert.equal(phaseOf("connected", 4900, 5000), "live");
  assert.equal(phaseOf("connected", 4000, 5000), "still");
  assert.equal(phaseOf("ended", 4900, 5000), "over");
});

test("a picture of which only stills fit through is no live one, and goes on while they come", () => {
  assert.equal(phaseOf("connected", 4900, 5000, true), "stills");
  assert.equal(phaseOf("connected", 4900, 12_000, true), "stills");
  assert.equal(phaseOf("connected", 4900, 30_000, true), "still");
  assert.equal(phaseOf("waiting", null, 5000, true), "waiting");
  assert.equal(phaseOf("ended", 4900, 5000, true), "over");
  const levels = ["full", "half", "quarter", "keyframes", "stills", undefined] as const;
  assert.deepEqual(levels.filter(isStills), ["keyframes", "stills"]);
});

test("one's own connection is called weak after two bad seconds and good again after five", () => {
  const weakAt = (seconds: string): string => {
    let own: Own = { weak: false, otherwiseSince: null };
    return [...seconds].map((second, at) => {
      own = ownAfter(own, { loss: second === "l" ? 0.2 : 0, rtt_ms: second === "f" ? 1500 : 80 }, at * 1000);
      return own.weak ? "w" : ".";
    }).join("");
  };
  assert.equal(weakAt("..l.l.f."), "........");
  assert.equal(weakAt("lll......"), "..wwwwww.");
  assert.equal(weakAt("lff......"), "..wwwwww.");
  assert.equal(weakAt("lff...l......"), "..wwwwwwwwww.");
});

function feedView(changes: Partial<FeedView> = {}): FeedView {
  return { id: "f", incident_id: "inc_1", kind: "caller", state: "live", since: NOON, connection: "good", ...PLAIN, ...changes };
}

test("the caller's connection is said for who can do something about it, and only where it is the reason", () => {
  const words = (changes: Partial<FeedView>, role: "desk" | "patrol" = "desk", camera: LinkView["camera"] = "on") =>
    callersConnection(feedView(changes), link({ camera }), role)?.words;
  assert.equal(words({}), "good connection");
  assert.match(words({ connection: "weak" }) ?? "", /may stutter/);
  assert.match(words({ connection: "very-weak" }) ?? "", /ask the caller to move/);
  assert.equal(words({ connection: "very-weak" }, "patrol"), "very weak connection");
  assert.match(words({ connection: "gone", state: "silent" }) ?? "", /no connection/);
  assert.equal(words({ connection: "gone", state: "silent" }, "desk", "paused"), undefined);
  assert.equal(words({ connection: "gone" }), undefined);
  assert.equal(words({ connection: null, ...PLAIN }), undefined);
  assert.equal(words({ connection: "good", state: "ended" }), undefined);
});

test("one's own connection is not blamed for the caller's", () => {
  const live: Picture = { ...BEGINNING, phase: "live" };
  assert.equal(ownConnection(live, feedView()), null);
  assert.match(ownConnection({ ...live, weak: true }, feedView())?.words ?? "", /^Your connection is weak: the picture/);
  assert.equal(ownConnection({ ...live, weak: true }, feedView({ connection: "weak" })), null);
  const stills: Picture = { ...BEGINNING, phase: "stills", stills: true };
  assert.match(ownConnection(stills, feedView({ connection: "weak" }))?.words ?? "", /still pictures only$/);
  assert.equal(ownConnection(stills, feedView({ state: "silent" })), null);
});

test("news of connections and levels changes what it is about and heals with a Snapshot", () => {
  const known = after(EMPTY, snapshot(incident("inc_1", { feeds: [feedView(), feedView({ id: "g" })] })));
  const weak = after(known, { type: "connection", incident_id: "inc_1", feed_id: "g", connection: "weak" });
  assert.deepEqual(weak.incidents.get("inc_1")?.feeds.map((feed) => feed.connection), ["good", "weak"]);
  assert.equal(after(known, { type: "connection", incident_id: "inc_9", feed_id: "g", connection: "weak" }), known);
  const level = (level: "stills" | "full"): Event => ({ type: "level", session: "ses_1", feed_id: "f", level });
  const stills = after(known, level("stills"));
  assert.equal(stills.levels.get("ses_1"), "stills");
  assert.equal(after(stills, level("full")).levels.size, 0);
  assert.equal(after(stills, snapshot()).levels.size, 0);
});

test("unknown actions and refusals are shown in plain words", () => {
  assert.equal(sentence(entry(1, { action: "drone.take-off", actor: "system" })).text, "Drone take off (Sightline)");
  const refused = sentence(entry(1, { action: "link.redeem", refusal: "link-bound" }));
  assert.equal(refused.text, "A phone tried to use the link – refused: another phone already uses it");
  assert.equal(refused.weight, "warning");
  assert.match(sentence(entry(1, { action: "link.open", refusal: "made-up-code" })).text, /made up code/);
});

test("a failed text says the carrier's reason", () => {
  const failed = entry(1, { action: "link.delivery", actor: "carrier", details: { state: "failed", reason: "Landline" } });
  assert.deepEqual(sentence(failed), { text: "Text failed: Landline", weight: "warning" });
});

test("runs of one sentence become one line", () => {
  const lines = logLines([entry(1), entry(2), entry(3, { action: "link.redeem" })]);
  assert.deepEqual(lines.map((line) => line.times), [2, 1]);
});

test("numbers are grouped as they are read", () => {
  assert.equal(numberWords("+13135550143"), "+1 313 555 0143");
  assert.equal(numberWords("+442079460018"), "+442079460018");
});

test("distances and bearings are those of the globe", () => {
  const a = { latitude: 0, longitude: 0 };
  assert.ok(Math.abs(distanceM(a, { latitude: 0, longitude: 1 }) - 111_195) < 1);
  assert.equal(compass(bearingDeg(a, { latitude: 1, longitude: 1 })), "north-east");
  assert.equal(compass(bearingDeg(a, { latitude: 0, longitude: -1 })), "west");
  assert.equal(wayTo(position(), position({ latitude: 42.33305, longitude: -83.1763 })), "1.2 km north");
  assert.equal(wayTo(position(), position()), "here");
});

test("lengths and ages are short and an accuracy is never made better", () => {
  assert.deepEqual([4, 37, 847, 996, 12_400].map(metres), ["4 m", "35 m", "850 m", "1.0 km", "12 km"]);
  assert.deepEqual([-5, 4000, 125_000, 3_900_000].map(duration), ["now", "4 s", "2 min", "1 h 05 min"]);
  assert.equal(accuracyWords(11.2), "precise, within 12 m");
});

/** So many metres north and east of the caller. */
function beside(north: number, east: number, changes: Partial<Position> = {}): Position {
  return position({
    latitude: 42.3223 + north / 111_195,
    longitude: -83.1763 + east / 82_200,
    source: "unit",
    ...changes,
  });
}

test("a time to the scene is said only while somebody comes, and never less than the straight line takes", () => {
  const now = Date.parse(NOON) + 1000;
  const to = position();
  const coming = beside(0, -1500, { speed_mps: 12, heading_deg: 80 });
  assert.ok(Math.abs((secondsTo(coming, to, now) ?? 0) - 125) < 1);
  assert.equal(soonTo(coming, to, now), "about 3 min");
  const silent: Partial<Position>[] = [
    { speed_mps: null },
    { speed_mps: 0.8 },
    { heading_deg: 260 },
    { at: "2026-01-01T11:59:30Z" },
  ];
  for (const changes of silent) assert.equal(soonTo({ ...coming, ...changes }, to, now), null);
  assert.equal(soonTo(beside(5, 0, { speed_mps: 12 }), to, now), null, "already there");
  assert.equal(soonTo(beside(0, -90_000, { speed_mps: 12 }), to, now), null, "too far to say");
});

const SIZE = { width: 390, height: 280 };
const HOME: Frame = { centre: position(), zoom: 16, bearing_deg: 0 };

test("what is under a pixel is there again, also on a map that is turned", () => {
  for (const bearing_deg of [0, 37, 180, 300]) {
    const frame = { ...HOME, bearing_deg };
    const spot = { x: 31, y: 222 };
    const again = place(frame, SIZE, pointAt(frame, SIZE, spot));
    assert.ok(Math.hypot(again.x - spot.x, again.y - spot.y) < 0.1);
    const ahead = place(frame, SIZE, beside(90 * Math.cos((bearing_deg * Math.PI) / 180), 90 * Math.sin((bearing_deg * Math.PI) / 180)));
    assert.ok(Math.abs(ahead.x - 195) < 1 && ahead.y < 140, "what lies ahead is up");
    const closer = zoomed(frame, SIZE, 1.3, spot);
    const stays = place(closer, SIZE, pointAt(frame, SIZE, spot));
    assert.ok(Math.hypot(stays.x - spot.x, stays.y - spot.y) < 0.5);
    const moved = place(dragged(frame, SIZE, 40, -25), SIZE, frame.centre);
    assert.ok(Math.hypot(moved.x - 235, moved.y - 115) < 0.2);
  }
});

test("everything that must be seen is, clear of the buttons, as close as it can be", () => {
  const insets = [
    { top: 88, right: 24, bottom: 40, left: 24 },
    { top: 24, right: 268, bottom: 40, left: 24 },
  ];
  const boxes = [{ x: 138, y: 8, width: 244, height: 56 }];
  for (const other of [beside(380, 380), beside(-190, 250), beside(700, -300), beside(0, 2000)]) {
    for (const bearing_deg of [0, 120]) {
      const things = [position(), other].map((point) => ({ point, radius_m: 20 }));
      const frame = fit(things, SIZE, { insets, bearing_deg });
      assert.ok(frame !== null);
      for (const { point } of things) {
        const at = place(frame, SIZE, point);
        assert.ok(inside(SIZE, at, 20) && !covered(boxes, at), JSON.stringify({ at, bearing_deg }));
      }
      const whole = fit(things, SIZE, { bearing_deg });
      assert.ok(whole !== null && whole.zoom >= frame.zoom - 1e-9);
    }
  }
});

test("who is outside stands at the edge, not under buttons and not on one another", () => {
  const boxes = [{ x: 138, y: 8, width: 244, height: 56 }];
  const taken: { x: number; y: number }[] = [];
  for (const at of [{ x: 3000, y: -2000 }, { x: 3000, y: -1900 }, { x: 3000, y: -1950 }, { x: -40, y: 9000 }]) {
    const spot = toEdge(SIZE, boxes, at, taken);
    assert.ok(inside(SIZE, spot, 14) && !covered(boxes, spot));
    assert.ok(taken.every((other) => Math.hypot(other.x - spot.x, other.y - spot.y) > 20));
    taken.push(spot);
  }
  assert.equal(heading({ x: 195, y: 140 }, { x: 3000, y: 140 }), 90);
});

test("a unit's words lie under no button, and are fewer where there is no room for all", () => {
  const size = { width: 320, height: 110 };
  const boxes = [
    { x: 196, y: 8, width: 116, height: 56 },
    { x: 8, y: 8, width: 56, height: 56 },
  ];
  const texts = ["4B15 · 950 m", "4B15"];
  assert.deepEqual(tagAt(texts, { x: 150, y: 20 }, size, boxes), { words: "4B15", half: 24, right: false });
  assert.deepEqual(tagAt(texts, { x: 150, y: 90 }, size, boxes), { words: "4B15 · 950 m", half: 56, right: false });
  assert.equal(tagAt(texts, { x: 10, y: 90 }, size, boxes).right, true);
});

test("a crowd is drawn as few marks, and comes apart from close by", () => {
  const many = Array.from({ length: 500 }, (_, n) => ({
    id: `${n}`,
    point: beside((n % 25) * 40 - 500, Math.floor(n / 25) * 50 - 500),
  }));
  const special = ({ id }: { id: string }): boolean => id === "260";
  const far = { ...HOME, zoom: 13 };
  const { singles, clusters } = crowd(many, far, SIZE, 0, special);
  assert.ok(singles.length + clusters.length < 60);
  assert.equal(singles.length + clusters.reduce((sum, { count }) => sum + count, 0), 500);
  assert.ok(singles.some(({ thing }) => special(thing)));
  const shifted = crowd(many, dragged(far, SIZE, 7, 3), SIZE, 0, special);
  assert.deepEqual(shifted.clusters.map(({ id }) => id).sort(), clusters.map(({ id }) => id).sort());
  const close = crowd(many, { ...HOME, zoom: 18 }, SIZE, 0, special);
  assert.deepEqual(close.clusters, []);
  assert.ok(close.singles.length > 0 && close.singles.length < 30, "only what lies in the frame");
});

test("the map says in one sentence who comes, how far, how soon, and what may be opened", () => {
  const now = Date.parse(NOON) + 1000;
  const units = [
    { id: "u1", call_sign: "4B12", position: beside(0, -1500, { speed_mps: 12, heading_deg: 80 }) },
    { id: "u2", call_sign: "4B15", position: beside(600, 0) },
    { id: "u3", call_sign: "4B16", position: null },
    { id: "u4", call_sign: "4B17", position: beside(20_000, 0) },
  ].map((each) => ({ ...each, crew: [] }));
  const scene: Scene = { caller: position(), units, assigned: ["u1", "u4"], mine: null, here: null, now };
  const people = peopleOf(scene);
  assert.deepEqual(people.map(({ id }) => id), ["caller", "u1", "u4", "u2"]);
  const near: Nearby = {
    more: 0,
    cameras: [
      nearCamera({ camera_id: "c1" }),
      nearCamera({ camera_id: "c2", offer: "no", why: "paused" }),
      nearCamera({ camera_id: "c3", offer: "ask" }),
    ],
  };
  const cameras = camerasOf(near, incident("inc_1"), "me");
  assert.deepEqual(cameras.map(({ use }) => use), ["nearby", "shut", "ask"]);
  assert.match(cameras[1]?.words ?? "", /^Paused by its owner · Business · 40 m/);
  assert.equal(
    sceneWords(people, cameras),
    "Position of the caller; 4B12 is 1.5 km west of the caller, about 3 min; 4B17 is 20 km north of the caller; " +
      "3 cameras near, 2 of them can be opened",
  );
  assert.equal(mustSee(people, []).length, 3, "what is farther than 8 km does not shrink the map");
  const mine = peopleOf({ ...scene, mine: "u2", here: beside(300, 0) });
  assert.match(sceneWords(mine, []), /; you are 300 m north of the caller;/);
});

test("round numbers and the bar that they make", () => {
  assert.ok(scaleBar(0.7, 140).pixels <= 140);
  assert.deepEqual([niceAbove(61), niceBelow(61), niceAbove(100)], [100, 50, 100]);
});

test("of thousands of units the assigned and the nearest are listed, and the others by their call sign", () => {
  const at = (latitude: number) => ({ latitude, longitude: 0, accuracy_m: 5, at: NOON, source: "unit" as const, heading_deg: null, speed_mps: null });
  const many = Array.from({ length: 5000 }, (_, n) => ({ id: `unt_${n}`, call_sign: `Car ${n}`, crew: [], position: n % 2 === 0 ? null : at(n / 1000) }) as Unit);
  const scene = incident("inc_1", { position: at(1.0005), unit_ids: ["unt_4000"] });
  const listed = shown(many, scene, "").map(({ id }) => id);
  assert.equal(listed.length, SHOWN);
  assert.deepEqual(listed.slice(0, 2), ["unt_4000", "unt_1001"]);
  assert.deepEqual(shown(many, scene, " car 4998 ").map(({ id }) => id), ["unt_4000", "unt_4998"]);
  assert.deepEqual(shown(many.slice(0, 3), { ...scene, position: null }, "").map(({ id }) => id), ["unt_0", "unt_1", "unt_2"]);
});

test("single keys are commands outside of fields, without modifiers, and can be switched off", () => {
  const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });
  assert.deepEqual(command(press("n"), false, true), { name: "new" });
  assert.deepEqual(command(press("3"), false, true), { name: "feed", index: 2 });
  assert.equal(command(press("n"), true, true), null);
  assert.equal(command(press("n"), false, false), null);
  assert.equal(command(press("n", { ctrlKey: true }), false, true), null);
  assert.deepEqual(command(press("Escape"), true, false), { name: "safe" });
});

test("the line comes back between a tenth of a second and a second", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 20].map((n) => backoff(n, () => 1)), [100, 200, 400, 800, 1000, 1000]);
  assert.equal(backoff(20, () => 0), 800);
});

test("a socket that does not open is given up soon, every fourth later, and all later on a slow network", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((n) => patience(false, n, 50)), [1200, 1200, 1200, 4800, 1200]);
  assert.equal(patience(false, 0, 2000), 6000);
  assert.equal(patience(true, 0, 50), 2500);
  assert.equal(patience(true, 0, 2000), 6000);
});

test("events are followed by number: none twice, none after one that is missing, and a new beginning at any", () => {
  const at = (last: number) => ({ listener: "lsn_1", last });
  assert.deepEqual(follow(null, { n: 1, listener: "lsn_1" }), at(1));
  assert.deepEqual(follow(at(1), { n: 2 }), at(2));
  assert.equal(follow(at(2), { n: 2 }), "again");
  assert.equal(follow(at(2), { n: 1 }), "again");
  assert.equal(follow(at(2), { n: 4 }), "gap");
  assert.equal(follow(null, { n: 1 }), "gap");
  assert.equal(follow(at(2), {}), "gap");
  assert.deepEqual(follow(at(9), { n: 1, listener: "lsn_2" }), { listener: "lsn_2", last: 1 });
});

test("ages follow the server's clock whatever the computer's own says", () => {
  let stopwatch = 1000;
  const clock = new ServerClock(() => stopwatch, 0, () => 0);
  clock.hear(NOON);
  stopwatch += 2500;
  assert.equal(clock.now(), Date.parse(NOON) + 2500);
  clock.hear("no time at all");
  assert.equal(clock.now(), Date.parse(NOON) + 2500);
});

test("a tick that was long on its way does not set the clock back, and one after sleep sets it on", () => {
  let stopwatch = 0;
  const clock = new ServerClock(() => stopwatch, Date.parse(NOON) + 900, () => 0);
  clock.hear(NOON);
  assert.equal(clock.now(), Date.parse(NOON));
  stopwatch += 6000;
  clock.hear("2026-01-01T12:00:05Z");
  assert.equal(clock.now(), Date.parse(NOON) + 6000);
  clock.hear("2026-01-01T13:00:00Z");
  assert.equal(clock.now(), Date.parse(NOON) + 3_600_000);
  clock.hear(NOON);
  assert.equal(clock.now(), Date.parse(NOON));
});

test("an age is of the calendar while a phone sleeps and its stopwatch stands, until the server is heard", () => {
  let stopwatch = 0;
  let calendar = 86_400_000; // a day wrong
  const clock = new ServerClock(() => stopwatch, 0, () => calendar);
  clock.hear(NOON);
  stopwatch += 3000;
  calendar += 3_600_000;
  assert.equal(clock.now(), Date.parse(NOON) + 3_600_000);
  assert.equal(clock.ahead(), Date.parse(NOON) - 86_400_000);
  clock.hear("2026-01-01T12:00:04Z"); // somebody had only set the calendar
  assert.equal(clock.now(), Date.parse(NOON) + 4000);
});

test("a place is read however people and maps write coordinates", () => {
  const ways = [
    "42.3223, -83.1763",
    " 42.3223,-83.1763 ",
    "42.3223 -83.1763",
    "+42.3223; −83.1763",
    "42.3223° N, 83.1763° W",
    "42.3223N 83.1763W",
    "N 42.3223 W 83.1763",
    "n42.3223°, w83.1763°",
    "83.1763 W, 42.3223 N",
    "42°19.338'N 83°10.578'W",
    "42°19′20.28″N, 83°10′34.68″W",
  ];
  for (const way of ways) {
    const place = parsePlace(way);
    assert.ok(place !== null, way);
    assert.ok(Math.abs(place.latitude - 42.3223) < 1e-6 && Math.abs(place.longitude + 83.1763) < 1e-6, way);
  }
  assert.deepEqual(parsePlace("0, 0"), { latitude: 0, longitude: 0 });
});

test("what is no place on earth is not guessed at", () => {
  const not = [
    "",
    "42.3223",
    "12 Main Street",
    "42,3223, -83,1763",
    "91, 0",
    "0, 180.1",
    "42.3223 N, 83.1763 N",
    "42.3223 N, 83.1763",
    "-42.3223 S, 83.1763 W",
    "42°61'N 83°10'W",
    "1e3, 2",
    "42.3223, -83.1763, 12",
    `${"0".repeat(70)}, 0`,
    "NaN, NaN",
  ];
  for (const text of not) assert.equal(parsePlace(text), null, text);
});

test("what the phone says comes after a guess, even from an older fix", () => {
  const guess = position({ source: "dispatcher", at: "2026-01-01T12:00:05Z", accuracy_m: 50 });
  const guessed = after(BEGUN, { type: "incident", incident: incident("inc_1", { position: guess }) });
  const said = after(guessed, { type: "position", incident_id: "inc_1", position: position() });
  assert.equal(said.incidents.get("inc_1")?.position?.source, "caller");
  const replaced = after(said, { type: "incident", incident: incident("inc_1", { position: guess }) });
  assert.equal(replaced.incidents.get("inc_1")?.position?.source, "dispatcher");
});

test("a correction says what it corrected", () => {
  const amended = (details: Record<string, string>) =>
    sentence(entry(1, { action: "incident.amend", actor: ME, details })).text;
  const place = "42.32230, -83.17630";
  assert.equal(amended({ place }), `Ana Ortiz set the place near ${place}`);
  assert.equal(amended({ place, over: "caller" }), `Ana Ortiz replaced the phone's own place by one near ${place}`);
  assert.equal(
    amended({ words: "Two men", words_before: "Man", place }),
    `Ana Ortiz corrected the words to “Two men” and set the place near ${place}`,
  );
});

test("news that came while nobody looked is unread after a reload or a lost line, and never one's own look", () => {
  const later = "2026-01-01T12:05:00Z";
  const fresh = after(EMPTY, snapshot(incident("inc_1", { news_at: later }), incident("inc_2")));
  assert.equal(fresh.unread.size, 0); // a browser that is new to somebody marks nothing
  const missed = snapshot(incident("inc_1", { news_at: later }), incident("inc_2", { news_at: later }));
  const reloaded = after({ ...EMPTY, seen: fresh.seen }, missed);
  assert.deepEqual([...reloaded.unread], [["inc_2", 0]]);
  assert.deepEqual([...after(reloaded, recorded("inc_2", entry(4))).unread], [["inc_2", 0]]);
  const looked = select(reloaded, "inc_2");
  assert.equal(looked.unread.size, 0);
  assert.equal(after({ ...EMPTY, seen: looked.seen }, missed).unread.size, 0);
  assert.deepEqual([...(looked.seen?.keys() ?? [])], ["inc_1", "inc_2"]);
  assert.deepEqual([...(after(looked, snapshot(incident("inc_1"))).seen?.keys() ?? [])], ["inc_1"]);
});

test("an incident that was opened and had news while nobody looked is unread", () => {
  const opened = incident("inc_3", { opened_at: NOON, news_at: "2026-01-01T12:01:00Z" });
  const world = after({ ...EMPTY, seen: new Map() }, snapshot(opened, incident("inc_4")));
  assert.deepEqual([...world.unread], [["inc_3", 0]]);
});

test("what one person has seen is not kept for the next", () => {
  const text = JSON.stringify({ user: "usr_1", seen: { inc_1: NOON } });
  assert.deepEqual(readSeen(text, "usr_1"), new Map([["inc_1", NOON]]));
  for (const [kept, user] of [[text, "usr_2"], [null, "usr_1"], ["{", "usr_1"], ['{"user":"usr_1"}', "usr_1"]] as const)
    assert.equal(readSeen(kept, user), null);
});

test("the server and the pages agree on what is news", () => {
  const source = readFileSync(new URL("../../backend/model/entries.py", import.meta.url), "utf8");
  const names = (/^NEWS = \(([^)]*)\)/m.exec(source)?.[1] ?? "").match(/[A-Z_]{3,}/g) ?? [];
  const values = names.map((name) => new RegExp(`${name} = "([^"]+)"`).exec(source)?.[1] ?? name);
  assert.ok(values.length > 5);
  for (const action of values) assert.ok(isNotable(entry(1, { action })), action);
  assert.equal(values.length, NOTABLE.size);
});

test("who waits for a camera's owner is named, and whether the answer is one's own", () => {
  const [kim, lee, mia] = ["Kim", "Lee", "Mia"].map((user) => ({ user_id: `usr_${user}`, user }));
  const of = (...waiting: (typeof kim)[]): AskedView => ({
    camera_id: "cam_1",
    camera: "Door",
    asked_at: NOON,
    expires_at: new Date(Date.parse(NOON) + 60_000).toISOString(),
    reach: "page",
    answer: null,
    waiting: waiting.filter((each) => each !== undefined),
  });
  const now = Date.parse(NOON) + 17_000;
  const said = (asked: AskedView | null, at = now) => asking(asked, "usr_Kim", at);
  assert.deepEqual(said(of(kim)), { words: "Asking the owner, 0:43", mine: true });
  assert.deepEqual(said(of(lee, kim)), { words: "Asking the owner with Lee, 0:43", mine: true });
  assert.deepEqual(said(of(lee)), { words: "Lee is asking the owner, 0:43", mine: false });
  assert.deepEqual(said(of(lee, mia)), { words: "Lee and Mia are asking the owner, 0:43", mine: false });
  assert.deepEqual(said(of(lee, mia, lee)), { words: "Lee and 2 others are asking the owner, 0:43", mine: false });
  assert.equal(said({ ...of(lee), answer: "allowed" }), null);
  assert.equal(said(of(lee), now + 60_000), null);
  assert.equal(said(null), null);
});

test("a camera that a device brings needs no connector, and says which device", () => {
  const camera = {
    watching: [],
    pause: null,
    level: "nearby",
    connector_id: null,
    source: null,
    connected: false,
    trouble: null,
  } as unknown as CameraView;
  const now = Date.parse(NOON);
  assert.equal(cameraState({ ...camera, device: null }, [], now).words, "No connector brings its picture yet");
  const brought = cameraState({ ...camera, device: "Market encoder" }, [], now);
  assert.deepEqual([brought.tone, brought.words], ["good", "Market encoder brings its picture. Nobody sees it"]);
});

function note(number: number, changes: Partial<NoteView> = {}): NoteView {
  return { id: `nte_${number}`, number, at: NOON, by_id: "usr_1", by: ME, unit: null, text: "", still: null, ...changes };
}

function reader(name: string, delivered: number, read: number, unit: string | null = null): NoteReader {
  return { user_id: `usr_${name}`, name, unit, delivered, read };
}

test("notes come in the server's order, each once, however they arrive", () => {
  const wrote = (number: number): Event => ({ type: "note", incident_id: "inc_1", note: note(number) });
  const numbers = (world: World): number[] => (world.notes.get("inc_1")?.notes ?? []).map((held) => held.number);
  let world = apply(EMPTY, { ...(snapshot(incident("inc_1")) as Snapshot), notes: [{ incident_id: "inc_1", notes: [note(1), note(2)], readers: [] }] }, ME);
  for (const number of [3, 2, 4, 3, 4]) world = apply(world, wrote(number), ME);
  assert.deepEqual(numbers(world), [1, 2, 3, 4]);
  world = apply(world, wrote(9), ME);
  assert.deepEqual(numbers(world), [9], "what is missing in between is asked for, not passed over");
  world = withThread(world, { incident_id: "inc_1", notes: [5, 6, 7, 8].map((number) => note(number)), readers: [] });
  assert.deepEqual(numbers(world), [5, 6, 7, 8, 9]);
  assert.deepEqual(numbers(apply(world, { type: "incident-hidden", incident_id: "inc_1" }, ME)), []);
});

test("marks only rise, and say whose phone and who has read", () => {
  const mine = note(2);
  assert.equal(markOf(mine, []).words, "Sent");
  assert.equal(markOf(mine, [reader("1", 9, 9)]).words, "Sent", "one's own eyes do not count");
  const sam = reader("Sam", 2, 0, "Unit 12");
  assert.equal(markOf(mine, [sam, reader("Kim", 1, 1, "Unit 7")]).words, "Delivered to Unit 12");
  assert.equal(markOf(mine, [sam, reader("Lee", 2, 2)]).words, "Read by Lee, delivered to Unit 12");
  const read = (delivered: number, until: number): Event => ({
    type: "notes-read",
    incident_id: "inc_1",
    reader: reader("Sam", delivered, until, "Unit 12"),
  });
  let world = apply(EMPTY, snapshot(incident("inc_1")), ME);
  for (const [delivered, until] of [[3, 1], [1, 0], [2, 2]] as const) world = apply(world, read(delivered, until), ME);
  assert.deepEqual(world.notes.get("inc_1")?.readers, [reader("Sam", 3, 2, "Unit 12")]);
});

test("a phone tells what has reached it, a desk only what was read, and nobody tells twice", () => {
  const theirs = { incident_id: "inc_1", notes: [note(1, { by_id: "usr_9" }), note(2, { by_id: "usr_9" })], readers: [] };
  const world = withThread(apply(EMPTY, snapshot(incident("inc_1")), ME), theirs);
  const none = { delivered: 0, read: 0 };
  const phone = { id: "usr_1", role: "officer" } as const;
  assert.deepEqual(due(world, "inc_1", phone, 0, none), { delivered: 2, read: 0 });
  assert.equal(due(world, "inc_1", phone, 0, { delivered: 2, read: 0 }), null);
  assert.deepEqual(due(world, "inc_1", phone, 2, { delivered: 2, read: 0 }), { delivered: 2, read: 2 });
  assert.equal(due(world, "inc_1", { id: "usr_2", role: "dispatcher" }, 0, none), null);
  const closed = apply(world, { type: "incident", incident: incident("inc_1", { closed_at: NOON }) }, ME);
  assert.equal(due(closed, "inc_1", phone, 2, none), null);
});

test("covers come off one by one, and all come back at once", () => {
  const careful = coversOf({ blur: true, still_first: true });
  const steps = [careful];
  for (let press = 0; press < 3; press++) steps.push(pressed(steps.at(-1) as Covers, "fed_1"));
  assert.deepEqual(
    steps.map((covers) => shownOf(covers, "fed_1")),
    ["hidden", "still", "motion", "hidden"],
  );
  assert.equal(shownOf(steps[2] as Covers, "fed_2"), "hidden");
  const bold = coversOf({ blur: false, still_first: false });
  assert.equal(shownOf(bold, "fed_1"), "motion");
  const afraid = safe(bold);
  assert.equal(shownOf(afraid, "fed_1"), "hidden");
  assert.equal(shownOf(pressed(afraid, "fed_1"), "fed_1"), "motion");
  assert.equal(shownOf(anew(afraid), "fed_1"), "motion");
  assert.equal(shownOf(asked(afraid, "fed_1"), "fed_1"), "motion");
  assert.equal(shownOf(asked(safe(careful), "fed_1"), "fed_1"), "hidden");
  assert.equal(shownOf(coversOf({ blur: false, still_first: true }), "fed_1"), "still");
  assert.equal(shownOf(coversOf(undefined), "fed_1"), "motion");
});

test("exposure counts what was uncovered while somebody could see it, and is told once", async () => {
  let now = 0;
  let reached = false;
  const told: unknown[] = [];
  const requests = {
    send: async (_method: string, _path: string, body: unknown) => {
      if (!reached) throw new Unreachable("away");
      told.push(body);
    },
  } as unknown as Requests;
  const exposures = new Exposures(requests, () => now);
  exposures.shows("fed_1", "motion");
  now = 4000;
  exposures.shows("fed_1", "still");
  now = 6000;
  exposures.isVisible(false);
  now = 60_000;
  exposures.isVisible(true);
  await exposures.tell();
  reached = true;
  now = 61_000;
  exposures.shows("fed_1", null);
  now = 90_000;
  await exposures.tell();
  await exposures.tell();
  assert.deepEqual(told, [{ feed_id: "fed_1", motion_s: 4, still_s: 3 }]);
});
