// What both ways of joining share.
import type { ComponentChildren } from "preact";
import type { SiteKind } from "../wire.ts";

export function Frame({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <main class="join">
      <div class="join-card">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export const PROMISES = [
  "Nobody watches your cameras all the time. They open only for an emergency.",
  "You decide for each camera how far that goes, and can pause or end it at any moment.",
  "Every time somebody looks, it is on record.",
];

export function Promises() {
  return (
    <ul class="promises">
      {PROMISES.map((promise) => (
        <li key={promise}>{promise}</li>
      ))}
    </ul>
  );
}

export function KindField({ kind, onKind }: { kind: SiteKind; onKind(kind: SiteKind): void }) {
  return (
    <fieldset class="kinds">
      <legend>Your cameras are at</legend>
      <label class="check">
        <input type="radio" name="kind" checked={kind === "business"} onChange={() => onKind("business")} />
        <span>a business</span>
      </label>
      <label class="check">
        <input type="radio" name="kind" checked={kind === "residence"} onChange={() => onKind("residence")} />
        <span>a home</span>
      </label>
    </fieldset>
  );
}
