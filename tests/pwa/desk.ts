// A staff page without its screen: the pages' own desk, line and world in Node, spoken to in JSON lines.
//
//     node desk.ts 127.0.0.1:8800 http://origin "sightline=…" '{"user":…,"csrf":…}'
//     {"do":"select","incident":"inc_1"}  {"do":"online"}  {"do":"tell"}
//
// Each line is answered by one. It notes what its sockets carry, so that a test may count.
import { createInterface } from "node:readline";
import type { Desk as StaffDesk } from "../../pwa/src/staff/desk.ts";

const [host = "", origin = "", cookie = "", me = ""] = process.argv.slice(2);
const headers = { cookie, origin };
const numbers: Record<string, number[]> = {};
let listener = "";
let resumed = 0;

class Socket extends WebSocket {
  constructor(address: string) {
    super(address, { headers } as unknown as string[]);
    this.addEventListener("message", ({ data }) => {
      const said = JSON.parse(String(data)) as { type: string; n?: number; listener?: string };
      listener = said.listener ?? listener;
      if (said.type === "resumed") resumed++;
      numbers[listener] ??= [];
      if (said.n !== undefined) numbers[listener]?.push(said.n);
    });
  }
}

const ask = fetch;
Object.assign(globalThis, {
  WebSocket: Socket,
  fetch: (path: string, init: RequestInit = {}) =>
    ask(`http://${host}${path}`, { ...init, headers: { ...init.headers, ...headers } }),
  location: { protocol: "http:", host, hash: "", pathname: "/console", replace: () => {} },
  history: { replaceState: (_: unknown, __: string, path: string) => { location.hash = path.split("#")[1] === undefined ? "" : `#${path.split("#")[1]}`; } },
  window: Object.assign(new EventTarget(), { setTimeout }),
  document: new EventTarget(),
});

// only now: what it imports looks for a browser
const { Desk } = (await import("../../pwa/src/staff/desk.ts")) as { Desk: typeof StaffDesk };
const desk = new Desk(JSON.parse(me));
desk.start(new AbortController().signal);

function told() {
  const { incidents, units, notes, logs, duty, phrases, snapshots, selected } = desk.world.value;
  const open = [...incidents.values()].filter((incident) => incident.closed_at === null);
  const byId = <T extends { id: string }>(things: T[]) => things.sort((a, b) => a.id.localeCompare(b.id));
  return {
    world: {
      incidents: byId(open),
      units: byId([...units.values()]),
      notes: notes.get(selected ?? "")?.notes ?? [], // of others a page knows what was written before its eyes
      log: logs.get(selected ?? "") ?? [],
      duty,
      phrases,
    },
    line: desk.line.value,
    snapshots,
    resumed,
    numbers,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const said = JSON.parse(line) as { do: string; incident?: string };
  if (said.do === "select") desk.select(said.incident ?? null);
  if (said.do === "online") window.dispatchEvent(new Event("online"));
  console.log(JSON.stringify(told()));
}
process.exit(0);
