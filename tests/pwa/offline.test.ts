// What an officer's phone does without a network, without a browser: the line of what was said, and what is kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Refused, Unreachable } from "../../pwa/src/lib/requests.ts";
import { ageOf, FORGET_MS, isOld, known, readKnown, worldOf } from "../../pwa/src/officer/kept.ts";
import { MOST_NOTES, Queue, type Said, unsent } from "../../pwa/src/staff/queue.ts";
import { EMPTY, type World } from "../../pwa/src/staff/world.ts";
import type {
  IncidentView,
  Me,
  NoteView,
  Position,
  PressStatus,
  ResponseView,
  Role,
  Status,
  Unit,
  WriteNote,
} from "../../pwa/src/wire.ts";

const NOON = "2026-01-01T12:00:00Z";
const AT_NOON = Date.parse(NOON);
const BREAK_IN = { id: "inc_1", type: "Break-in" };
const ME: Me = {
  user: { id: "usr_1", name: "sam", display_name: "Sam", role: "officer", unit_id: "unt_1", usual_unit_id: "unt_1" },
  agency: { name: "Dearborn Police", incident_types: [], sender: "sms", email: false, quiet_words: {}, country: "US", currency: "USD" },
  lock_after_s: 1800,
  care: { blur: false, still_first: false },
  csrf: "secret",
  session: "ses_1",
};
const HERE: Position = {
  latitude: 42.3,
  longitude: -83.1,
  accuracy_m: 12,
  at: NOON,
  source: "caller",
  heading_deg: null,
  speed_mps: null,
};

function noted(body: WriteNote): NoteView {
  return { id: body.id, number: 1, at: NOON, by_id: "usr_1", by: "Sam", unit: "4B12", text: body.text ?? "", still: null };
}

function response(status: Status, changes: Partial<ResponseView> = {}): ResponseView {
  const en_route_at = status === "dispatched" ? null : NOON;
  const on_scene_at = status === "on-scene" ? NOON : null;
  return { id: "rsp_1", unit_id: "unt_1", status, dispatched_at: NOON, en_route_at, on_scene_at, ...changes };
}

/** A server that answers what it is told to, once each, then as one that works; and what it was asked. */
class Server {
  readonly asked: string[] = [];
  readonly bodies: PressStatus[] = [];
  readonly answers: (Error | ResponseView | "hang")[] = [];
  now = AT_NOON;
  #turn(said: string, signal: AbortSignal | undefined): Promise<ResponseView | null> {
    this.asked.push(said);
    const answer = this.answers.shift() ?? null;
    if (answer === "hang") {
      return new Promise((_, failed) => signal?.addEventListener("abort", () => failed(new Unreachable("hung"))));
    }
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
  queue(role: Role = "officer"): Queue {
    return new Queue({
      calls: {
        writeNote: async (_, body, signal) => {
          await this.#turn(body.text ?? "", signal);
          return noted(body);
        },
        pressStatus: async (_, body, signal) => {
          this.bodies.push(body);
          return (await this.#turn(body.status, signal)) ?? response(body.status);
        },
      },
      role,
      now: () => this.now,
      noted: () => {},
      responded: () => {},
    });
  }
}

/** What a phone holds beyond the page. */
class Shelf {
  readonly held = new Map<string, Said>();
  add(said: Said): void {
    this.held.set(said.id, said);
  }
  drop(id: string): void {
    this.held.delete(id);
  }
}

async function until(holds: () => boolean, meanwhile: () => void = () => {}): Promise<void> {
  for (let n = 0; n < 2000 && !holds(); n += 1) {
    meanwhile();
    await new Promise((done) => setTimeout(done, 5));
  }
  assert.ok(holds(), "never happened");
}

test("statuses and notes go in the order in which they were said, each until it is answered, under one id", async () => {
  const server = new Server();
  server.answers.push(new Unreachable("away"), new Refused("unavailable", 503, ""), new Refused("bad-csrf", 403, ""));
  const queue = server.queue();
  const shelf = new Shelf();
  queue.keepWith(shelf, []);
  queue.press(BREAK_IN, "rsp_1", "en-route");
  queue.write(BREAK_IN, "at the bridge", null);
  queue.press(BREAK_IN, "rsp_1", "on-scene");
  assert.equal(shelf.held.size, 3);
  await until(() => queue.items.value[0]?.state === "waiting");
  assert.deepEqual(queue.items.value.map(({ state }) => state), ["waiting", "waiting", "waiting"]);
  await until(() => queue.items.value.length === 0, () => queue.nudge());
  assert.deepEqual(server.asked, ["en-route", "en-route", "en-route", "en-route", "at the bridge", "on-scene"]);
  assert.equal(new Set(server.bodies.slice(0, 4).map(({ press }) => press)).size, 1);
  assert.ok(server.bodies.every(({ press }) => /^prs_[0-9A-Za-z]{22}$/.test(press)));
  assert.equal(shelf.held.size, 0);
});

test("what an earlier page had not sent goes first, under its ids, and twice from two pages is the same", async () => {
  const server = new Server();
  const shelf = new Shelf();
  const before = server.queue();
  server.answers.push(...Array<Error>(2).fill(new Unreachable("away")));
  before.keepWith(shelf, []);
  before.press(BREAK_IN, "rsp_1", "en-route");
  before.write(BREAK_IN, "at the bridge", null);
  await until(() => before.items.value[0]?.state === "waiting");
  const ids = [...shelf.held.keys()];
  const after = server.queue();
  after.keepWith(shelf, [...shelf.held.values()].reverse());
  after.press(BREAK_IN, "rsp_1", "clear");
  assert.deepEqual(after.items.value.map(({ id }) => id).slice(0, 2), ids);
  await until(() => after.items.value.length + before.items.value.length === 0, () => before.nudge());
  const first = [...new Set(server.asked)];
  assert.deepEqual(first.filter((said) => said !== "clear"), ["en-route", "at the bridge"]);
  assert.deepEqual(new Set(server.bodies.filter(({ status }) => status === "en-route").map(({ press }) => press)).size, 1);
});

test("a no stays until it is read, says what to do, and holds up nothing behind it", async () => {
  const server = new Server();
  server.answers.push(
    response("dispatched"), // closed before: answered, and nothing changed
    response("clear", { en_route_at: null }), // released meanwhile
    new Refused("not-assigned", 403, ""),
    new Refused("incident-closed", 410, ""),
    new Refused("not-assigned", 403, ""),
  );
  const queue = server.queue();
  queue.press(BREAK_IN, "rsp_1", "en-route");
  queue.press(BREAK_IN, "rsp_2", "en-route");
  queue.press(BREAK_IN, "rsp_3", "on-scene");
  queue.write(BREAK_IN, "a", null);
  queue.write(BREAK_IN, "b", null);
  queue.press(BREAK_IN, "rsp_4", "en-route");
  await until(() => unsent(queue.items.value).length === 0);
  const problems = queue.items.value.map(({ problem }) => problem ?? "");
  assert.deepEqual(
    problems.map((problem) => /closed meanwhile|released|not on duty/.exec(problem)?.[0]),
    ["closed meanwhile", "released", "not on duty", "closed meanwhile", "released"],
  );
  assert.ok(problems.every((problem) => problem.includes("by radio")));
  const [first] = queue.items.value;
  queue.forget(first?.id ?? "");
  assert.equal(queue.items.value.length, 4);
});

test("a desk is told as desks are, and not to use the radio", async () => {
  const server = new Server();
  server.answers.push(new Refused("incident-closed", 410, ""));
  const queue = server.queue("dispatcher");
  queue.write(BREAK_IN, "a", null);
  await until(() => queue.items.value[0]?.state === "refused");
  assert.match(queue.items.value[0]?.problem ?? "", /closed/);
  assert.doesNotMatch(queue.items.value[0]?.problem ?? "", /radio/);
});

test("the line is bounded, and the same status waits once", async () => {
  const server = new Server();
  server.answers.push("hang");
  const queue = server.queue();
  for (let n = 0; n < 100; n += 1) {
    queue.write(BREAK_IN, `${n}`, null);
    queue.press(BREAK_IN, "rsp_1", "en-route");
    queue.press(BREAK_IN, `rsp_${n}`, "on-scene");
  }
  assert.equal(queue.items.value.filter(({ kind }) => kind === "note").length, MOST_NOTES);
  assert.equal(queue.items.value.filter((said) => said.kind === "status" && said.status === "en-route").length, 1);
  assert.equal(queue.items.value.length, 60);
  await until(() => queue.items.value.length === 0, () => queue.nudge());
});

test("a try that hangs in a dead connection is given up when the line is back, and made anew", async () => {
  const server = new Server();
  server.answers.push("hang");
  const queue = server.queue();
  queue.press(BREAK_IN, "rsp_1", "en-route");
  await until(() => queue.items.value.length === 0, () => queue.nudge());
  assert.equal(server.asked.length, 2);
  assert.equal(new Set(server.bodies.map(({ press }) => press)).size, 1);
});

test("a press says how old it is by the server's clock, whatever the phone's clock did meanwhile", async () => {
  const server = new Server();
  server.answers.push(new Unreachable("away"));
  const queue = server.queue();
  server.now = AT_NOON - 86_400_000; // the page opened on a phone that is a day wrong
  queue.press(BREAK_IN, "rsp_1", "en-route");
  await until(() => queue.items.value[0]?.state === "waiting");
  server.now = AT_NOON + 300_000;
  queue.clockWas(86_400_000);
  await until(() => queue.items.value.length === 0, () => queue.nudge());
  assert.equal(server.bodies.at(-1)?.age_ms, 300_000);
  const shelf = new Shelf();
  server.answers.push(new Unreachable("away"));
  queue.keepWith(shelf, [
    { kind: "status", id: "prs_a", order: 1, incident: "inc_1", type: "", at: AT_NOON, response: "r", status: "clear" },
    { kind: "status", id: "prs_b", order: 2, incident: "inc_1", type: "", at: AT_NOON * 2, response: "r", status: "clear" },
  ]);
  await until(() => queue.items.value.length === 0, () => queue.nudge());
  assert.deepEqual(server.bodies.slice(-2).map(({ age_ms }) => age_ms), [300_000, null]);
});

test("words whose picture was not kept ask what to do, and go alone", async () => {
  const server = new Server();
  const queue = server.queue();
  const still = { feed: "fed_1", label: "Caller", jpeg: "", palette: null };
  queue.keepWith(new Shelf(), [
    { kind: "note", id: "nte_a", order: 1, incident: "inc_1", type: "", at: AT_NOON, text: "the door", still },
  ]);
  assert.equal(queue.items.value[0]?.state, "refused");
  assert.deepEqual(server.asked, []);
  queue.again("nte_a");
  await until(() => queue.items.value.length === 0);
  assert.deepEqual(server.asked, ["the door"]);
});

function incident(id: string, unit: string | null): IncidentView {
  return {
    ...{ id, type: "Break-in", words: "back door", opened_at: NOON, opened_by: "Dana", callback_number: "+13135550143" },
    ...{ position: HERE, closed_at: null, news_at: NOON, unit_ids: unit === null ? [] : [unit], site: null, handler: null, transfer: null },
    responses: unit === null ? [] : [response("en-route", { unit_id: unit })],
    ...{ links: [], feeds: [], openings: [], asks: [], alerts: [], glass: [], uploads: [] },
  };
}

function unit(id: string): Unit {
  return { id, call_sign: id, position: null, crew: [] };
}

function world(...incidents: IncidentView[]): World {
  return {
    ...EMPTY,
    snapshots: 1,
    incidents: new Map(incidents.map((one) => [one.id, one])),
    units: new Map(["unt_1", "unt_2", "unt_3"].map((id) => [id, unit(id)])),
    duty: { unit_id: "unt_1", since: NOON, ended_at: null, end: null, by: null },
  };
}

test("a phone keeps what its own unit is sent to, and no number, secret, log or picture", () => {
  const mine = incident("inc_1", "unt_1");
  const here = { ...world(mine, incident("inc_2", "unt_2"), incident("inc_3", null)), phrases: ["Understood"] };
  const kept = known(here, ME, { heard: AT_NOON, ahead: 0 });
  assert.deepEqual(kept.incidents.map(({ id }) => id), ["inc_1"]);
  assert.deepEqual(kept.units.map(({ id }) => id), ["unt_1"]);
  assert.doesNotMatch(JSON.stringify(kept), /\+1313|secret|csrf|ses_1/);
  const back = worldOf(kept, "inc_1");
  assert.equal(back.incidents.get("inc_1")?.words, "back door");
  assert.deepEqual(back.phrases, ["Understood"]);
  assert.equal(known({ ...here, duty: null }, ME, kept).incidents.length, 0);
});

test("what is kept is bounded, however much there is", () => {
  const many = Array.from({ length: 30 }, (_, n) => incident(`inc_${n}`, "unt_1"));
  const text = "x".repeat(1000);
  const notes = Array.from({ length: 100 }, (_, n) => ({ ...noted({ id: `nte_${n}`, text, still: null }), number: n }));
  const full: World = {
    ...world(...many),
    selected: "inc_3",
    notes: new Map(many.map(({ id }) => [id, { notes, readers: [] }])),
    trails: new Map(many.map(({ id }) => [id, Array<Position>(300).fill(HERE)])),
    phrases: Array<string>(500).fill("Understood"),
  };
  const kept = known(full, ME, { heard: AT_NOON, ahead: 0 });
  assert.equal(kept.incidents[0]?.id, "inc_3");
  assert.equal(kept.incidents.length, 4);
  assert.ok(JSON.stringify(kept).length < 200_000);
});

test("an age is of the server's clock on a phone that is a day wrong, and unknown when its clock was set back", () => {
  const wall = AT_NOON - 86_400_000;
  const kept = known(world(), ME, { heard: AT_NOON, ahead: AT_NOON - wall });
  assert.equal(ageOf(kept, wall + 360_000), 360_000);
  assert.equal(ageOf(kept, wall - 3_600_000), null);
  assert.equal(isOld(kept, wall + FORGET_MS), false);
  assert.equal(isOld(kept, wall + FORGET_MS + 1), true);
  assert.equal(isOld(kept, wall - 3_600_000), false);
  assert.equal(isOld(undefined, wall), false);
  assert.equal(readKnown({ ...kept, version: 0 }), null);
  assert.equal(readKnown(kept), kept);
});
