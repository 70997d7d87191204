// How a session is doing, read from getStats: counters for the supervisor, a small value for the page.
// Never decides anything.

/** What a page may show of a session. All rates are over about the last second. */
export interface Health {
  bitrate_bps: number;
  /** 0 to 1, of the packets of the direction that carries the picture. */
  loss: number;
  rtt_ms: number | null;
  /** What the browser believes to get through to the other side; null where it does not say. */
  estimate_bps: number | null;
  fps: number;
  width: number;
  height: number;
  /** Of the picture, since the page began, over all its sessions. */
  bytes: number;
  /** Since the newest packet of the picture, or of the server's feedback when publishing. */
  silent_ms: number;
}

/** The counters of one session, zero where a browser does not tell. */
export interface Counters {
  /** Bytes that reached us at all, STUN apart. */
  heard: number;
  /** When the last of them came, ms of performance.now(); null where a browser does not tell. */
  heardAt: number | null;
  packets: number;
  bytes: number;
  lost: number;
  frames: number;
  rtt_ms: number | null;
  estimate_bps: number | null;
  width: number;
  height: number;
  /** Packets that were asked for again, and the seconds for which the picture stood. */
  nacks: number;
  frozen_s: number;
}

/** What this module reads of the entries of a stats report; browsers leave out what they like. */
interface Entry {
  type: string;
  bytesReceived?: number;
  bytesSent?: number;
  packetsReceived?: number;
  packetsSent?: number;
  packetsLost?: number;
  framesDecoded?: number;
  framesEncoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  currentRoundTripTime?: number;
  availableOutgoingBitrate?: number;
  lastPacketReceivedTimestamp?: number;
  nackCount?: number;
  totalFreezesDuration?: number;
}

function addPicture(counters: Counters, entry: Entry): void {
  counters.packets += entry.packetsReceived ?? entry.packetsSent ?? 0;
  counters.bytes += entry.bytesReceived ?? entry.bytesSent ?? 0;
  counters.frames += entry.framesDecoded ?? entry.framesEncoded ?? 0;
  counters.lost += entry.packetsLost ?? 0;
  counters.width = entry.frameWidth ?? counters.width;
  counters.height = entry.frameHeight ?? counters.height;
  counters.nacks += entry.nackCount ?? 0;
  counters.frozen_s += entry.totalFreezesDuration ?? 0;
}

function addPath(counters: Counters, entry: Entry): void {
  counters.heard = Math.max(counters.heard, entry.bytesReceived ?? 0);
  const heard = entry.lastPacketReceivedTimestamp;
  if (heard !== undefined) counters.heardAt = Math.max(counters.heardAt ?? 0, heard - performance.timeOrigin);
  counters.estimate_bps = entry.availableOutgoingBitrate ?? counters.estimate_bps;
  if (entry.currentRoundTripTime !== undefined) counters.rtt_ms = entry.currentRoundTripTime * 1000;
}

const READERS: Record<string, (counters: Counters, entry: Entry) => void> = {
  transport: addPath,
  "candidate-pair": addPath,
  "inbound-rtp": addPicture,
  "outbound-rtp": addPicture,
  "remote-inbound-rtp": (counters, entry) => {
    counters.lost += entry.packetsLost ?? 0;
  },
};

export function noCounters(): Counters {
  const none = {
    heard: 0,
    packets: 0,
    bytes: 0,
    lost: 0,
    frames: 0,
    width: 0,
    height: 0,
    nacks: 0,
    frozen_s: 0,
  };
  return { ...none, heardAt: null, rtt_ms: null, estimate_bps: null };
}

/** Reads the counters of a connection that only sends, or only receives, one picture. */
export async function read(pc: RTCPeerConnection): Promise<Counters> {
  const counters = noCounters();
  const report = await pc.getStats();
  report.forEach((entry: Entry) => {
    READERS[entry.type]?.(counters, entry);
  });
  return counters;
}

export interface Meter {
  /** A new session: its counters start at zero. */
  begin(): void;
  add(at: number, counters: Counters, silent_ms: number): Health;
}

/** Turns successive counters into Health; one for each page. */
export function meter(): Meter {
  let readings: { at: number; counters: Counters }[] = [];
  let earlierBytes = 0;
  return {
    begin() {
      earlierBytes += readings[readings.length - 1]?.counters.bytes ?? 0;
      readings = [];
    },
    add(at, counters, silent_ms) {
      readings.push({ at, counters });
      while (readings.length > 2 && at - (readings[1]?.at ?? at) >= 1000) readings.shift();
      const first = readings[0] ?? { at, counters };
      const seconds = Math.max((at - first.at) / 1000, 0.001);
      const packets = counters.packets - first.counters.packets;
      const lost = Math.max(counters.lost - first.counters.lost, 0);
      return {
        bitrate_bps: ((counters.bytes - first.counters.bytes) * 8) / seconds,
        loss: packets + lost > 0 ? lost / (packets + lost) : 0,
        rtt_ms: counters.rtt_ms,
        estimate_bps: counters.estimate_bps,
        fps: (counters.frames - first.counters.frames) / seconds,
        width: counters.width,
        height: counters.height,
        bytes: earlierBytes + counters.bytes,
        silent_ms,
      };
    },
  };
}

export type Quality = "good" | "fair" | "poor";

/** The link in one word. Poor means that movement is lost; fair that it stutters or blurs. */
export function quality(health: Health): Quality {
  const { loss, rtt_ms, fps, silent_ms } = health;
  if (loss > 0.12 || (rtt_ms ?? 0) > 1000 || fps < 6 || silent_ms > 1000) return "poor";
  if (loss > 0.03 || (rtt_ms ?? 0) > 400 || fps < 13) return "fair";
  return "good";
}
