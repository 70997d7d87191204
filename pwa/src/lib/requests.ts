// How a signed-in page asks the server: JSON both ways with the session's cookie, the CSRF token on every change,
// problems as exceptions that can be shown. It never retries and never hides a refusal.
import type { Problem } from "../wire.ts";
import { hide } from "./locked.ts";

/** The server said no. `code` is a Refusal or one of the general codes in docs/http.md. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;
  readonly status: number;
  readonly detail: string;

  constructor(code: string, status: number, detail: string) {
    super(code);
    this.code = code;
    this.status = status;
    this.detail = detail;
  }

  /** False when the same request may be accepted later. */
  get final(): boolean {
    return this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

/** No answer came: the network or the server is away. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

type Method = "GET" | "POST" | "PUT" | "DELETE";

async function refusal(answer: Response): Promise<Refused> {
  try {
    const problem = (await answer.json()) as Problem;
    const code = problem.type.slice(problem.type.lastIndexOf("/") + 1);
    return new Refused(code, answer.status, problem.detail ?? "");
  } catch {
    return new Refused("internal", answer.status, "");
  }
}

export class Requests {
  #csrf: string | null;
  readonly #onSignedOut: () => void;

  /** `csrf` null: a page that opened without a network, and changes nothing before it is admitted. */
  constructor(csrf: string | null = "", onSignedOut: () => void = () => {}) {
    this.#csrf = csrf;
    this.#onSignedOut = onSignedOut;
  }

  get admitted(): boolean {
    return this.#csrf !== null;
  }

  admit(csrf: string): void {
    this.#csrf = csrf;
  }

  /** The answer's JSON (undefined for 204). Throws Refused or Unreachable, the latter also when `signal` aborts. */
  send<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.#ask(method, path, text, "application/json", signal);
  }

  /** A picture or another file. Throws Refused or Unreachable. */
  async fetchBlob(path: string): Promise<Blob> {
    return (await this.#answer("GET", path, undefined, "")).blob();
  }

  /** The same with a file as it is. */
  sendFile<T>(path: string, file: Blob, type: string): Promise<T> {
    return this.#ask("POST", path, file, type);
  }

  async #ask<T>(
    method: Method,
    path: string,
    body: string | Blob | undefined,
    type: string,
    signal?: AbortSignal,
  ): Promise<T> {
    const answer = await this.#answer(method, path, body, type, signal);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  async #answer(
    method: Method,
    path: string,
    body: string | Blob | undefined,
    type: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    if (method !== "GET" && this.#csrf === null) throw new Unreachable("not known yet who is signed in");
    const headers = new Headers({ Accept: "application/json, */*;q=0.5" });
    if (body !== undefined) headers.set("Content-Type", type);
    if (method !== "GET" && this.#csrf) headers.set("X-CSRF-Token", this.#csrf);
    const request: RequestInit = { method, headers, cache: "no-store", credentials: "same-origin" };
    if (body !== undefined) request.body = body;
    if (signal !== undefined) request.signal = signal;
    let answer: Response;
    try {
      answer = await fetch(path, request);
    } catch (error) {
      throw new Unreachable("no answer", { cause: error });
    }
    if (!answer.ok) {
      const refused = await refusal(answer);
      if (refused.code === "not-signed-in") this.#onSignedOut();
      if (refused.code === "session-locked") hide();
      throw refused;
    }
    return answer;
  }
}
