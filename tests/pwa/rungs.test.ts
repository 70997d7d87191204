// The ladder's rules, without a browser: facts in, stands out, half a second at a time.
import assert from "node:assert/strict";
import test from "node:test";
import {
  afresh,
  begin,
  CLIMB_BPS,
  type Facts,
  gap,
  next,
  rungOf,
  type Stand,
  SLOW_BPS,
  sizeFor,
} from "../../pwa/src/caller/rungs.ts";
import { nextPiece } from "../../pwa/src/caller/uploads.ts";

const STEP_MS = 500;
const FINE: Facts = {
  now: 0,
  kind: "live",
  camera: "on",
  place: "on",
  visible: true,
  media: "connected",
  estimate_bps: 2e6,
  trial: null,
  trial_bps: null,
  still_bps: null,
  stillAt: null,
};

/** A phone and its network: what is true for some seconds, and what became of it. */
class Phone {
  stand: Stand = begin(0);
  now = 0;
  trials = 0;
  moves = 0;

  /** `facts` may depend on where the phone stands. */
  live(seconds: number, facts: (stand: Stand) => Partial<Facts>): this {
    for (const end = this.now + seconds * 1000; this.now < end; this.now += STEP_MS) {
      const before = this.stand;
      const now = { ...FINE, now: this.now, ...facts(before) };
      this.stand = next(before, now);
      if (!before.trying && this.stand.trying) this.trials += 1;
      if ((before.way === "video") !== (this.stand.way === "video")) this.moves += 1;
    }
    return this;
  }

  rung(change: Partial<Facts> = {}): string {
    const { rung, reason } = rungOf(this.stand, { ...FINE, now: this.now, ...change });
    return `${rung}: ${reason}`;
  }
}

/** WebRTC does not get through, HTTPS takes this much. */
const blocked =
  (bps: number) =>
  (stand: Stand): Partial<Facts> => ({
    media: "connecting",
    estimate_bps: null,
    trial: stand.trying ? "connecting" : null,
    ...(stand.way === "video" ? {} : { still_bps: bps, stillAt: Number.MAX_SAFE_INTEGER }),
  });

/** A line of this width, and nothing is blocked. */
const line =
  (bps: number) =>
  (stand: Stand): Partial<Facts> => ({
    estimate_bps: bps,
    trial: stand.trying ? "connected" : null,
    trial_bps: bps,
    ...(stand.way === "video" ? {} : { still_bps: bps, stillAt: Number.MAX_SAFE_INTEGER }),
  });

test("video that flows stays, and a stall of some seconds changes nothing", () => {
  const phone = new Phone().live(60, () => ({}));
  assert.equal(phone.rung(), "live: working");
  phone.live(7, () => ({ media: "lost" }));
  assert.equal(phone.rung({ media: "lost" }), "live: working");
  assert.equal(phone.live(60, () => ({})).moves, 0);
});

test("video that never connects is stills after some seconds", () => {
  const phone = new Phone().live(5, blocked(2e6));
  assert.equal(phone.rung({ media: "connecting" }), "live: starting");
  phone.live(3, blocked(2e6));
  assert.equal(phone.rung({ stillAt: 1 }), "stills: udp-and-tcp-blocked");
});

test("a line below 60 kbit/s is stills, below 30 single stills, and neither flaps", () => {
  const phone = new Phone().live(30, line(SLOW_BPS - 1));
  assert.equal(phone.rung({ stillAt: 1 }), "stills: too-slow");
  phone.live(600, line(50_000));
  assert.deepEqual([phone.moves, phone.trials, phone.stand.way], [1, 0, "stills"]);
  phone.live(30, line(20_000));
  assert.equal(phone.rung(), "single-stills: too-slow");
  phone.live(60, line(40_000));
  assert.equal(phone.stand.way, "single", "a little better is not enough");
  phone.live(10, line(50_000));
  assert.equal(phone.stand.way, "stills");
  phone.live(120, line(CLIMB_BPS + 1));
  assert.equal(phone.rung(), "live: working");
});

test("WebRTC is tried again and again beside stills, more and more rarely, and not in vain when it gets through", () => {
  const phone = new Phone().live(15 * 60, blocked(2e6));
  assert.equal(phone.moves, 1, "stills go on whatever a trial says");
  assert.ok(phone.trials >= 6 && phone.trials <= 14, `${phone.trials} trials in a quarter of an hour`);
  phone.live(150, line(1e6));
  assert.deepEqual([phone.moves, phone.stand.way], [2, "video"]);
});

test("a line that carries a trial and no video is climbed less and less often", () => {
  const treacherous = (stand: Stand): Partial<Facts> =>
    stand.way === "video" ? { media: "connecting" } : line(1e6)(stand);
  const phone = new Phone().live(30 * 60, treacherous);
  assert.ok(phone.moves <= 40, `${phone.moves} moves in half an hour`);
});

test("another network is tried at once", () => {
  const phone = new Phone().live(15 * 60, blocked(2e6));
  phone.stand = afresh({ ...phone.stand, trying: false }, phone.now);
  phone.live(6, line(1e6));
  assert.equal(phone.stand.way, "video");
});

test("a hidden page and a camera that yields nothing say nothing of the network", () => {
  const hidden = new Phone().live(120, () => ({ visible: false, media: "lost", camera: "paused" }));
  assert.equal(hidden.stand.way, "video");
  assert.equal(hidden.rung({ visible: false, camera: "paused" }), "position: hidden");
  assert.equal(hidden.live(3, () => ({})).rung(), "live: working");
  const taken = new Phone().live(120, () => ({ camera: "paused", media: "waiting" }));
  assert.equal(taken.rung({ camera: "paused" }), "position: camera-taken");
});

test("without network nothing is climbed, and it is back soon after", () => {
  const phone = new Phone().live(30, () => ({}));
  const away = (stand: Stand): Partial<Facts> => ({
    media: "lost",
    estimate_bps: null,
    trial: stand.trying ? "connecting" : null,
    still_bps: null,
  });
  phone.live(60, away);
  assert.deepEqual([phone.stand.way, phone.trials], ["stills", 0]);
  phone.stand = afresh(phone.stand, phone.now);
  phone.live(10, line(1e6));
  assert.equal(phone.stand.way, "video");
});

test("below the picture: uploads where there is no camera, then the place, then words", () => {
  const phone = new Phone();
  assert.equal(phone.rung({ camera: "refused" }), "upload: permission-refused");
  assert.equal(phone.rung({ camera: "unavailable", place: "refused" }), "upload: no-camera");
  assert.equal(phone.rung({ camera: "off" }), "position: chosen");
  assert.equal(phone.rung({ camera: "off", place: "refused" }), "text: chosen");
  assert.equal(phone.rung({ kind: "position", camera: "off" }), "position: asked");
  assert.equal(phone.rung({ camera: "paused", place: "unavailable" }), "text: camera-taken");
});

test("a still is as large as its second takes", () => {
  assert.equal(sizeFor("stills", null, 0.1).longest, 640);
  assert.equal(sizeFor("stills", 2e6, 0.1).longest, 960);
  assert.equal(sizeFor("stills", 50_000, 0.1).longest, 240);
  assert.equal(sizeFor("single", 50_000, 0.1).longest, 320);
  assert.equal(sizeFor("single", 100, 0.1).longest, 240);
  assert.equal(gap("stills", 200), 1000);
  assert.equal(gap("stills", 3000), 3000);
  assert.equal(gap("single", 6000), 9000);
  assert.equal(gap("single", 60_000), 15_000);
});

test("a piece takes about two seconds, whatever the line", () => {
  assert.equal(nextPiece(64_000, 100), 128_000, "at most twice the last");
  assert.equal(nextPiece(64_000, 8000), 32_000, "at least half of it");
  assert.equal(nextPiece(1024 * 1024, 10), 1024 * 1024);
  assert.equal(nextPiece(16 * 1024, 60_000), 16 * 1024);
});
