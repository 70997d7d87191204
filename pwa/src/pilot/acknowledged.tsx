// What became of each press, by the drone's own answer. Nothing here says "done" before the drone does.
import { useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import type { Asked, Orders } from "../staff/flights.ts";

const STATES: Readonly<Record<Asked["state"], { icon: "queued" | "done" | "failed"; word: string }>> = {
  pending: { icon: "queued", word: "asked" },
  accepted: { icon: "done", word: "accepted" },
  refused: { icon: "failed", word: "not done" },
};

function Line({ one }: { one: Asked }) {
  const { icon, word } = STATES[one.state];
  return (
    <li class={`is-${one.state}`}>
      <Icon name={icon} />
      <span>
        <strong>{one.what}</strong> {word}
        {one.took_ms !== null && ` in ${one.took_ms} ms`}
        {one.state === "refused" && one.words !== "" && `: ${one.words}`}
      </span>
    </li>
  );
}

export function Acknowledged({ orders }: { orders: Orders }) {
  const asked = useStore(orders.asked);
  const [newest] = asked;
  return (
    <div class="acknowledged">
      <h2 class="sr-only">The drone's answers</h2>
      {newest === undefined && <p>What you ask of it is answered here.</p>}
      <ul>
        {asked.slice(0, 2).map((one) => (
          <Line key={one.n} one={one} />
        ))}
      </ul>
      <p class="sr-only" role="status">
        {newest === undefined || newest.state === "pending"
          ? ""
          : `${newest.what} ${STATES[newest.state].word} ${newest.state === "refused" ? newest.words : ""}`}
      </p>
    </div>
  );
}
