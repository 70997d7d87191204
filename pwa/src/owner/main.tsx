// The entry of the owner's page. It registers the service worker, which tells of asks and starts the page offline.
import "../lib/look.css";
import "../lending/lending.css";
import "./owner.css";
import { begin } from "../lib/begin.tsx";
import { keepShell } from "../lib/shell.ts";
import { OwnerLender } from "./lender.ts";
import { Owner } from "./owner.tsx";

keepShell();

void begin(
  (me) => {
    const lender = new OwnerLender(me);
    lender.start(new AbortController().signal);
    return { view: <Owner lender={lender} /> };
  },
  (me) => me.user.role === "owner",
  "The server cannot be reached. Trying again. What you have set still holds.",
);
