// What 911 and the caller say to each other: hears, sends once and in order, and knows what is open. No screen.
// News come as the answer to a question that waits (POST /api/caller/talk): it works on any rung, by number, so
// that nothing is missed or doubled, and ends with the grant. What waits to be sent outlasts a reload.
import { Refused, refusal } from "../lib/api.ts";
import type { CallerWord, Say, TalkNews } from "../wire.ts";
import type { Door } from "./door.ts";

const ASK_MS = 35_000; // the server answers within 20 s, with or without news
const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 4000;
const MARK_GAP_MS = 600;
const GONE = [401, 403, 410]; // the grant, or the call
export const MOST_UNSENT = 20;
export const MOST_CHARS = 500;

/** A word as it is shown: `number` is 0 until the server has it. */
export interface Shown extends Omit<CallerWord, "id"> {
  id: string;
  mine: boolean;
  state: "sent" | "waiting" | "failed";
}

export interface Talking {
  /** In order; what waits to be sent comes last. */
  readonly words: readonly Shown[];
  /** Up to which number somebody at 911 has read. */
  readonly deskRead: number;
  write(text: string): void;
  answer(number: number, phrase: string): void;
  /** These have been before the caller's eyes, up to there. */
  read(number: number): void;
}

export interface TalkOptions {
  door: Door;
  /** The tab's memory, under a name of this link's own. */
  memory: { get(name: string): string | null; set(name: string, value: string | null): void };
  token: string;
  language(): string;
  onChange(): void;
  /** A final refusal's code. */
  onOver(code: string): void;
  signal: AbortSignal;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** 128 random bits in base 62, as the server makes them. */
export function newWordId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let number = bytes.reduce((held, byte) => (held << 8n) | BigInt(byte), 0n);
  let text = "";
  for (let digit = 0; digit < 22; digit++) {
    text = ALPHABET[Number(number % 62n)] + text;
    number /= 62n;
  }
  return `wrd_${text}`;
}

/** The last that is so; browsers of 2021 have no findLast. */
export function lastOf(words: readonly Shown[], is: (word: Shown) => boolean): Shown | undefined {
  return [...words].reverse().find(is);
}

/** The question that still waits for an answer: the last one, unless it has one, or is being answered. */
export function openQuestion(words: readonly Shown[]): Shown | null {
  const asked = lastOf(words, (word) => word.kind === "ask");
  if (asked === undefined) return null;
  return words.some((word) => word.kind === "answer" && word.answers === asked.number) ? null : asked;
}

/** The guidance that is to be shown: the last, unless it has an answer or was put away. */
export function openGuide(words: readonly Shown[], away: number): Shown | null {
  const told = lastOf(words, (word) => word.kind === "guide");
  if (told === undefined || told.number <= away) return null;
  return words.some((word) => word.kind === "answer" && word.answers === told.number) ? null : told;
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });

export function talking(options: TalkOptions): Talking {
  const { door, signal, memory, token } = options;
  const name = `unsent ${token}`;
  const heard = new Map<number, Shown>();
  let unsent: Say[] = kept();
  const failed: Shown[] = [];
  let after = 0;
  let deskRead = 0;
  let seen = 0;
  let told = { delivered: 0, read: 0, language: "" };
  let sending = false;
  let marking = false;

  function kept(): Say[] {
    try {
      return (JSON.parse(memory.get(name) ?? "[]") as Say[]).slice(0, MOST_UNSENT);
    } catch {
      return [];
    }
  }

  function keep(): void {
    memory.set(name, unsent.length === 0 ? null : JSON.stringify(unsent));
    options.onChange();
  }

  async function ask<Answer>(path: string, body: unknown, wait_ms: number): Promise<Answer> {
    const { bearer } = await door.grant();
    if (signal.aborted) throw new TypeError("it is over");
    const giveUp = new AbortController();
    const stop = (): void => giveUp.abort();
    const timer = setTimeout(stop, wait_ms);
    signal.addEventListener("abort", stop);
    try {
      const reply = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` },
        body: JSON.stringify(body),
        credentials: "omit",
        signal: giveUp.signal,
      });
      if (reply.ok) return (reply.status === 204 ? undefined : await reply.json()) as Answer;
      const refused = await refusal(reply);
      if (!GONE.includes(refused.status)) throw refused;
      await door.again(bearer, refused.status);
      throw new TypeError("a new grant: try again");
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    }
  }

  /** Whether the call is over, which is told once. */
  function over(error: unknown): boolean {
    if (!(error instanceof Refused && GONE.includes(error.status))) return false;
    if (!signal.aborted) options.onOver(error.code);
    return true;
  }

  function hear(words: readonly CallerWord[]): void {
    for (const word of words) {
      const mine = word.id !== null;
      heard.set(word.number, { ...word, id: word.id ?? `911 ${word.number}`, mine, state: "sent" });
      after = Math.max(after, word.number);
    }
  }

  async function listen(): Promise<void> {
    let wait_ms = FIRST_AGAIN_MS;
    while (!signal.aborted) {
      try {
        const news = await ask<TalkNews>("/api/caller/talk", { after, desk_read: deskRead }, ASK_MS);
        hear(news.words);
        deskRead = Math.max(deskRead, news.desk_read);
        wait_ms = FIRST_AGAIN_MS;
        options.onChange();
        void mark();
      } catch (error) {
        if (signal.aborted || over(error)) return;
        await pause(wait_ms, signal);
        wait_ms = Math.min(wait_ms * 2, LAST_AGAIN_MS);
      }
    }
  }

  /** Whether it is done with: taken, or refused for good. Rejects when it should be tried again, or never. */
  async function sendOne(next: Say): Promise<void> {
    try {
      const word = await ask<CallerWord>("/api/caller/say", next, ASK_MS);
      // Its place among the words; `after` stays, for others may have come before it.
      heard.set(word.number, { ...word, id: next.id, mine: true, state: "sent" });
    } catch (error) {
      const refused = error instanceof Refused && error.final && !GONE.includes(error.status);
      if (!refused) throw error;
      if (next.kind === "text") failed.push({ ...shownOf(next), state: "failed" });
    }
  }

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    let wait_ms = FIRST_AGAIN_MS;
    while (unsent[0] !== undefined && !signal.aborted) {
      try {
        await sendOne(unsent[0]);
        wait_ms = FIRST_AGAIN_MS;
        unsent = unsent.slice(1);
        keep();
      } catch (error) {
        if (over(error)) break;
        await pause(wait_ms, signal);
        wait_ms = Math.min(wait_ms * 2, LAST_AGAIN_MS);
      }
    }
    sending = false;
  }

  async function mark(): Promise<void> {
    if (marking) return;
    marking = true;
    while (!signal.aborted) {
      const now = { delivered: after, read: Math.min(seen, after), language: options.language() };
      if (JSON.stringify(now) === JSON.stringify(told)) break;
      try {
        await ask("/api/caller/talk/marks", now, ASK_MS);
        told = now;
      } catch (error) {
        if (error instanceof Refused && error.final) break;
      }
      await pause(MARK_GAP_MS, signal);
    }
    marking = false;
  }

  function shownOf(say: Say): Shown {
    const { id, kind, text = "", phrase = null, answers = null } = say;
    return {
      id,
      kind,
      text,
      phrase,
      answers,
      number: 0,
      choices: [],
      translated: null,
      mine: true,
      state: "waiting",
    };
  }

  function put(say: Omit<Say, "id" | "language">): void {
    if (unsent.length >= MOST_UNSENT) return;
    unsent = [...unsent, { ...say, id: newWordId(), language: options.language() }];
    keep();
    void send();
  }

  void listen();
  void send();
  void mark();
  return {
    get words() {
      const known = [...heard.values()].sort((one, other) => one.number - other.number);
      const has = new Set(known.map((word) => word.id));
      return [...known, ...failed, ...unsent.filter((say) => !has.has(say.id)).map(shownOf)];
    },
    get deskRead() {
      return deskRead;
    },
    write(text) {
      const said = text.trim().slice(0, MOST_CHARS);
      if (said !== "") put({ kind: "text", text: said });
    },
    answer: (number, phrase) => put({ kind: "answer", answers: number, phrase }),
    read(number) {
      seen = Math.max(seen, number);
      void mark();
    },
  };
}
