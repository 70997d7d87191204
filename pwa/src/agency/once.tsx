// Something that is shown once and can be copied: a link, a token, a line for a program.
import { useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";

export function Copyable({ label, text }: { label: string; text: string }) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("Copying is not allowed here: mark it and copy it by hand.");
    }
  };
  return (
    <div class="copyable">
      <span class="copyable-label">{label}</span>
      <code>{text}</code>
      <button type="button" aria-label={`Copy: ${label}`} onClick={() => void copy()}>
        <Icon name="copy" /> Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
