// Why a camera is opened: the fixed list as buttons, the likeliest first. A press on one opens it for that reason.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { NearbyCamera, Reason } from "../../wire.ts";
import { reasonsFor, reasonWords } from "../cameras.ts";

interface Props {
  camera: NearbyCamera;
  busy: boolean;
  onReason(reason: Reason): void;
  /** Where nothing else leads back. */
  onBack?: () => void;
}

export function Reasons({ camera, busy, onReason, onBack }: Props) {
  const list = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    list.current?.querySelector("button")?.focus();
    list.current?.scrollIntoView({ block: "nearest" });
    return () => {
      if (before instanceof HTMLElement) requestAnimationFrame(() => before.focus());
    };
  }, []);
  return (
    <ul class="reasons" ref={list} aria-label={`Why ${camera.name} is opened`}>
      {reasonsFor(camera).map((reason) => (
        <li key={reason}>
          <button type="button" disabled={busy} onClick={() => onReason(reason)}>
            {reasonWords(reason)}
          </button>
        </li>
      ))}
      {onBack !== undefined && (
        <li>
          <button type="button" class="plain" onClick={onBack}>
            Back
          </button>
        </li>
      )}
    </ul>
  );
}
