// A queue of one: only the newest value is worth sending, at most once in a while, until it arrives.
// An older value that did not get through is dropped when a newer one is there.

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 3000;

export interface Latest<Value> {
  put(value: Value): void;
}

/**
 * `send` rejects to be asked again with whatever is newest by then; it resolves when the value arrived,
 * or when it never will.
 */
export function latest<Value>(
  send: (value: Value) => Promise<void>,
  gap_ms: number,
  signal: AbortSignal,
): Latest<Value> {
  let waiting: { value: Value } | null = null;
  let busy = false;
  let notBefore = 0;
  let failures = 0;
  let timer = 0;

  const turn = async (): Promise<void> => {
    clearTimeout(timer);
    if (busy || waiting === null || signal.aborted) return;
    const pause = notBefore - performance.now();
    if (pause > 0) {
      timer = window.setTimeout(turn, pause);
      return;
    }
    const sent = waiting;
    waiting = null;
    busy = true;
    try {
      await send(sent.value);
      failures = 0;
      notBefore = performance.now() + gap_ms;
    } catch {
      waiting ??= sent;
      const retry = Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS);
      notBefore = performance.now() + Math.max(gap_ms, retry);
    }
    busy = false;
    void turn();
  };

  const atOnce = (): void => {
    if (failures > 0) notBefore = 0;
    void turn();
  };

  addEventListener("online", atOnce, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    put(value) {
      waiting = { value };
      void turn();
    },
  };
}
