// The entry of the page of flights and their logs. It opens no socket: what is shown is what was kept.
import "../lib/look.css";
import "./flights.css";
import { begin } from "../lib/begin.tsx";
import { Requests } from "../lib/requests.ts";
import { leave } from "../lib/who.ts";
import { FlightLogCalls } from "./calls.ts";
import { Flights } from "./flights.tsx";

const READERS: readonly string[] = ["dispatcher", "supervisor", "pilot", "auditor"];

void begin(
  (me) => {
    const requests = new Requests(me.csrf, leave);
    return { view: <Flights me={me} calls={new FlightLogCalls(requests)} requests={requests} /> };
  },
  (me) => READERS.includes(me.user.role),
  "The server cannot be reached. Trying again; what was kept stays kept.",
);
