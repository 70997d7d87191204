// How a page of somebody's who is signed in begins: the theme, who it is, then the face. Says what it waits for.
import { type ComponentChild, render } from "preact";
import type { Me } from "../wire.ts";
import { Lock } from "./lock.ts";
import { atTheLock, behindLock } from "./parts/lock-screen.tsx";
import { Requests } from "./requests.ts";
import { restoreTheme } from "./theme.ts";
import { leave, whoAmI } from "./who.ts";

export function Waiting({ words }: { words: string }) {
  return (
    <main class="waiting">
      <p role="status">{words}</p>
    </main>
  );
}

/** What is in front of whoever is signed in, and the incident in it that must stay to be seen. */
export interface Face {
  view: ComponentChild;
  goingOn?(): string | null;
}

/** Shows `face` for whoever is signed in; whose place is another is led there. `away`: no server answers. */
export async function begin(
  face: (me: Me) => Face,
  belongs: (me: Me) => boolean,
  away: string,
): Promise<void> {
  restoreTheme();
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app");
  render(<Waiting words="Loading…" />, root);
  const me = await whoAmI(
    () => render(<Waiting words={away} />, root),
    () => atTheLock(root),
  );
  if (!belongs(me)) {
    location.replace("/");
    return;
  }
  const { view, goingOn = () => null } = face(me);
  const lock = new Lock({ me, requests: new Requests(me.csrf, leave), goingOn }, true);
  lock.start(new AbortController().signal);
  behindLock(root, lock, view);
}
