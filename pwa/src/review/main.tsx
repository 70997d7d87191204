// The entry of the auditor's page. It opens no socket: an auditor is told nothing of what happens now.
import "../lib/look.css";
import "./review.css";
import { begin } from "../lib/begin.tsx";
import { Requests } from "../lib/requests.ts";
import { leave } from "../lib/who.ts";
import { ReviewCalls } from "./calls.ts";
import { Review } from "./review.tsx";

void begin(
  (me) => {
    const requests = new Requests(me.csrf, leave);
    return { view: <Review me={me} calls={new ReviewCalls(requests)} requests={requests} /> };
  },
  (me) => me.user.role === "auditor",
  "The server cannot be reached. Trying again; what was closed stays closed.",
);
