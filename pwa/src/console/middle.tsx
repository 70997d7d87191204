// The middle column: the picture and the map of the selected incident.
import { useState } from "preact/hooks";
import { useNow, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Store } from "../lib/store.ts";
import { watchable } from "../staff/cameras.ts";
import { anew } from "../staff/covers.ts";
import type { Desk } from "../staff/desk.ts";
import { chosenFeed, feedLabel } from "../staff/feeds.ts";
import { advice, currentLink, feedWords, linkOf, standingOfLink, whyNoPicture } from "../staff/links.ts";
import type { Around } from "../staff/nearby.ts";
import { FeedPicture } from "../staff/parts/picture.tsx";
import { PositionFacts } from "../staff/parts/position-facts.tsx";
import { SceneMap } from "../staff/parts/scene-map.tsx";
import { StandingMark } from "../staff/parts/standing.tsx";
import { useTakenOver } from "../staff/taking-over.ts";
import type { FeedView, IncidentView } from "../wire.ts";
import { CameraCard } from "./cameras.tsx";
import { gaveAway } from "./handling.tsx";
import { SpeakOrShow } from "./link-panel.tsx";
import { PlaceForm } from "./place-form.tsx";
import { Split } from "./split.tsx";
import { type ConsoleState, change, putInFront } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

function NoPicture({ desk, state, incident, feed }: Props & { feed: FeedView | null }) {
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
      {link.unreached && (
        <div class="buttons">
          <SpeakOrShow desk={desk} state={state} link={link} />
        </div>
      )}
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
  desk,
  feeds,
  feed,
  state,
}: {
  desk: Desk;
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
          onClick={() => putInFront(desk, state, other.id)}
        >
          <kbd>{index + 1}</kbd> {feedLabel(feeds, other)} · {feedWords(other)}
        </button>
      ))}
    </nav>
  );
}

/** What stands beside the picture in front while a drone is there: the drone's, or beside that the caller's. */
function besideFeed(feeds: readonly FeedView[], feed: FeedView): FeedView | null {
  const wanted = feed.kind === "drone" ? "caller" : "drone";
  return feeds.find(({ id, kind, state }) => id !== feed.id && kind === wanted && state !== "ended") ?? null;
}

interface OneProps extends Props {
  feeds: readonly FeedView[];
  feed: FeedView;
  beside: boolean;
}

function One({ desk, state, incident, feeds, feed, beside }: OneProps) {
  return (
    <FeedPicture
      desk={desk}
      feed={feed}
      link={linkOf(incident, feed)}
      label={feedLabel(feeds, feed)}
      beside={beside}
    >
      {feed.kind === "caller" ? (
        <NoPicture desk={desk} state={state} incident={incident} feed={feed} />
      ) : (
        <Coming feed={feed} />
      )}
    </FeedPicture>
  );
}

/** Of an incident that this person handed over: it is a colleague's to look at now. */
function GaveAway({ desk, state, incident }: Props) {
  const show = (): void => {
    desk.covers.update(anew); // what was uncovered then is covered again
    change(state, { anyway: true });
  };
  return (
    <section class="picture-pane" aria-label="Picture">
      <div class="picture is-empty">
        <div class="picture-empty">
          <Icon name="handOver" />
          <p>You handed this over to {incident.handler?.name}. Its pictures are off here.</p>
          <button type="button" onClick={show}>
            <Icon name="show" /> Show them anyway
          </button>
        </div>
      </div>
    </section>
  );
}

function PicturePane({ desk, state, incident }: Props) {
  const { feed: asked, anyway } = useStore(state);
  useTakenOver(desk, asked, (feed) => change(state, { feed }));
  if (incident.closed_at === null && !anyway && gaveAway(incident, desk.me.user.id))
    return <GaveAway desk={desk} state={state} incident={incident} />;
  const feeds = watchable(incident, desk.me.user.id);
  const feed = incident.closed_at === null ? chosenFeed(feeds, asked) : null;
  const beside = feed === null ? null : besideFeed(feeds, feed);
  return (
    <section class="picture-pane" aria-label="Picture">
      {feed === null ? (
        <div class="picture is-empty">
          <div class="picture-empty">
            <NoPicture desk={desk} state={state} incident={incident} feed={feed} />
          </div>
        </div>
      ) : (
        <div class="pictures-pair">
          {(beside === null ? [feed] : [feed, beside]).map((one) => (
            <One
              key={one.id}
              desk={desk}
              state={state}
              incident={incident}
              feeds={feeds}
              feed={one}
              beside={one !== feed}
            />
          ))}
        </div>
      )}
      {feed !== null && <FeedTabs desk={desk} feeds={feeds} feed={feed} state={state} />}
    </section>
  );
}

function NoPlace({ incident, onSet }: { incident: IncidentView; onSet: (() => void) | null }) {
  const closed = incident.closed_at !== null;
  return (
    <div class="map-empty">
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

function MapPane({ desk, state, incident, around }: Props & { around: Around }) {
  const now = useNow(() => desk.clock.now());
  const [placing, setPlacing] = useState(false);
  const { position } = incident;
  const onSet = incident.closed_at === null && !placing ? () => setPlacing(true) : null;
  // The form keeps its place when a position arrives: a field must not vanish under somebody's hands.
  return (
    <section class="map-pane" aria-label="Position">
      {position === null ? (
        <NoPlace incident={incident} onSet={onSet} />
      ) : (
        <div class="map-known">
          <SceneMap
            desk={desk}
            incident={incident}
            caller={position}
            around={around}
            card={(camera) => (
              <CameraCard
                key={camera.camera_id}
                desk={desk}
                state={state}
                incident={incident}
                camera={camera}
              />
            )}
          >
            {onSet !== null && (
              <button type="button" aria-label="Set another place" title="Set another place" onClick={onSet}>
                <Icon name="correct" />
              </button>
            )}
          </SceneMap>
          {!placing && <PositionFacts position={position} now={now} />}
        </div>
      )}
      {placing && incident.closed_at === null && (
        <PlaceForm desk={desk} incident={incident} onDone={() => setPlacing(false)} />
      )}
    </section>
  );
}

export function Middle({ around, ...props }: Props & { around: Around }) {
  const { swapped, beside } = useStore(props.state);
  // Both panes keep their places in the tree: a swap must not restart the picture.
  return (
    <Split
      swapped={swapped}
      beside={beside}
      picture={<PicturePane {...props} />}
      map={<MapPane {...props} key={props.incident.id} around={around} />}
    />
  );
}
