// One flight's log: what it was, how long it took, whether it kept the rules, where it flew, and all that was done.
import { useMemo, useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";
import type { MapCamera, MapPerson } from "../map/drawing.tsx";
import { AreaMap } from "../map/map.tsx";
import type { MapArea } from "../map/sky.tsx";
import { dayAndTime, logLines, timeOfDay } from "../staff/words.ts";
import type { FlightLog, FlightTimes } from "../wire.ts";
import { Charts, PhaseTable } from "./charts.tsx";
import { gaze, type Second, stretches, track } from "./track.ts";
import { endTone, endWords, gazeWords, placeWords, secondWords, span, type Verdict } from "./words.ts";

interface Props {
  log: FlightLog;
  areas: readonly MapArea[];
  onBack(): void;
}

const NOBODY: readonly MapCamera[] = [];
const AROUND_M = 40;

function Times({ times }: { times: FlightTimes }) {
  const shown: [string, number | null][] = [
    ["Call to launch", times.to_launch_s],
    ["Launch to scene", times.to_scene_s],
    ["Call to an officer's first picture", times.to_picture_s],
  ];
  return (
    <dl class="times">
      {shown.map(([name, s]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{s === null ? "–" : span(s)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Kept({ verdict }: { verdict: Verdict }) {
  return (
    <p class={`kept tone-${verdict.tone}`}>
      <Icon name={verdict.tone === "good" ? "done" : "warning"} /> <span>{verdict.words}</span>
    </p>
  );
}

function Facts({ log }: { log: FlightLog }) {
  const { summary, record, remote_id } = log;
  const facts: [string, string][] = [
    ["Sent by", summary.sent_by === "system" ? "Sightline" : summary.sent_by],
    ["Pilot in command", summary.pilot],
    ["Dock", summary.dock],
    ["Planned", `${Math.round(record.plan.height_m)} m high, ${span(record.plan.to_scene_s)} to the scene`],
    ["In the air", summary.air_s === 0 ? "–" : span(summary.air_s)],
    ["Of its battery", summary.ended_at === null ? "–" : `${Math.round(summary.used * 100)} %`],
    ["Remote ID", remote_id === "" ? "not told" : remote_id],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd dir="auto">{words}</dd>
        </div>
      ))}
    </dl>
  );
}

function Way({ log, areas, seconds, at }: Props & { seconds: readonly Second[]; at: number }) {
  const { summary, record, home } = log;
  const now = seconds[at];
  const drones: MapPerson[] =
    now === undefined
      ? []
      : [
          {
            id: summary.id,
            name: summary.drone,
            point: now.point,
            accuracy_m: 1,
            heading_deg: now.heading_deg,
            kind: "drone",
            stale: false,
            apart: true,
            far: null,
            soon: null,
            words: secondWords(now),
          },
        ];
  const within = useMemo(
    () =>
      [home, record.plan.place, ...seconds.map(({ point }) => point)].map((point) => ({
        point,
        radius_m: AROUND_M,
      })),
    [log],
  );
  return (
    <AreaMap
      label={`The way of ${summary.drone} from ${summary.dock} to the incident, which is marked by a cross`}
      cameras={NOBODY}
      drones={drones}
      trail={seconds.map(({ point }) => point)}
      within={within}
      sky={{
        docks: [{ id: "home", name: summary.dock, point: home, state: "ready" }],
        areas,
        flights: [],
        told: record.plan.place,
      }}
      gentle
    />
  );
}

function Done({ log }: { log: FlightLog }) {
  const lines = useMemo(() => logLines(log.lines), [log]);
  return (
    <ol class="done">
      {lines.map(({ key, at, text, weight, times }) => (
        <li key={key} class={`is-${weight}`}>
          <time dateTime={at}>{timeOfDay(at)}</time>
          <span>
            {weight === "warning" && <Icon name="warning" />} {text}
            {times > 1 && ` ×${times}`}
          </span>
        </li>
      ))}
    </ol>
  );
}

export function Log({ log, areas, onBack }: Props) {
  const { summary } = log;
  const seconds = useMemo(() => track(log), [log]);
  const phases = useMemo(() => stretches(seconds), [seconds]);
  const [at, setAt] = useState(0);
  const told = log.lines.filter(({ refusal }) => refusal === null);
  const breaches = told.filter(({ action }) => action === "drone.breach").length;
  const outside = told
    .filter(({ action, details }) => action === "drone.fault" && details.fault === "outside")
    .map(({ details }) => details.words ?? "");
  return (
    <article class="log">
      <header>
        <button type="button" class="to-flights" onClick={onBack}>
          <Icon name="back" /> All flights
        </button>
        <h2>
          {summary.drone}, {summary.incident_type}
        </h2>
        <p>
          <span class={`tone-${endTone(summary)}`}>{endWords(summary)}</span> ·{" "}
          {dayAndTime(summary.pressed_at)}
        </p>
        <a
          class="button"
          href={`/api/flights/${summary.id}/log`}
          download={`${summary.drone} ${summary.pressed_at.slice(0, 19).replaceAll(":", "")}.json`}
        >
          <Icon name="download" /> Download as JSON
        </a>
      </header>
      <Times times={summary.times} />
      <Facts log={log} />
      {seconds.length === 0 ? (
        <p class="empty">It never left its dock, so there is no track.</p>
      ) : (
        <>
          <Kept verdict={gazeWords(gaze(seconds, log.level_deg), log.within_m, breaches)} />
          <Kept verdict={placeWords(outside)} />
          <section class="log-map" aria-label="Where it flew">
            <Way log={log} areas={areas} onBack={onBack} seconds={seconds} at={at} />
          </section>
          <Charts log={log} seconds={seconds} phases={phases} at={at} onAt={setAt} />
          <PhaseTable phases={phases} />
        </>
      )}
      <h3>What was done, and who saw it</h3>
      <Done log={log} />
    </article>
  );
}
