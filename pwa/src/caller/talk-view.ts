// The caller's side of the talk on the sharing screen: the open question with large buttons, guidance as a large
// picture, hints about the picture, and all messages. Never a sound, never a vibration.
import { h } from "./dom.ts";
import type { Door } from "./door.ts";
import { type Hint, hinting } from "./hints.ts";
import { pictogram } from "./pictograms.ts";
import { lastOf, MOST_CHARS, openGuide, openQuestion, type Shown, talking } from "./talk.ts";
import "./talk.css";

const GUIDE_MS = 25_000; // then it goes away by itself

export interface TalkView {
  /** Between the picture and the tools: what is asked now. */
  readonly asked: HTMLElement;
  /** Over the picture: what is shown now, or what could be better. */
  readonly over: HTMLElement;
  /** All messages; hidden until opened. */
  readonly panel: HTMLElement;
  /** Opens the panel, with a mark when something is unread. */
  readonly opener: HTMLButtonElement;
  /** Nothing else is left on the screen: all messages stand there, and are not put away. */
  stand(alone: boolean): void;
}

export interface TalkViewOptions {
  door: Door;
  token: string;
  phrases: Readonly<Record<string, string>>;
  language: string;
  memory: { get(name: string): string | null; set(name: string, value: string | null): void };
  /** What the camera shows now; null while there is no picture. */
  video(): HTMLVideoElement | null;
  onOver(code: string): void;
  signal: AbortSignal;
}

export function talkView(options: TalkViewOptions): TalkView {
  const { phrases, signal, memory, door, token, language } = options;
  const say = (key: string): string => phrases[key] ?? key;
  const rtl = (): boolean => document.documentElement.dir === "rtl";
  const AWAY = `away ${token}`;
  let away = Number(memory.get(AWAY) ?? 0); // guidance and messages up to here are put away
  let hint: Hint | null = null;
  let alone = false;
  let drawnAsk = "";
  let drawnOver = "";
  let drawnList = "";
  let timer = 0;

  const asked = h("section", { class: "asked", "aria-live": "polite", hidden: true });
  const over = h("div", { class: "told", "aria-live": "polite", hidden: true });
  const list = h("ol", { class: "messages", tabindex: "0", "aria-label": say("talk.messages") });
  const field = h("textarea", {
    rows: "1",
    maxlength: String(MOST_CHARS),
    dir: "auto",
    enterkeyhint: "send",
    "aria-label": say("talk.write"),
    placeholder: say("talk.write"),
  });
  const send = (event: Event): void => {
    event.preventDefault();
    talk.write(field.value);
    field.value = "";
    field.focus();
  };
  const form = h(
    "form",
    { class: "say", onsubmit: send },
    field,
    h("button", { class: "send" }, say("talk.send")),
  );
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
  });
  const answering = h("div", { class: "answering" });
  const close = h(
    "button",
    { type: "button", class: "close", onclick: () => show(false) },
    say("talk.close"),
  );
  const panel = h(
    "section",
    { class: "talk", role: "dialog", "aria-label": say("talk.messages"), hidden: true },
    h("header", {}, h("p", {}, say("talk.messages")), close),
    list,
    answering,
    form,
  );
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !alone) show(false);
  });
  const mark = h("span", { class: "unread", hidden: true });
  const opener = h(
    "button",
    { type: "button", class: "write", onclick: () => show(true) },
    say("talk.write"),
    mark,
  );

  function show(open: boolean): void {
    panel.hidden = !open;
    draw();
    if (open) {
      list.scrollTop = list.scrollHeight;
      field.focus();
    } else opener.focus();
  }

  function putAway(number: number): void {
    away = Math.max(away, number);
    memory.set(AWAY, String(away));
    talk.read(number);
    draw();
  }

  function answers(word: Shown): HTMLElement {
    const buttons = word.choices.map((choice) =>
      h("button", { type: "button", onclick: () => press(word, choice) }, say(choice)),
    );
    return h("div", { class: "answers" }, ...buttons);
  }

  function press(word: Shown, choice: string): void {
    talk.answer(word.number, choice);
    putAway(word.number);
  }

  /** The newest text of 911's that was not before anybody's eyes. */
  function message(words: readonly Shown[]): Shown | null {
    const last = lastOf(words, (word) => word.kind === "text" && !word.mine);
    return last !== undefined && last.number > away ? last : null;
  }

  function drawAsked(words: readonly Shown[]): void {
    const question = openQuestion(words);
    const text = message(words);
    const shown = question ?? text;
    const key = shown === null ? "" : `${shown.number}`;
    asked.hidden = shown === null || !panel.hidden;
    if (key === drawnAsk) return;
    drawnAsk = key;
    if (shown === null) asked.replaceChildren();
    else if (shown === question)
      asked.replaceChildren(
        h("p", {}, h("small", {}, say("talk.answer")), say(shown.phrase ?? "")),
        answers(shown),
      );
    else
      asked.replaceChildren(
        h("p", { dir: "auto" }, h("small", {}, say("talk.desk")), shown.translated ?? shown.text),
        h("button", { type: "button", onclick: () => putAway(shown.number) }, say("answer.ok")),
      );
    if (shown !== null && document.visibilityState === "visible") talk.read(shown.number);
  }

  function showGuide(guide: Shown): void {
    const phrase = guide.phrase ?? "";
    over.replaceChildren(pictogram(phrase, rtl()), h("p", {}, say(phrase)), answers(guide));
    timer = window.setTimeout(() => putAway(guide.number), GUIDE_MS);
    if (document.visibilityState === "visible") talk.read(guide.number);
  }

  function drawOver(words: readonly Shown[]): void {
    const guide = openGuide(words, away);
    const key = guide === null ? (hint ?? "") : `${guide.number}`;
    over.hidden = key === "";
    over.dataset.kind = guide === null ? "hint" : "guide";
    if (key === drawnOver) return;
    drawnOver = key;
    clearTimeout(timer);
    if (guide !== null) showGuide(guide);
    else over.replaceChildren(...(hint === null ? [] : [h("p", {}, say(`hint.${hint}`))]));
  }

  /** What is said of a message below it. */
  function noteOf({ state, translated, text }: Shown): string {
    if (state === "waiting") return say("talk.waiting");
    if (state === "failed") return say("talk.unsent");
    return translated === null ? "" : `${say("talk.machine")}: ${text}`;
  }

  function item(word: Shown): HTMLElement {
    const text = word.phrase === null ? (word.translated ?? word.text) : say(word.phrase);
    const note = noteOf(word);
    return h(
      "li",
      { class: word.mine ? "mine" : "theirs" },
      h("small", {}, say(word.mine ? "talk.you" : "talk.desk")),
      h("p", word.phrase === null ? { dir: "auto" } : {}, text),
      note === "" ? null : h("small", { dir: "auto" }, note),
    );
  }

  function everythingRead(words: readonly Shown[]): void {
    if (document.visibilityState !== "visible") return;
    talk.read(lastOf(words, (word) => word.number > 0)?.number ?? 0);
    const texts = words.filter((word) => word.kind === "text");
    away = Math.max(away, ...texts.map((word) => word.number));
    memory.set(AWAY, String(away));
  }

  /** Whether the last word is the caller's, and 911 has read it. */
  function isSeen(words: readonly Shown[]): boolean {
    const last = words[words.length - 1];
    return last?.mine === true && last.state === "sent" && last.number <= talk.deskRead;
  }

  function drawPanel(words: readonly Shown[]): void {
    const question = openQuestion(words);
    const seen = isSeen(words);
    const known = words.map((word) => [word.id, word.state, word.translated]);
    const key = JSON.stringify([known, seen, question?.number]);
    if (panel.hidden || key === drawnList) return;
    drawnList = key;
    const foot = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    const nothing = h("li", { class: "none" }, say("talk.nothing"));
    list.replaceChildren(...(words.length === 0 ? [nothing] : words.map(item)));
    if (seen) list.append(h("li", { class: "seen" }, h("small", {}, say("talk.seen"))));
    answering.replaceChildren(...(question === null ? [] : [answers(question)]));
    if (foot) list.scrollTop = list.scrollHeight;
    everythingRead(words);
  }

  function draw(): void {
    const { words } = talk;
    drawPanel(words);
    drawAsked(words);
    drawOver(words);
    mark.hidden = !panel.hidden || (message(words) === null && openQuestion(words) === null);
  }

  const talk = talking({
    door,
    memory,
    token,
    language: () => language,
    onChange: () => draw(),
    onOver: options.onOver,
    signal,
  });
  hinting({
    door,
    video: options.video,
    busy: () => openGuide(talk.words, away) !== null,
    onHint: (next) => {
      hint = next;
      draw();
    },
    signal,
  });
  document.addEventListener("visibilitychange", draw, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    asked,
    over,
    panel,
    opener,
    stand(now) {
      if (now === alone) return;
      alone = now;
      panel.classList.toggle("alone", now);
      close.hidden = now;
      opener.hidden = now;
      panel.hidden = !now;
      draw();
    },
  };
}
