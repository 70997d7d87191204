// Thermal palettes: what colour stands for how warm, from cold to hot. Pure; the same as media/palettes.py.
import type { Palette } from "../../wire.ts";

/** What is chosen: a palette, or the picture as it is sent. */
export type Shown = Palette | "off";

type Colour = readonly [number, number, number];

export const PALETTES: readonly { palette: Shown; word: string }[] = [
  { palette: "off", word: "As sent" },
  { palette: "white-hot", word: "White hot" },
  { palette: "black-hot", word: "Black hot" },
  { palette: "ironbow", word: "Ironbow" },
  { palette: "rainbow", word: "Rainbow" },
];

/** Evenly apart from the coldest to the hottest. */
const STOPS: Readonly<Record<Palette, readonly Colour[]>> = {
  "white-hot": [
    [0, 0, 0],
    [255, 255, 255],
  ],
  "black-hot": [
    [255, 255, 255],
    [0, 0, 0],
  ],
  ironbow: [
    [0, 0, 10],
    [32, 0, 140],
    [120, 0, 160],
    [196, 24, 110],
    [236, 88, 22],
    [252, 164, 6],
    [254, 228, 80],
    [255, 255, 246],
  ],
  rainbow: [
    [10, 8, 90],
    [0, 70, 220],
    [0, 180, 220],
    [40, 200, 80],
    [220, 230, 30],
    [250, 140, 10],
    [230, 30, 20],
    [255, 235, 235],
  ],
};

const STEPS = 256;

/** 256 colours of four bytes, from the coldest to the hottest. */
export function table(palette: Palette): Uint8Array<ArrayBuffer> {
  const stops = STOPS[palette];
  const bytes = new Uint8Array(STEPS * 4);
  for (let step = 0; step < STEPS; step += 1) {
    const at = (step / (STEPS - 1)) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(at));
    const [from, to] = [stops[below], stops[below + 1]];
    if (from === undefined || to === undefined) continue;
    for (let channel = 0; channel < 3; channel += 1) {
      const [a, b] = [from[channel] ?? 0, to[channel] ?? 0];
      bytes[step * 4 + channel] = Math.round(a + (b - a) * (at - below));
    }
    bytes[step * 4 + 3] = 255;
  }
  return bytes;
}

export function isShown(word: string | null): word is Shown {
  return PALETTES.some(({ palette }) => palette === word);
}
