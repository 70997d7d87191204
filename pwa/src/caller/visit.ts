// One link from the tap to the end: open, ask, share, stop. Steps 3 and 4 of the story.
// Nothing is spent, and no permission is asked for, before the press.
import { Refused } from "../lib/api.ts";
import type { Invitation } from "../wire.ts";
import { doorOf, TAKEN_OVER } from "./door.ts";
import { memory, show } from "./frame.ts";
import * as screens from "./screens.ts";
import { share } from "./share.ts";
import { type SharingScreen, sharing } from "./sharing.ts";
import type { Words } from "./words/en.ts";

const SLOW_MS = 4000;
const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 3000;
const ASK_BOUND_MS = 2000;
const REDRAW_MS = 500;
const RESUME = "sharing"; // in the tab's memory: what this tab shared when it was reloaded

export interface VisitOptions {
  token: string;
  can: screens.Ability;
  /** Ends everything that the page started. */
  life: AbortSignal;
  /** The caller has digits instead of a link. */
  typeDigits(): void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function whenVisible(): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    look();
  });
}

/** True only where the browser says that no question would be shown. */
async function isGranted(name: "camera" | "geolocation"): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: name as PermissionName })).state === "granted";
  } catch {
    return false;
  }
}

export async function visit({ token, can, life, typeDigits }: VisitOptions): Promise<void> {
  const door = doorOf(token);
  let invitation: Invitation | null = null;
  let pressed: boolean | null = null; // before the server answered

  const press = (camera: boolean): void => {
    pressed = camera;
    if (invitation === null) show(screens.connecting);
    else begin(camera);
  };

  const showAsk = (slow: boolean): void => {
    const known = invitation;
    if (pressed === null) show((words) => screens.ask(words, { invitation: known, can, slow, share: press }));
  };

  const openPatiently = async (): Promise<Invitation> => {
    const began = performance.now();
    let slow = false;
    for (let wait_ms = FIRST_AGAIN_MS; ; wait_ms = Math.min(wait_ms * 2, LAST_AGAIN_MS)) {
      try {
        return await door.open();
      } catch (error) {
        if (error instanceof Refused && error.final) throw error;
      }
      if (!slow && performance.now() - began > SLOW_MS) {
        slow = true;
        showAsk(true);
      }
      await pause(wait_ms);
    }
  };

  const turnedAway = (code: string): void => {
    const unknown = code === "link-unknown";
    show((words) =>
      screens.notice("refused", words, unknown ? words.linkUnknown : words.linkOver, words.askNewLink, {
        words: words.enterDigits,
        press: typeDigits,
      }),
    );
  };

  const waitToBeAllowed = async (camera: boolean): Promise<void> => {
    show((words) => screens.notice("bound", words, words.otherPhone, words.otherPhoneWait, null));
    while (!life.aborted) {
      await pause(ASK_BOUND_MS);
      try {
        await door.grant();
        return begin(camera);
      } catch (error) {
        if (error instanceof Refused && error.final && error.code !== "link-bound")
          return turnedAway(error.code);
      }
    }
  };

  const begin = (camera: boolean): void => {
    const ending = new AbortController();
    life.addEventListener("abort", () => ending.abort(), { signal: ending.signal });
    const since = performance.now();
    let screen: SharingScreen | null = null;
    memory.set(RESUME, `${camera} ${token}`);

    const finish = (): ReturnType<typeof shared.summary> => {
      ending.abort();
      memory.set(RESUME, null);
      return shared.summary();
    };

    const showEnded = (sentence: (words: Words) => string, again: boolean): void => {
      const summary = finish();
      show((words) =>
        screens.ended(words, {
          agency: invitation?.agency ?? words.call,
          sentence: sentence(words),
          summary,
          again: again ? { words: words.shareAgain, press: () => begin(camera) } : null,
        }),
      );
    };

    const over = (code: string): void => {
      if (code === "link-bound") {
        finish();
        void waitToBeAllowed(camera);
      } else if (code === TAKEN_OVER) {
        finish();
        show((words) =>
          screens.notice("taken", words, words.takenOver, words.mayClose, {
            words: words.shareHere,
            press: () => begin(camera),
          }),
        );
      } else if (shared.summary().place_s > 0 || shared.summary().camera_s > 0) {
        showEnded((words) => words.over, false);
      } else {
        finish();
        turnedAway(code);
      }
    };

    const shared = share({
      door,
      camera,
      place: can.place,
      onChange: () => screen?.update(),
      onOver: over,
      signal: ending.signal,
    });
    const stop = (): void => {
      showEnded((words) => words.stopped, true);
      void door.leave();
    };
    show((words) => {
      screen = sharing(words, shared, since, stop);
      return screen;
    });
    const timer = setInterval(() => screen?.update(), REDRAW_MS);
    ending.signal.addEventListener("abort", () => clearInterval(timer));
  };

  const resumes = async (): Promise<boolean | null> => {
    const [camera, shared] = (memory.get(RESUME) ?? "").split(" ");
    if (shared !== token) return null;
    const withCamera = camera === "true";
    const granted = await Promise.all([
      !withCamera || isGranted("camera"),
      !can.place || isGranted("geolocation"),
    ]);
    return granted.every(Boolean) ? withCamera : null;
  };

  const resumed = resumes();
  if ((await resumed) === null) showAsk(false);
  await whenVisible(); // a page that is loaded ahead has not been tapped
  try {
    invitation = await openPatiently();
  } catch (error) {
    return turnedAway(error instanceof Refused ? error.code : "");
  }
  const camera = pressed ?? (await resumed);
  if (camera === null) showAsk(false);
  else begin(camera && invitation.kind === "live");
}
