// Sends photos and clips by tus 1.0.0, one after the other and in pieces, until 911 has them.
// tus-js-client does the same in 20 kB, more than all of this page, and keeps no file for a page that was closed.
import { Refused } from "../lib/api.ts";
import { type Asked, ask } from "./asking.ts";
import type { Door } from "./door.ts";
import { forgetFile, type KeptFile, keepFile, keptFiles } from "./kept-files.ts";

export type UploadPhase = "sending" | "waiting" | "checking" | "there" | "refused" | "too-large";

export interface Upload {
  readonly id: string;
  phase: UploadPhase;
  sent: number;
  readonly size: number;
}

export interface Uploads {
  readonly all: readonly Upload[];
  add(files: Iterable<Blob>): void;
}

export const MOST_BYTES = 100 * 1024 * 1024;
const FIRST_PIECE = 64 * 1024;
const LEAST_PIECE = 16 * 1024;
const MOST_PIECE = 1024 * 1024;
const PIECE_MS = 2000; // a piece takes about so long: what is lost with a line is little
const TIMEOUT_MS = 60_000;
const FIRST_AGAIN_MS = 1000;
const LAST_AGAIN_MS = 10_000;
const LOOK_MS = 1000;

/** The next piece is as large as the line took of the last in PIECE_MS. */
export function nextPiece(bytes: number, took_ms: number): number {
  const fits = (bytes * PIECE_MS) / Math.max(took_ms, 1);
  return Math.round(Math.min(Math.max(fits, LEAST_PIECE, bytes / 2), MOST_PIECE, bytes * 2));
}

/** Another page has the link now, another piece is wanted, or there are too many at this moment. */
const NOT_YET: ReadonlySet<number> = new Set([401, 403, 409]);
const CHECKED: Record<string, UploadPhase> = { ready: "there", refused: "refused", checking: "checking" };

class Away extends Error {} // nothing of it is there any more: it begins anew

/** The link's name in this browser's own store: no secret. */
async function linkOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface UploadsFor {
  door: Door;
  token: string;
  onChange(): void;
  signal: AbortSignal;
}

export function uploads({ door, token, onChange, signal }: UploadsFor): Uploads {
  const named = linkOf(token);
  const all: (Upload & { kept: KeptFile })[] = [];
  let piece = FIRST_PIECE;
  let running = false;
  let wake: (() => void) | null = null;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, ms);
    });

  const say = (method: Asked["method"], path: string, more = {}, body?: Blob): Promise<Response> =>
    ask(door, path, {
      method,
      headers: { ...more, "Tus-Resumable": "1.0.0" },
      timeout_ms: TIMEOUT_MS,
      ...(body === undefined ? {} : { body }),
    });

  const offsetOf = (reply: Response): number => Number(reply.headers.get("Upload-Offset"));

  const begin = async ({ kept, size }: (typeof all)[number]): Promise<string> => {
    if (kept.where !== null) return kept.where;
    const reply = await say("POST", "/api/caller/uploads", { "Upload-Length": String(size) });
    kept.where = reply.headers.get("Location") ?? "";
    await keepFile(kept);
    return kept.where;
  };

  /** Sends what is missing; returns what became of the whole. */
  const send = async (upload: (typeof all)[number]): Promise<UploadPhase> => {
    const { kept, size } = upload;
    const where = await begin(upload);
    const found = await say("HEAD", where).catch((error) => {
      throw error instanceof Refused && error.status === 404 ? new Away() : error;
    });
    upload.sent = offsetOf(found);
    while (upload.sent < size && !signal.aborted) {
      upload.phase = "sending";
      onChange();
      const began = performance.now();
      const part = kept.file.slice(upload.sent, upload.sent + piece);
      const headers = {
        "Upload-Offset": String(upload.sent),
        "Content-Type": "application/offset+octet-stream",
      };
      try {
        upload.sent = offsetOf(await say("PATCH", where, headers, part));
        piece = nextPiece(part.size, performance.now() - began);
      } catch (error) {
        piece = Math.max(LEAST_PIECE, Math.round(piece / 2));
        throw error;
      }
    }
    for (upload.phase = "checking"; !signal.aborted; ) {
      const state = (await say("HEAD", where)).headers.get("Upload-State") ?? "";
      if (state !== "checking" && state in CHECKED) return CHECKED[state] ?? "refused";
      onChange();
      await pause(LOOK_MS);
    }
    return "checking";
  };

  /** What a failure means: another try, or an end. */
  const judge = (upload: (typeof all)[number], error: unknown): UploadPhase => {
    if (error instanceof Away) upload.kept.where = null;
    if (!(error instanceof Refused && error.final) || NOT_YET.has(error.status)) return "waiting";
    return error.status === 413 ? "too-large" : "refused";
  };

  /** Until it is there, or never will be. */
  const insist = async (upload: (typeof all)[number]): Promise<void> => {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const before = upload.sent;
      upload.phase = await send(upload).catch((error) => judge(upload, error));
      if (upload.phase !== "waiting") break;
      onChange();
      if (upload.sent > before) failures = 0;
      await pause(Math.min(FIRST_AGAIN_MS * 2 ** failures, LAST_AGAIN_MS));
    }
    if (!signal.aborted) await forgetFile(upload.id);
    onChange();
  };

  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (;;) {
      const next = all.find(
        ({ phase }) => phase === "waiting" || phase === "sending" || phase === "checking",
      );
      if (next === undefined || signal.aborted) break;
      await insist(next);
    }
    running = false;
  };

  const put = (kept: KeptFile): void => {
    const tooLarge = kept.file.size > MOST_BYTES;
    const phase = tooLarge ? "too-large" : "waiting";
    all.push({ id: kept.id, kept, phase, sent: 0, size: kept.file.size });
    if (!tooLarge) void keepFile(kept);
  };

  addEventListener("online", () => wake?.(), { signal });
  void named.then(async (link) => {
    for (const kept of await keptFiles(link)) if (!all.some(({ id }) => id === kept.id)) put(kept);
    onChange();
    void run();
  });

  return {
    all,
    add(files) {
      void named.then((link) => {
        for (const file of files) put({ id: crypto.randomUUID(), link, file, where: null, at: Date.now() });
        onChange();
        void run();
      });
    },
  };
}
