// The entry of /join: an invitation is accepted, or an account is asked for. An invitation's token stays in the
// address's fragment, which no server sees; it is sent in the body of a POST and nowhere else.
import "../lib/look.css";
import "./join.css";
import { render } from "preact";
import { restoreTheme } from "../lib/theme.ts";
import { Accept } from "./accept.tsx";
import { Request } from "./request.tsx";

restoreTheme();
const root = document.getElementById("app");
const token = location.hash.slice(1);
if (root !== null) {
  render(token === "" ? <Request /> : <Accept token={token} />, root);
  addEventListener("hashchange", () => location.reload());
}
