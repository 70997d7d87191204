// A new incident in one line: type, number, words, place, Enter. Always there, so that nothing has to be found.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useDraft } from "../lib/drafts.ts";
import { useAct, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { type Coordinates, LONGEST_PLACE, NO_PLACE, parsePlace } from "../lib/place.ts";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { AT_REST, type ConsoleState, change, keep, kept, showHandout } from "./state.ts";
import { TextLanguage, USUAL } from "./text-language.tsx";

const TEXT_AT_ONCE = "sightline.text-at-once";
export const TYPE_FIELD = "new-type";

/** An incident of its own kind: by its number alone, and its link goes at once. */
const HUNG_UP = "Hung-up call";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
}

interface Draft {
  type: string;
  number: string;
  words: string;
  place: string;
  textAtOnce: boolean;
  /** Of the text. */
  language: string;
}

async function open({ desk, state }: Props, draft: Draft, place: Coordinates | null): Promise<void> {
  const number = draft.number.trim();
  const written = draft.language === USUAL ? {} : { language: draft.language };
  if (draft.type === HUNG_UP) {
    const made = await desk.calls.hungUp({ number, words: draft.words.trim(), position: place, ...written });
    desk.take(made.incident);
    change(state, { ...AT_REST, list: "open" });
    desk.select(made.incident.id);
    showHandout(state, made.link.id, made.handout);
    return;
  }
  const incident = await desk.calls.openIncident({
    type: draft.type,
    words: draft.words.trim(),
    callback_number: number === "" ? null : number,
    position: place,
  });
  desk.take(incident);
  change(state, { ...AT_REST, list: "open", texting: number === "" });
  desk.select(incident.id);
  if (number === "" || !draft.textAtOnce) return;
  try {
    const issued = await desk.calls.issueLink(incident.id, { number, kind: "live", ...written });
    showHandout(state, issued.link.id, issued.handout);
  } catch (error) {
    change(state, { texting: true, notice: `The incident is open, but no link was texted. ${sorry(error)}` });
  }
}

export function NewIncident(props: Props) {
  const { agency } = props.desk.me;
  const empty: Draft = {
    type: "",
    number: "",
    words: "",
    place: "",
    textAtOnce: kept(TEXT_AT_ONCE) !== "no",
    language: USUAL,
  };
  const [draft, setDraft] = useDraft("new incident", empty);
  const [unread, setUnread] = useState(false);
  const type = useRef<HTMLSelectElement>(null);
  const numberField = useRef<HTMLInputElement>(null);
  const placeField = useRef<HTMLInputElement>(null);
  const { ended } = useStore(props.state);
  useLayoutEffect(() => {
    if (!ended) return;
    setDraft({ ...draft, type: HUNG_UP });
    numberField.current?.focus();
    change(props.state, { ended: false });
  }, [ended]);
  const act = useAct(sorry);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy) return;
    if (draft.type === "") {
      type.current?.focus();
      return;
    }
    if (draft.type === HUNG_UP && draft.number.trim() === "") {
      numberField.current?.focus();
      return;
    }
    const place = parsePlace(draft.place);
    const nowhere = place === null && draft.place.trim() !== "";
    setUnread(nowhere);
    if (nowhere) {
      placeField.current?.focus();
      return;
    }
    const opened = await act.run(() => open(props, draft, place));
    if (!opened) return;
    setDraft({ ...empty, textAtOnce: draft.textAtOnce });
    const focused = document.activeElement;
    if (focused instanceof HTMLElement && type.current?.form?.contains(focused)) focused.blur();
  };

  const texts = agency.sender !== "console";
  return (
    <form
      class="new-incident"
      aria-label="New incident"
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target instanceof HTMLSelectElement) void submit(event);
      }}
    >
      <select
        id={TYPE_FIELD}
        ref={type}
        aria-label="Type of incident"
        aria-keyshortcuts="N"
        value={draft.type}
        onChange={(event) => setDraft({ ...draft, type: event.currentTarget.value })}
      >
        <option value="">New incident…</option>
        {agency.incident_types.map((name) => (
          <option key={name}>{name}</option>
        ))}
        <option>{HUNG_UP}</option>
      </select>
      <input
        type="tel"
        class="new-number"
        ref={numberField}
        aria-keyshortcuts="E"
        aria-label="Caller's number, if known"
        placeholder="Number, if known"
        autocomplete="off"
        maxLength={32}
        value={draft.number}
        onInput={(event) => setDraft({ ...draft, number: event.currentTarget.value })}
      />
      <input
        class="new-words"
        aria-label="What happened, in a few words"
        placeholder="What happened"
        autocomplete="off"
        maxLength={500}
        value={draft.words}
        onInput={(event) => setDraft({ ...draft, words: event.currentTarget.value })}
      />
      <input
        class="new-place"
        ref={placeField}
        aria-label="Place, if known: latitude and longitude"
        aria-invalid={unread}
        aria-describedby={unread ? "new-problem" : undefined}
        placeholder="Place, if known"
        autocomplete="off"
        maxLength={LONGEST_PLACE}
        value={draft.place}
        onInput={(event) => {
          setUnread(false);
          setDraft({ ...draft, place: event.currentTarget.value });
        }}
      />
      <label
        class="check"
        title={texts ? "Text a live link as soon as it is open" : "Make a live link as soon as it is open"}
      >
        <input
          type="checkbox"
          checked={draft.textAtOnce}
          onChange={(event) => {
            const textAtOnce = event.currentTarget.checked;
            keep(TEXT_AT_ONCE, textAtOnce ? "yes" : "no");
            setDraft({ ...draft, textAtOnce });
          }}
        />
        <span>Text link</span>
      </label>
      {(draft.textAtOnce || draft.type === HUNG_UP) && (
        <TextLanguage
          agency={agency}
          value={draft.language}
          onChange={(language) => setDraft({ ...draft, language })}
        />
      )}
      <button type="submit" class="primary" disabled={act.busy}>
        <Icon name="plus" /> Open
      </button>
      <ProblemNote id="new-problem" text={unread ? NO_PLACE : act.problem} />
    </form>
  );
}
