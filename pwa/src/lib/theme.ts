// Night or day: as the page says, night for staff and day for owners, unless this person chose otherwise. The choice
// stays on this computer.

export type Theme = "night" | "day";

const KEY = "sightline.theme";

export function theme(): Theme {
  return document.documentElement.dataset.theme === "day" ? "day" : "night";
}

/** Puts a theme on the page and keeps it. */
export function setTheme(next: Theme): void {
  document.documentElement.dataset.theme = next;
  document
    .querySelector('meta[name="theme-color"]')
    ?.setAttribute("content", next === "day" ? "#f1f4f8" : "#0b1118");
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // storage may be switched off; then the choice lasts as long as the page
  }
}

/** Puts the kept choice on the page. */
export function restoreTheme(): void {
  try {
    const kept = localStorage.getItem(KEY);
    if (kept === "day" || kept === "night") setTheme(kept);
  } catch {
    // the page's own, then
  }
}
