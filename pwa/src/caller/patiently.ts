// Fetches one of the page's own files over a line that may stall: again and again until it is all there.
const TIMEOUT_MS = 20_000; // at 50 kbit/s the largest of them takes two
const FIRST_AGAIN_MS = 500;
const LAST_AGAIN_MS = 15_000;

/**
 * What `read` makes of a file, which the browser keeps from then on. Where it throws, something else answered than we.
 * Never rejects; never resolves once the signal is aborted.
 */
export async function fetchPatiently<Read>(
  path: string,
  signal: AbortSignal,
  read: (text: string) => Read,
): Promise<Read> {
  for (let wait_ms = FIRST_AGAIN_MS; ; wait_ms = Math.min(wait_ms * 2, LAST_AGAIN_MS)) {
    if (signal.aborted) return new Promise(() => {});
    const giveUp = new AbortController();
    const stop = (): void => giveUp.abort();
    const timer = setTimeout(stop, TIMEOUT_MS);
    signal.addEventListener("abort", stop, { signal: giveUp.signal });
    try {
      const reply = await fetch(path, { credentials: "omit", signal: giveUp.signal });
      const text = await reply.text();
      if (reply.ok) return read(text);
    } catch {
      // No network, or too slow: again.
    } finally {
      clearTimeout(timer);
    }
    await new Promise((resolve) => setTimeout(resolve, wait_ms));
  }
}
