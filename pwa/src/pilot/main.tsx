// The entry of the pilot's page. A supervisor may look; who flies has the role for it.
import "../staff/staff.css";
import "./pilot.css";
import { Store } from "../lib/store.ts";
import { begin } from "../staff/begin.tsx";
import { Pilot } from "./pilot.tsx";
import { mayFly } from "./roles.ts";

void begin(
  (desk) => <Pilot desk={desk} chosen={new Store<string | null>(null)} />,
  (me) => mayFly(me) || me.user.role === "supervisor",
);
