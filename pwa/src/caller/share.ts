// One stretch of sharing, from the press to the Stop: camera, place, media session, and what 911 is told of them.
// Everything ends with its AbortSignal. Knows nothing of the screen.
import { Refused } from "../lib/api.ts";
import { type Camera, startCamera } from "../lib/camera.ts";
import { latest } from "../lib/latest.ts";
import { type Fix, reportOf, watchPosition } from "../lib/position.ts";
import type { Health } from "../rtc/health.ts";
import { Over } from "../rtc/reconnect.ts";
import { type Publication, publish } from "../rtc/whip.ts";
import type { CallerGrant, CallerStatus, LinkKind } from "../wire.ts";
import type { Door } from "./door.ts";
import type { Heard, Rope } from "./ladder.ts";
import { load } from "./later.ts";
import type { Standing } from "./rungs.ts";
import { pictureOf, type Situation } from "./saying.ts";

/** What was shared, for the screen after the end. */
export interface Summary {
  camera_s: number;
  place_s: number;
}

export interface Sharing {
  readonly kind: LinkKind;
  readonly situation: Situation;
  readonly health: Health | null;
  readonly fix: Fix | null;
  readonly stream: MediaStream | null;
  readonly camera: Camera | null;
  summary(): Summary;
  /** Asks again for whatever was refused or did not start. */
  retry(): void;
}

export interface ShareOptions {
  door: Door;
  token: string;
  /** What the link asks for. */
  kind: LinkKind;
  camera: boolean;
  place: boolean;
  onChange(): void;
  /** A final refusal's code: nothing is shared any more. */
  onOver(code: string): void;
  signal: AbortSignal;
}

const PLACE_GAP_MS = 1050; // the server takes one a second
const STATUS_GAP_MS = 300;

function stopwatch(): { run(on: boolean): void; seconds(): number } {
  let total_ms = 0;
  let since: number | null = null;
  const now_ms = (): number => total_ms + (since === null ? 0 : performance.now() - since);
  return {
    run(on) {
      total_ms = now_ms();
      since = on ? performance.now() : null;
    },
    seconds: () => Math.ceil(now_ms() / 1000),
  };
}

export function share(options: ShareOptions): Sharing {
  const { door, signal } = options;
  const situation: Situation = {
    camera: "off",
    place: "off",
    media: "connecting",
    placeArrives: false,
    stills: null,
  };
  let stands: Standing | null = null;
  const publications: Publication[] = []; // one that has ended takes a camera without a word
  const first = new AbortController();
  let camera: Camera | null = null;
  let stream: MediaStream | null = null;
  let health: Health | null = null;
  let fix: Fix | null = null;
  let watching: AbortController | null = null;
  const picture = stopwatch();
  const whereabouts = stopwatch();

  const over = (error: unknown): boolean => {
    if (!(error instanceof Refused && error.final)) return false;
    if (!signal.aborted) options.onOver(error.code);
    return true;
  };

  /** Says something until it arrives, or until the server says that it is over. */
  const insist = async (path: string, body: () => unknown): Promise<boolean> => {
    try {
      await door.say(path, body());
      return true;
    } catch (error) {
      // A refusal of the value itself is not the end of the call.
      if (error instanceof Refused && (error.status === 400 || error.status === 422)) return false;
      over(error);
      throw error;
    }
  };

  const statuses = latest<CallerStatus>(
    async (status) => void (await insist("/api/caller/status", () => status)),
    STATUS_GAP_MS,
    signal,
  );

  const placesSent = latest<Fix>(
    async (newest) => {
      try {
        const arrived = await insist("/api/caller/position", () => reportOf(newest, Date.now()));
        situation.placeArrives ||= arrived;
      } catch (error) {
        situation.placeArrives = false;
        throw error;
      } finally {
        changed({});
      }
    },
    PLACE_GAP_MS,
    signal,
  );

  const tellStatus = (): void =>
    statuses.put({ camera: situation.camera, position: situation.place, ...stands });

  const changed = (change: Partial<Situation>): void => {
    if (signal.aborted) return;
    const { camera: oldCamera, place: oldPlace } = situation;
    Object.assign(situation, change);
    picture.run(pictureOf(situation) === "seen");
    whereabouts.run(situation.placeArrives);
    if (situation.camera !== oldCamera || situation.place !== oldPlace) tellStatus();
    options.onChange();
  };

  const endpoint = ({ whip, bearer }: CallerGrant, query: string) => {
    if (whip === null) throw new Over("for the place only");
    return { endpoint: whip + query, bearer };
  };

  const heard = (until: AbortSignal): Heard => ({
    onState(media) {
      if (!until.aborted) changed({ media });
    },
    onHealth(next) {
      health = next;
    },
  });

  const publishing: Rope["publishing"] = (heard, until, query = "") => {
    const made = publish({
      grant: async (refused) => {
        try {
          const grant = refused === null ? door.grant() : door.again(refused.grant.bearer, refused.status);
          return endpoint(await grant, query);
        } catch (error) {
          throw over(error) ? new Over("refused") : error;
        }
      },
      ...heard,
      signal: until,
    });
    made.show(stream?.getVideoTracks()[0] ?? null);
    publications.push(made);
  };

  const watchPlace = (): void => {
    watching?.abort();
    const mine = new AbortController();
    watching = mine;
    changed({ place: "asking" });
    watchPosition(
      {
        onFix(next) {
          fix = next;
          changed({ place: "on" });
          placesSent.put(next);
        },
        onTrouble: (trouble) => changed({ place: trouble }),
      },
      mine.signal,
    );
  };

  const show = (track: MediaStreamTrack | null): void => {
    stream = track === null ? null : new MediaStream([track]);
    for (const each of publications) each.show(track);
  };

  if (options.camera) {
    publishing(heard(first.signal), first.signal);
    camera = startCamera({ onState: (state) => changed({ camera: state }), onTrack: show }, signal);
  }
  if (options.place) watchPlace();
  signal.addEventListener("abort", () => {
    first.abort();
    watching?.abort();
    picture.run(false);
    whereabouts.run(false);
  });
  const rope: Rope = {
    ...options,
    ...{ situation, changed, publishing, heard, first, over },
    tell(next) {
      stands = next;
      tellStatus();
    },
    now: () => ({ stream, health }),
  };
  void load("ladder").then(({ climb }) => climb(rope));
  // A place-only stretch has nothing else that would redeem the link at once.
  door.grant().catch(over);

  return {
    kind: options.kind,
    situation,
    get health() {
      return health;
    },
    get fix() {
      return fix;
    },
    get stream() {
      return stream;
    },
    get camera() {
      return camera;
    },
    summary: () => ({ camera_s: picture.seconds(), place_s: whereabouts.seconds() }),
    retry() {
      if (situation.camera === "refused" || situation.camera === "unavailable") camera?.retry();
      if (situation.place === "refused" || situation.place === "unavailable") watchPlace();
    },
  };
}
