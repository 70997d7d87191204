// A thermal picture in this person's palette, over the <video> that it comes from; and the choice of it.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useStore } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { choose, paletteOf } from "./choice.ts";
import { paint } from "./painter.ts";
import { isShown, PALETTES } from "./palettes.ts";

interface Props {
  user: string;
  video: RefObject<HTMLVideoElement | null>;
  label: string;
  /** No room for the choice. */
  small: boolean;
}

/** The choice of colours, which holds for all thermal pictures of this person. */
export function PaletteChoice({ user, label }: Pick<Props, "user" | "label">) {
  const palette = useStore(paletteOf(user));
  return (
    <label class="palette">
      <Icon name="palette" />
      <span class="sr-only">Colours of {label}</span>
      <select
        value={palette}
        onChange={({ currentTarget: { value } }) => isShown(value) && choose(user, value)}
      >
        {PALETTES.map(({ palette: one, word }) => (
          <option key={one} value={one}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Thermal({ user, video, label, small }: Props) {
  const palette = useStore(paletteOf(user));
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cannot, setCannot] = useState(false);
  useEffect(() => {
    if (palette === "off" || video.current === null || canvas.current === null) return;
    const over = new AbortController();
    try {
      paint(video.current, canvas.current, palette, over.signal);
      setCannot(false);
    } catch {
      setCannot(true); // the picture is there all the same, as it is sent
    }
    return () => over.abort();
  }, [palette, video]);
  return (
    <>
      {palette !== "off" && <canvas key={palette} class="picture-painted" ref={canvas} />}
      {!small && <PaletteChoice user={user} label={label} />}
      {cannot && palette !== "off" && !small && (
        <p class="chip palette-cannot" role="status">
          This browser cannot colour it.
        </p>
      )}
    </>
  );
}
