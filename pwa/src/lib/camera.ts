// A phone's camera: the rear one first, picture only, reopened when another app took it. The caller's page and the
// officer's app publish it. Never the microphone: callers are on a voice call, officers on the radio.
import type { Capture } from "../wire.ts";

type Facing = "environment" | "user";

export interface CameraEvents {
  onState(state: Capture): void;
  onTrack(track: MediaStreamTrack | null): void;
}

export interface Camera {
  /** Opens it again after a refusal. */
  retry(): void;
  /** Resolves when the other camera shows, or the same one again. */
  flip(): Promise<void>;
  canFlip(): boolean;
  /** null where the camera has no light. */
  light(): boolean | null;
  setLight(on: boolean): Promise<void>;
}

const SIZE: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
};
const MUTED_MS = 1500; // iOS opens a camera muted for about a second
const REOPEN_MS = 2000;
const REAR = /back|rear|environment|tras|خلف/i;

async function ask(video: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
  const track = stream.getVideoTracks()[0];
  if (track === undefined) throw new DOMException("no picture", "NotFoundError");
  return track;
}

/** Some iOS versions ignore facingMode: look for the rear camera by its label. */
async function rearInstead(track: MediaStreamTrack): Promise<MediaStreamTrack> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const rear = devices.find(
    (device) =>
      device.kind === "videoinput" &&
      REAR.test(device.label) &&
      device.deviceId !== track.getSettings().deviceId,
  );
  if (rear === undefined) return track;
  track.stop();
  return ask({ ...SIZE, deviceId: { exact: rear.deviceId } });
}

async function open(facing: Facing): Promise<MediaStreamTrack> {
  let track: MediaStreamTrack;
  try {
    track = await ask({ ...SIZE, facingMode: { ideal: facing } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotAllowedError") throw error;
    track = await ask({}); // anything that yields a picture
  }
  if (facing === "environment" && track.getSettings().facingMode === "user") {
    track = await rearInstead(track).catch(() => open("user"));
  }
  track.contentHint = "motion";
  return track;
}

/** The torch is in no type library: browsers have it, standards bodies have a draft. */
type WithTorch = MediaTrackCapabilities & MediaTrackConstraintSet & { torch?: boolean };

export function startCamera(events: CameraEvents, signal: AbortSignal): Camera {
  let track: MediaStreamTrack | null = null;
  let facing: Facing = "environment";
  let busy = false;
  let count = 1;
  let lit = false;
  let timer = 0;

  const later = (act: () => void, delay_ms: number): void => {
    clearTimeout(timer);
    timer = window.setTimeout(act, delay_ms);
  };

  const drop = (): void => {
    const old = track;
    track = null;
    lit = false;
    old?.stop();
  };

  const lost = (): void => {
    events.onState("paused");
    if (document.visibilityState === "visible") later(start, REOPEN_MS);
  };

  const listen = (mine: MediaStreamTrack): void => {
    const ifMine = (act: () => void) => () => {
      if (mine === track && !signal.aborted) act();
    };
    mine.addEventListener(
      "mute",
      ifMine(() => later(lost, MUTED_MS)),
    );
    mine.addEventListener(
      "unmute",
      ifMine(() => {
        clearTimeout(timer);
        events.onState("on");
      }),
    );
    mine.addEventListener("ended", ifMine(lost));
    if (mine.muted) later(lost, MUTED_MS);
  };

  const failed = (error: unknown): void => {
    const name = error instanceof DOMException ? error.name : "";
    if (name === "NotAllowedError" || name === "SecurityError") events.onState("refused");
    else events.onState("unavailable");
  };

  const start = async (): Promise<void> => {
    if (busy || signal.aborted) return;
    busy = true;
    drop(); // few phones can have two cameras open
    try {
      const opened = await open(facing);
      if (signal.aborted) return opened.stop();
      track = opened;
      listen(opened);
      events.onTrack(opened);
      events.onState("on");
      const devices = await navigator.mediaDevices.enumerateDevices();
      count = devices.filter((device) => device.kind === "videoinput").length;
      events.onState("on"); // now it is known whether there is another one
    } catch (error) {
      events.onTrack(null);
      failed(error);
    } finally {
      busy = false;
    }
  };

  const returned = (): void => {
    if (
      document.visibilityState === "visible" &&
      track !== null &&
      (track.muted || track.readyState === "ended")
    ) {
      later(start, MUTED_MS);
    }
  };

  document.addEventListener("visibilitychange", returned, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    drop();
  });
  events.onState("asking");
  void start();

  return {
    retry() {
      events.onState("asking");
      void start();
    },
    async flip() {
      facing = facing === "environment" ? "user" : "environment";
      await start();
    },
    canFlip: () => track !== null && count > 1,
    light: () => ((track?.getCapabilities?.() as WithTorch | undefined)?.torch ? lit : null),
    async setLight(on) {
      await track?.applyConstraints({ advanced: [{ torch: on } as WithTorch] });
      lit = on;
    },
  };
}
