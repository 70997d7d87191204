// Where this device is, for as long as it is asked: the newest fix, with how sure the device is of it.
// Sends nothing.
import type { PositionReport } from "../wire.ts";

/** A fix as the device gave it. */
export interface Fix {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  heading_deg: number | null;
  speed_mps: number | null;
  /** Milliseconds since 1970, by the device's clock. */
  at: number;
}

export interface Watcher {
  onFix(fix: Fix): void;
  /** refused: somebody said no. unavailable: nobody did, but there is no fix; one may still come. */
  onTrouble(trouble: "refused" | "unavailable"): void;
}

const STALE_MS = 10_000;
const COARSE_AGE_MS = 60_000;
const OLDEST_MS = 3_600_000;

function fixOf({ coords, timestamp }: GeolocationPosition): Fix {
  return {
    latitude: coords.latitude,
    longitude: coords.longitude,
    accuracy_m: coords.accuracy,
    heading_deg: Number.isFinite(coords.heading) ? coords.heading : null, // NaN when standing still
    speed_mps: Number.isFinite(coords.speed) ? coords.speed : null,
    at: timestamp,
  };
}

/** What the server is told; the age is by the device's own clock, which may be wrong but is so on both ends. */
export function reportOf(fix: Fix, now: number): PositionReport {
  const { at, ...report } = fix;
  return { ...report, age_ms: Math.round(Math.min(Math.max(now - at, 0), OLDEST_MS)) };
}

/**
 * Watches until `signal` aborts. A coarse fix that the device still knows comes first, then precise ones;
 * a device that lies still is asked again, so that the age stays honest.
 */
export function watchPosition({ onFix, onTrouble }: Watcher, signal: AbortSignal): void {
  const geolocation = navigator.geolocation;
  let newest: Fix | null = null;

  const arrived = (position: GeolocationPosition): void => {
    const fix = fixOf(position);
    if (signal.aborted || (newest !== null && fix.at < newest.at)) return;
    newest = fix;
    onFix(fix);
  };
  const failed = (error: GeolocationPositionError): void => {
    if (signal.aborted) return;
    if (error.code === error.PERMISSION_DENIED) onTrouble("refused");
    else if (newest === null) onTrouble("unavailable");
  };

  const precise: PositionOptions = { enableHighAccuracy: true, maximumAge: 0, timeout: 20_000 };
  geolocation.getCurrentPosition(arrived, () => {}, { maximumAge: COARSE_AGE_MS, timeout: 5000 });
  const watch = geolocation.watchPosition(arrived, failed, precise);
  const again = setInterval(() => {
    if (newest !== null && Date.now() - newest.at > STALE_MS) {
      geolocation.getCurrentPosition(arrived, () => {}, precise);
    }
  }, STALE_MS);
  signal.addEventListener("abort", () => {
    geolocation.clearWatch(watch);
    clearInterval(again);
  });
}
