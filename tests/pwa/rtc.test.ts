// What silence means, when to try again, and whose grant is asked for: the rules of src/rtc, without a browser.
import assert from "node:assert/strict";
import test from "node:test";
import { adjust, type Buffer, noBuffer } from "../../pwa/src/rtc/buffer.ts";
import { type Counters, type Health, meter, noCounters, quality } from "../../pwa/src/rtc/health.ts";
import { backoff, grantKeeper, Over, supervise, type Watched } from "../../pwa/src/rtc/reconnect.ts";
import { Refused } from "../../pwa/src/rtc/session.ts";
import { type Hearsay, judge as judgeSubscriber } from "../../pwa/src/rtc/whep.ts";
import { judge as judgePublisher } from "../../pwa/src/rtc/whip.ts";

const NOW = 100_000;

function watched(change: Partial<Watched> = {}, connectionState = "connected"): Watched {
  return {
    session: { pc: { connectionState } as RTCPeerConnection, id: "ses_1", put() {}, end() {} },
    openedAt: NOW - 20_000,
    connectedAt: NOW - 19_000,
    heardAt: NOW - 100,
    lookedAt: NOW,
    quiet: 0,
    pause: 0,
    packetAt: NOW - 50,
    hasFlowed: true,
    counters: { ...noCounters(), packets: 900, frames: 300, heard: 5000 },
    ...change,
  };
}

const nobodySaid: Hearsay = { live: null, liveSince: 0, suspectedAt: Number.NEGATIVE_INFINITY, stills: false };

test("a publisher that hears the server's feedback flows", () => {
  assert.equal(judgePublisher(watched(), true, NOW), "flowing");
});

test("who hears nothing for 400 ms is dead, whatever is said of the feed", () => {
  assert.equal(judgePublisher(watched({ heardAt: NOW - 390 }), true, NOW), "flowing");
  assert.equal(judgePublisher(watched({ heardAt: NOW - 410 }), true, NOW), "dead");
  assert.equal(judgePublisher(watched({ heardAt: NOW - 410 }), false, NOW), "dead");
  assert.equal(judgeSubscriber(watched({ heardAt: NOW - 410 }), { ...nobodySaid, live: false }, NOW), "dead");
});

test("a path that is known for its pauses is given twice the longest", () => {
  assert.equal(judgePublisher(watched({ heardAt: NOW - 1000, pause: 600 }), true, NOW), "flowing");
  assert.equal(judgePublisher(watched({ heardAt: NOW - 1300, pause: 600 }), true, NOW), "dead");
});

test("a far server is given two round trips more", () => {
  const far = { ...noCounters(), packets: 900, rtt_ms: 600 };
  assert.equal(judgePublisher(watched({ heardAt: NOW - 1500, counters: far }), true, NOW), "flowing");
  assert.equal(judgePublisher(watched({ heardAt: NOW - 1700, counters: far }), true, NOW), "dead");
});

test("a publisher without a picture is quiet for as long as the server is heard", () => {
  assert.equal(judgePublisher(watched({ packetAt: 0 }), false, NOW), "quiet");
});

test("a camera that yields no frames for long is quiet, not dead", () => {
  assert.equal(judgePublisher(watched({ packetAt: NOW - 3001 }), true, NOW), "quiet");
});

test("a new connection is given time for its first feedback", () => {
  const young = watched({ connectedAt: NOW - 1900, heardAt: NOW - 2500 });
  assert.equal(judgePublisher(young, true, NOW), "opening");
  assert.equal(judgePublisher(young, true, NOW + 200), "dead");
});

test("a connection that failed is dead, one that is being made is opening until its time is up", () => {
  assert.equal(judgePublisher(watched({}, "failed"), true, NOW), "dead");
  assert.equal(judgePublisher(watched({}, "disconnected"), true, NOW), "flowing"); // ICE's checks are not all
  assert.equal(judgePublisher(watched({ heardAt: NOW - 500 }, "disconnected"), true, NOW), "dead");
  assert.equal(judgePublisher(watched({ openedAt: NOW - 5000 }, "connecting"), true, NOW), "opening");
  assert.equal(judgePublisher(watched({ openedAt: NOW - 7000 }, "connecting"), true, NOW), "dead");
});

test("a picture that stops is opened again, unless the feed is said not to be live", () => {
  const silent = watched({ packetAt: NOW - 1500 });
  assert.equal(judgeSubscriber(watched(), nobodySaid, NOW), "flowing");
  assert.equal(judgeSubscriber(silent, nobodySaid, NOW), "dead");
  assert.equal(judgeSubscriber(silent, { ...nobodySaid, live: true }, NOW), "dead");
  assert.equal(judgeSubscriber(silent, { ...nobodySaid, live: false }, NOW), "quiet");
});

test("where only stills fit through, silence between them is no loss while anything is heard", () => {
  const stills = { ...nobodySaid, live: true, stills: true };
  const between = watched({ packetAt: NOW - 9000 });
  assert.equal(judgeSubscriber(between, stills, NOW), "flowing");
  assert.equal(judgeSubscriber(between, { ...stills, suspectedAt: NOW - 100 }, NOW), "flowing");
  assert.equal(judgeSubscriber(between, { ...stills, live: false }, NOW), "quiet");
  assert.equal(judgeSubscriber(between, { ...stills, stills: false }, NOW), "dead");
  assert.equal(judgeSubscriber({ ...between, heardAt: NOW - 5000 }, stills, NOW), "dead");
  assert.equal(judgeSubscriber({ ...between, packetAt: NOW - 30_001 }, stills, NOW), "dead");
  assert.equal(judgeSubscriber(watched({}, "failed"), stills, NOW), "dead");
});

test("a feed that has only just become live again is given its second", () => {
  const silent = watched({ packetAt: NOW - 9000 });
  assert.equal(judgeSubscriber(silent, { ...nobodySaid, live: true, liveSince: NOW - 500 }, NOW), "quiet");
  assert.equal(judgeSubscriber(silent, { ...nobodySaid, live: true, liveSince: NOW - 1500 }, NOW), "dead");
});

test("a feed that never sent anything is waited for", () => {
  const empty = watched({ counters: noCounters(), hasFlowed: false, packetAt: NOW - 9000 });
  assert.equal(judgeSubscriber(empty, nobodySaid, NOW), "quiet");
  assert.equal(judgeSubscriber(empty, { ...nobodySaid, live: true }, NOW), "dead");
});

test("a silent session from before the events broke is opened again", () => {
  const silent = watched({ packetAt: NOW - 1500 });
  const suspected = { ...nobodySaid, live: false, suspectedAt: NOW - 100 };
  assert.equal(judgeSubscriber(silent, suspected, NOW), "dead");
  assert.equal(judgeSubscriber(watched(), suspected, NOW), "flowing");
});

test("two more attempts come at once, then the pause doubles up to three seconds, and no two phones agree", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map((n) => backoff(n, 1)), [100, 100, 200, 400, 800, 3000]);
  assert.equal(backoff(3, 0), 100);
});

/** What the buffer is after so many seconds of looks, of which the last is at the end. */
function buffered(seconds: number, at: (second: number) => Partial<Counters>, before = noBuffer()): Buffer {
  let buffer = before;
  for (let look = 1; look <= seconds * 4; look++) {
    const now = NOW + look * 250;
    buffer = adjust(buffer, { ...noCounters(), rtt_ms: 400, ...at(look / 4) }, now);
  }
  return buffer;
}

test("a path without loss is played as it comes, also when the caller stops for a while", () => {
  assert.equal(buffered(20, (s) => ({ frozen_s: s > 10 ? 1 : 0 })).target_ms, 0);
});

test("a path that loses is played behind by what repeats take, and slowly so", () => {
  assert.equal(buffered(1, (s) => ({ nacks: s * 40 })).target_ms, 200);
  assert.equal(buffered(10, (s) => ({ nacks: s * 40 })).target_ms, 1000);
});

test("a picture that stood is played later by as much, and never by more than three seconds", () => {
  assert.equal(buffered(20, (s) => ({ nacks: s * 40, frozen_s: s > 10 ? 0.5 : 0 })).target_ms, 1500);
  assert.equal(buffered(30, (s) => ({ nacks: s * 40, frozen_s: s })).target_ms, 3000);
});

test("what a path no longer needs is given up slowly", () => {
  const late = buffered(10, (s) => ({ nacks: s * 40 }));
  const counters = { nacks: late.nacks };
  assert.equal(buffered(5, () => counters, { ...late, nackedAt: NOW }).target_ms, 1000);
  assert.equal(buffered(60, () => counters, { ...late, nackedAt: NOW }).target_ms, 0);
});

test("a refused grant is asked for once more, and a fresh one refused is the end", async () => {
  const asked: (number | null)[] = [];
  const withGrant = grantKeeper(async (refused: { grant: string; status: number } | null) => {
    asked.push(refused?.status ?? null);
    return `grant ${asked.length}`;
  });
  const refuse = () => Promise.reject(new Refused(401));
  await assert.rejects(withGrant(refuse), Refused);
  await assert.rejects(withGrant(refuse), Over);
  assert.deepEqual(asked, [null, 401]);
});

test("a server that is away costs no grant", async () => {
  let asked = 0;
  const withGrant = grantKeeper(async () => ++asked);
  await assert.rejects(withGrant(() => Promise.reject(new TypeError("no network"))));
  await assert.rejects(withGrant(() => Promise.reject(new Refused(503))));
  assert.equal(await withGrant(async (grant) => grant), 1);
});

test("a grant that has run out while openings failed is not tried again", async () => {
  let asked = 0;
  let now = 0;
  const ask = async () => ({ number: ++asked, until: now + 60 });
  const withGrant = grantKeeper(ask, { once: true, isOld: ({ until }) => now >= until });
  await assert.rejects(withGrant(() => Promise.reject(new Refused(503))));
  now = 59;
  await assert.rejects(withGrant(() => Promise.reject(new Refused(503))));
  assert.equal(asked, 1);
  now = 60;
  assert.equal((await withGrant(async (grant) => grant)).number, 2);
});

test("rates are over the last second and bytes over all sessions", () => {
  const metered = meter();
  for (let look = 0; look <= 8; look++) {
    metered.add(look * 250, { ...noCounters(), bytes: look * 25_000, packets: look * 25, frames: look * 6 }, 0);
  }
  metered.begin();
  metered.add(3000, { ...noCounters() }, 0);
  const health = metered.add(4000, { ...noCounters(), bytes: 100_000, packets: 90, lost: 10, frames: 24 }, 0);
  assert.equal(health.bitrate_bps, 800_000);
  assert.equal(health.loss, 0.1);
  assert.equal(health.fps, 24);
  assert.equal(health.bytes, 300_000);
});

test("the link in one word", () => {
  const fine: Health = {
    bitrate_bps: 1e6,
    loss: 0,
    rtt_ms: 40,
    estimate_bps: null,
    fps: 28,
    width: 1280,
    height: 720,
    bytes: 1,
    silent_ms: 20,
  };
  assert.equal(quality(fine), "good");
  assert.equal(quality({ ...fine, loss: 0.05 }), "fair");
  assert.equal(quality({ ...fine, fps: 3 }), "poor");
  assert.equal(quality({ ...fine, silent_ms: 1500 }), "poor");
});

test("an attempt that hangs is given up and another is made", async (context) => {
  // what a page has and Node lacks
  Object.assign(globalThis, { document: new EventTarget(), addEventListener: () => {} });
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let now = 0;
  context.mock.method(performance, "now", () => now);
  const ending = new AbortController();
  let attempts = 0;
  supervise({
    open: () => {
      attempts += 1;
      return new Promise(() => {}); // as a connection does whose frame is gone
    },
    judge: () => "dead",
    onState: () => {},
    signal: ending.signal,
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  await settle();
  assert.equal(attempts, 1);
  for (let passed = 0; passed < 12_000 && attempts < 2; passed += 100) {
    now += 100;
    context.mock.timers.tick(100);
    await settle();
  }
  assert.equal(attempts, 2);
  ending.abort();
});
