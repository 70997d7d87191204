// One link from the tap to the end: open, ask, share, stop. Steps 3 and 4 of the story.
// Nothing is spent, and no permission is asked for, before the press.
import { Refused } from "../lib/api.ts";
import type { CallerReceipt, Invitation, Manner } from "../wire.ts";
import { doorOf, TAKEN_OVER } from "./door.ts";
import { loadWords, memory, show, showAll, speakUp } from "./frame.ts";
import { load, loadAhead } from "./later.ts";
import * as screens from "./screens.ts";
import { type Summary, share } from "./share.ts";
import { type SharingScreen, sharing } from "./sharing.ts";
import type { TalkView } from "./talk-view.ts";
import type { Words } from "./words.ts";

const SLOW_MS = 4000;
const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 3000;
const ASK_BOUND_MS = 2000;
const REDRAW_MS = 500;
const LOOK_AGAIN_MS = 1500;
const AFTER_CHECKPOINT_MS = 5000;
const LONGEST_LOOK_MS = 60_000;
const RESUME = "sharing"; // in the tab's memory: what this tab shared when it was reloaded
export const STOWED = "link"; // in the tab's memory: the token, once it is out of the address

export interface VisitOptions {
  token: string;
  can: screens.Ability;
  /** Ends everything that the page started. */
  life: AbortSignal;
  /** The caller has digits instead of a link. */
  askDigits(): void;
}

/** What a receipt stands under, and what can be done beside it. */
interface Told {
  sentence(words: Words): string;
  summary: Summary | null;
  again: (() => void) | null;
}

/** How long until a receipt may say more; null when it has said all. */
function untilMore({ over, proved, provable_at, viewers, lookers }: CallerReceipt): number | null {
  if (!over) return LOOK_AGAIN_MS;
  if (proved || provable_at === null || viewers.length + lookers.length === 0) return null;
  // A phone's clock may be wrong by a year, and a timer that long fires at once.
  const wait_ms = Date.parse(provable_at) - Date.now();
  return Math.min(Math.max(0, wait_ms), LONGEST_LOOK_MS) + AFTER_CHECKPOINT_MS;
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

export async function visit({ token, can, life, askDigits }: VisitOptions): Promise<void> {
  const door = doorOf(token);
  const before = memory.get(RESUME) ?? "";
  const hadShared = before.endsWith(` ${token}`);
  let invitation: Invitation | null = null;
  let pressed: boolean | null = null; // before the server answered
  let looking = new AbortController();
  let isSharing = false;
  let endNow = (): void => {};

  /** Another screen is shown: a receipt that is asked for comes too late. Returns the next one's signal. */
  const elsewhere = (): AbortSignal => {
    looking.abort();
    looking = new AbortController();
    return looking.signal;
  };

  const press = (camera: boolean): void => {
    pressed = camera;
    if (invitation === null) show(screens.connecting);
    else begin(camera);
  };

  const showAsk = (slow: boolean): void => {
    const known = invitation;
    const look = (): void => void lookBack();
    if (pressed === null)
      show((words) => screens.ask(words, { invitation: known, can, slow, share: press, look }));
  };

  /**
   * Shows who saw what this browser shared, now and until there is a proof, or another screen is shown.
   * Rejects where this browser has nothing to see.
   */
  const showReceipt = async ({ sentence, summary, again }: Told): Promise<void> => {
    const signal = elsewhere();
    const { ended } = await load("receipt");
    for (;;) {
      const receipt = await door.receipt();
      if (signal.aborted || life.aborted) return;
      showAll((words) =>
        ended(words, {
          agency: receipt.agency,
          sentence: sentence(words),
          summary,
          receipt,
          again: again && { words: words.shareAgain, press: again },
        }),
      );
      const wait_ms = untilMore(receipt);
      if (wait_ms === null) return;
      await pause(wait_ms);
      if (signal.aborted || life.aborted) return;
    }
  };

  const lookBack = async (): Promise<void> => {
    try {
      await showReceipt({ sentence: (words) => words.whoSaw, summary: null, again: () => showAsk(false) });
    } catch {
      showAll((words) =>
        screens.notice("refused", words, words.notThisPhone, words.mayClose, {
          words: words.goBack,
          press: () => showAsk(false),
        }),
      );
    }
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
    pressed ??= false; // there is nothing to press for
    if (cover !== null && invitation === null) void beCareful("covert"); // it can be uncovered and left
    const unknown = code === "link-unknown";
    // This browser may have shared by it before: then it is told who saw that.
    if (!unknown)
      showReceipt({ sentence: (words) => words.linkOver, summary: null, again: null }).catch(() => {});
    show((words) =>
      screens.notice("refused", words, unknown ? words.linkUnknown : words.linkOver, words.askNewLink, {
        words: words.enterDigits,
        press: askDigits,
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

  const showSaved = async (): Promise<void> => {
    await door.grant();
    (await load("discreet")).answer(true);
  };

  const begin = (camera: boolean): void => {
    elsewhere();
    const ending = new AbortController();
    isSharing = true;
    endNow = () => ending.abort();
    life.addEventListener("abort", () => ending.abort(), { signal: ending.signal });
    const since = performance.now();
    let screen: SharingScreen | null = null;
    memory.set(RESUME, `${camera} ${token}`);
    // A page for notes says what came of its button: it must not look kept when nothing was.
    if (document.getElementById("cover")) showSaved().catch(() => {});

    const finish = (): ReturnType<typeof shared.summary> => {
      ending.abort();
      memory.set(RESUME, null);
      return shared.summary();
    };

    const showEnded = (sentence: (words: Words) => string, mayAgain: boolean): (() => void) => {
      const summary = finish();
      const again = mayAgain ? () => begin(camera) : null;
      const button = (words: Words): screens.Button | null =>
        again && { words: words.shareAgain, press: again };
      const signal = elsewhere();
      show((words) => screens.notice("ended", words, sentence(words), words.mayClose, button(words)));
      void load("receipt").then(({ ended }) => {
        if (signal.aborted) return;
        showAll((words) =>
          ended(words, {
            agency: invitation?.agency ?? words.call,
            sentence: sentence(words),
            summary,
            receipt: null,
            again: button(words),
          }),
        );
      });
      return () => {
        if (!signal.aborted) showReceipt({ sentence, summary, again }).catch(() => {});
      };
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
        showEnded((words) => words.over, false)();
      } else {
        finish();
        turnedAway(code);
      }
    };

    const shared = share({
      token,
      kind: invitation?.kind ?? "live",
      door,
      camera,
      place: can.place && invitation?.kind !== "upload",
      onChange: () => screen?.update(),
      onOver: over,
      signal: ending.signal,
    });
    const stop = (): void => {
      const look = showEnded((words) => words.stopped, true);
      void door.leave().then(look);
    };
    let talk: TalkView | null = null;
    show((words) => {
      screen = sharing(words, shared, since, stop);
      if (talk !== null) screen.hang(talk);
      return screen;
    });
    void load("talk-view").then(async ({ talkView }) => {
      const { phrases } = await loadWords();
      if (ending.signal.aborted) return;
      talk = talkView({
        door,
        token,
        phrases,
        language: document.documentElement.lang,
        memory,
        video: () => screen?.picture() ?? null,
        onOver: over,
        signal: ending.signal,
      });
      screen?.hang(talk);
    });
    const timer = setInterval(() => screen?.update(), REDRAW_MS);
    ending.signal.addEventListener("abort", () => clearInterval(timer));
  };

  const resumes = async (): Promise<boolean | null> => {
    if (!hadShared) return null;
    const withCamera = before.startsWith("true");
    const granted = await Promise.all([
      !withCamera || isGranted("camera"),
      !can.place || isGranted("geolocation"),
    ]);
    return granted.every(Boolean) ? withCamera : null;
  };

  /** The press behind the notes; a silent caller's own, if the page was loaded anew, is no press. */
  const pressHidden = (): void => {
    if (pressed === null && !isSharing && invitation?.manner !== "silent") {
      press(screens.asksForCamera({ invitation, can }));
    }
  };

  /** Nobody who takes the phone may see what this is. */
  const beCareful = async (manner: Manner): Promise<void> => {
    memory.set(STOWED, token);
    history.replaceState(null, "", location.pathname); // without the token
    const { answer, beDiscreet, disguise } = await load("discreet");
    if (invitation === null) answer(false);
    if (manner === "covert" && pressed === null && cover === null) {
      disguise((await loadWords()).words, pressHidden);
    }
    beDiscreet(() => {
      endNow();
      void door.leave(true);
    }, life);
  };

  // A covert link's page is a page for notes from its first byte on; its button is the press.
  const cover = document.getElementById("cover");
  cover?.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault(); // it goes to the server where no script runs
    pressHidden();
  });

  const resumed = resumes();
  if ((await resumed) === null) showAsk(false);
  await whenVisible(); // a page that is loaded ahead has not been tapped
  try {
    invitation = await openPatiently();
  } catch (error) {
    return turnedAway(error instanceof Refused ? error.code : "");
  }
  if (invitation.manner === "open") speakUp();
  else void beCareful(invitation.manner);
  const camera = pressed ?? (await resumed);
  if (camera !== null) begin(camera && invitation.kind === "live");
  else {
    showAsk(false);
    if (hadShared) void load("ladder").then(({ sayReloaded }) => isSharing || sayReloaded(door));
  }
  void loadAhead();
}
