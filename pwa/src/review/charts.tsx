// A week's openings as bars against the median, and as the tables that they are drawn from.
import { useState } from "preact/hooks";
import type { BarView, WeekView } from "../wire.ts";
import { week } from "./words.ts";

interface BarsProps {
  title: string;
  bars: BarView[];
  median: number;
  short: boolean;
}

function Bars({ title, bars, median, short }: BarsProps) {
  const most = Math.max(...bars.map((bar) => bar.incidents), median, 1);
  if (bars.length === 0) return null;
  return (
    <table class="bars">
      <caption>
        {title}
        <span class="under">the line is the median, {median}</span>
      </caption>
      <thead class="sr-only">
        <tr>
          <th scope="col">Who or what</th>
          <th scope="col">Incidents</th>
          <th scope="col">Against the median</th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => (
          <tr key={bar.name}>
            <th scope="row" dir="auto" title={bar.name}>
              {short ? bar.name.slice(0, 6) : bar.name}
            </th>
            <td class="sum">{bar.incidents}</td>
            <td class="bar-cell">
              <svg
                viewBox="0 0 100 12"
                preserveAspectRatio="none"
                role="img"
                aria-label={`${(bar.incidents / Math.max(median, 1)).toFixed(1)} times the median`}
              >
                <rect class="bar" width={(100 * bar.incidents) / most} height="12" />
                <rect class="median" x={(98.8 * median) / most} width="1.2" height="12" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Charts({ weeks }: { weeks: WeekView[] }) {
  const [chosen, setChosen] = useState(0);
  const held = weeks[chosen] ?? weeks[0];
  if (held === undefined) return null;
  return (
    <section class="charts" aria-labelledby="charts-title">
      <div class="head">
        <h2 id="charts-title">Lent cameras, by week</h2>
        <label class="pick">
          <span class="sr-only">Which week</span>
          <select value={String(chosen)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
            {weeks.map((one, at) => (
              <option key={one.week} value={String(at)}>
                {week(one.week)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {held.openings === 0 ? (
        <p class="empty">No lent camera was opened in this week.</p>
      ) : (
        <>
          <p>
            Opened {held.openings === 1 ? "once" : `${held.openings} times`} in{" "}
            {held.incidents === 1 ? "1 incident" : `${held.incidents} incidents`}.
          </p>
          <div class="two">
            <Bars
              title="People, by incidents in which they opened one"
              bars={held.people}
              median={held.people_median}
              short
            />
            <Bars
              title="Cameras, by incidents in which they were opened"
              bars={held.cameras}
              median={held.cameras_median}
              short={false}
            />
          </div>
        </>
      )}
    </section>
  );
}
