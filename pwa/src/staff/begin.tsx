// How a staff page begins: the theme, who is signed in, then the face. Says what it waits for.
import { type ComponentChild, render } from "preact";
import { restoreTheme } from "../lib/theme.ts";
import { whoAmI } from "../lib/who.ts";
import type { Me } from "../wire.ts";
import { Desk } from "./desk.ts";

function Waiting({ words }: { words: string }) {
  return (
    <main class="waiting">
      <p role="status">{words}</p>
    </main>
  );
}

/** Shows `face` for whoever is signed in, unless their place is elsewhere. */
export async function begin(
  face: (desk: Desk) => ComponentChild,
  belongs: (me: Me) => boolean,
  elsewhere: string,
): Promise<void> {
  restoreTheme();
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app");
  render(<Waiting words="Loading…" />, root);
  const me = await whoAmI(() => {
    render(<Waiting words="The server cannot be reached. Trying again; nothing you have to do." />, root);
  });
  if (!belongs(me)) {
    location.replace(elsewhere);
    return;
  }
  const desk = new Desk(me);
  desk.start(new AbortController().signal);
  render(face(desk), root);
}
