// A line that says how something is set; pressed, it opens to set it. What is inside exists only while it is open.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { Icon, type IconName } from "../lib/parts/icon.tsx";

interface Props {
  icon: IconName;
  title: string;
  /** How it is now. */
  now: string;
  children(close: () => void): ComponentChildren;
}

export function Fold({ icon, title, now, children }: Props) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <div class="fold">
      <button
        type="button"
        class="fold-line"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
        <span class="fold-words">
          <span class="fold-title">{title}</span>
          <span class="fold-now">{now}</span>
        </span>
        <Icon name="more" />
      </button>
      <div id={id} class="fold-inside" hidden={!open}>
        {open && children(() => setOpen(false))}
      </div>
    </div>
  );
}

/** Something that cannot be taken back is pressed twice. */
export function Twice({
  first,
  sure,
  words,
  busy,
  onSure,
}: {
  first: string;
  sure: string;
  words: string;
  busy: boolean;
  onSure(): void;
}) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <button type="button" class="quiet-danger" onClick={() => setAsked(true)}>
        <Icon name="remove" /> {first}
      </button>
    );
  }
  return (
    <div class="twice">
      <p>{words}</p>
      <div class="buttons">
        <button type="button" class="danger" disabled={busy} onClick={onSure}>
          {sure}
        </button>
        <button type="button" onClick={() => setAsked(false)}>
          Keep it
        </button>
      </div>
    </div>
  );
}
