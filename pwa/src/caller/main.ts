// The caller's page. Step 3 of the story: it looks at what this browser can do and at the address it was given.
// Shares no code with the staff pages but rtc and lib.
import "./style.css";
import { Refused } from "../lib/api.ts";
import { enter } from "./door.ts";
import { show } from "./frame.ts";
import * as screens from "./screens.ts";
import { visit } from "./visit.ts";
import type { Words } from "./words.ts";

const life = new AbortController();

const can: screens.Ability = {
  camera: "RTCPeerConnection" in window && navigator.mediaDevices?.getUserMedia !== undefined,
  place: "geolocation" in navigator,
};
// Without it (an old browser, a page without TLS) this phone cannot show that it is the one that was asked.
const canProve = globalThis.crypto?.subtle !== undefined;

function problemOf(error: unknown, words: Words): string {
  if (!(error instanceof Refused)) return words.noConnection;
  return error.code === "too-many-tries" ? words.tooManyTries : words.wrongDigits;
}

function askDigits(failure: unknown = null): void {
  show((words) =>
    screens.code(words, {
      problem: failure === null ? "" : problemOf(failure, words),
      enter: (digits) => void tryDigits(digits),
    }),
  );
  document.querySelector("input")?.focus();
}

async function tryDigits(digits: string): Promise<void> {
  try {
    const token = await enter(digits);
    history.replaceState(null, "", `#${token}`);
    begin(token);
  } catch (error) {
    askDigits(error);
  }
}

function begin(token: string): void {
  void visit({ token, can, life: life.signal, typeDigits: () => askDigits() });
}

// A page that comes back from the browser's memory has let go of everything: it starts again.
addEventListener("pagehide", () => life.abort());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("hashchange", () => location.reload()); // another link in the same tab

const token = location.hash.slice(1);
if (!canProve || !(can.camera || can.place)) {
  show((words) => screens.notice("cannot", words, words.cannot, words.cannotAdvice, null));
} else if (token === "") {
  askDigits();
} else {
  begin(token);
}
