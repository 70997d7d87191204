// The way in for whoever has six digits instead of a link. Loaded later: who has a link never needs it.
import { post, Refused } from "../lib/api.ts";
import type { EnteredCode } from "../wire.ts";
import { h } from "./dom.ts";
import { show } from "./frame.ts";
import { headline, type Screen, space } from "./screens.ts";
import { digitsOf } from "./typed.ts";
import type { Words } from "./words.ts";
import "./digits.css";

export interface CodeFor {
  /** What was wrong with the last try. */
  problem: string;
  enter(code: string): void;
}

export function code(words: Words, { problem, enter }: CodeFor): Screen {
  const field = h("input", {
    id: "digits",
    class: "digits",
    inputmode: "numeric",
    autocomplete: "one-time-code",
    dir: "ltr",
    "aria-describedby": "problem",
    "aria-invalid": problem === "" ? "false" : "true",
    oninput: () => {
      const digits = digitsOf(field.value);
      field.value = digits;
      if (digits.length === 6) enter(digits);
    },
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    if (field.value.length === 6) enter(field.value);
    else field.focus();
  };
  return {
    name: "code",
    from: words.call,
    parts: [
      headline(words.typeDigits),
      h(
        "form",
        { onsubmit: submit },
        h("label", { for: "digits" }, words.sixDigits),
        field,
        h("p", { id: "problem", class: "problem", role: "alert" }, problem),
        h("button", { class: "main" }, words.goOn),
      ),
      space(),
    ],
  };
}

function problemOf(error: unknown, words: Words): string {
  if (!(error instanceof Refused)) return words.noConnection;
  return error.code === "too-many-tries" ? words.tooManyTries : words.wrongDigits;
}

/** Asks for the digits until they are somebody's; `begin` has the link's token. */
export function askDigits(begin: (token: string) => void, failure: unknown = null): void {
  const enter = async (digits: string): Promise<void> => {
    try {
      const { token } = await post<EnteredCode>("/api/caller/code", { code: digits });
      history.replaceState(null, "", `#${token}`);
      begin(token);
    } catch (error) {
      askDigits(begin, error);
    }
  };
  const problem = (words: Words): string => (failure === null ? "" : problemOf(failure, words));
  show((words) => code(words, { problem: problem(words), enter: (digits) => void enter(digits) }));
  document.querySelector("input")?.focus();
}
