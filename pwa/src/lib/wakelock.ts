// Keeps the screen on while something is shared or watched; silent where the browser cannot.

export function keepAwake(signal: AbortSignal): void {
  let lock: WakeLockSentinel | null = null;

  const acquire = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || signal.aborted || (lock !== null && !lock.released)) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (signal.aborted) await lock.release();
    } catch {
      // Low battery, or a browser without it.
    }
  };

  document.addEventListener("visibilitychange", acquire, { signal });
  signal.addEventListener("abort", () => {
    lock?.release().catch(() => {});
  });
  void acquire();
}
