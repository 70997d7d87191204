// Everything that a supervisor can ask of the server on this page, one method each; docs/http.md says what each means.
import type { Requests } from "../lib/requests.ts";
import type {
  AmendDock,
  AnswerContest,
  CallerFigures,
  ContestList,
  Device,
  DockView,
  Erased,
  EraseReason,
  InvitationLink,
  InvoiceView,
  IssuedInvoices,
  LoggedUse,
  MaintainDrone,
  MismatchView,
  OwnerRequest,
  PaymentReport,
  Phrases,
  PriceList,
  RegisterDevice,
  RegisterDock,
  RegisteredDevice,
  SealReason,
  SetPhrases,
  SetPrices,
  SiteView,
  UndockedView,
  YearOfFees,
} from "../wire.ts";

export class AgencyCalls {
  readonly #ask: Requests;

  constructor(requests: Requests) {
    this.#ask = requests;
  }

  requests(): Promise<OwnerRequest[]> {
    return this.#ask.send("GET", "/api/agency/requests");
  }

  approve(id: string): Promise<InvitationLink> {
    return this.#ask.send("POST", `/api/agency/requests/${id}/approve`);
  }

  decline(id: string): Promise<void> {
    return this.#ask.send("POST", `/api/agency/requests/${id}/decline`);
  }

  invite(displayName: string): Promise<InvitationLink> {
    return this.#ask.send("POST", "/api/agency/invitations", { display_name: displayName });
  }

  /** How far callers' links came, in sums. */
  callers(): Promise<CallerFigures> {
    return this.#ask.send("GET", "/api/agency/callers");
  }

  contests(): Promise<ContestList> {
    return this.#ask.send("GET", "/api/agency/contests");
  }

  answerContest(id: string, body: AnswerContest): Promise<void> {
    return this.#ask.send("POST", `/api/agency/contests/${id}/answer`, body);
  }

  mismatches(): Promise<MismatchView[]> {
    return this.#ask.send("GET", "/api/agency/statements");
  }

  sites(): Promise<SiteView[]> {
    return this.#ask.send("GET", "/api/agency/sites");
  }

  devices(): Promise<Device[]> {
    return this.#ask.send("GET", "/api/agency/devices");
  }

  addDevice(body: RegisterDevice): Promise<RegisteredDevice> {
    return this.#ask.send("POST", "/api/agency/devices", body);
  }

  retireDevice(id: string): Promise<void> {
    return this.#ask.send("DELETE", `/api/agency/devices/${id}`);
  }

  docks(): Promise<DockView[]> {
    return this.#ask.send("GET", "/api/docks");
  }

  undocked(): Promise<UndockedView[]> {
    return this.#ask.send("GET", "/api/docks/undocked");
  }

  addDock(body: RegisterDock): Promise<DockView> {
    return this.#ask.send("POST", "/api/docks", body);
  }

  amendDock(id: string, body: AmendDock): Promise<DockView> {
    return this.#ask.send("POST", `/api/docks/${id}/amend`, body);
  }

  retireDock(id: string): Promise<void> {
    return this.#ask.send("DELETE", `/api/docks/${id}`);
  }

  maintainDrone(id: string, body: MaintainDrone): Promise<DockView> {
    return this.#ask.send("POST", `/api/drones/${id}/maintain`, body);
  }

  uses(before: number | undefined, sealed: boolean): Promise<LoggedUse[]> {
    const from = before === undefined ? "" : `&before=${before}`;
    return this.#ask.send("GET", `/api/agency/uses?sealed=${sealed}${from}`);
  }

  seal(use: string, why: SealReason, days: number): Promise<void> {
    return this.#ask.send("POST", `/api/agency/uses/${use}/seal`, { why, days });
  }

  unseal(use: string): Promise<void> {
    return this.#ask.send("DELETE", `/api/agency/uses/${use}/seal`);
  }

  erase(use: string, why: EraseReason, what: Erased): Promise<void> {
    return this.#ask.send("POST", `/api/agency/uses/${use}/erase`, { why, what });
  }

  prices(): Promise<PriceList> {
    return this.#ask.send("GET", "/api/agency/prices");
  }

  setPrices(body: SetPrices): Promise<PriceList> {
    return this.#ask.send("PUT", "/api/agency/prices", body);
  }

  phrases(): Promise<Phrases> {
    return this.#ask.send("GET", "/api/agency/phrases");
  }

  setPhrases(body: SetPhrases): Promise<Phrases> {
    return this.#ask.send("PUT", "/api/agency/phrases", body);
  }

  invoices(year: number): Promise<YearOfFees> {
    return this.#ask.send("GET", `/api/agency/invoices?year=${year}`);
  }

  issue(year: number): Promise<IssuedInvoices> {
    return this.#ask.send("POST", "/api/agency/invoices", { year });
  }

  pay(invoice: string, paidOn: string | null, note: string): Promise<InvoiceView> {
    return this.#ask.send("POST", `/api/agency/invoices/${invoice}/paid`, { paid_on: paidOn, note });
  }

  payments(file: Blob, preview: boolean): Promise<PaymentReport> {
    return this.#ask.sendFile(`/api/agency/invoices/payments?preview=${preview}`, file, "text/csv");
  }
}
