// What the caller's page says and understands, without a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { checkNames, codesIn, giveToParts, read, takeFromPage } from "../../pwa/build/caller.ts";
import { type Situation, saying } from "../../pwa/src/caller/saying.ts";
import { LANGUAGES } from "../../pwa/src/caller/languages.ts";
import { keptLines, sharedLines, whomToAsk } from "../../pwa/src/caller/told.ts";
import { type AllWords, fill } from "../../pwa/src/caller/words.ts";
import type { CallerReceipt } from "../../pwa/src/wire.ts";
import { digitsOf } from "../../pwa/src/caller/typed.ts";
import { type Fix, reportOf } from "../../pwa/src/lib/position.ts";

const all: Situation = { camera: "on", place: "on", media: "connected", placeArrives: true, stills: null };

function said(change: Partial<Situation>, online = true): string {
  const { tone, sentence } = saying({ ...all, ...change }, online);
  return `${tone}: ${sentence}`;
}

test("the sentence says what 911 can see now", () => {
  assert.equal(said({}), "live: seeBoth");
  assert.equal(said({ place: "refused" }), "live: seeCamera");
  assert.equal(said({ camera: "refused" }), "live: seePlaceOnly");
  assert.equal(said({ camera: "off" }), "live: seePlace");
});

test("a permission question is announced while it is asked", () => {
  assert.equal(said({ camera: "asking" }), "starting: allowCamera");
  assert.equal(said({ place: "asking" }), "live: allowPlace");
});

test("when the picture is lost it says what is still seen", () => {
  assert.equal(said({ media: "lost" }), "paused: pausedButPlace");
  assert.equal(said({ camera: "paused" }), "paused: pausedButPlace");
  assert.equal(said({ media: "lost", place: "refused" }), "paused: paused");
});

test("stills are a picture, and are seen for as long as they come", () => {
  assert.equal(said({ media: "connecting", stills: "seen" }), "live: seeBoth");
  assert.equal(said({ media: "connecting", stills: "coming" }), "starting: connectingPicture");
  assert.equal(said({ media: "connecting", stills: "paused" }), "paused: pausedButPlace");
  assert.equal(said({ camera: "paused", stills: "seen" }), "paused: pausedButPlace");
  assert.equal(said({ camera: "refused", stills: "seen" }), "live: seePlaceOnly");
});

test("when nothing arrives it says that there is no connection", () => {
  assert.equal(said({ media: "lost", placeArrives: false }), "paused: offline");
  assert.equal(said({ media: "lost" }, false), "paused: offline");
  assert.equal(said({ camera: "off", placeArrives: false }), "paused: offline");
});

test("when nothing will come by itself it says so, and how to allow it", () => {
  const now = saying({ ...all, camera: "refused", place: "refused" }, true);
  assert.deepEqual(now, { tone: "off", sentence: "seeNothing", hint: "howToAllow" });
});

test("no sentence claims a picture or a place that is not there", () => {
  const captures = ["asking", "on", "off", "refused", "unavailable", "paused"] as const;
  const medias = ["connecting", "connected", "waiting", "lost", "ended"] as const;
  for (const camera of captures)
    for (const place of captures)
      for (const media of medias)
        for (const placeArrives of [true, false]) {
          const { sentence } = saying({ camera, place, media, placeArrives, stills: null }, true);
          if (sentence === "seeBoth" || sentence === "seeCamera") {
            assert.ok(camera === "on" && media === "connected", sentence);
          }
          if (["seeBoth", "seePlace", "seePlaceOnly", "pausedButPlace", "connectingPicture"].includes(sentence)) {
            assert.ok(placeArrives && (place === "on" || place === "paused"), sentence);
          }
        }
});

const folder = fileURLToPath(new URL("../../pwa/src/caller", import.meta.url));
const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test("every language says something for everything, with the placeholders of the English", () => {
  assert.deepEqual(codesIn(folder), Object.keys(LANGUAGES));
  const english = read(folder, "en");
  for (const code of codesIn(folder)) {
    const said = read(folder, code);
    for (const kind of ["words", "more", "phrases"] as const) {
      for (const [key, text] of Object.entries(said[kind])) {
        assert.ok(text.length > 0, `${code}: ${key}`);
        assert.doesNotMatch(text, /[!！]/, `${code}: ${key}`);
        assert.deepEqual(placeholders(text), placeholders(english[kind][key] ?? ""), `${code}: ${key}`);
      }
    }
  }
});

test("a later part takes from the page by the names that the page gives", () => {
  const page = giveToParts("let a=1,b=()=>2;export{a as t,b};\n");
  const part = takeFromPage('import{t as x,b}from"./page-1.js";import{y}from"./other.js";x(b)', "page-1.js");
  assert.equal(page, "let a=1,b=()=>2;globalThis.caller={t:a,b:b};");
  assert.equal(part, 'const{t:x,b:b}=globalThis.caller;import{y}from"./other.js";x(b)');
});

test("what is put into a sentence is not read again", () => {
  assert.equal(fill("{who}, for {time}", { who: "{time} & co", time: "0:12" }), "{time} & co, for 0:12");
  assert.equal(fill("{nothing}", {}), "{nothing}");
});

test("digits of any keyboard are digits", () => {
  assert.equal(digitsOf("12 34-56 7"), "123456");
  assert.equal(digitsOf("٠١٢٣٤٥"), "012345");
  assert.equal(digitsOf("۶۷۸۹"), "6789");
  assert.equal(digitsOf("०१२८९"), "01289");
  assert.equal(digitsOf("০১২৮৯"), "01289");
});

test("a fix tells its age by the device's own clock, and never a negative one", () => {
  const fix: Fix = { latitude: 1, longitude: 2, accuracy_m: 3, heading_deg: null, speed_mps: null, at: 5000 };
  assert.equal(reportOf(fix, 6500).age_ms, 1500);
  assert.equal(reportOf(fix, 4000).age_ms, 0);
  assert.equal("at" in reportOf(fix, 6500), false);
});

test("a receipt says what was shared on which rung, until when places are kept, and whom to ask", () => {
  const receipt = {
    ...{ agency: "Dearborn Police", live: true, viewers: [], over: true, stills: 0, recorded: false },
    ...{ sealed: null, proved: false, provable_at: null, file: null, contact: "", places_days: 30, words: 2, uploads: 1 },
    lookers: [],
    shared: [
      { rung: "live", seconds: 70.4 },
      { rung: "stills", seconds: 15 },
      { rung: "single-stills", seconds: 6.2 },
      { rung: "position", seconds: 0.3 },
    ],
    places_until: null,
  } satisfies CallerReceipt;
  const words = { ...read(folder, "en").words, ...read(folder, "en").more } as AllWords;
  assert.deepEqual(sharedLines(words, null, receipt), ["Your camera, for 1:10", "Single pictures, for 0:21", "911 has your photo or clip.", "What you wrote and answered: 2"]);
  assert.deepEqual(sharedLines(words, { camera_s: 5, place_s: 65 }, null), [
    "Your camera, for 0:05",
    "Your place, for 1:05",
  ]);
  assert.deepEqual(sharedLines(words, { camera_s: 0, place_s: 0 }, null), []);
  assert.match(keptLines(words, "Police", receipt, "en")[1] ?? "", /: 30\.$/);
  const day = keptLines(words, "Police", { ...receipt, places_until: "2026-12-27T12:00:00Z" }, "en")[1] ?? "";
  assert.match(day, /^Your exact places are deleted on .*2026.*\.$/);
  const persian = keptLines(words, "Police", { ...receipt, places_until: "2026-12-27T12:00:00Z" }, "fa")[1] ?? "";
  assert.match(persian, / 27 دسامبر 2026\.$/);
  assert.deepEqual(whomToAsk(receipt), []);
  assert.deepEqual(whomToAsk({ ...receipt, contact: "records@example.gov" }), ["records@example.gov"]);
});

test("a later part has the name of its file, or there is no page", () => {
  checkNames(readFileSync(new URL("../../pwa/src/caller/later.ts", import.meta.url), "utf8"));
  checkNames('"talk-view": () => import("./talk-view.ts"),');
  assert.throws(() => checkNames('talk: () => import("./talk-view.ts"),'), /talk-view\.ts talk/);
});
