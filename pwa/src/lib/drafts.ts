// What somebody has half typed. A lock takes a page's content away, so this is kept beside it, for as long as the page
// is there: in memory, by a name for each field of each thing.
import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";

/** Of the page's person; without one a draft is gone with its field. */
export const Drafts = createContext<Map<string, unknown> | null>(null);

/** A state that outlasts its component. Setting it to `initial` forgets it: after it was sent, above all. */
export function useDraft<T>(name: string, initial: T): [value: T, set: (value: T) => void] {
  const drafts = useContext(Drafts);
  const [value, setValue] = useState<T>(() => (drafts?.has(name) ? (drafts.get(name) as T) : initial));
  const set = (next: T): void => {
    setValue(() => next);
    if (next === initial) drafts?.delete(name);
    else drafts?.set(name, next);
  };
  return [value, set];
}
