// What whoever keeps cameras can ask of the server, one method each; docs/http.md says what each one means.
import type { Requests } from "../lib/requests.ts";
import type {
  AddSite,
  AmendCamera,
  AmendSite,
  CameraView,
  EnrolmentCode,
  PauseCamera,
  RegisterCamera,
  SiteView,
  TrafficView,
} from "../wire.ts";

export class LendingCalls {
  protected readonly requests: Requests;

  constructor(requests: Requests) {
    this.requests = requests;
  }

  addSite(site: AddSite): Promise<SiteView> {
    return this.requests.send("POST", "/api/sites", site);
  }

  amendSite(id: string, changes: AmendSite): Promise<SiteView> {
    return this.requests.send("POST", `/api/sites/${id}/amend`, changes);
  }

  retireSite(id: string): Promise<void> {
    return this.requests.send("DELETE", `/api/sites/${id}`);
  }

  addCamera(site: string, camera: RegisterCamera): Promise<CameraView> {
    return this.requests.send("POST", `/api/sites/${site}/cameras`, camera);
  }

  amendCamera(id: string, changes: AmendCamera): Promise<CameraView> {
    return this.requests.send("POST", `/api/cameras/${id}/amend`, changes);
  }

  /** `minutes` is null until it is resumed. */
  pause(id: string, minutes: PauseCamera["minutes"]): Promise<CameraView> {
    const pause: PauseCamera = { minutes };
    return this.requests.send("POST", `/api/cameras/${id}/pause`, pause);
  }

  resume(id: string): Promise<CameraView> {
    return this.requests.send("POST", `/api/cameras/${id}/resume`);
  }

  stop(id: string): Promise<void> {
    return this.requests.send("POST", `/api/cameras/${id}/stop`);
  }

  retireCamera(id: string): Promise<void> {
    return this.requests.send("DELETE", `/api/cameras/${id}`);
  }

  takeStill(id: string): Promise<CameraView> {
    return this.requests.send("POST", `/api/cameras/${id}/still`);
  }

  code(site: string): Promise<EnrolmentCode> {
    return this.requests.send("POST", `/api/sites/${site}/enrolments`);
  }

  retireConnector(id: string): Promise<void> {
    return this.requests.send("DELETE", `/api/connectors/${id}`);
  }

  discover(id: string): Promise<void> {
    return this.requests.send("POST", `/api/connectors/${id}/discover`);
  }

  traffic(id: string): Promise<TrafficView> {
    return this.requests.send("GET", `/api/connectors/${id}/traffic`);
  }
}
