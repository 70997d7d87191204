// One incident on an officer's phone: the picture first, then the map, then how far and which way.
import { useEffect, useState } from "preact/hooks";
import { useNow, useStore } from "../lib/hooks.ts";
import { accuracyWords, ago, coordinates, STALE_MS, soonTo, wayTo } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { keepAwake } from "../lib/wakelock.ts";
import type { Desk } from "../staff/desk.ts";
import { glassFor } from "../staff/glass.ts";
import { type Around, useNearby } from "../staff/nearby.ts";
import { SceneMap } from "../staff/parts/scene-map.tsx";
import { Timeline } from "../staff/parts/timeline.tsx";
import { timeOfDay } from "../staff/words.ts";
import type { IncidentView, Position } from "../wire.ts";
import { CameraCard } from "./camera-card.tsx";
import type { Glance } from "./glance.ts";
import { PictureArea } from "./pictures.tsx";
import type { Sharing } from "./sharing.ts";
import { OtherUnits, OwnStatus } from "./status.tsx";
import { WordsSheet } from "./words-sheet.tsx";

interface Props {
  desk: Desk;
  glance: Glance;
  sharing: Sharing;
  incident: IncidentView;
}

interface Shown {
  around: Around;
  onShow(feed: string): void;
}

/** The first moments are the picture's and those of presses: streets take a phone long, and come under what is drawn. */
const STREETS_AFTER_PICTURE_MS = 2000;
const LONGEST_WAIT_FOR_PICTURE_MS = 4000;

/** Whether it is time for the map's streets; and what says that the picture plays. */
function useStreets(): { time: boolean; plays(): void } {
  const [plays, setPlays] = useState(false);
  const [time, setTime] = useState(false);
  useEffect(() => {
    const timer = setTimeout(
      () => setTime(true),
      plays ? STREETS_AFTER_PICTURE_MS : LONGEST_WAIT_FOR_PICTURE_MS,
    );
    return () => clearTimeout(timer);
  }, [plays]);
  return { time, plays: () => setPlays(true) };
}

function MapArea({
  desk,
  sharing,
  incident,
  around,
  onShow,
  later,
}: Omit<Props, "glance"> & Shown & { later: boolean }) {
  const { here } = useStore(sharing.shared);
  if (incident.position === null) {
    return (
      <div class="map-empty">
        <Icon name="place" />
        <p>No position yet. It comes by itself when the caller shares it.</p>
      </div>
    );
  }
  return (
    <SceneMap
      desk={desk}
      incident={incident}
      caller={incident.position}
      around={around}
      here={here}
      later={later}
      card={(camera) => (
        <CameraCard key={camera.camera_id} desk={desk} incident={incident} camera={camera} onShow={onShow} />
      )}
    />
  );
}

function WayThere({ desk, sharing, incident }: Omit<Props, "glance">) {
  const { here } = useStore(sharing.shared);
  const now = useNow(() => desk.clock.now());
  const to = incident.position;
  if (to === null) return <p class="way">Position unknown</p>;
  const age = now - Date.parse(to.at);
  const old = age > STALE_MS;
  const soon = here === null ? null : soonTo(here, to, now);
  return (
    <div class="way-box">
      {here !== null && (
        <p class="way">
          {wayTo(here, to)}
          {soon !== null && <span class="way-soon"> {soon}</span>}
        </p>
      )}
      <p class={old ? "way-how tone-waiting" : "way-how"}>
        {old && <Icon name="age" />} {to.source === "dispatcher" ? "From dispatch: " : "Position "}
        {accuracyWords(to.accuracy_m)}, {ago(age)}
      </p>
    </div>
  );
}

/** Opens the phone's own navigation: by RFC 5870, and by Apple's scheme where that is not known. */
function navigation(to: Position): string {
  const place = `${to.latitude},${to.longitude}`;
  return /iPhone|iPad/.test(navigator.userAgent) ? `maps:?daddr=${place}` : `geo:${place}?q=${place}`;
}

/** What did not work; the menu says more and tries again. */
function Problems({ sharing }: Pick<Props, "sharing">) {
  const { problem } = useStore(sharing.shared);
  return (
    <div class="problems" role="alert">
      {problem !== null && <p class="share-problem">{problem}</p>}
    </div>
  );
}

/** That this officer sees it by broken glass, until when, and that everybody can know. */
function ByGlass({ desk, incident }: Pick<Props, "desk" | "incident">) {
  const glass = glassFor(useStore(desk.world), incident, desk.me.user.id);
  if (glass === null) return null;
  return (
    <p class="glass-banner" role="status">
      <Icon name="glass" />
      <span>By broken glass until {timeOfDay(glass.expires_at).slice(0, 5)}, on public record</span>
    </p>
  );
}

export function IncidentScreen(props: Props) {
  const { desk, glance, sharing, incident } = props;
  const world = useStore(desk.world);
  const reading = useStore(desk.reading);
  const around = useNearby(desk, incident);
  const [asked, setAsked] = useState<string | null>(null);
  const [log, setLog] = useState(false);
  const streets = useStreets();
  const [writing, setWriting] = useState(false);
  useEffect(() => {
    const leave = new AbortController();
    keepAwake(leave.signal);
    return () => leave.abort();
  }, []);
  const entries = world.logs.get(incident.id) ?? [];
  return (
    <main
      class={writing ? "incident is-writing" : "incident"}
      aria-label={`${incident.type}: ${incident.words}`}
    >
      <ByGlass desk={desk} incident={incident} />
      <section class="area-picture" aria-label="Picture" onPlayingCapture={streets.plays}>
        <PictureArea
          desk={desk}
          glance={glance}
          incident={incident}
          around={around}
          asked={asked}
          onShow={setAsked}
        />
      </section>
      <section class="area-map" aria-label={log ? "What happened" : "Position"}>
        {log ? (
          <Timeline entries={entries} reading={reading} />
        ) : (
          <MapArea {...props} around={around} onShow={setAsked} later={!streets.time} />
        )}
      </section>
      <WordsSheet desk={desk} incident={incident} open={writing} onOpen={setWriting} />
      <section class="area-facts" aria-label="Distance and actions">
        <WayThere {...props} />
        <OtherUnits desk={desk} incident={incident} />
        <Problems sharing={sharing} />
        <div class="thumbs">
          <OwnStatus desk={desk} incident={incident} />
          {incident.position !== null && (
            <a
              class="button"
              href={navigation(incident.position)}
              aria-label={`Go to ${coordinates(incident.position)}`}
            >
              <Icon name="place" /> Go
            </a>
          )}
          <button type="button" onClick={() => setLog(!log)}>
            <Icon name={log ? "place" : "history"} /> {log ? "Map" : "Log"}
          </button>
        </div>
      </section>
    </main>
  );
}
