// Registers the service worker, which lets a page start without a network and tells of what happens while it is closed.

/** On the first visit the worker fetches the whole app once more: not while the page needs the line and the phone. */
const FIRST_AFTER_MS = 3000;

export function keepShell(): void {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return;
  const register = (): void => {
    serviceWorker.register("/sw.js").catch(() => {}); // without it the page only needs the network to start
  };
  if (serviceWorker.controller !== null) register();
  else setTimeout(register, FIRST_AFTER_MS);
}
