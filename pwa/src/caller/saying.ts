// What the top of the sharing screen says, from what is true. Pure: no page, no clock.
// Every sentence is about what 911 can see now, and what helps if that is not everything.
import type { SessionState } from "../rtc/reconnect.ts";
import type { Capture } from "../wire.ts";
import type { AllWords, Words } from "./words.ts";

/** What is shared at this moment. */
export interface Situation {
  camera: Capture;
  place: Capture;
  media: SessionState;
  /** The newest place reached the server; false while it could not be sent. */
  placeArrives: boolean;
  /** How the picture is while it goes as stills; null while it goes as video. */
  stills: Part | null;
}

export type Sentence = keyof Words;
/** What helps; these words come a moment after the page. */
export type Hint = keyof AllWords;

/** live: something is seen. starting: nothing yet. paused: something stopped. off: nothing will come by itself. */
export type Tone = "live" | "starting" | "paused" | "off";

export interface Saying {
  tone: Tone;
  sentence: Sentence;
  hint: Hint | null;
}

export type Part = "seen" | "coming" | "paused" | "none";

const MISSING: ReadonlySet<Capture> = new Set(["refused", "unavailable", "off"]);

export function pictureOf({ camera, media, stills }: Situation): Part {
  if (MISSING.has(camera) || media === "ended") return "none";
  if (stills !== null) return camera === "on" ? stills : "paused";
  if (camera === "paused" || (camera === "on" && media === "lost")) return "paused";
  return camera === "on" && media === "connected" ? "seen" : "coming";
}

export function placeOf({ place, placeArrives }: Situation): Part {
  if (MISSING.has(place)) return "none";
  if (place === "asking") return "coming";
  return placeArrives ? "seen" : "paused";
}

function hintOf({ camera, place }: Situation): Hint | null {
  if (camera === "refused" || place === "refused") return "howToAllow";
  if (camera === "unavailable") return "noCamera";
  if (place === "unavailable") return "noPlace";
  return camera === "paused" ? "cameraTaken" : null;
}

/** Rows: the picture. Columns: the place. */
const TABLE: Record<Part, Record<Part, [Tone, Sentence]>> = {
  seen: {
    seen: ["live", "seeBoth"],
    coming: ["live", "seeCamera"],
    paused: ["live", "seeCamera"],
    none: ["live", "seeCamera"],
  },
  coming: {
    seen: ["starting", "connectingPicture"],
    coming: ["starting", "connecting"],
    paused: ["starting", "offline"],
    none: ["starting", "connecting"],
  },
  paused: {
    seen: ["paused", "pausedButPlace"],
    coming: ["paused", "paused"],
    paused: ["paused", "offline"],
    none: ["paused", "paused"],
  },
  none: {
    seen: ["live", "seePlaceOnly"],
    coming: ["starting", "connecting"],
    paused: ["paused", "offline"],
    none: ["off", "seeNothing"],
  },
};

export function saying(now: Situation, online: boolean): Saying {
  const picture = pictureOf(now);
  const place = placeOf(now);
  const hint = hintOf(now);
  if (now.camera === "asking") return { tone: "starting", sentence: "allowCamera", hint };
  if (now.place === "asking" && picture !== "paused") {
    return { tone: picture === "seen" ? "live" : "starting", sentence: "allowPlace", hint };
  }
  const [tone, sentence] = TABLE[picture][place];
  if (!online && picture !== "seen") return { tone: "paused", sentence: "offline", hint: null };
  if (sentence === "seePlaceOnly" && now.camera === "off") return { tone, sentence: "seePlace", hint };
  return { tone, sentence, hint };
}
