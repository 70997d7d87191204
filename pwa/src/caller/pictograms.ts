// What 911 can show the caller, in few strokes that are understood without words: 48 by 48, drawn with `currentColor`.
// An arrow or a hand has a side: those that are mirrored where one reads from the right.

const PHONE = '<rect x="18" y="10" width="14" height="26" rx="3"/><circle cx="25" cy="31" r=".6"/>';
const FACE = '<circle cx="24" cy="12" r="6"/>';

export const PICTOGRAMS: Readonly<Record<string, string>> = {
  "guide.hold-still": `${PHONE}<path d="M13 5H6v7M37 5h7v7M13 43H6v-7M37 43h7v-7"/>`,
  "guide.step-back": `${FACE}<path d="M24 18v14M24 32l-6 12M24 32l6 12M24 23l-7 5M24 23l7 5"/><path d="M12 34H3m0 0 4-4m-4 4 4 4"/>`,
  "guide.closer": `<circle cx="38" cy="24" r="6"/><path d="M4 24h20m0 0-6-6m6 6-6 6"/>`,
  "guide.slowly": `${PHONE}<path d="M6 42c6-5 12 5 18 0s12-5 18 0"/>`,
  "guide.whole-room": `<path d="M5 10h38v28H5zM5 10l9 8m29-8-9 8M5 38l9-8m29 8-9-8M14 18h20v12H14z"/>`,
  "guide.person": `<circle cx="10" cy="30" r="5"/><path d="M15 33h22l6 5M18 33l7 6M4 44h40"/><path d="M32 6v14M25 13h14"/>`,
  "guide.entrance": `<path d="M10 44V6h22v38M4 44h40M27 26v2"/><path d="M46 25H36m0 0 4-4m-4 4 4 4"/>`,
  "guide.street-sign": `<path d="M24 44V22M6 8h30l6 7-6 7H6z"/><path d="M13 15h3m3 0h3m3 0h3"/>`,
  "guide.number-plate": `<path d="m8 24 4-11q1-3 4-3h16q3 0 4 3l4 11M6 24h36v14H6zM9 38v4m30-4v4"/><path d="M16 31h16" stroke-width="5"/>`,
  "guide.light": `<path d="M17 30a11 11 0 1 1 14 0v4H17zM19 39h10M21 43h6M24 2v3M5 12l3 2M43 12l-3 2M3 26h4M41 26h4"/>`,
  "guide.sideways": `<rect x="5" y="8" width="14" height="24" rx="3" opacity=".5"/><rect x="20" y="28" width="24" height="14" rx="3"/><path d="M24 10q12 1 13 12m0 0-4-4m4 4 4-4"/>`,
  "guide.no-zoom": `<circle cx="21" cy="21" r="13"/><path d="m31 31 11 11M15 21h12M21 15v12"/><path d="M6 42 42 6" stroke-width="4"/>`,
  "guide.wipe": `<rect x="6" y="8" width="16" height="32" rx="3"/><circle cx="14" cy="16" r="3.5"/><path d="M26 14q6-6 11 0l5 7q2 4-2 6l-9 3q-6 1-7-5z"/><path d="M24 36q5 4 10 0t10 0"/>`,
  "guide.hide": `<path d="M4 40V18h18v22M2 40h44M4 29h18M13 18v11M9 29v11m9-11v11"/><circle cx="31" cy="26" r="5"/><path d="M31 31q-6 1-6 9m6-9q8 1 9 9"/>`,
  "guide.quiet": `<circle cx="24" cy="24" r="19"/><circle cx="17" cy="18" r="1"/><circle cx="31" cy="18" r="1"/><path d="M17 31h14"/><path d="M24 25v18" stroke-width="5"/>`,
  "guide.get-out": `<path d="M30 6H44v36H30"/><circle cx="19" cy="9" r="4"/><path d="m20 16-6 10 7 5-3 11M14 26l-6 2m12-9 7 5M2 20h5M2 14h4"/>`,
};

/** Those with a direction that goes with the reading. */
export const MIRRORED: ReadonlySet<string> = new Set(["guide.closer", "guide.get-out", "guide.step-back"]);

/** A pictogram, for the eye only: the words stand beside it. */
export function pictogram(key: string, rtl: boolean): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "pictogram");
  if (rtl && MIRRORED.has(key)) svg.setAttribute("data-mirrored", "");
  svg.innerHTML = PICTOGRAMS[key] ?? "";
  return svg;
}
