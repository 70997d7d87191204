// Whether WebGL here is drawn by a graphics card. Browsers without one give a page WebGL all the same, or none. A worker
// looks, for whoever asks waits for another process.
import workerUrl from "./card-worker.ts?worker&url";

/** What those that draw with the processor call themselves: Chromium's, Mesa's, Windows'. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

let known: Promise<boolean> | undefined;

/** Also true where no worker can look: old browsers without WebGL in workers have phones with a card. */
export function hasGraphicsCard(): Promise<boolean> {
  known ??= look();
  return known;
}

function look(): Promise<boolean> {
  const worker = new Worker(workerUrl);
  return new Promise<boolean>((done) => {
    worker.onmessage = ({ data }: MessageEvent<string | null>) => done(data !== null && !SOFTWARE.test(data));
    worker.onerror = () => done(true);
  }).finally(() => worker.terminate());
}
