// How a page of somebody's who is signed in begins: the theme, who it is, then the face. Says what it waits for.
import { type ComponentChild, render } from "preact";
import type { Me } from "../wire.ts";
import { restoreTheme } from "./theme.ts";
import { whoAmI } from "./who.ts";

export function Waiting({ words }: { words: string }) {
  return (
    <main class="waiting">
      <p role="status">{words}</p>
    </main>
  );
}

/** Shows `face` for whoever is signed in; whose place is another is led there. `away`: no server answers. */
export async function begin(
  face: (me: Me) => ComponentChild,
  belongs: (me: Me) => boolean,
  away: string,
): Promise<void> {
  restoreTheme();
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app");
  render(<Waiting words="Loading…" />, root);
  const me = await whoAmI(() => render(<Waiting words={away} />, root));
  if (!belongs(me)) {
    location.replace("/");
    return;
  }
  render(face(me), root);
}
