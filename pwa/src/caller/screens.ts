// The screens that stand still, each made of its words. One decision on each; what a press does is given.
import type { Invitation } from "../wire.ts";
import { h, icon } from "./dom.ts";
import { fill, type Words } from "./words.ts";

export interface Screen {
  name: string;
  /** Who this page is from. */
  from: string;
  parts: (Element | null)[];
}

/** What this browser has. */
export interface Ability {
  camera: boolean;
  place: boolean;
}

export interface Button {
  words: string;
  press(): void;
}

/** The sentence at the top: announced when it changes, focused when the screen does. */
export function headline(text: string): HTMLElement {
  return h("div", { role: "status" }, h("h1", { tabindex: "-1" }, text));
}

/** Who is asking, and that it is 911 where the agency's name does not say so. */
export function from(agency: string, { call }: Words): string {
  return agency.includes(call) ? agency : `${agency} · ${call}`;
}

export const space = (): HTMLElement => h("div", { class: "fill" });

export function button({ words, press }: Button, main = true): HTMLElement {
  return h("button", { type: "button", class: main ? "main" : "", onclick: press }, words);
}

export function connecting(words: Words): Screen {
  return { name: "opening", from: words.call, parts: [headline(words.connecting), space()] };
}

/** A sentence, advice, and at most one thing to press. */
export function notice(
  name: string,
  words: Words,
  sentence: string,
  advice: string,
  next: Button | null,
): Screen {
  return {
    name,
    from: words.call,
    parts: [headline(sentence), h("p", {}, advice), space(), next && button(next)],
  };
}

export interface AskFor {
  /** null until the server has said who asks for what: then 911 asks for both, which nobody may exceed. */
  invitation: Invitation | null;
  can: Ability;
  /** No answer for a while. */
  slow: boolean;
  share(camera: boolean): void;
  /** Where this link has been shared by: who saw it. */
  look(): void;
}

/** Whether the press shares the camera: where the link asks for it, and this phone has one. */
export function asksForCamera({ invitation, can }: Pick<AskFor, "invitation" | "can">): boolean {
  return can.camera && (invitation?.kind ?? "live") === "live";
}

function announcement(words: Words, asked: AskFor): string {
  if (asked.slow) return words.stillOpening;
  if (asked.invitation?.kind === "upload") return ""; // nothing of the phone's own is asked for
  if (!asksForCamera(asked)) return words.willAskPlace;
  return asked.can.place ? words.willAskBoth : words.willAskCamera;
}

export function ask(words: Words, asked: AskFor): Screen {
  const { invitation, can, share, look } = asked;
  const agency = invitation?.agency ?? words.call;
  const camera = asksForCamera(asked);
  const file = invitation?.kind === "upload";
  const kept = camera ? words.noSound : words.onlyLogged;
  const facts = file
    ? [words.onlyThem, words.canStop]
    : [words.onlyThem, words.onlyWhile, words.canStop, kept];
  const shared = camera ? (can.place ? words.shareBoth : words.shareCamera) : words.sharePlace;
  const label = file ? words.goOn : shared;
  const asks = file ? words.asksForFile : camera ? words.asksForPicture : words.asksForPlace;
  const both = camera && can.place;
  return {
    name: "ask",
    from: from(agency, words),
    parts: [
      headline(fill(asks, { agency })),
      h("ul", {}, ...facts.map((fact) => h("li", {}, icon("check"), h("span", {}, fact)))),
      space(),
      h("p", {}, announcement(words, asked)),
      h(
        "div",
        { class: "actions" },
        button({ words: label, press: () => share(camera) }),
        both ? button({ words: words.sharePlaceOnly, press: () => share(false) }, false) : null,
        invitation?.used ? button({ words: words.whoSaw, press: look }, false) : null,
      ),
    ],
  };
}
