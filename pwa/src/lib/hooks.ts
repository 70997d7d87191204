// The few hooks that join framework-free modules to Preact.
import { useEffect, useState } from "preact/hooks";
import type { Store } from "./store.ts";

/** The store's value; renders again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [value, setValue] = useState(store.value);
  useEffect(() => {
    setValue(() => store.value);
    return store.watch(() => setValue(() => store.value));
  }, [store]);
  return value;
}

/** Renders once a second, on the second, and gives the time that `now` tells. */
export function useNow(now: () => number): number {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return now();
}

/** The width and height of an element, in CSS pixels. */
export function useSize(element: { current: Element | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      setSize({ width, height });
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

export type Loaded<T> =
  | { state: "loading"; again(): Promise<void> }
  | { state: "failed"; problem: string; again(): Promise<void> }
  | { state: "there"; value: T; again(): Promise<void> };

/** What the server has under `key`; `again` asks anew and keeps showing what was there until the answer comes. */
export function useLoaded<T>(load: () => Promise<T>, sorry: (error: unknown) => string, key = ""): Loaded<T> {
  const [held, setHeld] = useState<{ key: string; value?: T; problem?: string }>({ key });
  const again = async (): Promise<void> => {
    try {
      const value = await load();
      setHeld({ key, value });
    } catch (error) {
      setHeld({ key, problem: sorry(error) });
    }
  };
  useEffect(() => {
    void again();
  }, [key]);
  if (held.key !== key) return { state: "loading", again };
  if (held.problem !== undefined) return { state: "failed", problem: held.problem, again };
  return held.value === undefined
    ? { state: "loading", again }
    : { state: "there", value: held.value, again };
}

export interface Act {
  busy: boolean;
  /** What went wrong the last time, in words. */
  problem: string | null;
  run(step: () => Promise<unknown>): Promise<boolean>;
  clear(): void;
}

/** One request at a time from one control, with what went wrong in words. */
export function useAct(sorry: (error: unknown) => string): Act {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (step: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    try {
      await step();
      return true;
    } catch (error) {
      setProblem(sorry(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run, clear: () => setProblem(null) };
}
