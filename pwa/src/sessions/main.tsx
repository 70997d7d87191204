// The entry of the page that says who is signed in where. It opens no socket: what it shows is asked for anew.
import "../lib/look.css";
import "./sessions.css";
import { begin } from "../lib/begin.tsx";
import { Requests } from "../lib/requests.ts";
import { leave } from "../lib/who.ts";
import { Sessions } from "./sessions.tsx";

void begin(
  (me) => ({ view: <Sessions me={me} requests={new Requests(me.csrf, leave)} /> }),
  () => true,
  "The server cannot be reached. Trying again; nothing was ended.",
);
