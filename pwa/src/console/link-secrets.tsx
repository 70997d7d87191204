// What opens a link, shown to the dispatcher and to nobody else: its address with a QR code, or six digits to say.
import { countdown } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { QrLink } from "../lib/parts/qr-link.tsx";
import type { Handout } from "../wire.ts";
import type { ShownCode } from "./state.ts";

interface HandoutProps {
  handout: Handout;
  /** Whether nothing else takes it anywhere, though there is a number. */
  alone: boolean;
  onHide(): void;
}

export function ShowHandout({ handout, alone, onHide }: HandoutProps) {
  return (
    <div class="handout">
      {alone ? (
        <p class="handout-why">
          <Icon name="warning" /> No SMS carrier configured: show or read this link
        </p>
      ) : (
        <p>Hold it up to the camera of a phone, or read the address aloud.</p>
      )}
      <QrLink url={handout.url} qr={handout.qr_svg} />
      <button type="button" class="plain" onClick={onHide}>
        Hide
      </button>
    </div>
  );
}

export function ShowCode({ code, left, onHide }: { code: ShownCode; left: number; onHide(): void }) {
  if (left <= 0) return <p class="empty">The spoken code has expired. Ask for a new one.</p>;
  return (
    <div class="code">
      <p>
        Say: open <strong>{location.host}/c</strong> and type
      </p>
      <p class="code-digits">
        {code.code.slice(0, 3)} {code.code.slice(3)}
      </p>
      <p>
        Works for <span class="tabular">{countdown(left)}</span>
      </p>
      <button type="button" class="plain" onClick={onHide}>
        Hide
      </button>
    </div>
  );
}
