// What the officer's page decides without a browser: which picture comes first, how many may move, what is spoken.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BEGINNING as FIRST, type Budget, budgetAfter, type Link, MOST_LIVE, mostLive } from "../../pwa/src/officer/budget.ts";
import { changes, type Heard, type Sentence, spokenMetres } from "../../pwa/src/officer/changes.ts";
import { amount, counted, NOTHING, ofIncident, readUsed } from "../../pwa/src/officer/data-used.ts";
import { wanted } from "../../pwa/src/officer/moving.ts";
import { MOST_WAITING, type Queue, queued, SILENT, taken } from "../../pwa/src/officer/speech.ts";
import { closingMps, type Known, ranked, reasonsWords, useOfCamera, useOfFeed } from "../../pwa/src/staff/ranking.ts";
import { isBelow } from "../../pwa/src/staff/watching.ts";
import { EMPTY, type World, withThread } from "../../pwa/src/staff/world.ts";
import type {
  FeedView,
  IncidentView,
  NearbyCamera,
  NoteView,
  Position,
  ResponseView,
  Unit,
} from "../../pwa/src/wire.ts";

const NOON = "2026-01-01T12:00:00Z";
const NOW = Date.parse(NOON);
const ME = "usr_1";

function seconds(since: number): string {
  return new Date(NOW + since * 1000).toISOString();
}

function position(north_m = 0, changes: Partial<Position> = {}): Position {
  const place = { latitude: 42.3223 + north_m / 111_195, longitude: -83.1763, accuracy_m: 10 };
  return { ...place, at: NOON, source: "caller", heading_deg: null, speed_mps: null, ...changes };
}

function feed(id: string, changes: Partial<FeedView> = {}): FeedView {
  const none = { name: "", camera_id: null, unit_id: null, connection: null, still_at: null };
  return { id, incident_id: "inc_1", kind: "caller", state: "live", since: NOON, ...none, ...changes };
}

function camera(id: string, distance_m: number | null, changes: Partial<NearbyCamera> = {}): NearbyCamera {
  return {
    camera_id: id,
    name: id,
    site: "Shop",
    kind: "business",
    point: { latitude: 42.3225, longitude: -83.1762 },
    view: { heading_deg: 200, field_deg: 90, height_m: 3 },
    indoor: false,
    distance_m,
    looks: true,
    rank_m: distance_m,
    own: false,
    offer: "open",
    why: null,
    ...changes,
  };
}

function unit(id: string, at: Position | null): Unit {
  return { id, call_sign: id.toUpperCase(), position: at, crew: [] };
}

function known(changes: Partial<Known> = {}): Known {
  return { caller: position(), cameras: [], units: new Map(), now: NOW, ...changes };
}

function order(feeds: FeedView[], about: Known): string[] {
  return ranked(feeds, about).map((one) => one.feed.id);
}

test("the caller's own picture is first, also while it is silent, and what has ended is last", () => {
  const feeds = [
    feed("over", { kind: "camera", camera_id: "near", state: "ended" }),
    feed("near", { kind: "camera", camera_id: "near" }),
    feed("caller", { state: "silent", since: seconds(-60) }),
  ];
  assert.deepEqual(order(feeds, known({ cameras: [camera("near", 5)] })), ["caller", "near", "over"]);
});

test("what looks at the scene counts by its distance, and the reasons are said in words", () => {
  const cameras = [camera("far", 200), camera("near", 80), camera("away", 60, { looks: false, rank_m: 120 })];
  const feeds = cameras.map(({ camera_id }) => feed(camera_id, { kind: "camera", camera_id }));
  const about = known({ cameras });
  assert.deepEqual(order(feeds, about), ["near", "away", "far"]);
  assert.equal(reasonsWords(useOfFeed(feeds[1] as FeedView, about)), "80 m, looks at the scene");
  assert.equal(reasonsWords(useOfFeed(feeds[2] as FeedView, about)), "60 m");
  assert.equal(reasonsWords(useOfCamera(camera("own", null, { own: true }))), "Of the site that called");
});

test("of two cars at the same distance the one that comes closer is first", () => {
  const going = (heading_deg: number): Position => position(400, { heading_deg, speed_mps: 12, source: "unit" });
  const units = new Map([
    ["away", unit("away", going(0))],
    ["stands", unit("stands", position(400, { source: "unit" }))],
    ["comes", unit("comes", going(180))],
  ]);
  const feeds = [...units.keys()].map((id) => feed(id, { kind: "dash", unit_id: id }));
  const about = known({ units });
  assert.deepEqual(order(feeds, about), ["comes", "stands", "away"]);
  assert.equal(reasonsWords(useOfFeed(feeds[2] as FeedView, about)), "400 m, coming closer");
  assert.equal(reasonsWords(useOfFeed(feeds[0] as FeedView, about)), "400 m, going away");
  assert.ok(Math.abs(closingMps(going(180), position(), NOW) - 12) < 0.1);
  const stale = going(180);
  assert.equal(closingMps({ ...stale, at: seconds(-60) }, position(), NOW), 0);
});

test("a picture that stands falls behind one that moves, the farther the longer it stands", () => {
  const cameras = [camera("near", 40), camera("far", 300)];
  const silent = (since: number) => [
    feed("near", { kind: "camera", camera_id: "near", state: "silent", since: seconds(since) }),
    feed("far", { kind: "camera", camera_id: "far" }),
  ];
  assert.deepEqual(order(silent(-2), known({ cameras })), ["near", "far"]);
  assert.deepEqual(order(silent(-30), known({ cameras })), ["far", "near"]);
});

test("what nobody can place comes after what is near, and of two alike the older stays first", () => {
  const feeds = [
    feed("lost", { kind: "officer" }),
    feed("body", { kind: "body-worn", unit_id: "gone" }),
    feed("near", { kind: "camera", camera_id: "near" }),
  ];
  assert.deepEqual(order(feeds, known({ cameras: [camera("near", 900)] })), ["near", "lost", "body"]);
});

const GOOD = { below: false, weak: false };
const BAD = { below: true, weak: false };

function link(changes: Partial<Link> = {}): Link {
  return { moving: [GOOD], wanted: 3, downlink_mbps: null, saves: false, ...changes };
}

/** Looks once a second. */
function after(budget: Budget, looks: number, of: Link, from = 0): Budget {
  let held = budget;
  for (let second = 1; second <= looks; second += 1) held = budgetAfter(held, of, from + second * 1000);
  return held;
}

test("one picture moves at first, and one more at a time while all is well", () => {
  assert.equal(after(FIRST, 5, link()).live, 1);
  assert.equal(after(FIRST, 6, link()).live, 2);
  assert.equal(after(FIRST, 600, link()).live, 3);
  assert.equal(after(FIRST, 600, link({ wanted: 9 })).live, MOST_LIVE);
});

test("two bad seconds cost one, a good one between them none, and every failed trial makes the next rarer", () => {
  const three = { ...FIRST, live: 3 };
  assert.equal(after(three, 2, link({ moving: [GOOD, BAD] })).live, 3);
  const two = after(three, 3, link({ moving: [GOOD, BAD] }));
  assert.equal(two.live, 2);
  assert.equal(two.wait_ms, 2 * FIRST.wait_ms);
  const flicker = after(after(three, 2, link({ moving: [BAD] })), 1, link(), 2000);
  assert.equal(after(flicker, 1, link({ moving: [BAD] }), 3000).live, 3);
  assert.equal(after(FIRST, 3000, link({ moving: [{ below: false, weak: true }] })).live, 1);
  assert.ok(after(FIRST, 3000, link({ moving: [BAD] })).wait_ms <= 96_000);
});

test("a browser that knows its network bounds the trial, and who saves data sees one move", () => {
  assert.equal(mostLive({ wanted: 4, downlink_mbps: 0.4, saves: false }), 1);
  assert.equal(mostLive({ wanted: 4, downlink_mbps: 2.2, saves: false }), 2);
  assert.equal(mostLive({ wanted: 4, downlink_mbps: 10, saves: true }), 1);
  assert.equal(budgetAfter({ ...FIRST, live: 3 }, link({ saves: true }), 1).live, 1);
});

test("the large picture moves whole, as many others as may at their lowest layer, and all else stands", () => {
  const feeds = ["a", "b", "c", "d"].map((id) => feed(id, { state: id === "b" ? "silent" : "live" }));
  const levels = (...given: Parameters<typeof wanted>) => [...wanted(...given).values()].join(" ");
  assert.equal(levels(feeds, "a", "live", 2), "full keyframes quarter keyframes");
  assert.equal(levels(feeds, "d", "live", 3), "quarter keyframes quarter full");
  assert.equal(levels(feeds, "a", "live", 1), "full keyframes keyframes keyframes");
  assert.equal(levels(feeds, "a", "stills", 4), "keyframes keyframes keyframes keyframes");
});

test("less than is wanted is known for what it is", () => {
  assert.equal(isBelow(undefined, "quarter"), false);
  assert.equal(isBelow("quarter", "quarter"), false);
  assert.equal(isBelow("keyframes", "quarter"), true);
  assert.equal(isBelow("stills", "keyframes"), true);
});

test("data is counted for an incident and a month, and begins anew with the next", () => {
  let used = counted(NOTHING, "2026-11", "inc_1", 5e6);
  used = counted(counted(used, "2026-11", "inc_2", 1e6), "2026-11", "inc_1", 2e6);
  assert.equal(used.bytes, 8e6);
  assert.equal(ofIncident(used, "inc_1"), 7e6);
  assert.equal(counted(used, "2026-12", "inc_1", 1e6).bytes, 1e6);
  assert.deepEqual(readUsed(JSON.stringify(used)), used);
  for (const text of [null, "", "{", "[]", '{"month":1}', '{"month":"2026-11","bytes":"9","incidents":[]}']) {
    assert.deepEqual(readUsed(text), NOTHING);
  }
  for (let one = 0; one < 50; one += 1) used = counted(used, "2026-11", `inc_${one}`, 1);
  assert.equal(used.incidents.length, 20);
  assert.deepEqual([0, 4.2e5, 12e6, 9.99e8, 1.26e9].map(amount), ["0.0 MB", "0.4 MB", "12 MB", "999 MB", "1.3 GB"]);
});

function say(queue: Queue, text: string, about = text, at = 0): Queue {
  return queued(queue, { about, text }, at);
}

test("who comes late hears the newest first, and no more than a few", () => {
  let queue = SILENT;
  for (let one = 0; one < 10; one += 1) queue = say(queue, `news ${one}`);
  assert.equal(queue.waiting.length, MOST_WAITING);
  const first = taken(queue);
  assert.equal(first.next?.text, "news 9");
  assert.equal(taken(first.queue).next?.text, "news 8");
  assert.equal(taken(SILENT).next, null);
});

test("the same is not said twice, and of two about one thing only the newer", () => {
  const lost = say(SILENT, "Lost.", "picture");
  assert.equal(say(lost, "Lost.", "picture", 1000), lost);
  const back = say(lost, "Back.", "picture", 2000);
  assert.deepEqual(back.waiting, [{ about: "picture", text: "Back." }]);
  assert.equal(say(back, "Lost.", "picture", 3000).waiting[0]?.text, "Lost.");
  assert.equal(say(taken(lost).queue, "Lost.", "picture", 31_000).waiting.length, 1);
  let queue = SILENT;
  for (let one = 0; one < 100; one += 1) queue = taken(say(queue, `news ${one}`)).queue;
  assert.ok(queue.lately.length <= 16);
});

function response(unit_id: string, status: ResponseView["status"]): ResponseView {
  return { id: `rsp_${unit_id}`, unit_id, status, dispatched_at: NOON, en_route_at: null, on_scene_at: null };
}

function incident(changes: Partial<IncidentView> = {}): IncidentView {
  return {
    id: "inc_1",
    type: "Break-in",
    words: "Man at the back door",
    opened_at: NOON,
    opened_by: "Dana",
    callback_number: null,
    position: position(),
    closed_at: null,
    news_at: NOON,
    unit_ids: ["unt_1"],
    responses: [response("unt_1", "dispatched"), response("unt_2", "dispatched")],
    links: [],
    feeds: [feed("fed_1")],
    openings: [],
    asks: [],
    alerts: [],
    glass: [],
    uploads: [],
    site: null,
    handler: null,
    transfer: null,
    ...changes,
  };
}

function world(...incidents: IncidentView[]): World {
  return {
    ...EMPTY,
    snapshots: 1,
    duty: { unit_id: "unt_1", since: NOON, ended_at: null, end: null, by: null },
    units: new Map(["unt_1", "unt_2"].map((id) => [id, unit(id, null)])),
    incidents: new Map(incidents.map((each) => [each.id, each])),
  };
}

function heard(of: World = world(incident())): Heard {
  return changes(null, of, ME, NOW).heard;
}

function texts({ said }: { said: Sentence[] }): string[] {
  return said.map(({ text }) => text);
}

test("what was there before is not spoken, and what has not changed is not either", () => {
  const first = changes(null, world(incident()), ME, NOW);
  assert.deepEqual(first.said, []);
  assert.deepEqual(changes(first.heard, world(incident()), ME, NOW).said, []);
});

test("being assigned and released is spoken", () => {
  const assigned = changes(heard(world()), world(incident()), ME, NOW);
  assert.deepEqual(texts(assigned), ["You are assigned: Break-in. Man at the back door"]);
  assert.deepEqual(texts(changes(assigned.heard, world(), ME, NOW)), ["You are released from Break-in."]);
});

test("statuses are spoken, one's own in the second person", () => {
  const responses = [response("unt_1", "en-route"), response("unt_2", "on-scene")];
  const said = texts(changes(heard(), world(incident({ responses })), ME, NOW));
  assert.deepEqual(said, ["You are en route.", "UNT_2 is on scene."]);
  const alone = world(incident({ responses: [response("unt_1", "dispatched")] }));
  assert.deepEqual(texts(changes(heard(), alone, ME, NOW)), ["UNT_2 is off this incident."]);
});

test("a caller who moves is spoken of from where they were last said to be", () => {
  const at = (north: number) => world(incident({ position: position(north) }));
  const near = changes(heard(), at(30), ME, NOW);
  assert.deepEqual(near.said, []);
  const far = changes(near.heard, at(60), ME, NOW);
  assert.deepEqual(texts(far), ["The caller has moved 60 metres north."]);
  assert.deepEqual(changes(far.heard, at(70), ME, NOW).said, []);
  assert.equal(spokenMetres(1234), "1.2 kilometres");
});

test("a picture is lost when it is away for five seconds, and is told when it is back", () => {
  const silent = world(incident({ feeds: [feed("fed_1", { state: "silent", since: NOON })] }));
  const soon = changes(heard(), silent, ME, NOW + 4000);
  assert.deepEqual(soon.said, []);
  const lost = changes(soon.heard, silent, ME, NOW + 6000);
  assert.deepEqual(texts(lost), ["The caller's picture is lost."]);
  assert.deepEqual(changes(lost.heard, silent, ME, NOW + 60_000).said, []);
  assert.deepEqual(texts(changes(lost.heard, world(incident()), ME, NOW)), ["The caller's picture is back."]);
  const none = heard(world(incident({ feeds: [] })));
  assert.deepEqual(texts(changes(none, world(incident()), ME, NOW)), ["The caller's picture is there."]);
});

test("the desk's words are spoken once, one's own never, and the longest are cut", () => {
  const note = (number: number, by_id: string, text: string): NoteView => ({
    id: `nte_${number}`,
    number,
    at: NOON,
    by_id,
    by: by_id === ME ? "Sam" : "Dana Reyes",
    unit: null,
    text,
    still: null,
  });
  const before = withThread(world(incident()), {
    incident_id: "inc_1",
    notes: [note(1, "usr_2", "Old")],
    readers: [],
  });
  const more = [note(2, ME, "Mine"), note(3, "usr_2", "Back door is open"), note(4, "usr_2", "x".repeat(999))];
  const now = withThread(before, { incident_id: "inc_1", notes: more, readers: [] });
  const said = changes(heard(before), now, ME, NOW);
  assert.equal(texts(said)[0], "Dana Reyes writes: Back door is open");
  assert.equal(said.said.length, 2);
  assert.ok((texts(said)[1] ?? "").length < 300);
  assert.deepEqual(changes(said.heard, now, ME, NOW).said, []);
});
