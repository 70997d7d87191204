// How a staff page begins: with a desk for whoever is signed in.
import type { ComponentChild } from "preact";
import { begin as beginPage } from "../lib/begin.tsx";
import type { Me } from "../wire.ts";
import { Desk } from "./desk.ts";
import { goingOn } from "./world.ts";

/** Shows `face` for whoever is signed in, unless their place is elsewhere. */
export function begin(face: (desk: Desk) => ComponentChild, belongs: (me: Me) => boolean): Promise<void> {
  return beginPage(
    (me) => {
      const desk = new Desk(me);
      desk.start(new AbortController().signal);
      return { view: face(desk), goingOn: () => goingOn(desk.world.value) };
    },
    belongs,
    "The server cannot be reached. Trying again; nothing you have to do.",
  );
}
