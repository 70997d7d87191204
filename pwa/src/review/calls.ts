// Everything that an auditor can ask of the server, one method each; docs/http.md says what each means.
import type { Requests } from "../lib/requests.ts";
import type { FindingView, LogEntryView, Outcome, PersonNamed, ReviewView } from "../wire.ts";

export class ReviewCalls {
  readonly #ask: Requests;

  constructor(requests: Requests) {
    this.#ask = requests;
  }

  look(): Promise<ReviewView> {
    return this.#ask.send("GET", "/api/review");
  }

  close(id: string, outcome: Outcome, words: string): Promise<FindingView> {
    return this.#ask.send("POST", `/api/review/findings/${id}/close`, { outcome, words });
  }

  remark(id: string, words: string): Promise<FindingView> {
    return this.#ask.send("POST", `/api/review/findings/${id}/remarks`, { words });
  }

  name(id: string): Promise<PersonNamed> {
    return this.#ask.send("POST", `/api/review/findings/${id}/name`);
  }

  entry(index: number): Promise<LogEntryView> {
    return this.#ask.send("GET", `/api/review/entries/${index}`);
  }

  signOut(): Promise<void> {
    return this.#ask.send("DELETE", "/api/session");
  }
}
