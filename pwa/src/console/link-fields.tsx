// Where a link goes: the fields for it, alike wherever one is asked, and what they say to the server.
import type { RefObject } from "preact";
import type { Agency, SendLinkAlso } from "../wire.ts";
import { TextLanguage } from "./text-language.tsx";

/** Where a link goes, as it is asked for; what is empty is left out. */
export function addressed(number: string, email: string): SendLinkAlso {
  return {
    ...(number.trim() === "" ? {} : { number: number.trim() }),
    ...(email.trim() === "" ? {} : { email: email.trim() }),
  };
}

interface FieldProps {
  label: string;
  value: string;
  onChange(value: string): void;
  id?: string;
  field?: RefObject<HTMLInputElement | null> | null;
}

export function NumberField({ label, value, onChange, id, field = null }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        id={id}
        ref={field}
        type="tel"
        autocomplete="off"
        maxLength={32}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

export function EmailField({ label, value, onChange, id, field = null }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        id={id}
        ref={field}
        type="text"
        inputMode="email"
        autocomplete="off"
        maxLength={254}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    </label>
  );
}

interface LanguageProps {
  agency: Agency;
  value: string;
  onChange(code: string): void;
}

export function LanguageField(props: LanguageProps) {
  return (
    <div class="field">
      <span>Written in</span>
      <TextLanguage {...props} />
    </div>
  );
}
