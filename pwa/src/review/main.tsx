// The entry of the auditor's page. It opens no socket: an auditor is told nothing of what happens now.
import "../lib/look.css";
import "./review.css";
import { render } from "preact";
import { Requests } from "../lib/requests.ts";
import { restoreTheme } from "../lib/theme.ts";
import { leave, whoAmI } from "../lib/who.ts";
import { ReviewCalls } from "./calls.ts";
import { Review } from "./review.tsx";

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
    wait("The server cannot be reached. Trying again; what was closed stays closed."),
  );
  if (me.user.role !== "auditor") {
    location.replace("/");
    return;
  }
  render(<Review me={me} calls={new ReviewCalls(new Requests(me.csrf, leave))} />, root);
}

const root = document.getElementById("app");
if (root !== null) void begin(root);
