// Everything that happened, oldest first, following its newest line unless somebody has scrolled away.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useSize } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import type { EntryView } from "../../wire.ts";
import type { Reading } from "../desk.ts";
import { logLines, timeOfDay } from "../words.ts";

const NEAR_PX = 32;

function nothing(reading: Reading): string {
  if (reading === "failed")
    return "The log could not be read. It comes by itself when the connection is back.";
  return reading === "reading" ? "Reading the log…" : "Nothing has happened yet.";
}

interface Props {
  entries: readonly EntryView[];
  reading: Reading;
  /** What stands in the place of a line about a note; null for the line itself. */
  note?: (id: string) => ComponentChildren | null;
  /** After the newest line. */
  children?: ComponentChildren;
}

export function Timeline({ entries, reading, note, children = null }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const lines = logLines(entries);
  useSize(box); // what becomes lower still ends with its newest line

  useLayoutEffect(() => {
    if (following && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  });

  const scrolled = (): void => {
    const b = box.current;
    if (b !== null) setFollowing(b.scrollHeight - b.scrollTop - b.clientHeight < NEAR_PX);
  };

  if (lines.length === 0)
    return (
      <div class="timeline">
        <p class="empty">{nothing(reading)}</p>
        {children}
      </div>
    );
  return (
    <div class="timeline">
      <div
        class="timeline-box"
        ref={box}
        role="log"
        aria-label="What happened"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scrolled}
      >
        <ol>
          {lines.map((line) => (
            <li key={line.key} class={`entry entry-${line.weight}`}>
              <time dateTime={line.at}>{timeOfDay(line.at)}</time>
              {(line.note !== null && note?.(line.note)) || (
                <span>
                  {line.weight === "warning" && <Icon name="warning" />}
                  {line.text}
                  {line.times > 1 && <span class="times"> ×{line.times}</span>}
                </span>
              )}
            </li>
          ))}
        </ol>
        {children}
      </div>
      {!following && (
        <button type="button" class="timeline-newest" onClick={() => setFollowing(true)}>
          Newest
        </button>
      )}
    </div>
  );
}
