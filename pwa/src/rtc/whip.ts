// Publishes one camera by WHIP (RFC 9725). Step 5 of the story, and all of it again when the network breaks.
// The camera may come, change or go at any time: that is replaceTrack, never a new session.

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
import { connection, connectionElsewhere, type Grant, negotiate, type Session } from "./session.ts";

export interface Publish {
  /** Asked at the start, and again with the grant that was refused; throws Over when nothing can be asked any more. */
  grant(refused: RefusedGrant<Grant> | null): Promise<Grant>;
  onState(state: SessionState): void;
  onHealth?(health: Health): void;
  signal: AbortSignal;
}

export interface Publication {
  /** What to send from now on; null while there is no camera. */
  show(track: MediaStreamTrack | null): void;
  nudge(): void;
}

// A camera that yields no frames for so long is covered by another app, whatever its track says.
const IDLE_MS = 3000;
const MAX_BITRATE_BPS = 2_500_000;

/** `hasPicture`: there is a camera that should be yielding frames. */
export function judge(watched: Watched, hasPicture: boolean, now: number): Verdict {
  const verdict = judgeConnection(watched, now);
  if (verdict !== null) return verdict;
  if (!hasPicture || now - watched.packetAt > IDLE_MS) return "quiet";
  return watched.heardAt > watched.connectedAt ? "flowing" : "opening";
}

/** VP8 and H.264 with their retransmission, in this order: every browser that watches can show VP8. */
function preferCodecs(transceiver: RTCRtpTransceiver): void {
  const codecs = RTCRtpSender.getCapabilities?.("video")?.codecs ?? [];
  const wanted = ["video/VP8", "video/H264", "video/rtx"].flatMap((type) =>
    codecs.filter((codec) => codec.mimeType === type),
  );
  try {
    if (wanted.length > 0) transceiver.setCodecPreferences(wanted);
  } catch {
    // The browser's own order will do.
  }
}

// WebRTC-SVC's, which the DOM's types do not know yet.
type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** Temporal layers, of which the engine leaves some out for a weak viewer. A browser without them sends as it can. */
function addVideo(pc: RTCPeerConnection, track: MediaStreamTrack | null): RTCRtpTransceiver {
  const add = (encoding: Encoding): RTCRtpTransceiver =>
    pc.addTransceiver(track ?? "video", { direction: "sendonly", sendEncodings: [encoding] });
  const plain = { maxBitrate: MAX_BITRATE_BPS };
  try {
    return add({ ...plain, scalabilityMode: "L1T3" });
  } catch {
    return add(plain);
  }
}

export function publish(options: Publish): Publication {
  const senders = new Set<RTCRtpSender>();
  let track: MediaStreamTrack | null = null;
  let last: { pc: RTCPeerConnection; elsewhere: boolean } | null = null;
  const withGrant = grantKeeper(options.grant);

  const prepare = async (pc: RTCPeerConnection): Promise<RTCRtpSender> => {
    const transceiver = addVideo(pc, track);
    preferCodecs(transceiver);
    senders.add(transceiver.sender);
    await pc.setLocalDescription(await pc.createOffer());
    return transceiver.sender;
  };

  const open = async (signal: AbortSignal): Promise<Session> => {
    // Every other time at most, so that a browser in which it fails for its own reasons has lost little.
    const elsewhere = last?.pc.connectionState === "failed" && !last.elsewhere;
    const pc = elsewhere ? connectionElsewhere() : connection();
    last = { pc, elsewhere };
    const prepared = prepare(pc); // while the grant is still on its way
    try {
      return await withGrant(async (grant) => {
        const sender = await prepared;
        const session = await negotiate(pc, grant, signal);
        const end = (): void => {
          senders.delete(sender);
          session.end();
        };
        return { ...session, end };
      });
    } catch (error) {
      pc.close();
      prepared.then((sender) => senders.delete(sender)).catch(() => {});
      throw error;
    }
  };

  const supervisor = supervise({
    ...options,
    open,
    judge: (watched, now) => judge(watched, track?.readyState === "live" && !track.muted, now),
  });
  return {
    nudge: supervisor.nudge,
    show(next) {
      track = next;
      for (const sender of senders) sender.replaceTrack(next).catch(() => {}); // closed meanwhile
    },
  };
}
