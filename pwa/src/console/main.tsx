// The entry of the dispatcher's console.
import "../staff/staff.css";
import "../staff/parts/words.css";
import "./console.css";
import "./words.css";
import { begin } from "../staff/begin.tsx";
import { keepSeen } from "../staff/seen.ts";
import { Console } from "./console.tsx";
import { newState } from "./state.ts";

const state = newState();
void begin(
  (desk) => {
    keepSeen(desk);
    return <Console desk={desk} state={state} />;
  },
  (me) => me.user.role === "dispatcher" || me.user.role === "supervisor",
);
