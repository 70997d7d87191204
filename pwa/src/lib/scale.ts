// Round numbers, and the scale bar that they make. Pure.

const STEPS = [1, 2, 5];

/** The smallest of 1, 2, 5, 10, 20 … that is at least `n`. */
export function niceAbove(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  const step = STEPS.find((s) => s * power >= n * (1 - 1e-9));
  return step === undefined ? 10 * power : step * power;
}

/** The largest of 1, 2, 5, 10, 20 … that is at most `n`. */
export function niceBelow(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  const step = STEPS.findLast((s) => s * power <= n * (1 + 1e-9));
  return (step ?? 1) * power;
}

/** A scale bar of a round length that is at most `widest` pixels; `scale` is metres per pixel. */
export function scaleBar(scale: number, widest: number): { metres: number; pixels: number } {
  const metres = niceBelow(scale * widest);
  return { metres, pixels: metres / scale };
}
