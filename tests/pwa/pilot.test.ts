// What the pages decide about drones without a browser: what is known of them, how a camera is turned, what sticks mean.
import assert from "node:assert/strict";
import { test } from "node:test";
import { dragged, turned } from "../../pwa/src/pilot/camera.ts";
import { inFront } from "../../pwa/src/pilot/front.ts";
import { byGamepad, byKeys, REST, steerOf, together } from "../../pwa/src/pilot/sticks.ts";
import { areasOf, weatherWords } from "../../pwa/src/staff/air.ts";
import { Orders } from "../../pwa/src/staff/flights.ts";
import { ranked } from "../../pwa/src/staff/ranking.ts";
import { dronesOf } from "../../pwa/src/staff/scene-sky.ts";
import { applySky, asHeard, flightsOf, movedTo, NO_SKY, type Sky, takenOver } from "../../pwa/src/staff/sky.ts";
import { notReady, phaseWords, telemetry, toScene } from "../../pwa/src/staff/sky-words.ts";
import { table } from "../../pwa/src/staff/thermal/palettes.ts";
import type { DockView, DroneAt, FeedView, FlightView, Position } from "../../pwa/src/wire.ts";

const NOON = "2026-01-01T12:00:00Z";
const NOW = Date.parse(NOON);
const later = (s: number): string => new Date(NOW + s * 1000).toISOString();
const HERE = { latitude: 42.3223, longitude: -83.1763 };

function flight(changes: Partial<FlightView> = {}): FlightView {
  return {
    id: "flt_1",
    incident_id: "inc_1",
    dock_id: "dck_1",
    dock: "Harbour",
    drone_id: "drn_1",
    drone: "Kestrel",
    pilot_id: "usr_1",
    pilot: "Kim",
    phase: "en-route",
    since: NOON,
    launched_at: NOON,
    on_scene_at: null,
    ended_at: null,
    to_scene_s: 84,
    leaves_at: null,
    route: [],
    height_m: 45,
    holds: false,
    follows: false,
    steered_by_id: null,
    steered_by: null,
    parachute_pressed: false,
    colour_feed_id: "fed_d",
    thermal_feed_id: "fed_t",
    relieved_by: null,
    warnings: [],
    advice: [],
    ...changes,
  };
}

function drone(changes: Partial<DroneAt> = {}): DroneAt {
  return {
    id: "drn_1",
    incident_id: "inc_1",
    at: NOON,
    point: HERE,
    height_m: 45,
    heading_deg: 90,
    ground_mps: 3,
    climb_mps: 0,
    charge: 0.8,
    volts: null,
    satellites: null,
    mode: "Hold",
    armed: true,
    in_air: true,
    parachute: "armed",
    aim: null,
    trouble: [],
    ...changes,
  };
}

function dock(changes: Partial<DockView> = {}): DockView {
  return {
    id: "dck_1",
    name: "Harbour",
    point: HERE,
    roof_m: 0,
    waiver: {
      number: "W1",
      begins: later(-1000),
      ends: later(1000),
      ceiling_m: 60,
      radius_m: 3200,
      light: "twilight",
      observers: 1,
      parachute: true,
    },
    trouble: null,
    watch: { pilot_id: "usr_1", pilot: "Kim", observers: 1, since: NOON },
    drone: {
      id: "drn_1",
      dock_id: "dck_1",
      name: "Kestrel",
      model: "X4",
      colour: true,
      thermal: true,
      heard_at: NOON,
      charge: 0.9,
      parachute: "armed",
      trouble: null,
      remote_id: "",
      air_hours: 0,
      cycles: 0,
      service_due: null,
      flight_id: null,
    },
    ...changes,
  };
}

const SKY: Sky = { ...NO_SKY, told: true, flights: [flight()] };

test("what flies comes before what is over, and each by the newest", () => {
  const flights = [
    flight({ id: "a", phase: "landed", launched_at: later(90) }),
    flight({ id: "b" }),
    flight({ id: "c", launched_at: later(60) }),
    flight({ id: "d", incident_id: "inc_2" }),
  ];
  const sky = applySky(NO_SKY, { type: "hangar", docks: [], flights, offers: [] });
  assert.deepEqual(flightsOf(sky, "inc_1").map(({ id }) => id), ["c", "b", "a"]);
});

test("a flight that was seen to end stays when the server tells of those in the air, one that is missing does not", () => {
  const flights = [flight({ id: "over", phase: "landed", ended_at: NOON }), flight({ id: "missed" })];
  const told = { type: "hangar" as const, docks: [], flights: [flight({ id: "up" })], offers: [] };
  const sky = applySky({ ...NO_SKY, flights }, told);
  assert.deepEqual(flightsOf(sky, "inc_1").map(({ id }) => id), ["up", "over"]);
});

test("a flight stays in front while it is in the air, whatever else takes off", () => {
  const [first, next] = [flight({ id: "a" }), flight({ id: "b", launched_at: later(60) })];
  assert.equal(inFront({ ...SKY, flights: [next, first] }, "a", "usr_1")?.id, "a");
  const landed = flight({ id: "a", phase: "landed", ended_at: NOON });
  assert.equal(inFront({ ...SKY, flights: [next, landed] }, "a", "usr_1")?.id, "b");
  assert.equal(inFront({ ...SKY, flights: [landed] }, "a", "usr_1")?.id, "a");
  assert.equal(inFront({ ...SKY, flights: [landed] }, null, "usr_1"), null);
});

test("one flight that changed takes the place of what was known of it", () => {
  const sky = applySky(SKY, { type: "flight", flight: flight({ phase: "on-scene" }) });
  assert.deepEqual(sky.flights.map(({ phase }) => phase), ["on-scene"]);
});

test("a word about a drone that comes late does not move it back", () => {
  const drones = movedTo(new Map(), [drone({ at: later(2), height_m: 50 })]);
  assert.equal(movedTo(drones, [drone()]).get("drn_1")?.height_m, 50);
});

test("a dock says every reason why its drone stays", () => {
  assert.deepEqual(notReady(dock(), NOW), []);
  const known = dock();
  const shut = dock({
    trouble: "The lid does not open.",
    watch: null,
    drone: known.drone && { ...known.drone, parachute: "safe", heard_at: later(-30), trouble: "Rotor 2 is worn." },
  });
  assert.deepEqual(notReady(shut, NOW), [
    "The lid does not open.",
    "Nobody is on watch as pilot in command.",
    "Nothing was heard of Kestrel for 30 s.",
    "Rotor 2 is worn.",
    "Waiver W1 asks for an armed parachute; it has parachute not armed.",
  ]);
});

test("what a drone has said since counts, not what it had said when the docks were told", () => {
  const known = dock();
  const told = dock({ drone: known.drone && { ...known.drone, heard_at: later(-30) } });
  const drones = movedTo(new Map(), [drone({ at: later(-1), charge: 0.5 })]);
  assert.deepEqual(notReady(asHeard(told, drones), NOW), []);
  assert.equal(asHeard(told, drones).drone?.charge, 0.5);
  assert.equal(asHeard(known, movedTo(new Map(), [drone({ at: later(-60) })])), known);
});

test("how long it still takes is counted down, and then how late it is", () => {
  assert.equal(toScene(flight(), NOW + 4000), "80 s to the scene");
  assert.equal(toScene(flight(), NOW + 90_000), "6 s later than planned");
  assert.equal(toScene(flight({ phase: "on-scene" }), NOW), null);
});

test("who was there and goes there again is not late", () => {
  const again = flight({ on_scene_at: later(84) });
  assert.equal(toScene(again, NOW + 200_000), null);
  assert.equal(phaseWords(again), "On the way again");
});

test("a picture goes on with the drone that took over, once the first has left", () => {
  const next = flight({ id: "flt_2", phase: "on-scene", colour_feed_id: "fed_d2", thermal_feed_id: "fed_t2" });
  const both = (phase: FlightView["phase"]): Sky => ({
    ...SKY,
    flights: [next, flight({ phase, relieved_by: "flt_2" })],
  });
  assert.equal(takenOver(both("handing-over"), "fed_t"), "fed_t");
  assert.equal(takenOver(both("returning"), "fed_t"), "fed_t2");
  assert.equal(takenOver(both("landed"), "fed_d"), "fed_d2");
  assert.equal(takenOver(both("landed"), "fed_c"), "fed_c");
  assert.equal(takenOver({ ...SKY, flights: [flight({ phase: "returning" })] }, "fed_d"), "fed_d");
});

test("telemetry that does not come any more is said to be old", () => {
  const link = telemetry(drone(), flight(), HERE, NOW + 5000).find(({ name }) => name === "Link");
  assert.deepEqual(link, { name: "Link", value: "5 s", tone: "danger" });
});

test("a camera is turned within what its gimbal can, and round past north", () => {
  assert.deepEqual(turned({ pitch_deg: -80, yaw_deg: 350 }, 20, -30), { pitch_deg: -90, yaw_deg: 10 });
  assert.deepEqual(turned({ pitch_deg: 0, yaw_deg: null }, 20, 45), { pitch_deg: 30, yaw_deg: null });
});

test("a drag takes the scene along: half the picture is half of what is seen", () => {
  const aim = { pitch_deg: 0, yaw_deg: 0, across_deg: 60, zoom: 1, at: null, footprint: [] };
  assert.deepEqual(dragged(400, 200, 800, aim), [-30, 15]);
});

test("keys, sticks and a gamepad are one, and none is more than full", () => {
  const pad = { mapping: "standard" as const, axes: [0.05, -1, 0, -0.5] };
  const sticks = together(byKeys(new Set(["w", "e"])), byGamepad([null, pad]), { ...REST, right: -0.5 });
  assert.deepEqual(steerOf(sticks), { forward_mps: 8, right_mps: -4, up_mps: 3, turn_dps: 45 });
  assert.deepEqual(steerOf(together(byKeys(new Set(["w", "s"])))), steerOf(REST));
});

const LIVE = { incident_id: "inc_1", since: NOON, connection: null, camera_id: null, unit_id: null, still_at: null };
const CALLER: Position = { ...HERE, accuracy_m: 5, at: NOON, source: "caller", heading_deg: null, speed_mps: null };

function order(at: DroneAt): string[] {
  const feeds: FeedView[] = [
    { ...LIVE, id: "fed_t", kind: "thermal", state: "live", name: "Kestrel" },
    { ...LIVE, id: "fed_d", kind: "drone", state: "live", name: "Kestrel" },
    { ...LIVE, id: "fed_c", kind: "caller", state: "live", name: "" },
  ];
  const above = { sky: SKY, drones: new Map([["drn_1", at]]) };
  const known = { caller: CALLER, cameras: [], units: new Map(), above, now: NOW };
  return ranked(feeds, known).map(({ feed, use }) => `${feed.id} ${use.reasons.join(", ")}`);
}

test("a drone that looks at the scene is next to the caller, colour before thermal", () => {
  const aim = { pitch_deg: -40, yaw_deg: 0, across_deg: 70, zoom: 1, at: HERE, footprint: [] };
  const point = { latitude: HERE.latitude + 0.0009, longitude: HERE.longitude };
  assert.deepEqual(order(drone({ point, aim })), [
    "fed_c ",
    "fed_d 100 m, looks at the scene",
    "fed_t 100 m, looks at the scene",
  ]);
});

test("a drone on the map is as old as what was heard of it", () => {
  const above = { sky: SKY, drones: new Map([["drn_1", drone()]]), incident: "inc_1", scene: HERE };
  assert.equal(dronesOf({ ...above, now: NOW + 1000 })[0]?.stale, false);
  const [old] = dronesOf({ ...above, now: NOW + 10_000 });
  assert.equal(old?.stale, true);
  assert.match(old?.words ?? "", /last heard 10 s ago/);
});

test("of the areas only those are drawn that a drone must keep to", () => {
  const ring: [number, number][] = [
    [24.9, 60.1],
    [24.95, 60.1],
    [24.95, 60.2],
  ];
  const outline = (kind: string) => ({
    properties: { name: "A", kind },
    geometry: { type: "MultiPolygon" as const, coordinates: [[ring], [ring]] },
  });
  const areas = areasOf({ features: [outline("keep-out"), outline("risk")] });
  assert.deepEqual(areas.map(({ id, kind }) => `${id} ${kind}`), ["0 0 keep-out", "0 1 keep-out"]);
  assert.deepEqual(areas[0]?.rings[0]?.[0], { latitude: 60.1, longitude: 24.9 });
});

test("weather that is old or unknown says that no drone is sent", () => {
  const wind = { speed_mps: 4, from_deg: 270 };
  const clear = { visibility_m: 9000, cloud_base_m: null, rain_mmph: 0, temperature_c: 8 };
  const weather = { ...clear, wind, gust_mps: 7.4, at: NOON };
  assert.equal(weatherWords(weather, NOW + 120_000), "Wind 4 m/s, gusts 7 · 8 °C · 2 min old");
  assert.match(weatherWords(weather, NOW + 1_000_000), /too old/);
  assert.match(weatherWords(null, NOW), /not known/);
});

test("each palette goes from cold to hot, and black hot is white hot turned round", () => {
  const [white, black] = [table("white-hot"), table("black-hot")];
  for (let step = 0; step < 256; step += 1) {
    assert.equal(white[step * 4], step);
    assert.equal(black[step * 4], 255 - step);
  }
  for (const palette of ["ironbow", "rainbow"] as const) {
    const bytes = table(palette);
    const bright = (step: number): number => (bytes[step * 4] ?? 0) + (bytes[step * 4 + 1] ?? 0) + (bytes[step * 4 + 2] ?? 0);
    assert.ok(bright(0) < 120 && bright(255) > 700);
  }
});

test("an order is pending until the drone answers, and says what it said", async () => {
  const orders = new Orders();
  let answer: (order: { accepted: boolean; words: string; took_ms: number }) => void = () => {};
  const given = orders.give("Land here", () => new Promise((done) => (answer = done)));
  assert.equal(orders.asked.value[0]?.state, "pending");
  answer({ accepted: false, words: "Not over people.", took_ms: 210 });
  assert.equal(await given, false);
  assert.deepEqual(orders.asked.value, [
    { n: 1, what: "Land here", state: "refused", words: "Not over people.", took_ms: 210 },
  ]);
});
