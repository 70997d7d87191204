// The entry of the owner's page. It registers the service worker, which tells of asks and starts the page offline.
import "../lib/look.css";
import "../lending/lending.css";
import "./owner.css";
import { begin } from "../lib/begin.tsx";
import { OwnerLender } from "./lender.ts";
import { Owner } from "./owner.tsx";

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // without it the page needs the network to start
}

void begin(
  (me) => {
    const lender = new OwnerLender(me);
    lender.start(new AbortController().signal);
    return { view: <Owner lender={lender} /> };
  },
  (me) => me.user.role === "owner",
  "The server cannot be reached. Trying again. What you have set still holds.",
);
