// Written by `make wire` from backend/wire.py. Never by hand.

export type ParticipationLevel = "registry" | "ask" | "own-calls" | "nearby";

export type Unavailable = "retired" | "paused" | "registry-only" | "out-of-hours" | "not-own-call" | "too-far" | "no-position" | "refused" | "unanswered" | "connector-away" | "camera-trouble";

export type SourceKind = "onvif" | "rtsp" | "drone";

export type ContestOutcome = "upheld" | "partly" | "explained";

export type ContestReason = "no-emergency" | "not-allowed" | "too-long" | "wrong-reason" | "misused" | "facts-wrong";

export type Light = "day" | "twilight" | "night";

export type DeviceKind = "body-worn" | "dash" | "encoder" | "locator" | "station";

export type Parachute = "none" | "safe" | "armed" | "fired";

export type Crew = "alone" | "join" | "take-over";

export type DutyEnd = "signed-off" | "changed" | "taken-over" | "signed-out";

export type Action = "incident.open" | "incident.amend" | "incident.close" | "incident.offer" | "incident.transfer" | "incident.take" | "incident.coarsen" | "unit.assign" | "unit.release" | "unit.status" | "unit.undo" | "unit.alert" | "unit.acknowledge" | "unit.silent" | "unit.sign-on" | "unit.sign-off" | "link.issue" | "link.send" | "link.delivery" | "link.next" | "link.also" | "link.code" | "link.code-use" | "link.open" | "link.redeem" | "link.allow" | "link.revoke" | "link.handout" | "caller.status" | "caller.rung" | "caller.stop" | "upload.begin" | "upload.end" | "upload.look" | "caller.say" | "feed.publish" | "feed.live" | "feed.end" | "feed.watch" | "feed.subscribe" | "feed.unsubscribe" | "user.add" | "user.password" | "user.sign-in" | "user.sign-out" | "session.lock" | "session.unlock" | "session.end" | "tak.set" | "tak.show" | "access.refuse" | "owner.invite" | "owner.accept" | "owner.request" | "owner.approve" | "owner.decline" | "site.add" | "site.amend" | "site.retire" | "camera.register" | "camera.amend" | "camera.pause" | "camera.resume" | "camera.retire" | "camera.still" | "camera.close" | "camera.open" | "camera.renew" | "camera.ask" | "camera.answer" | "push.subscribe" | "push.unsubscribe" | "incident.panic" | "fee.price" | "fee.invoice" | "fee.pay" | "contest.open" | "contest.answer" | "statement.make" | "connector.code" | "connector.enrol" | "connector.retire" | "connector.refuse" | "device.register" | "device.retire" | "dock.register" | "dock.amend" | "dock.retire" | "drone.maintain" | "drone.offer" | "drone.decline" | "drone.send" | "drone.refuse" | "drone.phase" | "drone.hold" | "drone.go-on" | "drone.follow" | "drone.steer" | "drone.handover" | "drone.return" | "drone.land" | "drone.parachute" | "drone.command" | "drone.breach" | "drone.fault" | "drone.end" | "watch.begin" | "watch.end" | "weather.set" | "officer.share" | "officer.stop" | "use.seal" | "use.unseal" | "use.erase" | "glass.break" | "glass.end" | "review.make" | "finding.close" | "finding.remark" | "finding.name" | "note.write" | "note.look" | "talk.say" | "phrases.set";

export type InvoiceState = "free" | "paid" | "open" | "overdue";

export type FlightEnd = "home" | "elsewhere" | "parachute" | "not-launched" | "lost";

export type Phase = "launching" | "en-route" | "on-scene" | "handing-over" | "returning" | "diverted" | "landed" | "parachute";

export type GlassReason = "nearest" | "officer-in-danger" | "specialist" | "takes-command" | "mutual-aid";

export type Grounded = "dock-trouble" | "no-pilot" | "observers" | "waiver-over" | "dark" | "away" | "drone-trouble" | "silent" | "parachute" | "battery" | "no-weather" | "wind" | "rain" | "cold" | "heat" | "visibility" | "clouds" | "traffic" | "too-far" | "dock-fenced" | "no-view" | "headwind";

export type FeedKind = "caller" | "camera" | "body-worn" | "dash" | "officer" | "drone" | "thermal";

export type FeedState = "waiting" | "live" | "silent" | "ended";

export type Offer = "open" | "ask" | "asking" | "no";

export type Capture = "asking" | "on" | "off" | "refused" | "unavailable" | "paused";

export type DeliveryState = "queued" | "sending" | "sent" | "failed" | "delivered";

export type LinkFor = "caller" | "third-party" | "hung-up";

export type LinkKind = "live" | "position" | "upload";

export type LinkState = "queued" | "sent" | "delivered" | "failed" | "opened" | "sharing" | "ended" | "revoked" | "expired";

export type Manner = "open" | "silent" | "covert";

export type Way = "sms" | "email" | "qr" | "code";

export type Answer = "allowed" | "refused" | "unanswered";

export type Reach = "trying" | "push" | "page" | "nobody";

export type OpeningEnd = "closed" | "expired" | "incident-closed" | "released" | "owner-stopped" | "owner-paused" | "owner-changed" | "connector-away" | "camera-trouble" | "log-away";

export type Reason = "see-scene" | "find-person" | "follow-suspect" | "officer-safety" | "site-call";

export type RequestState = "waiting" | "approved" | "declined";

export type Palette = "white-hot" | "black-hot" | "ironbow" | "rainbow";

export type PaymentOutcome = "pays" | "already" | "no-invoice" | "wrong-amount" | "nothing-due" | "twice" | "bad-date" | "unreadable";

export type Role = "dispatcher" | "officer" | "pilot" | "supervisor" | "owner" | "auditor";

export type Connection = "good" | "weak" | "very-weak" | "gone";

export type Level = "full" | "half" | "quarter" | "keyframes" | "stills";

export type PositionSource = "caller" | "witness" | "dispatcher" | "unit" | "locator" | "site";

export type Refusal = "link-unknown" | "link-expired" | "link-revoked" | "link-bound" | "challenge-stale" | "bad-signature" | "code-unknown" | "too-many-tries" | "unknown-grant" | "grant-expired" | "grant-revoked" | "wrong-scope" | "wrong-feed" | "incident-closed" | "sign-in-failed" | "locked" | "not-signed-in" | "session-locked" | "wrong-role" | "not-assigned" | "bad-csrf" | "bad-origin" | "invitation-unknown" | "invitation-used" | "invitation-expired" | "name-taken" | "bad-account" | "decided" | "not-yours" | "bad-level" | "bad-source" | "bad-still" | "no-still" | "connector-away" | "too-many" | "camera-unavailable" | "owner-away" | "not-opened" | "opening-over" | "ask-over" | "no-site" | "bad-push-address" | "enrolment-unknown" | "enrolment-used" | "enrolment-expired" | "bad-key" | "key-copied" | "not-enrolled" | "wrong-version" | "bad-frame" | "camera-failed" | "bad-device" | "device-retired" | "bad-dock" | "drone-grounded" | "drone-refused" | "drone-denied" | "flight-over" | "no-place" | "bad-weather" | "not-needed" | "log-away" | "in-use" | "ungranted" | "contested" | "not-locked-out" | "glass-broken" | "finding-closed" | "own-use" | "note-taken" | "not-watching" | "bad-picture" | "too-large" | "bad-offset" | "word-taken" | "phrase-unknown" | "not-found" | "bad-number" | "bad-email" | "bad-position" | "caller-placed" | "too-often" | "no-unit" | "unit-taken" | "not-handler" | "not-at-desk" | "transfer-over" | "unit-busy" | "press-over" | "alert-over" | "push-gone" | "push-failed" | "not-asking" | "already-sharing" | "full" | "bad-date" | "bad-file" | "nothing-due";

export type Status = "dispatched" | "en-route" | "on-scene" | "clear";

export type Rung = "live" | "stills" | "single-stills" | "upload" | "position" | "text";

export type RungReason = "starting" | "working" | "permission-refused" | "no-camera" | "camera-taken" | "hidden" | "udp-and-tcp-blocked" | "too-slow" | "chosen" | "asked" | "reloaded" | "no-script" | "unheard";

export type Erased = "place" | "person" | "words" | "everything";

export type EraseReason = "court" | "law" | "safety" | "mistake";

export type SealReason = "investigation" | "court" | "safety";

export type FindingKind = "same-camera" | "off-duty" | "not-on-a-call" | "never-sent" | "never-en-route" | "same-reason" | "outside-incident" | "owner-ended" | "broken-glass" | "contested";

export type Outcome = "in-order" | "talked-over" | "reported" | "fault";

export type SessionEnd = "lost" | "stolen" | "left-open" | "other";

export type SiteKind = "business" | "residence" | "city";

export type Verdict = "matches" | "gaps" | "uncounted" | "mismatch";

export type WordKind = "text" | "ask" | "guide" | "answer";

export type UploadKind = "photo" | "clip";

export type UploadState = "receiving" | "checking" | "ready" | "refused" | "expired";

export type Hint = "dark" | "covered" | "blurred";

export interface Point {
  latitude: number;
  longitude: number;
}

export interface Position {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  at: string;
  source: PositionSource;
  heading_deg: number | null;
  speed_mps: number | null;
}

export interface PositionReport {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  age_ms?: number;
  heading_deg?: number | null;
  speed_mps?: number | null;
}

export interface CrewMember {
  user_id: string;
  name: string;
  since: string;
}

export interface Unit {
  id: string;
  call_sign: string;
  position: Position | null;
  crew: CrewMember[];
}

export interface User {
  id: string;
  name: string;
  display_name: string;
  role: Role;
  unit_id: string | null;
  usual_unit_id: string | null;
}

export interface Hours {
  days: number;
  from_min: number;
  to_min: number;
}

export interface View {
  heading_deg: number | null;
  field_deg: number;
  height_m: number;
}

export interface Pause {
  since: string;
  until: string | null;
}

export interface SourceView {
  name: string;
  label: string;
  codec: string;
  width: number;
  height: number;
  transcodes: boolean;
  has_sound: boolean;
  trouble: string | null;
  camera_id: string | null;
}

export interface ConnectorView {
  id: string;
  name: string;
  connected: boolean;
  seen_at: string | null;
  version: string;
  trouble: string | null;
  media_bytes_day: number;
  sources: SourceView[];
}

export interface TrafficHour {
  at: string;
  minutes: number;
  expected: number;
  media_bytes: number;
  camera_bytes: number;
  control_bytes: number;
  rtsp_sessions: number;
}

export interface TrafficView {
  hours: TrafficHour[];
  minutes: number;
  forged: number;
  verified: boolean;
}

export interface Watching {
  role: Role;
  reason: Reason;
  since: string;
  until: string;
}

export interface CameraView {
  id: string;
  site_id: string;
  name: string;
  point: Point;
  view: View;
  indoor: boolean;
  level: ParticipationLevel;
  radius_m: number;
  hours: Hours;
  pause: Pause | null;
  sound: boolean;
  connector_id: string | null;
  source: string | null;
  device: string | null;
  connected: boolean;
  trouble: string | null;
  still_at: string | null;
  watching: Watching[];
}

export interface SiteView {
  id: string;
  kind: SiteKind;
  name: string;
  address: string;
  point: Point;
  numbers: string[];
  cents_a_year: number;
  cameras: CameraView[];
  connectors: ConnectorView[];
}

export interface AskView {
  id: string;
  camera_id: string;
  incident_type: string;
  reason: Reason;
  asked_at: string;
  expires_at: string;
}

export interface OwnerView {
  type: "owner";
  now: string;
  sites: SiteView[];
  asks: AskView[];
}

export interface CityView {
  type: "city";
  now: string;
  sites: SiteView[];
}

export interface CitySite {
  type: "city-site";
  now: string;
  site: SiteView;
}

export interface CitySiteGone {
  type: "city-site-gone";
  now: string;
  site_id: string;
}

export interface NearbyCamera {
  camera_id: string;
  name: string;
  site: string;
  kind: SiteKind;
  point: Point;
  view: View;
  indoor: boolean;
  distance_m: number | null;
  looks: boolean;
  rank_m: number | null;
  own: boolean;
  offer: Offer;
  why: Unavailable | null;
}

export interface Nearby {
  cameras: NearbyCamera[];
  more: number;
}

export interface OpeningView {
  id: string;
  camera_id: string;
  feed_id: string;
  user_id: string;
  user: string;
  reason: Reason;
  opened_at: string;
  expires_at: string;
}

export interface WaiterView {
  user_id: string;
  user: string;
}

export interface AskedView {
  camera_id: string;
  camera: string;
  asked_at: string;
  expires_at: string;
  reach: Reach;
  answer: Answer | null;
  waiting: WaiterView[];
}

export interface GlassView {
  id: string;
  user_id: string;
  user: string;
  by: string;
  reason: GlassReason;
  at: string;
  expires_at: string;
  index: number;
}

export interface Grounding {
  why: Grounded;
  words: string;
}

export interface Waiver {
  number: string;
  begins: string;
  ends: string;
  ceiling_m: number;
  radius_m: number;
  light: Light;
  observers: number;
  parachute: boolean;
}

export interface AimView {
  pitch_deg: number | null;
  yaw_deg: number | null;
  across_deg: number | null;
  zoom: number | null;
  at: Point | null;
  footprint: Point[];
}

export interface DroneAt {
  id: string;
  incident_id: string | null;
  at: string;
  point: Point;
  height_m: number;
  heading_deg: number | null;
  ground_mps: number;
  climb_mps: number;
  charge: number;
  volts: number | null;
  satellites: number | null;
  mode: string;
  armed: boolean;
  in_air: boolean;
  parachute: Parachute;
  aim: AimView | null;
  trouble: string[];
}

export interface DroneView {
  id: string;
  dock_id: string;
  name: string;
  model: string;
  colour: boolean;
  thermal: boolean;
  heard_at: string | null;
  charge: number | null;
  parachute: Parachute;
  trouble: string | null;
  remote_id: string;
  air_hours: number;
  cycles: number;
  service_due: string | null;
  flight_id: string | null;
}

export interface WatchView {
  pilot_id: string;
  pilot: string;
  observers: number;
  since: string;
}

export interface DockView {
  id: string;
  name: string;
  point: Point;
  roof_m: number;
  waiver: Waiver;
  trouble: string | null;
  watch: WatchView | null;
  drone: DroneView | null;
}

export interface FlightView {
  id: string;
  incident_id: string;
  dock_id: string;
  dock: string;
  drone_id: string;
  drone: string;
  pilot_id: string;
  pilot: string;
  phase: Phase;
  since: string;
  launched_at: string;
  on_scene_at: string | null;
  ended_at: string | null;
  to_scene_s: number | null;
  leaves_at: string | null;
  route: Point[];
  height_m: number;
  holds: boolean;
  follows: boolean;
  steered_by_id: string | null;
  steered_by: string | null;
  parachute_pressed: boolean;
  colour_feed_id: string | null;
  thermal_feed_id: string | null;
  relieved_by: string | null;
  warnings: string[];
  advice: string[];
}

export interface AnswerView {
  dock_id: string;
  dock: string;
  drone_id: string;
  drone: string;
  straight_m: number;
  charge: number | null;
  to_scene_s: number | null;
  stays_s: number | null;
  height_m: number | null;
  away_m: number | null;
  route: Point[];
  groundings: Grounding[];
}

export interface ChoiceView {
  at: string;
  answers: AnswerView[];
  words: string;
  weather: string;
}

export interface OfferView {
  incident_id: string;
  drone_id: string;
  drone: string;
  dock: string;
  to_scene_s: number;
  offered_at: string;
}

export interface UndockedView {
  site_id: string;
  site: string;
  connector_id: string;
  connector: string;
  called: string;
  label: string;
  signed: boolean;
  point: Point | null;
}

export interface Order {
  accepted: boolean;
  words: string;
  took_ms: number;
}

export interface Hangar {
  type: "hangar";
  docks: DockView[];
  flights: FlightView[];
  offers: OfferView[];
}

export interface FlightChanged {
  type: "flight";
  flight: FlightView;
}

export interface DronesMoved {
  type: "drones-moved";
  drones: DroneAt[];
}

export interface OwnerRequest {
  id: string;
  kind: SiteKind;
  display_name: string;
  number: string;
  email: string;
  address: string;
  words: string;
  asked_at: string;
  state: RequestState;
  decided_by: string | null;
  decided_at: string | null;
}

export interface Device {
  id: string;
  kind: DeviceKind;
  name: string;
  added_at: string;
  unit_id: string | null;
  camera_id: string | null;
  seen_at: string | null;
  retired_at: string | null;
}

export interface DutyView {
  unit_id: string;
  since: string;
  ended_at: string | null;
  end: DutyEnd | null;
  by: string | null;
}

export interface ResponseView {
  id: string;
  unit_id: string;
  status: Status;
  dispatched_at: string;
  en_route_at: string | null;
  on_scene_at: string | null;
}

export interface AlertView {
  id: string;
  unit_id: string;
  raised_at: string;
  reach: Reach;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  silent_at: string | null;
  next_unit_id: string | null;
}

export interface Price {
  level: ParticipationLevel;
  cents: number;
}

export interface InvoiceLine {
  level: ParticipationLevel;
  cameras: number;
  cents_each: number;
}

export interface PriceList {
  currency: string;
  digits: number;
  prices: Price[];
  promise: string;
}

export interface InvoiceView {
  id: string;
  number: string;
  site_id: string;
  year: number;
  issued_at: string;
  due_on: string;
  currency: string;
  digits: number;
  site: string;
  addressee: string;
  address: string;
  lines: InvoiceLine[];
  cents: number;
  state: InvoiceState;
  paid_on: string | null;
  paid_note: string;
  html: string;
  pdf: string;
}

export interface YearOfFees {
  year: number;
  today: string;
  currency: string;
  digits: number;
  billed: number;
  paid: number;
  open: number;
  overdue: number;
  missing: number;
  invoices: InvoiceView[];
  promise: string;
}

export interface PaymentRow {
  line: number;
  number: string;
  paid_on: string | null;
  cents: number | null;
  outcome: PaymentOutcome;
  words: string;
}

export interface PaymentReport {
  preview: boolean;
  rows: PaymentRow[];
}

export interface SealView {
  by: string;
  why: SealReason;
  last_day: string;
}

export interface LoggedUse {
  id: string;
  number: number;
  at: string;
  source: string;
  category: string;
  reason: string;
  who: string;
  camera: string | null;
  entries: number;
  published: boolean;
  complete: boolean;
  opens_at: string | null;
  seal: SealView | null;
  erased: string[];
  over: boolean;
}

export interface UploadView {
  id: string;
  link_id: string;
  state: UploadState;
  length: number;
  received: number;
  begun_at: string;
  kind: UploadKind | null;
  width: number | null;
  height: number | null;
  seconds: number | null;
}

export interface CareChoice {
  blur: boolean;
  still_first: boolean;
}

export interface Exposure {
  day: string;
  type: string;
  motion_s: number;
  still_s: number;
}

export interface CareView {
  choice: CareChoice;
  usual: CareChoice;
  exposures: Exposure[];
  kept_days: number;
}

export interface Relief {
  user_id: string;
  name: string;
  role: Role;
  today_motion_s: number;
  today_still_s: number;
  week_motion_s: number;
  week_still_s: number;
}

export interface ChooseCare {
  blur: boolean;
  still_first: boolean;
}

export interface ReportExposure {
  feed_id: string;
  motion_s: number;
  still_s: number;
}

export interface OfferIncident {
  user_id?: string | null;
}

export interface HandlerView {
  user_id: string;
  name: string;
  since: string;
  from_id: string | null;
}

export interface TransferView {
  id: string;
  from_id: string;
  from_name: string;
  to_id: string | null;
  to_name: string | null;
  expires_at: string;
}

export interface Colleague {
  user_id: string;
  name: string;
  role: Role;
  incidents: number;
}

export interface Spread {
  name: string;
  median_s: number | null;
  p90_s: number | null;
  measured: number;
}

export interface Tally {
  name: string;
  count: number;
}

export interface Reached {
  name: string;
  links: number;
  opened: number;
  shared: number;
  pictures: number;
  permitted_to_picture_s: number | null;
}

export interface CallerFigures {
  since: string;
  links: number;
  funnel: Tally[];
  times: Spread[];
  rungs: Tally[];
  reasons: Tally[];
  browsers: Reached[];
  networks: Reached[];
}

export interface FeedView {
  id: string;
  incident_id: string;
  kind: FeedKind;
  state: FeedState;
  since: string;
  connection: Connection | null;
  name: string;
  camera_id: string | null;
  unit_id: string | null;
  still_at: string | null;
}

export interface WentBy {
  way: Way;
  state: DeliveryState;
  at: string;
  reason: string | null;
}

export interface LinkView {
  id: string;
  feed_id: string | null;
  kind: LinkKind;
  whom: LinkFor;
  manner: Manner;
  state: LinkState;
  number: string | null;
  email: string | null;
  language: string;
  reason: string | null;
  sender: string;
  ways: WentBy[];
  unreached: boolean;
  issued_at: string;
  expires_at: string;
  opened_at: string | null;
  redeemed_at: string | null;
  asking: boolean;
  camera: Capture;
  position: Capture;
  rung: Rung | null;
  rung_reason: RungReason | null;
  rung_since: string | null;
}

export interface IncidentView {
  id: string;
  type: string;
  words: string;
  opened_at: string;
  opened_by: string;
  callback_number: string | null;
  position: Position | null;
  closed_at: string | null;
  news_at: string;
  unit_ids: string[];
  responses: ResponseView[];
  links: LinkView[];
  feeds: FeedView[];
  openings: OpeningView[];
  asks: AskedView[];
  alerts: AlertView[];
  glass: GlassView[];
  uploads: UploadView[];
  site: string | null;
  handler: HandlerView | null;
  transfer: TransferView | null;
}

export interface EntryView {
  index: number;
  at: string;
  action: string;
  actor: string;
  subject: string;
  refusal: string | null;
  details: Record<string, string>;
}

export interface Battery {
  capacity_wh: number;
  charge: number;
  health: number;
}

export interface Press {
  by: string;
  at: string;
}

export interface Steering {
  by: string;
  at: string;
}

export interface Flight {
  id: string;
  dock_id: string;
  drone_id: string;
  incident_id: string;
  pilot: string;
  launched_at: string;
  phase: Phase;
  since: string;
  steering: Steering | null;
  holds: boolean;
  pressed: Press | null;
  relieved_by: string | null;
}

export interface FlightPlan {
  place: Point;
  points: Point[];
  height_m: number;
  away_m: number;
  to_scene_s: number;
  home_wh: number;
  battery: Battery;
}

export interface FlightRecord {
  flight: Flight;
  plan: FlightPlan;
  sent_by: string;
  pressed_at: string;
  follows: boolean;
  airborne_at: string | null;
  on_scene_at: string | null;
  picture_at: string | null;
  ended_at: string | null;
  outcome: FlightEnd | null;
  colour_feed_id: string | null;
  thermal_feed_id: string | null;
  relieves: string | null;
  air_s: number;
  used: number;
}

export type FlightPoint = [at: string, clock_s: number, latitude: number, longitude: number, height_m: number, ground_mps: number, climb_mps: number, charge: number, heading_deg: number | null, pitch_deg: number | null, yaw_deg: number | null, mode: string, in_air: boolean, parachute: Parachute, phase: Phase];

export interface FlightTimes {
  to_launch_s: number | null;
  to_scene_s: number | null;
  to_picture_s: number | null;
}

export interface FlightSummary {
  id: string;
  incident_id: string;
  incident_type: string;
  opened_at: string;
  drone: string;
  dock: string;
  pilot: string;
  sent_by: string;
  pressed_at: string;
  phase: Phase;
  ended_at: string | null;
  end: FlightEnd | null;
  air_s: number;
  used: number;
  times: FlightTimes;
}

export interface FlightPage {
  flights: FlightSummary[];
  more: boolean;
}

export interface FlightLog {
  summary: FlightSummary;
  record: FlightRecord;
  home: Point;
  remote_id: string;
  within_m: number;
  level_deg: number;
  lines: EntryView[];
  points: FlightPoint[];
}

export interface StillView {
  kind: FeedKind;
  name: string;
  width: number;
  height: number;
}

export interface NoteView {
  id: string;
  number: number;
  at: string;
  by_id: string;
  by: string;
  unit: string | null;
  text: string;
  still: StillView | null;
}

export interface NoteReader {
  user_id: string;
  name: string;
  unit: string | null;
  delivered: number;
  read: number;
}

export interface NotesView {
  incident_id: string;
  notes: NoteView[];
  readers: NoteReader[];
}

export interface Phrases {
  desk: string[];
  officer: string[];
}

export interface Marks {
  delivered: number;
  read: number;
  desk_read: number;
  language: string | null;
}

export interface WordView {
  id: string;
  number: number;
  at: string;
  by: string | null;
  kind: WordKind;
  text: string;
  phrase: string | null;
  answers: number | null;
  language: string | null;
  translated: string | null;
}

export interface TalkView {
  incident_id: string;
  link_id: string;
  words: WordView[];
  marks: Marks;
}

export interface PictureHint {
  hint: Hint | null;
}

export interface CallerWord {
  number: number;
  id: string | null;
  kind: WordKind;
  text: string;
  phrase: string | null;
  answers: number | null;
  choices: string[];
  translated: string | null;
}

export interface TalkNews {
  words: CallerWord[];
  desk_read: number;
}

export interface Choice {
  key: string;
  text: string;
}

export interface Question {
  key: string;
  text: string;
  answers: Choice[];
}

export interface Canned {
  questions: Question[];
  guides: Question[];
}

export interface LockedOut {
  user_id: string;
  name: string;
  unit: string | null;
}

export interface Agency {
  name: string;
  incident_types: string[];
  sender: string;
  email: boolean;
  quiet_words: Record<string, string>;
  country: string;
  currency: string;
}

export interface Me {
  user: User;
  agency: Agency;
  csrf: string;
  session: string;
  lock_after_s: number;
  care: CareChoice;
}

export interface Snapshot {
  type: "snapshot";
  now: string;
  incidents: IncidentView[];
  units: Unit[];
  notes: NotesView[];
  phrases: string[];
  duty: DutyView | null;
  talks: TalkView[];
}

export interface IncidentChanged {
  type: "incident";
  incident: IncidentView;
}

export interface IncidentHidden {
  type: "incident-hidden";
  incident_id: string;
}

export interface PositionMoved {
  type: "position";
  incident_id: string;
  position: Position;
}

export interface ConnectionChanged {
  type: "connection";
  incident_id: string;
  feed_id: string;
  connection: Connection;
}

export interface StillTaken {
  type: "still";
  incident_id: string;
  feed_id: string;
  at: string | null;
}

export interface LevelChanged {
  type: "level";
  session: string;
  feed_id: string;
  level: Level;
}

export interface NearbyChanged {
  type: "nearby";
  incident_id: string;
}

export interface NoteWritten {
  type: "note";
  incident_id: string;
  note: NoteView;
}

export interface NotesRead {
  type: "notes-read";
  incident_id: string;
  reader: NoteReader;
}

export interface WordSaid {
  type: "word";
  incident_id: string;
  link_id: string;
  word: WordView;
}

export interface TalkMarked {
  type: "talk-marks";
  incident_id: string;
  link_id: string;
  marks: Marks;
}

export interface UnitChanged {
  type: "unit";
  unit: Unit;
}

export interface UnitAt {
  id: string;
  position: Position;
}

export interface UnitsMoved {
  type: "units-moved";
  units: UnitAt[];
}

export interface EntryRecorded {
  type: "entry";
  incident_id: string;
  entry: EntryView;
}

export interface Tick {
  type: "tick";
  now: string;
}

export interface Resumed {
  type: "resumed";
  now: string;
}

export interface Numbered {
  n?: number;
  listener?: string;
}

export interface SignedOut {
  type: "signed-out";
}

export interface Locked {
  type: "locked";
}

export interface SessionView {
  id: string;
  device: string;
  since: string;
  seen_at: string;
  locked: boolean;
  here: boolean;
}

export interface PersonSessions {
  user_id: string;
  name: string;
  role: Role;
  unit: string | null;
  sessions: SessionView[];
}

export interface SignIn {
  name: string;
  password: string;
}

export interface Unlock {
  password: string;
}

export interface Idle {
  idle_ms: number;
  incident_id?: string | null;
}

export interface EndSession {
  reason: SessionEnd;
}

export interface Place {
  latitude: number;
  longitude: number;
  accuracy_m?: number;
}

export interface OpenIncident {
  type: string;
  words?: string;
  callback_number?: string | null;
  position?: Place | null;
}

export interface AmendIncident {
  words?: string | null;
  position?: Place | null;
  over_caller?: boolean;
}

export interface AssignUnit {
  unit_id: string;
  only_free?: boolean;
}

export interface IssueLink {
  kind: LinkKind;
  number?: string;
  email?: string;
  shown?: boolean;
  whom?: LinkFor;
  manner?: Manner;
  language?: string | null;
}

export interface SendLinkAlso {
  number?: string;
  email?: string;
  language?: string | null;
}

export interface HungUpCall {
  number: string;
  words?: string;
  position?: Place | null;
  manner?: Manner;
  language?: string | null;
}

export interface IssuedLink {
  link: LinkView;
  handout: Handout | null;
}

export interface OpenedHungUp {
  link: LinkView;
  handout: Handout | null;
  incident: IncidentView;
}

export interface Handout {
  url: string;
  qr_svg: string;
}

export interface SpokenCode {
  code: string;
  seconds_left: number;
}

export interface WatchGrant {
  whep: string;
  bearer: string;
  seconds_left: number;
}

export interface OpenLink {
  token: string;
  network?: string | null;
}

export interface Invitation {
  agency: string;
  kind: LinkKind;
  manner: Manner;
  seconds_left: number;
  challenge: string;
  used: boolean;
}

export interface PublicKey {
  x: string;
  y: string;
}

export interface RedeemLink {
  token: string;
  challenge: string;
  key: PublicKey;
  signature: string;
}

export interface CallerGrant {
  bearer: string;
  kind: LinkKind;
  whip: string | null;
  seconds_left: number;
}

export interface EnterCode {
  code: string;
}

export interface EnteredCode {
  token: string;
}

export interface CallerStatus {
  camera: Capture;
  position: Capture;
  rung?: Rung | null;
  reason?: RungReason;
}

export interface LookInvitation {
  token: string;
}

export interface OwnerInvited {
  agency: string;
  display_name: string;
}

export interface AcceptInvitation {
  token: string;
  name: string;
  display_name: string;
  password: string;
  kind: SiteKind;
}

export interface RequestInvitation {
  kind: SiteKind;
  display_name: string;
  number: string;
  email: string;
  address: string;
  words?: string;
}

export interface InviteOwner {
  display_name: string;
}

export interface InvitationLink {
  url: string;
  qr_svg: string;
}

export interface AddSite {
  kind: SiteKind;
  name: string;
  address: string;
  point: Point;
  numbers?: string[];
}

export interface AmendSite {
  name?: string | null;
  address?: string | null;
  point?: Point | null;
  numbers?: string[] | null;
}

export interface RegisterCamera {
  name: string;
  point: Point;
  view: View;
  indoor: boolean;
  connector_id?: string | null;
  source?: string | null;
}

export interface AmendCamera {
  name?: string | null;
  point?: Point | null;
  view?: View | null;
  indoor?: boolean | null;
  level?: ParticipationLevel | null;
  radius_m?: number | null;
  hours?: Hours | null;
  sound?: boolean | null;
  connector_id?: string | null;
  source?: string | null;
  unbind?: boolean;
}

export interface PauseCamera {
  minutes: number | null;
}

export interface SealUse {
  why: SealReason;
  days: number;
}

export interface EraseUse {
  why: EraseReason;
  what: Erased;
}

export interface OpenCamera {
  reason: Reason;
}

export interface OpenedCamera {
  opening: OpeningView | null;
  asked: AskedView | null;
}

export interface OpenedSite {
  openings: OpeningView[];
  asked: AskedView[];
}

export interface AnswerAsk {
  allow: boolean;
}

export interface PressPanic {
  words?: string;
}

export interface PanicPressed {
  incident: string;
}

export interface PushKey {
  key: string;
}

export interface SubscribePush {
  endpoint: string;
  p256dh: string;
  auth: string;
}

export interface NamedPush {
  endpoint: string;
}

export interface EnrolmentCode {
  code: string;
  seconds_left: number;
}

export interface RegisterDevice {
  kind: DeviceKind;
  name: string;
  unit_id?: string | null;
  camera_id?: string | null;
}

export interface RegisteredDevice {
  device: Device;
  token: string;
  whip: string;
}

export interface ShareCamera {
  bearer: string;
  whip: string;
  feed_id: string;
}

export interface TileJson {
  tilejson: string;
  tiles: string[];
  attribution: string;
  bounds: number[];
  minzoom: number;
  maxzoom: number;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

export interface Sheet {
  name: string;
  cruise_mps: number;
  climb_mps: number;
  descend_mps: number;
  hover_w: number;
  cruise_w: number;
  climb_w: number;
  ceiling_m?: number;
  launch_s?: number;
  reserve?: number;
  wind_mps?: number;
  gust_mps?: number;
  rain_mmph?: number;
  coldest_c?: number;
  hottest_c?: number;
}

export interface RegisterDrone {
  called: string;
  name: string;
  sheet: Sheet;
  capacity_wh: number;
  health?: number;
  service_every_h?: number;
}

export interface RegisterDock {
  site_id: string;
  connector_id: string;
  name: string;
  point: Point;
  waiver: Waiver;
  drone: RegisterDrone;
  roof_m?: number;
}

export interface AmendDock {
  name?: string | null;
  roof_m?: number | null;
  waiver?: Waiver | null;
  trouble?: string | null;
}

export interface MaintainDrone {
  trouble?: string | null;
  health?: number | null;
  serviced?: boolean;
}

export interface TakeWatch {
  observers?: number;
}

export interface Wind {
  speed_mps: number;
  from_deg: number;
}

export interface Weather {
  wind: Wind;
  gust_mps: number;
  rain_mmph: number;
  visibility_m: number;
  temperature_c: number;
  at: string;
  cloud_base_m: number | null;
}

export interface SayWeather {
  wind: Wind;
  gust_mps: number;
  rain_mmph: number;
  visibility_m: number;
  temperature_c: number;
  cloud_base_m?: number | null;
  at?: string | null;
}

export interface SendDrone {
  drone_id?: string | null;
}

export interface SteerDrone {
  forward_mps?: number;
  right_mps?: number;
  up_mps?: number;
  turn_dps?: number;
}

export interface TurnGimbal {
  pitch_deg: number;
  yaw_deg?: number | null;
}

export interface LookAt {
  latitude: number;
  longitude: number;
}

export interface ZoomCamera {
  times: number;
}

export interface SetPrices {
  cents: Record<ParticipationLevel, number>;
}

export interface IssueInvoices {
  year: number;
}

export interface IssuedInvoices {
  issued: number;
}

export interface PayInvoice {
  paid_on: string | null;
  note?: string;
}

export interface ContestView {
  id: string;
  why: ContestReason;
  words: string;
  at: string;
  outcome: ContestOutcome | null;
  answer: string;
  answered_at: string | null;
}

export interface ContestedView {
  id: string;
  use: string;
  index: number | null;
  why: ContestReason;
  words: string;
  at: string;
  owner: string;
  camera: string;
  site: string;
  incident_id: string;
  category: string;
  opened_at: string;
  seconds: number | null;
  role: string | null;
  reason: string | null;
  outcome: ContestOutcome | null;
  answer: string;
  answered_by: string | null;
  answered_at: string | null;
  late: boolean;
}

export interface ContestList {
  now: string;
  waiting: number;
  contests: ContestedView[];
}

export interface Sealed {
  by: string | null;
  why: string | null;
  until: string | null;
}

export interface ReceiptView {
  use: string;
  camera_id: string;
  camera: string;
  site_id: string;
  site: string;
  hour: string | null;
  category: string | null;
  role: string | null;
  reason: string | null;
  opened_at: string | null;
  ended_at: string | null;
  over: boolean;
  seconds: number | null;
  bytes: number | null;
  stills: number | null;
  looks: number;
  recorded: boolean | null;
  outcome: string | null;
  erased: string[];
  sealed: Sealed | null;
  proved: boolean;
  contest: ContestView | null;
  contests_left: number;
}

export interface ReceiptPage {
  receipts: ReceiptView[];
  count: number;
  more: number | null;
  provable_at: string | null;
}

export interface ProvedLeaf {
  leaf: string;
  fields: Record<string, string[]>;
  proof: string | null;
}

export interface ReceiptFile {
  v: number;
  type: string;
  to: string;
  entries: ProvedLeaf[];
}

export interface Viewer {
  role: string | null;
  seconds: number | null;
  watching: boolean;
}

export interface Looker {
  role: string | null;
  looks: number;
}

export interface SharedFor {
  rung: Rung;
  seconds: number;
}

export interface CallerReceipt {
  agency: string;
  live: boolean;
  viewers: Viewer[];
  over: boolean;
  stills: number;
  recorded: boolean;
  sealed: Sealed | null;
  proved: boolean;
  provable_at: string | null;
  file: ReceiptFile | null;
  shared: SharedFor[];
  uploads: number;
  lookers: Looker[];
  words: number;
  places_days: number;
  places_until: string | null;
  contact: string;
}

export interface Gap {
  at: string;
  minutes: number;
}

export interface Counted {
  connectors: number;
  minutes: number;
  expected: number;
  forged: number;
  media_bytes: number;
  sending: number;
  unopened: number;
  unopened_bytes: number;
  unopened_at: string[];
  sessions: number;
  unmatched: number;
  unsure: number;
  gaps: number;
  longest: Gap[];
}

export interface CameraMonth {
  camera_id: string;
  name: string;
  openings: number;
  seconds: number;
  bytes: number;
  stills: number;
  recorded: number;
}

export interface StatementView {
  id: string;
  site_id: string;
  site: string;
  month: string;
  made_at: string;
  verdict: Verdict;
  openings: number;
  seconds: number;
  bytes: number;
  cameras: CameraMonth[];
  counted: Counted;
  html: string;
  pdf: string;
  csv: string;
}

export interface MismatchView {
  id: string;
  site: string;
  owner: string;
  month: string;
  made_at: string;
  counted: Counted;
}

export interface ContestUse {
  why: ContestReason;
  words?: string;
}

export interface AnswerContest {
  outcome: ContestOutcome;
  words: string;
}

export interface ReceiptChallenge {
  challenge: string;
}

export interface AskReceipt {
  token: string;
  challenge: string;
  key: PublicKey;
  signature: string;
}

export interface EvidenceView {
  number: number;
  index: number | null;
  kind: string;
  at: string;
  role: string;
  category: string | null;
  reason: string | null;
  camera: string | null;
  end: string | null;
}

export interface RemarkView {
  at: string;
  by: string;
  words: string;
}

export interface FindingView {
  id: string;
  week: string;
  kind: FindingKind;
  officer: string;
  role: string;
  camera: string | null;
  figures: Record<string, number>;
  evidence: EvidenceView[];
  made_at: string;
  due_at: string;
  overdue: boolean;
  closed_at: string | null;
  closed_by: string | null;
  outcome: Outcome | null;
  remarks: RemarkView[];
}

export interface BarView {
  name: string;
  incidents: number;
}

export interface WeekView {
  week: string;
  openings: number;
  incidents: number;
  people: BarView[];
  people_median: number;
  cameras: BarView[];
  cameras_median: number;
  findings: number;
  open: number;
}

export interface WitnessView {
  name: string;
  size: number;
  trouble: string | null;
}

export interface LogView {
  up: boolean;
  entries: number | null;
  published: number | null;
  checkpoint_at: string | null;
  waiting: number;
  sealed: number;
  trouble: string | null;
  witnesses: WitnessView[];
}

export interface ReviewView {
  now: string;
  weeks: WeekView[];
  findings: FindingView[];
  log: LogView;
}

export interface FieldView {
  name: string;
  value: string | null;
  public: boolean;
}

export interface LogEntryView {
  index: number;
  kind: string;
  at: string;
  fields: FieldView[];
  sealed_until: string | null;
  findings: string[];
}

export interface PersonNamed {
  name: string;
  role: string;
  unit: string | null;
}

export interface AttachStill {
  feed_id: string;
  jpeg: string;
  palette?: Palette | null;
}

export interface WriteNote {
  id: string;
  text: string;
  still?: AttachStill | null;
}

export interface MarkNotes {
  delivered: number;
  read: number;
}

export interface SetPhrases {
  desk: string[];
  officer: string[];
}

export interface Say {
  id: string;
  kind: WordKind;
  text?: string;
  phrase?: string | null;
  answers?: number | null;
  language?: string | null;
}

export interface AskNews {
  after: number;
  desk_read: number;
}

export interface MarkTalk {
  delivered: number;
  read: number;
  language?: string | null;
}

export interface ReadTalk {
  read: number;
}

export interface SignOn {
  unit_id: string;
  crew?: Crew;
}

export interface SignedOn {
  duty: DutyView;
  over: string[];
}

export interface PressStatus {
  press: string;
  status: Status;
  age_ms?: number | null;
}

export interface UndoPress {
  press: string;
}

export interface Acknowledged {
  incident_id: string;
}

export interface BreakGlass {
  user_id: string;
  reason: GlassReason;
  minutes?: number;
}

export interface CloseFinding {
  outcome: Outcome;
  words: string;
}

export interface Remark {
  words: string;
}

export type Event = Snapshot | IncidentChanged | IncidentHidden | PositionMoved | ConnectionChanged | StillTaken | LevelChanged | NearbyChanged | NoteWritten | NotesRead | WordSaid | TalkMarked | UnitChanged | UnitsMoved | DronesMoved | Hangar | FlightChanged | EntryRecorded | Tick | Resumed | SignedOut | Locked;
