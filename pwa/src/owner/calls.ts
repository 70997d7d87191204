// What an owner can ask of the server beside what whoever keeps cameras can.
import { LendingCalls } from "../lending/calls.ts";
import type { ContestUse, ContestView, InvoiceView, ReceiptPage, StatementView } from "../wire.ts";

export class Calls extends LendingCalls {
  signOut(): Promise<void> {
    return this.requests.send("DELETE", "/api/session");
  }

  answer(ask: string, allow: boolean): Promise<void> {
    return this.requests.send("POST", `/api/asks/${ask}/answer`, { allow });
  }

  panic(site: string, words: string): Promise<{ incident: string }> {
    return this.requests.send("POST", `/api/sites/${site}/panic`, { words });
  }

  invoices(): Promise<InvoiceView[]> {
    return this.requests.send("GET", "/api/invoices");
  }

  /** The newest, or those before that number. */
  receipts(before: number | null): Promise<ReceiptPage> {
    return this.requests.send("GET", `/api/receipts${before === null ? "" : `?before=${before}`}`);
  }

  contest(use: string, body: ContestUse): Promise<ContestView> {
    return this.requests.send("POST", `/api/receipts/${use}/contest`, body);
  }

  statements(): Promise<StatementView[]> {
    return this.requests.send("GET", "/api/statements");
  }
}
