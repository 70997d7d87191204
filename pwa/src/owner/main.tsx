// The entry of the owner's page. It registers the service worker, which tells of asks and starts the page offline.
import "../lib/look.css";
import "../lending/lending.css";
import "./owner.css";
import { render } from "preact";
import { restoreTheme } from "../lib/theme.ts";
import { whoAmI } from "../lib/who.ts";
import { OwnerLender } from "./lender.ts";
import { Owner } from "./owner.tsx";

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // without it the page needs the network to start
}

async function begin(root: HTMLElement): Promise<void> {
  restoreTheme();
  const wait = (words: string): void =>
    render(
      <main class="waiting">
        <p role="status">{words}</p>
      </main>,
      root,
    );
  wait("Loading…");
  const me = await whoAmI(() =>
    wait("The server cannot be reached. Trying again. What you have set still holds."),
  );
  if (me.user.role !== "owner") {
    location.replace("/");
    return;
  }
  const lender = new OwnerLender(me);
  lender.start(new AbortController().signal);
  render(<Owner lender={lender} />, root);
}

const root = document.getElementById("app");
if (root !== null) void begin(root);
