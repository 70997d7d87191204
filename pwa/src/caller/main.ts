// The caller's page. Step 3 of the story: it looks at what this browser can do and at the address it was given.
// Shares no code with the staff pages but rtc and lib.
import "./style.css";
import { loadWords, memory, show } from "./frame.ts";
import { load } from "./later.ts";
import * as screens from "./screens.ts";
import { STOWED, visit } from "./visit.ts";

const life = new AbortController();

const can: screens.Ability = {
  camera: "RTCPeerConnection" in window && navigator.mediaDevices?.getUserMedia !== undefined,
  place: "geolocation" in navigator,
};
// Without it (an old browser, a page without TLS) this phone cannot show that it is the one that was asked.
const canProve = globalThis.crypto?.subtle !== undefined;

function askDigits(): void {
  void load("digits").then((digits) => digits.askDigits(begin));
}

function begin(token: string): void {
  void visit({ token, can, life: life.signal, askDigits });
}

// A page that comes back from the browser's memory has let go of everything: it starts again.
addEventListener("pagehide", () => life.abort());
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
addEventListener("hashchange", () => location.reload()); // another link in the same tab

const token = location.hash.slice(1) || (memory.get(STOWED) ?? "");
if (!canProve || !(can.camera || can.place)) {
  const plain = document.forms[0] ?? null; // what stands there until a script runs
  show((words) => {
    const screen = screens.notice("cannot", words, words.cannot, words.cannotAdvice, null);
    return { ...screen, parts: [...screen.parts, plain] };
  });
  void loadWords(); // and with them the other languages
} else if (token === "") {
  askDigits();
} else {
  begin(token);
}
