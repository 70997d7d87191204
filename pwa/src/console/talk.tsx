// The talk with the caller, on their page: what was said, a field, and questions and guidance by one press. It stands
// beside the words among staff and looks like another thing, so that nobody writes to the wrong side.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import { newId } from "../staff/new-id.ts";
import { languageName, markOfWord, talkedTo, unreadWords } from "../staff/talks.ts";
import { timeOfDay } from "../staff/words.ts";
import type { Canned, IncidentView, Marks, Question, Say, TalkView, WordView } from "../wire.ts";
import "./talk.css";

export const TALK_FIELD = "talk-field";
const MOST_CHARS = 500;

type Texts = ReadonlyMap<string, string>;

/** The English of every key. */
function textsOf(canned: Canned | null): Texts {
  const all = canned === null ? [] : [...canned.questions, ...canned.guides];
  return new Map(all.flatMap((each) => [each, ...each.answers]).map(({ key, text }) => [key, text]));
}

function Word({
  word,
  words,
  texts,
  marks,
}: {
  word: WordView;
  words: readonly WordView[];
  texts: Texts;
  marks: Marks;
}) {
  const caller = word.by === null;
  const asked = words.find(({ number }) => number === word.answers);
  const say = (key: string | null): string => (key === null ? "" : (texts.get(key) ?? key));
  return (
    <li class={caller ? "from-caller" : "from-desk"}>
      <small>
        {caller ? "Caller" : word.by} · {timeOfDay(word.at)}
      </small>
      {asked !== undefined && <small>{say(asked.phrase)}</small>}
      <p dir="auto" lang={word.kind === "text" ? (word.language ?? undefined) : undefined}>
        {word.kind === "guide" && <Icon name="show" />} {word.phrase === null ? word.text : say(word.phrase)}
      </p>
      {word.translated !== null && (
        <p class="translated" dir="auto">
          <small>By a machine:</small> {word.translated}
        </p>
      )}
      {!caller && <small>{markOfWord(word, marks)}</small>}
    </li>
  );
}

interface PressesProps {
  title: string;
  these: readonly Question[];
  busy: boolean;
  press(question: Question): void;
}

function Presses({ title, these, busy, press }: PressesProps) {
  return (
    <fieldset class="presses" aria-label={title}>
      {these.map((question) => (
        <button key={question.key} type="button" disabled={busy} onClick={() => press(question)}>
          {question.text}
        </button>
      ))}
    </fieldset>
  );
}

interface ThreadProps {
  desk: Desk;
  link: string;
  /** Whether the incident is open: else nothing is marked as read. */
  open: boolean;
  talk: TalkView;
  texts: Texts;
}

/** What was said, read as soon as it is before somebody's eyes. */
function Thread({ desk, link, open, talk, texts }: ThreadProps) {
  const list = useRef<HTMLOListElement>(null);
  const earlier = useAct(sorry);
  const { words, marks } = talk;
  const newest = words.at(-1)?.number ?? 0;
  useEffect(() => {
    if (list.current !== null) list.current.scrollTop = list.current.scrollHeight;
    const read = (): void => {
      const unread = unreadWords(desk.world.value.talks.get(link)).length > 0;
      if (open && unread && document.visibilityState === "visible")
        desk.calls.readTalk(link, newest).catch(() => {}); // the next word marks this one too
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [desk, link, newest, open]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <ol ref={list} class="talk-words" tabIndex={0} aria-live="polite" aria-label="Said with the caller">
      {(words[0]?.number ?? 1) > 1 && (
        <li>
          <button
            type="button"
            class="plain"
            disabled={earlier.busy}
            onClick={() => void earlier.run(() => desk.readEarlierTalk(link))}
          >
            Earlier words
          </button>
        </li>
      )}
      {words.map((word) => (
        <Word key={word.id} word={word} words={words} texts={texts} marks={marks} />
      ))}
    </ol>
  );
}

/** The field, and what is said by one press. */
function Sayer({
  desk,
  incident,
  link,
  canned,
}: {
  desk: Desk;
  incident: IncidentView;
  link: string;
  canned: Canned | null;
}) {
  const [shown, setShown] = useState<"questions" | "guides" | null>(null);
  const [text, setText] = useState("");
  const act = useAct(sorry);
  const pending = useRef<Say | null>(null);
  /** The same word is tried again until it is taken, so that it is said once. */
  const say = (word: Omit<Say, "id">): Promise<unknown> =>
    act.run(async () => {
      const held = pending.current;
      const same = held !== null && held.text === word.text && held.phrase === word.phrase;
      const next: Say = same ? held : { ...word, id: newId("wrd") };
      pending.current = next;
      desk.takeWord(incident.id, link, await desk.calls.tellCaller(link, next));
      pending.current = null;
      if (word.kind === "text") setText("");
    });
  const toggle = (which: "questions" | "guides"): void => setShown(shown === which ? null : which);
  return (
    <>
      <div class="talk-tabs">
        <button type="button" aria-expanded={shown === "questions"} onClick={() => toggle("questions")}>
          Ask
        </button>
        <button type="button" aria-expanded={shown === "guides"} onClick={() => toggle("guides")}>
          Show
        </button>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== "") void say({ kind: "text", text: text.trim() });
          }}
        >
          <input
            id={TALK_FIELD}
            value={text}
            maxLength={MOST_CHARS}
            dir="auto"
            aria-label="Write to the caller"
            aria-keyshortcuts="T"
            placeholder="Write to the caller (T)"
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" disabled={act.busy || text.trim() === ""}>
            Send
          </button>
        </form>
      </div>
      {canned !== null && shown !== null && (
        <Presses
          title={shown === "questions" ? "Ask the caller" : "Show the caller"}
          these={canned[shown]}
          busy={act.busy}
          press={({ key }) => void say({ kind: shown === "questions" ? "ask" : "guide", phrase: key })}
        />
      )}
      {act.problem !== null && <p class="problem">{act.problem}</p>}
    </>
  );
}

export function Talk({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const { talks } = useStore(desk.world);
  const [canned, setCanned] = useState<Canned | null>(null);
  const link = talkedTo(incident, talks);
  const there = link !== null;
  useEffect(() => {
    if (there) desk.calls.canned().then(setCanned, () => {});
  }, [desk, there]);
  if (link === null) return null;
  const talk = talks.get(link);
  const open = incident.closed_at === null;
  const unread = unreadWords(talk).length;
  const language = languageName(talk?.marks.language ?? null);
  return (
    <section class="talk-panel" aria-labelledby="talk-title">
      <h2 id="talk-title">
        <Icon name="phone" /> Caller
        {language !== null && <small>reads {language}</small>}
        {unread > 0 && <span class="unread">{unread}</span>}
      </h2>
      {talk !== undefined && talk.words.length > 0 && (
        <Thread desk={desk} link={link} open={open} talk={talk} texts={textsOf(canned)} />
      )}
      {open && <Sayer key={link} desk={desk} incident={incident} link={link} canned={canned} />}
    </section>
  );
}
