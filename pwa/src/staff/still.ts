// A still of a picture that is on the screen: what the <video> shows at this moment, as a JPEG that is small enough.
// The server makes it anew; nothing of it is kept here.

import type { Palette } from "../wire.ts";

export interface Still {
  feed: string;
  /** What it is of, for whoever sends it. */
  label: string;
  /** Base64. */
  jpeg: string;
  /** In which the server colours a thermal one; null for as it is. */
  palette: Palette | null;
}

const LONGEST = 1280;
const MOST_BYTES = 320 * 1024;
const QUALITIES = [0.82, 0.65, 0.45];

function encoded(canvas: HTMLCanvasElement, quality: number): Promise<Blob | null> {
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** Null when nothing is shown yet, or it does not become small enough. A thermal one is what the camera sent. */
export async function stillOf(
  feed: string,
  label: string,
  video: HTMLVideoElement,
  palette: Palette | null = null,
): Promise<Still | null> {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return null;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const blob = await encoded(canvas, quality);
    if (blob !== null && blob.size <= MOST_BYTES) return { feed, label, jpeg: await base64(blob), palette };
  }
  return null;
}
