// Words between the desk and officers: a note with what became of it, those on their way, and the field with its
// phrases. Both faces use these; where they stand is each face's business.
import { useEffect, useRef, useState } from "preact/hooks";
import { useDraft } from "../../lib/drafts.ts";
import { useAct, useStore } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { sorry } from "../../lib/refusals.ts";
import type { IncidentView, NoteReader, NoteView, StillView } from "../../wire.ts";
import { watchable } from "../cameras.ts";
import type { Desk } from "../desk.ts";
import { feedLabel } from "../feeds.ts";
import { byWhom, markOf } from "../notes.ts";
import { MOST_NOTES, type Queued, type SaidNote } from "../queue.ts";
import { type Still, stillOf } from "../still.ts";
import { palettedFor } from "../thermal/choice.ts";
import { timeOfDay } from "../words.ts";
import { Watermark } from "./watermark.tsx";

export const WRITE_FIELD = "write-field";
const MOST_CHARS = 1000;

function called(still: StillView): string {
  if (still.kind === "thermal") return `${still.name || "a drone"}, thermal`;
  return still.kind === "caller" ? "the caller's picture" : still.name || "a camera";
}

/** A still that is kept with a note, shown when it is asked for: each look is on record. */
function KeptStill({ desk, note, still }: { desk: Desk; note: NoteView; still: StillView }) {
  const act = useAct(sorry);
  const [picture, setPicture] = useState<string | null>(null);
  useEffect(
    () => () => {
      if (picture !== null) URL.revokeObjectURL(picture);
    },
    [picture],
  );
  const look = (): void =>
    void act.run(async () => setPicture(URL.createObjectURL(await desk.calls.noteStill(note.id))));
  if (picture === null) {
    return (
      <>
        <button type="button" class="note-look" disabled={act.busy} onClick={look}>
          <Icon name="picture" /> {act.busy ? "Opening…" : `Still of ${called(still)}`}
        </button>
        {act.problem !== null && <small class="tone-danger">{act.problem}</small>}
      </>
    );
  }
  return (
    <figure class="note-still">
      <img
        src={picture}
        width={still.width}
        height={still.height}
        alt={`Still of ${called(still)}, ${timeOfDay(note.at)}`}
      />
      <figcaption class="chip">
        <Icon name="still" /> {timeOfDay(note.at)}
      </figcaption>
      <Watermark desk={desk} />
      <button type="button" class="square" aria-label="Put the still away" onClick={() => setPicture(null)}>
        <Icon name="close" />
      </button>
    </figure>
  );
}

/** The newest that somebody else wrote, for screen readers: it stays after it is read, and is said once. */
export function NewestSaid({ unread }: { unread: readonly NoteView[] }) {
  const said = useRef("");
  const newest = unread.at(-1);
  if (newest !== undefined) said.current = inOneLine(newest);
  return (
    <p class="sr-only" role="status">
      {said.current}
    </p>
  );
}

/** "Dana Reyes: Look at the picture". */
export function inOneLine(note: NoteView): string {
  return `${byWhom(note)}: ${note.text === "" ? "a still" : note.text}`;
}

interface NoteProps {
  desk: Desk;
  note: NoteView;
  readers: readonly NoteReader[];
}

/** One note: whose, its words, its still, and of one's own what became of it. */
export function Note({ desk, note, readers }: NoteProps) {
  const mine = note.by_id === desk.me.user.id;
  const mark = markOf(note, readers);
  return (
    <div class={mine ? "note is-mine" : "note"}>
      <strong class="note-by">{mine ? "You" : byWhom(note)}</strong>
      {note.text !== "" && (
        <p class="note-text" dir="auto">
          {note.text}
        </p>
      )}
      {note.still !== null && <KeptStill desk={desk} note={note} still={note.still} />}
      {(mine || desk.me.user.role !== "officer") && (
        <small class="note-mark">
          <Icon name={mark.icon} /> {mark.words}
        </small>
      )}
    </div>
  );
}

const ON_THEIR_WAY: Record<Queued["state"], string> = {
  sending: "Sending…",
  waiting: "Waiting to send. It goes by itself when the connection is back",
  refused: "Not sent",
};

/** Notes of an incident that have not got through yet, in the order in which they go. */
export function OnTheirWay({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const pending = useStore(desk.queue.items).filter(
    (said): said is Queued & SaidNote => said.kind === "note" && said.incident === incident.id,
  );
  if (pending.length === 0) return null;
  return (
    <ul class="pending">
      {pending.map((note) => (
        <li key={note.id} class="note is-mine is-pending">
          {note.text !== "" && (
            <p class="note-text" dir="auto">
              {note.text}
            </p>
          )}
          {note.still !== null && <small>With a still of {note.still.label}</small>}
          <small class={note.state === "refused" ? "tone-danger" : "tone-waiting"} role="status">
            <Icon name={note.state === "refused" ? "failed" : "queued"} /> {ON_THEIR_WAY[note.state]}
            {note.problem !== null && `: ${note.problem}`}
          </small>
          {note.state === "refused" && (
            <span class="buttons">
              {(note.text !== "" || note.still?.jpeg) && (
                <button type="button" onClick={() => desk.queue.again(note.id)}>
                  Try again
                </button>
              )}
              <button type="button" class="plain" onClick={() => desk.queue.forget(note.id)}>
                Remove
              </button>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

interface InFront {
  feed: string;
  label: string;
  thermal: boolean;
}

/** The picture of this incident that is on the page and shows something, if any. */
function useInFront(desk: Desk, incident: IncidentView): InFront | null {
  const onScreen = useStore(desk.onScreen);
  const feeds = watchable(incident, desk.me.user.id);
  const feed = feeds.find(({ id, state }) => onScreen.has(id) && state !== "ended");
  if (feed === undefined) return null;
  return { feed: feed.id, label: feedLabel(feeds, feed), thermal: feed.kind === "thermal" };
}

/** The field, its phrases, and a still of the picture in front. Enter sends; Alt and a digit says a phrase. */
export function Composer({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const { phrases } = useStore(desk.world);
  const full = useStore(desk.queue.items).filter(({ kind }) => kind === "note").length >= MOST_NOTES;
  const inFront = useInFront(desk, incident);
  const [text, setText] = useDraft(`note ${incident.id}`, "");
  const [still, setStill] = useState<Still | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  if (incident.closed_at !== null) return null;
  const nothing = text.trim() === "" && still === null;
  const send = (): void => {
    if (nothing || full || !desk.queue.write(incident, text.trim(), still)) return;
    setText("");
    setStill(null);
  };
  const say = (phrase: string): void => void desk.queue.write(incident, phrase, null);
  const take = async (): Promise<void> => {
    const video = inFront === null ? undefined : desk.onScreen.value.get(inFront.feed);
    if (inFront === null || video === undefined) return;
    const palette = inFront.thermal ? palettedFor(desk.me.user.id) : null;
    const taken = await stillOf(inFront.feed, inFront.label, video, palette);
    setProblem(taken === null ? "There is no picture yet to take a still of." : null);
    setStill(taken);
  };
  const pressed = (event: KeyboardEvent): void => {
    const phrase = event.altKey ? phrases[Number(event.code.replace(/^Digit/, "")) - 1] : undefined;
    if (phrase !== undefined) {
      event.preventDefault();
      if (!full) say(phrase);
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  };
  return (
    <form
      class="composer"
      aria-label="Write to those on this incident"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {phrases.length > 0 && (
        <ul class="phrases" aria-label="Say at once">
          {phrases.map((phrase, at) => (
            <li key={phrase}>
              <button
                type="button"
                disabled={full}
                aria-keyshortcuts={at < 9 ? `Alt+${at + 1}` : undefined}
                onClick={() => say(phrase)}
              >
                {phrase}
              </button>
            </li>
          ))}
        </ul>
      )}
      {still !== null && (
        <div class="composer-still">
          <span class="composer-picture">
            <img src={`data:image/jpeg;base64,${still.jpeg}`} alt={`Still of ${still.label}, to be sent`} />
            <Watermark desk={desk} small />
          </span>
          <small>
            Still of {still.label}. It is kept, and told to whose picture it is.
            {still.palette !== null && " The server colours it and marks the coldest and the hottest spot."}
          </small>
          <button type="button" class="square" aria-label="Take the still off" onClick={() => setStill(null)}>
            <Icon name="close" />
          </button>
        </div>
      )}
      {problem !== null && (
        <p class="tone-waiting" role="alert">
          {problem}
        </p>
      )}
      <div class="composer-row">
        <button
          type="button"
          class="square"
          disabled={inFront === null}
          aria-label={inFront === null ? "Add a still: no picture is on" : `Add a still of ${inFront.label}`}
          title="Add a still of the picture"
          onClick={() => void take()}
        >
          <Icon name="picture" />
        </button>
        <textarea
          id={WRITE_FIELD}
          rows={1}
          maxLength={MOST_CHARS}
          value={text}
          aria-label="Words"
          aria-keyshortcuts={desk.me.user.role === "officer" ? undefined : "M"}
          placeholder={full ? "Waiting for the connection" : "Write…"}
          autocomplete="off"
          enterkeyhint="send"
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={pressed}
        />
        <button type="submit" class="primary square" disabled={nothing || full} aria-label="Send">
          <Icon name="sent" />
        </button>
      </div>
    </form>
  );
}
