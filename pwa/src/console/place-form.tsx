// Where the incident is, as the dispatcher knows it: two coordinates, before or instead of what a phone says.
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../lib/hooks.ts";
import { coordinates } from "../lib/measure.ts";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { LONGEST_PLACE, NO_PLACE, parsePlace } from "../lib/place.ts";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import type { IncidentView } from "../wire.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  onDone(): void;
}

export function PlaceForm({ desk, incident, onDone }: Props) {
  const { position } = incident;
  // what was on the screen when somebody began to type is what they mean to replace
  const [overCaller] = useState(position?.source === "caller");
  const [text, setText] = useState(position === null || overCaller ? "" : coordinates(position));
  const [unread, setUnread] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  useLayoutEffect(() => field.current?.select(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (act.busy) return;
    const place = parsePlace(text);
    setUnread(place === null);
    if (place === null) {
      field.current?.focus();
      return;
    }
    const done = await act.run(async () =>
      desk.take(await desk.calls.amend(incident.id, { position: place, over_caller: overCaller })),
    );
    if (done) onDone();
  };

  return (
    <form
      class="place-form"
      aria-label="Set the place"
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onDone();
      }}
    >
      <ProblemNote id="place-problem" text={unread ? NO_PLACE : act.problem} />
      {overCaller && !unread && act.problem === null && (
        <p class="place-note">This replaces the phone's own place until the phone sends a newer one.</p>
      )}
      <input
        ref={field}
        aria-label="Latitude and longitude"
        aria-invalid={unread}
        aria-describedby={unread ? "place-problem" : undefined}
        placeholder="42.3223, -83.1763"
        autocomplete="off"
        maxLength={LONGEST_PLACE}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setUnread(false);
        }}
      />
      <button type="submit" class="primary" disabled={act.busy}>
        Set
      </button>
      <button type="button" onClick={onDone}>
        Cancel
      </button>
    </form>
  );
}
