// The middle column: the picture and the position plot of the selected incident.
import { useMemo, useState } from "preact/hooks";
import { useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Store } from "../lib/store.ts";
import { watchable } from "../staff/cameras.ts";
import type { Desk } from "../staff/desk.ts";
import { chosenFeed, feedLabel } from "../staff/feeds.ts";
import { advice, currentLink, feedWords, standingOfLink, whyNoPicture } from "../staff/links.ts";
import { FeedPicture } from "../staff/parts/picture.tsx";
import { Plot } from "../staff/parts/plot.tsx";
import { PositionFacts } from "../staff/parts/position-facts.tsx";
import { StandingMark } from "../staff/parts/standing.tsx";
import { plotUnits } from "../staff/plot-units.ts";
import type { FeedView, IncidentView } from "../wire.ts";
import { PlaceForm } from "./place-form.tsx";
import { Split } from "./split.tsx";
import { type ConsoleState, change } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

function NoPicture({ incident, feed }: { incident: IncidentView; feed: FeedView | null }) {
  const link = currentLink(incident);
  if (incident.closed_at !== null) {
    return (
      <>
        <Icon name="over" />
        <p>This incident is closed. Its pictures have ended; what happened is on the right.</p>
      </>
    );
  }
  if (link === null) {
    return (
      <>
        <Icon name="camera" />
        <p>
          No link yet. Press <kbd>L</kbd> to text one; the caller's picture comes up here.
        </p>
      </>
    );
  }
  return (
    <>
      <StandingMark standing={standingOfLink(link)} />
      <p>{whyNoPicture(link, feed) ?? advice(link)}</p>
    </>
  );
}

/** Of a camera that was just opened. */
function Coming({ feed }: { feed: FeedView }) {
  return (
    <>
      <Icon name="queued" />
      <p>{feed.state === "ended" ? "This picture has ended." : "The camera is opening."}</p>
    </>
  );
}

function FeedTabs({
  feeds,
  feed,
  state,
}: {
  feeds: readonly FeedView[];
  feed: FeedView;
  state: Store<ConsoleState>;
}) {
  if (feeds.length < 2) return null;
  return (
    <nav class="feed-tabs" aria-label="Pictures">
      {feeds.map((other, index) => (
        <button
          key={other.id}
          type="button"
          aria-pressed={other.id === feed.id}
          aria-keyshortcuts={String(index + 1)}
          onClick={() => change(state, { feed: other.id, blurred: false })}
        >
          <kbd>{index + 1}</kbd> {feedLabel(feeds, other)} · {feedWords(other)}
        </button>
      ))}
    </nav>
  );
}

function PicturePane({ desk, state, incident }: Props) {
  const { feed: asked, blurred } = useStore(state);
  const feeds = watchable(incident, desk.me.user.id);
  const feed = incident.closed_at === null ? chosenFeed(feeds, asked) : null;
  return (
    <section class="picture-pane" aria-label="Picture">
      {feed === null ? (
        <div class="picture is-empty">
          <div class="picture-empty">
            <NoPicture incident={incident} feed={feed} />
          </div>
        </div>
      ) : (
        <FeedPicture
          key={feed.id}
          desk={desk}
          feed={feed}
          link={feed.kind === "caller" ? currentLink(incident) : null}
          label={feedLabel(feeds, feed)}
          blurred={blurred}
          onUnblur={() => change(state, { blurred: false })}
        >
          {feed.kind === "caller" ? <NoPicture incident={incident} feed={feed} /> : <Coming feed={feed} />}
        </FeedPicture>
      )}
      {feed !== null && <FeedTabs feeds={feeds} feed={feed} state={state} />}
    </section>
  );
}

function NoPlace({ incident, onSet }: { incident: IncidentView; onSet: (() => void) | null }) {
  const closed = incident.closed_at !== null;
  return (
    <div class="plot-empty">
      <Icon name="place" />
      <p>
        {closed
          ? "No position was ever known."
          : "No position yet. The caller's phone sends it after they press Share."}
      </p>
      {onSet !== null && (
        <button type="button" onClick={onSet}>
          <Icon name="correct" /> Set the place
        </button>
      )}
    </div>
  );
}

function PlotPane({ desk, incident }: Pick<Props, "desk" | "incident">) {
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const units = useMemo(() => plotUnits(world, incident, null), [world.units, incident]);
  const [placing, setPlacing] = useState(false);
  const { position } = incident;
  const onSet = incident.closed_at === null && !placing ? () => setPlacing(true) : null;
  // The form keeps its place when a position arrives: a field must not vanish under somebody's hands.
  return (
    <section class="plot-pane" aria-label="Position">
      {position === null ? (
        <NoPlace incident={incident} onSet={onSet} />
      ) : (
        <div class="plot-known">
          <Plot caller={position} trail={world.trails.get(incident.id) ?? []} units={units} now={now}>
            {onSet !== null && (
              <button type="button" aria-label="Set another place" title="Set another place" onClick={onSet}>
                <Icon name="correct" />
              </button>
            )}
          </Plot>
          {!placing && <PositionFacts position={position} now={now} />}
        </div>
      )}
      {placing && incident.closed_at === null && (
        <PlaceForm desk={desk} incident={incident} onDone={() => setPlacing(false)} />
      )}
    </section>
  );
}

export function Middle(props: Props) {
  const { swapped, beside } = useStore(props.state);
  // Both panes keep their places in the tree: a swap must not restart the picture.
  return (
    <Split
      swapped={swapped}
      beside={beside}
      picture={<PicturePane {...props} />}
      plot={<PlotPane key={props.incident.id} desk={props.desk} incident={props.incident} />}
    />
  );
}
