// The language that a text or an e-mail is written in: one choice, with the one that is known already in front.
import { languageName, type Talks } from "../staff/talks.ts";
import type { Agency, IncidentView } from "../wire.ts";

export const USUAL = "en";

/** What this caller's page was in last; the server takes the same where none is chosen. */
export function knownLanguage({ links }: IncidentView, talks: Talks): string {
  const mine = links.filter(({ whom }) => whom !== "third-party");
  return mine.map(({ id }) => talks.get(id)?.marks.language).find((code) => code != null) ?? USUAL;
}

interface Props {
  agency: Agency;
  value: string;
  onChange(code: string): void;
}

export function TextLanguage({ agency, value, onChange }: Props) {
  const named = Object.keys(agency.quiet_words)
    .map((code) => ({ code, name: languageName(code) ?? code }))
    .sort((a, b) => Number(b.code === USUAL) - Number(a.code === USUAL) || a.name.localeCompare(b.name));
  return (
    <select
      class="text-language"
      aria-label="Language of the text"
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {named.map(({ code, name }) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
