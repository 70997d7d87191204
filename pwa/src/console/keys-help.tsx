// The keys, in the right column: help never covers the picture.
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../lib/parts/icon.tsx";
import { KEYS, keysOn, setKeysOn } from "./keys.ts";

export function KeysHelp({ onClose }: { onClose(): void }) {
  const [on, setOn] = useState(keysOn);
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  return (
    <section class="help" aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(({ key, does }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={on}
          onChange={(event) => {
            setKeysOn(event.currentTarget.checked);
            setOn(event.currentTarget.checked);
          }}
        />
        <span>Single keys work</span>
      </label>
      <button type="button" ref={close} onClick={onClose}>
        <Icon name="close" /> Close help <kbd>Esc</kbd>
      </button>
    </section>
  );
}
