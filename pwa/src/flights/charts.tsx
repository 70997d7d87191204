// Height, battery and camera of a flight over its time, one above the other, with one line through all of them: now.
import { timeOfDay } from "../staff/words.ts";
import type { FlightLog } from "../wire.ts";
import { looksDown, path, type Second, type Stretch } from "./track.ts";
import { phaseName, secondWords } from "./words.ts";

interface Props {
  log: FlightLog;
  seconds: readonly Second[];
  phases: readonly Stretch[];
  /** Which second is looked at. */
  at: number;
  onAt(at: number): void;
}

interface CurveProps extends Props {
  title: string;
  now: string;
  value(second: Second): number | null;
  range: readonly [number, number];
  marks: readonly [string, string];
  /** A line across, where something begins that matters. */
  line?: number;
  camera?: boolean;
}

function share(seconds: readonly Second[], at: number): number {
  const first = seconds[0]?.at ?? 0;
  return (1000 * (at - first)) / Math.max(1, (seconds.at(-1)?.at ?? 0) - first);
}

/** Where the camera may look down: the incident is near. */
function Free({ seconds }: { seconds: readonly Second[] }) {
  const runs: [number, number][] = [];
  seconds.forEach(({ free }, n) => {
    const last = runs.at(-1);
    if (!free) return;
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else runs.push([n, n]);
  });
  return (
    <>
      {runs.map(([from, to]) => {
        const x = share(seconds, seconds[from]?.at ?? 0);
        return (
          <rect
            key={from}
            class="is-free"
            x={x}
            y="0"
            width={share(seconds, seconds[to]?.at ?? 0) - x}
            height="100"
          />
        );
      })}
    </>
  );
}

function Curve({
  log,
  seconds,
  phases,
  at,
  title,
  now,
  value,
  range,
  marks,
  line,
  camera = false,
}: CurveProps) {
  const [low, high] = range;
  const y = line === undefined ? null : 100 - (100 * (line - low)) / (high - low);
  const bad = (second: Second): number | null => (looksDown(second, log.level_deg) ? value(second) : null);
  return (
    <figure class="curve">
      <figcaption>
        {title} <strong>{now}</strong>
      </figcaption>
      <span class="curve-most">{marks[1]}</span>
      <span class="curve-least">{marks[0]}</span>
      <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
        {camera && <Free seconds={seconds} />}
        {phases.slice(1).map(({ from }) => (
          <path key={from} class="is-phase" d={`M${share(seconds, from)} 0V100`} />
        ))}
        {y !== null && <path class="is-line" d={`M0 ${y}H1000`} />}
        <path class="is-curve" d={path(seconds, value, range)} />
        {camera && <path class="is-bad" d={path(seconds, bad, range)} />}
        <path class="is-now" d={`M${share(seconds, seconds[at]?.at ?? 0)} 0V100`} />
      </svg>
    </figure>
  );
}

export function Charts(props: Props) {
  const { log, seconds, phases, at, onAt } = props;
  const now = seconds[at];
  if (now === undefined) return null;
  const highest = Math.max(20, ...seconds.map(({ height_m }) => height_m));
  const top = Math.ceil(highest / 10) * 10;
  return (
    <div class="curves">
      <ol class="phases" aria-hidden="true">
        {phases.map(({ phase, from, to }) => (
          <li
            key={from}
            class={`is-${phase}`}
            style={{ flexGrow: Math.max(1, to - from) }}
            title={phaseName(phase)}
          >
            {phaseName(phase)}
          </li>
        ))}
      </ol>
      <Curve
        {...props}
        title="Height above its dock"
        now={`${Math.round(now.height_m)} m`}
        value={({ height_m }) => height_m}
        range={[0, top]}
        marks={["0 m", `${top} m`]}
      />
      <Curve
        {...props}
        title="Battery"
        now={`${Math.round(now.charge * 100)} %`}
        value={({ charge }) => charge * 100}
        range={[0, 100]}
        marks={["0 %", "100 %"]}
      />
      <Curve
        {...props}
        title="Camera, below the horizon"
        now={now.pitch_deg === null ? "not known" : `${Math.round(now.pitch_deg)}°`}
        value={({ pitch_deg }) => pitch_deg}
        range={[-90, 30]}
        marks={["−90°", "30°"]}
        line={-log.level_deg}
        camera
      />
      <label class="scrub">
        <span>
          {timeOfDay(now.at)} <span class="under">{secondWords(now)}</span>
        </span>
        <input
          type="range"
          min={0}
          max={seconds.length - 1}
          value={at}
          aria-label="Moment of the flight"
          aria-valuetext={`${timeOfDay(now.at)}, ${secondWords(now)}`}
          onInput={(event) => onAt(Number(event.currentTarget.value))}
        />
      </label>
      <p class="under">
        The dashed line is {log.level_deg}° below the horizon: farther than {Math.round(log.within_m)} m from
        the incident the camera may not look lower. Where it is shaded it may.
      </p>
    </div>
  );
}

/** The same in numbers, phase by phase. */
export function PhaseTable({ phases }: { phases: readonly Stretch[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="wide" tabIndex={0} aria-label="The flight, phase by phase">
      <table>
        <caption class="sr-only">The flight, phase by phase</caption>
        <thead>
          <tr>
            <th scope="col">Phase</th>
            <th scope="col">From</th>
            <th scope="col">Took</th>
            <th scope="col">Highest</th>
            <th scope="col">Camera, lowest</th>
            <th scope="col">Battery then</th>
          </tr>
        </thead>
        <tbody>
          {phases.map(({ phase, from, to, highest_m, lowest_deg, charge }) => (
            <tr key={from}>
              <th scope="row">{phaseName(phase)}</th>
              <td>{timeOfDay(from)}</td>
              <td>{Math.round((to - from) / 1000)} s</td>
              <td>{Math.round(highest_m)} m</td>
              <td>{lowest_deg === null ? "–" : `${Math.round(lowest_deg)}°`}</td>
              <td>{Math.round(charge * 100)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
