// How far callers' links came, how fast, and why no further: to be looked at rather than read. Sums only.
import { useLoaded } from "../lib/hooks.ts";
import { sorry } from "../lib/refusals.ts";
import type { CallerFigures, Reached, Spread, Tally } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";

const STEPS: Record<string, string> = {
  issued: "Issued",
  sent: "Sent",
  delivered: "Delivered",
  opened: "Opened",
  permitted: "Permitted",
  picture: "Picture",
};
const RUNGS: Record<string, string> = {
  live: "Live video",
  stills: "A still a second",
  "single-stills": "Single stills",
  upload: "Photo or clip",
  position: "Position only",
  text: "Words only",
  none: "Nothing",
};
const REASONS: Record<string, string> = {
  "not-sent": "The carrier refused the text",
  "not-opened": "The link was not opened",
  "not-pressed": "Opened, and Share was not pressed",
  "no-position": "No position: refused, or the phone has none",
  "permission-refused": "Camera refused",
  "no-camera": "No camera",
  "camera-taken": "Another app took the camera",
  hidden: "Page in the background, or screen off",
  "udp-and-tcp-blocked": "The network lets no video through",
  "too-slow": "The network is too slow for video",
  chosen: "The caller chose it",
  reloaded: "The page was loaded anew, and Share not pressed again",
  "no-script": "The page’s script did not run",
  unheard: "The phone sent, and nothing arrived",
};
const BROWSERS: Record<string, string> = {
  "chrome-android": "Chrome on Android",
  samsung: "Samsung Internet",
  "firefox-android": "Firefox on Android",
  iphone: "iPhone and iPad",
  "inside-app": "Inside another app",
  computer: "A computer",
  other: "Another",
  unknown: "Never opened",
};
const NETWORKS: Record<string, string> = {
  "slow-2g": "Slower than 2G",
  "2g": "2G",
  "3g": "3G",
  "4g": "4G or better",
  unknown: "Not said",
};

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round((100 * part) / whole)} %`;
}

function seconds(time: number | null): string {
  if (time === null) return "too few";
  return time < 60 ? `${time.toFixed(1)} s` : `${Math.floor(time / 60)} min ${Math.round(time % 60)} s`;
}

interface BarsProps {
  title: string;
  about?: string;
  rows: readonly Tally[];
  words: Record<string, string>;
  of: number;
}

/** A table whose share is drawn too. */
function Bars({ title, about, rows, words, of }: BarsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="figure-card" tabIndex={0}>
      <h2>{title}</h2>
      {about !== undefined && <p class="soft">{about}</p>}
      {rows.length === 0 ? (
        <p>Nothing to show yet.</p>
      ) : (
        <table class="totals">
          <thead class="sr-only">
            <tr>
              <th scope="col">What</th>
              <th scope="col">Links</th>
              <th scope="col">Of all</th>
              <th scope="col">Drawn</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, count }) => (
              <tr key={name}>
                <th scope="row">{words[name] ?? name}</th>
                <td class="sum">{count}</td>
                <td class="sum soft">{percent(count, of)}</td>
                <td class="bar-cell">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="bar-open" width="100" height="10" />
                    <rect class="bar-paid" width={of === 0 ? 0 : (100 * count) / of} height="10" />
                  </svg>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Half of them and nine of ten, on one scale. */
function Times({ times }: { times: readonly Spread[] }) {
  const most = Math.max(1, ...times.map((time) => time.p90_s ?? 0));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="figure-card" tabIndex={0}>
      <h2>How fast</h2>
      <p class="soft">
        From the issuing of the link. The dark end is half of them, the light one nine of ten.
      </p>
      <table class="totals">
        <thead>
          <tr>
            <th scope="col">Until</th>
            <th scope="col">half</th>
            <th scope="col">nine of ten</th>
            <th scope="col">
              <span class="sr-only">Drawn</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {times.map(({ name, median_s, p90_s }) => (
            <tr key={name}>
              <th scope="row">{STEPS[name] ?? name}</th>
              <td class="sum">{seconds(median_s)}</td>
              <td class="sum soft">{seconds(p90_s)}</td>
              <td class="bar-cell">
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect class="bar-open" width={(100 * (p90_s ?? 0)) / most} height="10" />
                  <rect class="bar-paid" width={(100 * (median_s ?? 0)) / most} height="10" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface GroupsProps {
  title: string;
  rows: readonly Reached[];
  words: Record<string, string>;
}

/** Of the opened, how many shared anything and how many a picture. */
function Groups({ title, rows, words }: GroupsProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must take the keyboard
    <section class="figure-card" tabIndex={0}>
      <h2>{title}</h2>
      <table class="totals">
        <thead>
          <tr>
            <th scope="col">
              <span class="sr-only">Which</span>
            </th>
            <th scope="col">links</th>
            <th scope="col">opened</th>
            <th scope="col">shared</th>
            <th scope="col">picture</th>
            <th scope="col">allowed → picture</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{words[row.name] ?? row.name}</th>
              <td class="sum">{row.links}</td>
              <td class="sum">{percent(row.opened, row.links)}</td>
              <td class="sum">{percent(row.shared, row.opened)}</td>
              <td class="sum">{percent(row.pictures, row.opened)}</td>
              <td class="sum soft">{seconds(row.permitted_to_picture_s)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function All({ figures }: { figures: CallerFigures }) {
  if (figures.links === 0)
    return <p class="empty">No link's incident has been closed in the last ninety days.</p>;
  return (
    <>
      <p class="soft">
        {figures.links} links of the last ninety days whose incidents are closed. Nothing here can be led back
        to a caller: no number, place, incident or moment is kept, only the hour.
      </p>
      <div class="figure-cards">
        <Bars title="How far" rows={figures.funnel} words={STEPS} of={figures.links} />
        <Times times={figures.times} />
        <Bars title="The best that each reached" rows={figures.rungs} words={RUNGS} of={figures.links} />
        <Bars
          title="Why no further"
          about="One link can have several reasons."
          rows={figures.reasons}
          words={REASONS}
          of={figures.links}
        />
        <Groups title="By browser" rows={figures.browsers} words={BROWSERS} />
        <Groups title="By network, as the browser believes" rows={figures.networks} words={NETWORKS} />
      </div>
    </>
  );
}

export function Callers({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.callers(), sorry);
  return <Shown held={held}>{(figures) => <All figures={figures} />}</Shown>;
}
