// Connectors of a site: what they found, what they sent, and how to enrol another.
import { useEffect, useState } from "preact/hooks";
import { useAct, useNow } from "../lib/hooks.ts";
import { ago, countdown } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { ConnectorView, SiteView, SourceView, TrafficView } from "../wire.ts";
import { Fold, Twice } from "./fold.tsx";
import type { Lender } from "./lender.ts";
import { sorry } from "./refusals.ts";
import { bars, trafficWords } from "./traffic.ts";
import { sentWords } from "./words.ts";

interface Shown {
  code: string;
  until: number;
}

/** The code is shown once, large, with the time that it still works and what to type. */
export function Enrol({ lender, site }: { lender: Lender; site: SiteView }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const act = useAct(sorry);
  const now = useNow(() => performance.now());
  const get = (): void =>
    void act.run(async () => {
      const { code, seconds_left } = await lender.calls.code(site.id);
      setShown({ code, until: performance.now() + seconds_left * 1000 });
    });
  const left = shown === null ? 0 : shown.until - now;
  return (
    <div class="form">
      <p>
        A connector is a small program on a computer beside the cameras. It calls out to 911's server and lets
        nobody in; the cameras' passwords stay with it.
      </p>
      {shown !== null && left > 0 && (
        <div class="code">
          <p class="code-digits">{shown.code}</p>
          <p>Works once, for {countdown(left)} more minutes. On that computer, type:</p>
          <pre>
            <code>{`sightline connector enrol ${location.origin} ${shown.code}`}</code>
          </pre>
        </div>
      )}
      {shown !== null && left <= 0 && <p role="status">That code has run out. Take a new one.</p>}
      <ProblemNote text={act.problem} />
      <button type="button" class={left > 0 ? "" : "primary"} disabled={act.busy} onClick={get}>
        <Icon name="code" /> {shown === null ? "Show a code" : "Show a new code"}
      </button>
    </div>
  );
}

function Week({ lender, connector }: { lender: Lender; connector: ConnectorView }) {
  const [traffic, setTraffic] = useState<TrafficView | null>(null);
  const act = useAct(sorry);
  const read = (): void => void act.run(async () => setTraffic(await lender.calls.traffic(connector.id)));
  useEffect(read, []);
  if (traffic === null) {
    return act.problem === null ? (
      <p role="status">Reading what it counted…</p>
    ) : (
      <ProblemNote text={act.problem} />
    );
  }
  const words = trafficWords(traffic);
  const drawn = bars(traffic);
  return (
    <>
      {drawn.length > 0 && (
        <svg
          class="week"
          role="img"
          aria-label={words.join(" ")}
          viewBox={`0 0 ${drawn.length * 4} 50`}
          preserveAspectRatio="none"
        >
          {drawn.map((bar, n) => (
            <rect
              key={bar.at}
              class={`week-${bar.kind}`}
              x={n * 4}
              width="3"
              y={bar.kind === "sent" ? 48 - 46 * bar.height : 46}
              height={bar.kind === "sent" ? 46 * bar.height + 2 : bar.kind === "gap" ? 1 : 2}
            />
          ))}
        </svg>
      )}
      <p class="week-ends" aria-hidden="true">
        <span>a week ago</span>
        <span>now</span>
      </p>
      {words.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </>
  );
}

function sourceWords(source: SourceView): string {
  const size = source.width > 0 ? `${source.width} × ${source.height}` : "";
  const cost = source.transcodes ? "must be converted, which costs that computer work" : "";
  return [size, cost].filter(Boolean).join(", ");
}

function Sources({ site, connector }: { site: SiteView; connector: ConnectorView }) {
  if (connector.sources.length === 0) return <p class="small">It has found no camera yet.</p>;
  return (
    <ul class="sources">
      {connector.sources.map((source) => {
        const camera = site.cameras.find(({ id }) => id === source.camera_id);
        return (
          <li key={source.name}>
            <strong>{source.label || source.name}</strong>
            <span>
              {camera === undefined ? "Not on the list yet: add a camera to use it" : `Is ${camera.name}`}
            </span>
            {sourceWords(source) !== "" && <span>{sourceWords(source)}</span>}
            {source.trouble !== null && (
              <span class="tone-waiting">
                <Icon name="warning" /> {source.trouble}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

export function Connector({
  lender,
  site,
  connector,
}: {
  lender: Lender;
  site: SiteView;
  connector: ConnectorView;
}) {
  const act = useAct(sorry);
  const now = useNow(() => lender.clock.now());
  const [looking, setLooking] = useState(false);
  const seen =
    connector.seen_at === null ? "never seen" : `last seen ${ago(now - Date.parse(connector.seen_at))}`;
  const discover = async (): Promise<void> => {
    if (await act.run(() => lender.calls.discover(connector.id))) setLooking(true);
  };
  return (
    <article class="card connector" aria-label={`Connector ${connector.name}`}>
      <h3>{connector.name}</h3>
      <p class={`standing ${connector.connected ? "tone-good" : "tone-waiting"}`}>
        <Icon name={connector.connected ? "done" : "lost"} />
        <span>{connector.connected ? "Connected" : `Not connected, ${seen}`}</span>
      </p>
      {!connector.connected && (
        <p class="small">Look whether its computer is on and online. It comes back by itself.</p>
      )}
      {connector.trouble !== null && <ProblemNote text={connector.trouble} />}
      <p>{sentWords(connector.media_bytes_day)}</p>
      <Sources site={site} connector={connector} />
      <div class="buttons">
        <button type="button" disabled={act.busy || !connector.connected} onClick={() => void discover()}>
          <Icon name="search" /> Look for cameras
        </button>
      </div>
      {looking && (
        <p role="status" class="small">
          It is looking. What it finds appears here within a minute.
        </p>
      )}
      <ProblemNote text={act.problem} />
      <Fold icon="history" title="What it sent" now="The last seven days, signed by the connector">
        {() => <Week lender={lender} connector={connector} />}
      </Fold>
      <Fold icon="remove" title="Remove this connector" now={`Version ${connector.version || "unknown"}`}>
        {() => (
          <Twice
            first="Remove it"
            sure="Remove for good"
            words="Its cameras stay on the list, without a picture. To bring it back it needs a new code."
            busy={act.busy}
            onSure={() => void act.run(() => lender.calls.retireConnector(connector.id))}
          />
        )}
      </Fold>
    </article>
  );
}
