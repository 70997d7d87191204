// The drone's two pictures and the caller's: one large, the others beside it or in its corner. A press swaps; the picture
// goes on while it changes its size. On the large one of the drone's a drag turns its camera.
import { useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";
import { linkOf } from "../staff/links.ts";
import { FeedPicture } from "../staff/parts/picture.tsx";
import type { FeedView } from "../wire.ts";
import { Aim } from "./aim.tsx";
import type { Piloting } from "./flight.tsx";

type Which = "colour" | "thermal" | "caller";
type Layout = "beside" | "inset";

const LABELS: Readonly<Record<Which, string>> = { colour: "Colour", thermal: "Thermal", caller: "Caller" };
const KEPT = "sightline.pilot.layout";

function keptLayout(): Layout {
  try {
    return localStorage.getItem(KEPT) === "inset" ? "inset" : "beside";
  } catch {
    return "beside";
  }
}

interface One {
  which: Which;
  feed: FeedView;
}

function feedsOf({ flight, incident }: Piloting): One[] {
  const feeds = incident?.feeds ?? [];
  const of = (which: Which, feed: FeedView | undefined): One[] =>
    feed === undefined ? [] : [{ which, feed }];
  const caller =
    feeds.find(({ kind, state }) => kind === "caller" && state === "live") ??
    feeds.find(({ kind }) => kind === "caller");
  return [
    ...of(
      "colour",
      feeds.find(({ id }) => id === flight.colour_feed_id),
    ),
    ...of(
      "thermal",
      feeds.find(({ id }) => id === flight.thermal_feed_id),
    ),
    ...of("caller", caller),
  ];
}

function Missing({ feed }: { feed: FeedView }) {
  return (
    <>
      <Icon name="queued" />
      <p>{feed.state === "ended" ? "This picture has ended." : "The picture comes by itself."}</p>
    </>
  );
}

export function Pictures(props: Piloting) {
  const { desk, incident, flight, may } = props;
  const [asked, setAsked] = useState<Which>("colour");
  const [layout, setLayout] = useState<Layout>(keptLayout);
  const all = feedsOf(props);
  const large = all.find(({ which }) => which === asked)?.which ?? all[0]?.which ?? null;
  const turn = (): void => {
    const next = layout === "beside" ? "inset" : "beside";
    setLayout(next);
    try {
      localStorage.setItem(KEPT, next);
    } catch {
      // then it lasts as long as the page
    }
  };
  if (large === null) {
    return (
      <div class="picture is-empty">
        <div class="picture-empty">
          <Icon name="camera" />
          <p>{flight.drone} sends no picture yet. It comes by itself.</p>
        </div>
      </div>
    );
  }
  return (
    <ul class={`eyes is-${layout} of-${all.length}`}>
      {all.map(({ which, feed }) => (
        <li key={which} class={which === large ? "eye is-large" : `eye is-${which}`}>
          <FeedPicture
            desk={desk}
            feed={feed}
            link={incident === null ? null : linkOf(incident, feed)}
            label={LABELS[which]}
            small={which !== large}
          >
            <Missing feed={feed} />
          </FeedPicture>
          {which === large && which !== "caller" && may && <Aim {...props} />}
          {which !== large && (
            <button type="button" class="eye-press" onClick={() => setAsked(which)}>
              <span class="sr-only">Show </span>
              {LABELS[which]}
              <span class="sr-only"> large</span>
            </button>
          )}
        </li>
      ))}
      {all.length > 1 && (
        <li class="eyes-layout">
          <button
            type="button"
            class="square"
            aria-label={layout === "beside" ? "Small pictures into the corner" : "Pictures beside each other"}
            onClick={turn}
          >
            <Icon name={layout === "beside" ? "float" : "layout"} />
          </button>
        </li>
      )}
    </ul>
  );
}
