// Watches one feed by WHEP. Step 11 of the story. The feed may not have begun, may pause and come back:
// that is waiting, not lost. A picture that stops although the feed is live is opened again.

import { adjust, noBuffer } from "./buffer.ts";
import type { Health } from "./health.ts";
import {
  grantKeeper,
  judgeConnection,
  type RefusedGrant,
  type SessionState,
  supervise,
  type Verdict,
  type Watched,
} from "./reconnect.ts";
import { connection, type Grant, negotiate, type Session } from "./session.ts";

/** How much of a picture is wanted: less than all where it is small, or is to be a still. */
export type Most = "full" | "half" | "quarter" | "keyframes" | "stills";

export interface Subscribe {
  /** Asked at the start, and again with the grant that was refused; throws Over when this person may not watch any more. */
  grant(refused: RefusedGrant<Grant> | null): Promise<Grant>;
  /** Gets the picture; keeps its last frame while the picture is away. */
  video: HTMLVideoElement;
  onState(state: SessionState): void;
  onHealth?(health: Health): void;
  /** Whether the server says of a session that only stills fit through: then silence between them is no loss. */
  stills?(session: string): boolean;
  /** What is wanted at first. */
  most?: Most;
  signal: AbortSignal;
}

export interface Subscription {
  /** What the server's events say of the feed: true while packets arrive there. */
  feedIsLive(live: boolean): void;
  /** Another amount is wanted from now on. */
  want(most: Most): void;
  /** The event socket broke or came back: the picture may have gone with it. */
  nudge(): void;
}

const PICTURE_PAUSE_MS = 1000;
const FIRST_PACKET_MS = 2000;
const STILLS_PAUSE_MS = 30_000; // one comes every 10 s

/** What is known from outside: what the server's events say of the feed, and when they broke. */
export interface Hearsay {
  live: boolean | null; // null: nobody has said
  liveSince: number;
  suspectedAt: number;
  stills: boolean; // of this session
}

export function judge(watched: Watched, hearsay: Hearsay, now: number): Verdict {
  const verdict = judgeConnection(watched, now);
  if (verdict !== null) return verdict;
  const { counters, packetAt, openedAt } = watched;
  const pause = PICTURE_PAUSE_MS + 2 * (counters.rtt_ms ?? 0);
  if (counters.packets > 0 && now - packetAt < pause) return counters.frames > 0 ? "flowing" : "opening";
  const stillComes = hearsay.stills && hearsay.live !== false && counters.frames > 0;
  if (stillComes && now - packetAt < STILLS_PAUSE_MS) return "flowing";
  if (openedAt < hearsay.suspectedAt) return "dead";
  if (hearsay.live === false) return "quiet";
  const patience = watched.hasFlowed ? pause : FIRST_PACKET_MS;
  if (!watched.hasFlowed && hearsay.live === null) return "quiet";
  return now - Math.max(packetAt, hearsay.liveSince) > patience ? "dead" : "quiet";
}

export function subscribe(options: Subscribe): Subscription {
  const { video } = options;
  const hearsay: Hearsay = {
    live: null,
    liveSince: 0,
    suspectedAt: Number.NEGATIVE_INFINITY,
    stills: false,
  };
  // an opening that fails for long, or in a page that sleeps, must not come back with a grant that has run out
  const isOld = ({ until }: Grant): boolean => until !== undefined && performance.now() >= until;
  const withGrant = grantKeeper(options.grant, { once: true, isOld });
  let most = options.most ?? "full";
  let newest: { session: Session; most: Most } | null = null;
  const tell = (): void => {
    if (newest === null || newest.most === most) return;
    newest.most = most;
    newest.session.put(`/most/${most}`);
  };

  let buffered: Session | null = null;
  let buffer = noBuffer();
  const delay = ({ session, counters }: Watched): void => {
    // a new session shows its first frame at once; what was learnt of the path stays
    if (session !== buffered) buffer = { ...buffer, target_ms: 0, nacks: 0, frozen_s: 0 };
    buffered = session;
    const before = buffer.target_ms;
    buffer = adjust(buffer, counters, performance.now());
    if (buffer.target_ms === before) return;
    for (const receiver of session.pc.getReceivers()) receiver.jitterBufferTarget = buffer.target_ms;
  };

  const show = (pc: RTCPeerConnection): void => {
    const track = pc.getReceivers()[0]?.track;
    const shown = video.srcObject instanceof MediaStream ? video.srcObject.getTracks()[0] : undefined;
    if (track === undefined || track === shown) return;
    video.srcObject = new MediaStream([track]);
    video.play().catch(() => {}); // muted and inline: refused only while the page is hidden
  };

  const open = async (signal: AbortSignal): Promise<Session> => {
    const pc = connection();
    try {
      pc.addTransceiver("video", { direction: "recvonly" });
      await pc.setLocalDescription(await pc.createOffer());
      const asked = most;
      const session = await withGrant(({ endpoint, bearer }) =>
        negotiate(
          pc,
          { endpoint: asked === "full" ? endpoint : `${endpoint}?most=${asked}`, bearer },
          signal,
        ),
      );
      newest = { session, most: asked };
      tell(); // something else may have been wanted meanwhile
      if (video.srcObject === null) show(pc); // later ones only once they have a frame to show
      return session;
    } catch (error) {
      pc.close();
      throw error;
    }
  };

  const supervisor = supervise({
    ...options,
    open,
    judge: (watched, now) => {
      hearsay.stills = options.stills?.(watched.session.id) ?? false;
      return judge(watched, hearsay, now);
    },
    onFlow: (session) => show(session.pc),
    onLook: delay,
  });
  return {
    feedIsLive(live) {
      if (live === hearsay.live) return;
      hearsay.live = live;
      if (live) hearsay.liveSince = performance.now();
      supervisor.nudge();
    },
    want(next) {
      most = next;
      tell();
    },
    nudge() {
      hearsay.suspectedAt = performance.now();
      supervisor.nudge();
    },
  };
}
