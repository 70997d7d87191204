// Asks the server, JSON both ways, for pages without a session: the bearer is given, no cookie is sent.
// Never retries; a refusal is an exception with its code.
import type { Problem } from "../wire.ts";

const TIMEOUT_MS = 8000;

/** The server said no. `code` is a Refusal of wire.ts, or one of the general codes in docs/http.md. */
export class Refused extends Error {
  declare readonly code: string; // `declare`: old browsers have no class fields
  declare readonly status: number;

  constructor(code: string, status: number) {
    super(code);
    this.code = code;
    this.status = status;
  }

  /** False when the same request may be accepted later. */
  get final(): boolean {
    return this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

/** What a reply that is not ok says. */
export async function refusal(reply: Response): Promise<Refused> {
  let code = "internal";
  try {
    code = ((await reply.json()) as Problem).type.replace("/problems/", "");
  } catch {
    // A proxy's page, not ours.
  }
  return new Refused(code, reply.status);
}

/** POSTs and returns the answer, undefined for 204. Rejects with Refused, or as fetch does without a network. */
export async function post<Answer>(path: string, body?: unknown, bearer?: string): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (bearer !== undefined) headers.Authorization = `Bearer ${bearer}`;
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  try {
    const reply = await fetch(path, {
      method: "POST",
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "omit",
      keepalive: true, // a last word may be said while the page goes away
      signal: giveUp.signal,
    });
    if (!reply.ok) throw await refusal(reply);
    return (reply.status === 204 ? undefined : await reply.json()) as Answer;
  } finally {
    clearTimeout(timer);
  }
}
