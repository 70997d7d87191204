// What is heard and felt while a unit is sent and nobody in it has answered. Browsers let a page sound and vibrate
// once it has been pressed somewhere, so the first press on it makes the sound ready.

const EVERY_MS = 2000;
const LONGEST_MS = 60_000;
const TONES = [880, 1175, 880, 1175]; // Hz, one after the other
const TONE_S = 0.16;
const LOUD = 0.4;
const FELT = [300, 120, 300];

/** Browsers complain of a page that nobody has pressed yet. */
function feel(pattern: number | number[]): void {
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(pattern);
}

export class Ring {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** When each began: none rings for longer than a minute. */
  readonly #since = new Map<string, number>();

  constructor() {
    addEventListener("pointerdown", () => this.#ready(), { capture: true });
  }

  /** Rings as long as one of these is new. */
  whileAny(calls: readonly string[]): void {
    for (const known of this.#since.keys()) if (!calls.includes(known)) this.#since.delete(known);
    const fresh = calls.filter((call) => !this.#since.has(call));
    for (const call of fresh) this.#since.set(call, performance.now());
    if (calls.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      feel(0);
    } else if (fresh.length > 0) {
      clearInterval(this.#timer);
      this.#timer = setInterval(() => this.#once(), EVERY_MS);
      this.#once();
    }
  }

  #ready(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  #once(): void {
    const now = performance.now();
    if (![...this.#since.values()].some((since) => now - since < LONGEST_MS)) {
      clearInterval(this.#timer);
      return;
    }
    feel(FELT);
    const context = this.#context;
    if (context === null || context.state !== "running") return;
    const loudness = context.createGain();
    loudness.gain.value = LOUD;
    loudness.connect(context.destination);
    TONES.forEach((pitch, number) => {
      const tone = context.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(loudness);
      tone.start(context.currentTime + number * TONE_S);
      tone.stop(context.currentTime + (number + 1) * TONE_S);
    });
  }
}
