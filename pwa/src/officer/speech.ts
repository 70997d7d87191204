// What changes, spoken by the browser for somebody who drives. Nothing needs a tap, nothing is said twice, and who
// comes late hears the newest first: what is older than that is on the screen.
import { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { changes, type Heard, type Sentence } from "./changes.ts";
import type { Choice } from "./mode.ts";

/** Sentences that wait to be spoken; of more the oldest are dropped. */
export const MOST_WAITING = 4;
/** The same of the same again within this is one sentence. */
const SAME_MS = 30_000;
const REMEMBERED = 16;
/** A voice that does not end is not waited for. */
const LONGEST_MS = 30_000;
const SHOWN = 4;
/** Said when it is chosen, and written beside it anyway. */
const MODE = "mode";

export interface Queue {
  /** The newest first, which is the order in which they are spoken. */
  readonly waiting: readonly Sentence[];
  /** The last of what was taken in about each, and when; ms of performance.now(). */
  readonly lately: readonly (Sentence & { readonly at: number })[];
}

export const SILENT: Queue = { waiting: [], lately: [] };

/** With one more sentence: in place of what waits about the same, and not at all where it was said just now. */
export function queued(queue: Queue, sentence: Sentence, now: number): Queue {
  const last = queue.lately.find(({ about }) => about === sentence.about);
  if (last !== undefined && last.text === sentence.text && now - last.at < SAME_MS) return queue;
  const others = <T extends Sentence>(list: readonly T[]): T[] =>
    list.filter(({ about }) => about !== sentence.about);
  return {
    waiting: [sentence, ...others(queue.waiting)].slice(0, MOST_WAITING),
    lately: [...others(queue.lately), { ...sentence, at: now }].slice(-REMEMBERED),
  };
}

/** What is spoken next, and what then waits. */
export function taken(queue: Queue): { next: Sentence | null; queue: Queue } {
  const [next, ...waiting] = queue.waiting;
  return { next: next ?? null, queue: { ...queue, waiting } };
}

export interface Voice {
  /** The last of what was to be heard, the newest first. */
  said: readonly string[];
  /** can: it speaks. touch: the browser wants this page to be touched once. cannot: it never will. */
  state: "can" | "touch" | "cannot";
}

/** One for the page: listens to the desk, and speaks while sound is all that is wanted. */
export class Speech {
  readonly voice = new Store<Voice>({
    said: [],
    state: "speechSynthesis" in window ? "can" : "cannot",
  });
  readonly #desk: Desk;
  readonly #choice: Choice;
  #heard: Heard | null = null;
  #queue: Queue = SILENT;
  #speaking: SpeechSynthesisUtterance | null = null;
  #speakingSince = 0;

  constructor(desk: Desk, choice: Choice) {
    this.#desk = desk;
    this.#choice = choice;
  }

  start(signal: AbortSignal): void {
    const look = (): void => this.#look();
    const stop = [this.#desk.world.watch(look), this.#choice.mode.watch(() => this.#chosen())];
    stop.push(this.#choice.muted.watch(() => (this.#choice.muted.value ? this.#hush() : this.#speak())));
    const timer = setInterval(look, 1000); // a picture is lost by time alone
    addEventListener("pointerdown", () => this.#touched(), { signal });
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      for (const each of stop) each();
      this.#hush();
    });
  }

  #look(): void {
    const world = this.#desk.world.value;
    if (world.snapshots === 0) return;
    const { heard, said } = changes(this.#heard, world, this.#desk.me.user.id, this.#desk.clock.now());
    this.#heard = heard;
    if (this.#speaking !== null && performance.now() - this.#speakingSince > LONGEST_MS) {
      speechSynthesis.cancel();
      this.#done(this.#speaking);
    }
    if (this.#choice.mode.value !== "sound") return;
    for (const sentence of said) this.#say(sentence);
  }

  #chosen(): void {
    if (this.#choice.mode.value !== "sound") {
      this.#hush();
      this.voice.update((voice) => ({ ...voice, said: [] }));
      return;
    }
    this.#say({ about: MODE, text: "Sound only. What changes is spoken." });
  }

  #say(sentence: Sentence): void {
    const next = queued(this.#queue, sentence, performance.now());
    if (next === this.#queue) return;
    this.#queue = next;
    if (sentence.about === MODE) this.#speak();
    else this.#show(sentence);
  }

  #show(sentence: Sentence): void {
    this.voice.update((voice) => ({ ...voice, said: [sentence.text, ...voice.said].slice(0, SHOWN) }));
    this.#speak();
  }

  #speak(): void {
    if (this.#speaking !== null || this.#choice.muted.value || this.voice.value.state !== "can") return;
    const { next, queue } = taken(this.#queue);
    this.#queue = queue;
    if (next === null) return;
    const utterance = new SpeechSynthesisUtterance(next.text);
    utterance.lang = document.documentElement.lang;
    utterance.onend = () => this.#done(utterance);
    utterance.onerror = ({ error }) => {
      if (error === "not-allowed") {
        this.#queue = { ...this.#queue, waiting: [next, ...this.#queue.waiting].slice(0, MOST_WAITING) };
        this.voice.update((voice) => ({ ...voice, state: "touch" }));
      }
      this.#done(utterance);
    };
    this.#speaking = utterance;
    this.#speakingSince = performance.now();
    speechSynthesis.speak(utterance);
  }

  #done(utterance: SpeechSynthesisUtterance): void {
    if (this.#speaking !== utterance) return;
    this.#speaking = null;
    this.#speak();
  }

  #touched(): void {
    if (this.voice.value.state !== "touch") return;
    this.voice.update((voice) => ({ ...voice, state: "can" }));
    this.#speak();
  }

  /** Says no more of what waits. */
  #hush(): void {
    this.#queue = { ...this.#queue, waiting: [] };
    this.#speaking = null;
    if (this.voice.value.state !== "cannot") speechSynthesis.cancel();
  }
}
