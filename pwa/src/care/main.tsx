// The entry of the page about care. It opens no socket: what it shows is asked for anew.
import "../lib/look.css";
import "./care.css";
import { begin } from "../lib/begin.tsx";
import { Requests } from "../lib/requests.ts";
import { leave } from "../lib/who.ts";
import { Care } from "./care.tsx";

const STAFF = new Set(["dispatcher", "supervisor", "officer", "pilot"]);

void begin(
  (me) => ({ view: <Care me={me} requests={new Requests(me.csrf, leave)} /> }),
  ({ user }) => STAFF.has(user.role),
  "The server cannot be reached. Trying again; nothing was changed.",
);
