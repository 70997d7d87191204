// What the caller's page makes of the talk with 911, without a browser.
import assert from "node:assert/strict";
import test from "node:test";
import { type Hint, liesOnItsSide, patiently } from "../../pwa/src/caller/hints.ts";
import { newWordId, openGuide, openQuestion, type Shown, talking } from "../../pwa/src/caller/talk.ts";
import { talkedTo, unreadWords, withTalk } from "../../pwa/src/staff/talks.ts";
import type { IncidentView, WordView } from "../../pwa/src/wire.ts";

const target = new EventTarget();
globalThis.addEventListener ??= target.addEventListener.bind(target);
globalThis.removeEventListener ??= target.removeEventListener.bind(target);

function word(number: number, change: Partial<Shown>): Shown {
  return {
    number,
    id: `w${number}`,
    kind: "text",
    text: "",
    phrase: null,
    answers: null,
    choices: [],
    translated: null,
    mine: false,
    state: "sent",
    ...change,
  };
}

test("the last question is open until it has an answer, also one that is still on its way", () => {
  const asked = [word(1, { kind: "ask" }), word(2, {}), word(3, { kind: "ask" })];
  assert.equal(openQuestion(asked)?.number, 3);
  const answer = word(0, { kind: "answer", answers: 3, mine: true, state: "waiting" });
  assert.equal(openQuestion([...asked, answer]), null);
  assert.equal(openQuestion([]), null);
});

test("guidance is shown until it has an answer or is put away", () => {
  const told = [word(1, { kind: "guide" }), word(2, { kind: "guide" })];
  assert.equal(openGuide(told, 0)?.number, 2);
  assert.equal(openGuide(told, 2), null);
  assert.equal(openGuide([...told, word(3, { kind: "answer", answers: 2, mine: true })], 0), null);
});

test("a hint comes and goes only when it was said twice in a row", () => {
  const next = patiently();
  const said: (Hint | null)[] = ["dark", null, "dark", "dark", null, "blurred", "blurred", null, null];
  const shown = said.map((answer) => next(answer));
  assert.deepEqual(shown, [null, null, null, "dark", "dark", "dark", "blurred", "blurred", null]);
});

test("a picture lies on its side when it stands while the phone lies, and the other way round", () => {
  assert.equal(liesOnItsSide({ x: 9.6, y: 0.4 }, 480, 640), true);
  assert.equal(liesOnItsSide({ x: 0.2, y: 9.7 }, 640, 480), true);
  assert.equal(liesOnItsSide({ x: 0.2, y: 9.7 }, 480, 640), false);
  assert.equal(liesOnItsSide({ x: 5, y: 5 }, 480, 640), false, "aslant is neither");
  assert.equal(liesOnItsSide({ x: 0, y: 0.3 }, 480, 640), false, "held flat, it has no side");
  assert.equal(liesOnItsSide(null, 480, 640), false);
});

test("ids are 128 bits as the server takes them", () => {
  const ids = new Set(Array.from({ length: 100 }, newWordId));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^wrd_[0-9A-Za-z]{22}$/);
});

test("what was typed without a network is sent once, in order, also after a reload", async () => {
  const got: { id: string; text: string }[] = [];
  const held = new Map<string, string>();
  const memory = {
    get: (name: string) => held.get(name) ?? null,
    set: (name: string, value: string | null) => void (value === null ? held.delete(name) : held.set(name, value)),
  };
  let network = false;
  let lost = 2; // answers that do not come back although the word was taken
  globalThis.fetch = (async (path: string, init: RequestInit) => {
    if (!network) throw new TypeError("no network");
    const body = JSON.parse(String(init.body));
    if (path.endsWith("/say")) {
      let number = got.findIndex(({ id }) => id === body.id) + 1;
      if (number === 0) number = got.push(body);
      if (lost-- > 0) throw new TypeError("lost on the way back");
      return Response.json({ ...word(number, { text: body.text }), id: body.id });
    }
    if (path.endsWith("/marks")) return new Response(null, { status: 204 });
    return new Promise<Response>((_, reject) => init.signal?.addEventListener("abort", reject)); // news wait
  }) as typeof fetch;
  const page = () => {
    const life = new AbortController();
    const door = { grant: async () => ({ bearer: "b" }) } as never;
    const talk = talking({
      ...{ door, memory, token: "t", language: () => "es", onChange() {}, onOver: assert.fail },
      signal: life.signal,
    });
    return { talk, life };
  };
  const before = page();
  for (const text of ["one", "two", " ", "three"]) before.talk.write(text);
  assert.deepEqual(
    before.talk.words.map(({ text, state }) => [text, state]),
    [
      ["one", "waiting"],
      ["two", "waiting"],
      ["three", "waiting"],
    ],
  );
  before.life.abort();
  const after = page();
  network = true;
  target.dispatchEvent(new Event("online"));
  while (after.talk.words.some(({ state }) => state === "waiting")) await new Promise((next) => setTimeout(next, 5));
  assert.deepEqual(
    got.map(({ text }) => text),
    ["one", "two", "three"],
  );
  assert.deepEqual(
    after.talk.words.map(({ number, text }) => [number, text]),
    [
      [1, "one"],
      [2, "two"],
      [3, "three"],
    ],
  );
  assert.equal(held.size, 0);
  after.life.abort();
});

test("the desk keeps one thread for each link, without holes, and knows what it has not read", () => {
  const said = (number: number, by: string | null = null): WordView =>
    ({ ...word(number, {}), at: "2026-01-01T00:00:00Z", by, language: null }) as unknown as WordView;
  const marks = { delivered: 0, read: 0, desk_read: 1, language: null };
  const thread = { incident_id: "inc_1", link_id: "lnk_1", marks };
  let talks = withTalk(new Map(), { ...thread, words: [said(1), said(2, "Dana"), said(3)] });
  talks = withTalk(talks, { ...thread, words: [said(3)], marks: { ...marks, desk_read: 0, language: "es" } });
  const held = talks.get("lnk_1");
  assert.deepEqual(held?.words.map(({ number }) => number), [1, 2, 3]);
  assert.deepEqual(held?.marks, { ...marks, language: "es" }, "marks only rise");
  assert.deepEqual(unreadWords(held).map(({ number }) => number), [3]);
  talks = withTalk(talks, { ...thread, words: [said(6)] });
  assert.deepEqual(talks.get("lnk_1")?.words.map(({ number }) => number), [6]);
  const incident = (...states: string[]) =>
    ({ links: states.map((state, at) => ({ id: `lnk_${states.length - at}`, state })) }) as unknown as IncidentView;
  assert.equal(talkedTo(incident("delivered", "sharing"), talks), "lnk_1", "who shares is talked to");
  assert.equal(talkedTo(incident("delivered", "revoked"), talks), "lnk_2");
  assert.equal(talkedTo(incident(), talks), null);
});
