// One request in the grant's name, for what is no JSON: stills and pieces of files.
import { Refused } from "../lib/api.ts";
import type { Door } from "./door.ts";

export interface Asked {
  method: "HEAD" | "PATCH" | "POST";
  headers?: Record<string, string>;
  body?: Blob;
  timeout_ms: number;
}

/** Rejects with Refused, or as fetch does without a network; a grant that was replaced is asked for anew. */
export async function ask(
  door: Door,
  path: string,
  { method, headers, body, timeout_ms }: Asked,
): Promise<Response> {
  const { bearer } = await door.grant();
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), timeout_ms);
  try {
    const reply = await fetch(path, {
      method,
      headers: { ...headers, Authorization: `Bearer ${bearer}` },
      body: body ?? null,
      credentials: "omit",
      signal: giveUp.signal,
    });
    if (reply.status === 401 || reply.status === 403) await door.again(bearer, reply.status);
    if (!reply.ok) throw new Refused(String(reply.status), reply.status);
    return reply;
  } finally {
    clearTimeout(timer);
  }
}
