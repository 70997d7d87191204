// The entry of the supervisor's page.
import "../staff/staff.css";
import "./agency.css";
import "../lending/lending.css";
import { begin } from "../staff/begin.tsx";
import { Agency } from "./agency.tsx";

void begin(
  (desk) => <Agency desk={desk} />,
  (me) => me.user.role === "supervisor",
);
