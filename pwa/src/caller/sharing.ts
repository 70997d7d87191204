// The screen while something is shared: it lives, so it is made once and then only changed where it must.
import { quality } from "../rtc/health.ts";
import { h, icon, write } from "./dom.ts";
import { loadWords } from "./frame.ts";
import { pictureOf, placeOf, type Saying, saying } from "./saying.ts";
import { headline, type Screen } from "./screens.ts";
import type { Sharing } from "./share.ts";
import type { TalkView } from "./talk-view.ts";
import { type AllWords, fill, type Words } from "./words.ts";

export interface SharingScreen extends Screen {
  /** Shows what is true now. */
  update(): void;
  /** Puts the talk with 911 on this screen. */
  hang(talk: TalkView): void;
  /** What shows the camera; null while there is nothing to see. */
  picture(): HTMLVideoElement | null;
}

const SIGNAL_SHOWS_MS = 3000; // before that the first seconds weigh too much
const ASKING_SHOWS_MS = 400; // a permission that was given before is never asked for

const TONES = { live: "live", starting: "starting", paused: "pausedShort", off: "notLive" } as const;

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}

export function sharing(words: Words, shared: Sharing, since: number, stop: () => void): SharingScreen {
  const main = document.getElementById("page");
  const toneIcon = icon("starting");
  const toneWord = h("span");
  const time = h("span", { role: "timer", "aria-live": "off" });
  const signal = h("span", { class: "signal" });
  const top = headline(words.connecting);
  const sentence = top.firstElementChild ?? top;
  const hint = h("p", { class: "small" });
  const again = h("button", { type: "button", hidden: true, onclick: () => shared.retry() }, words.tryAgain);
  const video = h("video", {
    autoplay: true,
    muted: true,
    playsinline: true,
    "aria-label": words.yourCamera,
  });
  video.muted = true; // the attribute alone does not count for an element made by script
  const pin = h("span", { class: "pin" }, icon("pin"));
  const place = h("p", { class: "place" });
  const flip = h("button", { type: "button", hidden: true }, icon("flip"), words.flip);
  const light = h(
    "button",
    { type: "button", hidden: true, "aria-pressed": "false" },
    icon("light"),
    words.light,
  );

  const stage = h("div", { class: "stage" }, pin, video, place);
  const asked = h("div", { class: "talk-here" });
  let hung: TalkView | null = null;
  let all: AllWords | null = null;
  const tools = h("div", { class: "tools" }, flip, light);

  flip.addEventListener("click", async () => {
    flip.disabled = true;
    await shared.camera?.flip();
    flip.disabled = false;
    update();
  });
  light.addEventListener("click", async () => {
    await shared.camera?.setLight(shared.camera.light() === false).catch(() => {});
    update();
  });

  const say = (now: number): Saying => {
    const said = saying(shared.situation, navigator.onLine);
    const early = now - since < ASKING_SHOWS_MS && said.sentence.startsWith("allow");
    return early ? { ...said, sentence: "connecting" } : said;
  };

  const signalWords = (now: number): string => {
    const known = pictureOf(shared.situation) === "seen" && now - since > SIGNAL_SHOWS_MS;
    return known && shared.health !== null ? words[quality(shared.health)] : "";
  };

  const showStage = (): void => {
    const { stream, fix } = shared;
    stage.hidden = shared.kind === "upload";
    if (video.srcObject !== stream) {
      video.srcObject = stream;
      if (stream !== null) video.play().catch(() => {}); // hidden page: plays when it is back
    }
    video.hidden = stream === null;
    pin.hidden = stream !== null;
    if (placeOf(shared.situation) === "none") place.hidden = true;
    else {
      place.hidden = false;
      write(
        place,
        fix
          ? fill(words.within, { metres: String(Math.max(1, Math.round(fix.accuracy_m))) })
          : words.findingPlace,
      );
    }
  };

  const update = (): void => {
    const now = performance.now();
    const said = say(now);
    if (main !== null) {
      main.dataset.tone = said.tone;
      main.dataset.camera = shared.situation.camera;
      main.dataset.place = shared.situation.place;
      main.dataset.picture = pictureOf(shared.situation);
    }
    hung?.stand(said.tone === "off");
    toneIcon.firstElementChild?.setAttribute("href", `#${said.tone}`);
    write(toneWord, words[TONES[said.tone]]);
    write(time, clock(now - since));
    write(signal, signalWords(now));
    // a link for photos has nothing else to say before one is sent, and that stands beside the button
    const asksForFile = shared.kind === "upload" && said.sentence === "seeNothing";
    write(sentence, asksForFile ? fill(words.asksForFile, { agency: words.call }) : words[said.sentence]);
    const helps = said.hint === null ? undefined : all?.[said.hint];
    write(hint, helps ?? "");
    hint.hidden = helps === undefined;
    const { camera, place: where } = shared.situation;
    again.hidden = ![camera, where].some((state) => state === "refused" || state === "unavailable");
    flip.hidden = !shared.camera?.canFlip();
    const lit = shared.camera?.light() ?? null;
    light.hidden = lit === null;
    light.setAttribute("aria-pressed", String(lit === true));
    showStage();
  };

  update();
  void loadWords().then((language) => {
    all = language.words;
    update();
  });
  return {
    name: "sharing",
    from: "",
    parts: [
      h("p", { class: "bar" }, h("span", { class: "tone" }, toneIcon, toneWord), time, signal),
      top,
      hint,
      again,
      stage,
      asked,
      h("div", { class: "actions files", hidden: true }), // sending.ts fills it
      tools,
      h("button", { type: "button", class: "stop", onclick: stop }, icon("stop"), words.stop),
    ],
    update,
    hang(talk) {
      hung = talk;
      stage.append(talk.over);
      asked.replaceChildren(talk.asked, talk.panel);
      tools.append(talk.opener);
      update();
    },
    picture: () => (shared.situation.camera === "on" && !video.hidden ? video : null),
  };
}
