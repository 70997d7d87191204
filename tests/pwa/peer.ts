// A page that is a peer by the product's own rtc modules, for tests and benchmarks: what the caller's page and
// the staff's pages do with them, and what is decoded. Built and served by tests/pwa/peers.py.
import type { SessionState } from "../../pwa/src/rtc/reconnect.ts";
import { subscribe } from "../../pwa/src/rtc/whep.ts";
import { publish } from "../../pwa/src/rtc/whip.ts";

interface Wishes {
  audio?: boolean;
  /** Talk to this port instead of the one in the answer. */
  port?: number | null;
  width?: number;
  height?: number;
  /** Instead of the camera, what no encoder can make small. */
  noise?: boolean;
}

const nothing = {
  decoded: 0, // encoded, where the page publishes
  dropped: 0,
  bytes: 0,
  freezes: 0,
  nacks: 0,
  plis: 0,
  keyframes: 0,
  delay_s: 0,
  emitted: 0,
  samples: 0,
  concealed: 0,
  audioPackets: 0,
  audioDiscarded: 0,
};
type Counted = typeof nothing;

const wishes: Wishes = {};
const peer = {
  states: [] as [number, SessionState][],
  sessions: [] as Connection[],
  /** When frames were put on the screen, ms of performance.now(). */
  shown: [] as number[],
  publish: begin,
  watch,
  count,
  until: shownAfter,
};
declare global {
  interface Window {
    peer: typeof peer;
  }
}
window.peer = peer;

/** Sound beside the picture, repeated when it is lost; and the way through a relay. */
class Connection extends RTCPeerConnection {
  counted: Counted = nothing; // as of the last look: a closed connection tells no more
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    peer.sessions.push(this);
  }
  override addTransceiver(what: MediaStreamTrack | string, init?: RTCRtpTransceiverInit): RTCRtpTransceiver {
    const picture = super.addTransceiver(what, init);
    const { direction = "sendonly" } = init ?? {};
    if (wishes.audio) super.addTransceiver(direction === "sendonly" ? speech() : "audio", { direction });
    return picture;
  }
  override async getStats(): Promise<RTCStatsReport> {
    const report = await super.getStats();
    const counted = { ...nothing };
    for (const entry of report.values()) add(counted, entry);
    if (this.connectionState !== "closed") this.counted = counted;
    return report;
  }
  override setLocalDescription(offer?: RTCLocalSessionDescriptionInit): Promise<void> {
    const sdp = (offer?.sdp ?? "").replace(/a=rtpmap:(\d+) opus.*\r\n/, "$&a=rtcp-fb:$1 nack\r\n");
    return super.setLocalDescription({ type: "offer", sdp });
  }
  override setRemoteDescription(answer: RTCSessionDescriptionInit): Promise<void> {
    let sdp = answer.sdp ?? "";
    if (wishes.port) {
      sdp = sdp.replace(/a=candidate:\S+ \d+ tcp .*\r\n/gi, "");
      sdp = sdp.replace(/(a=candidate:\S+ \d+ udp \d+ \S+) \d+/gi, `$1 ${wishes.port}`);
    }
    return super.setRemoteDescription({ ...answer, sdp });
  }
}
window.RTCPeerConnection = Connection;

/** Something that is never silent: a voice's pitch, rising and falling. */
function speech(): MediaStreamTrack {
  const context = new AudioContext();
  const [voice, melody, depth] = [context.createOscillator(), context.createOscillator(), context.createGain()];
  voice.type = "sawtooth";
  voice.frequency.value = 160;
  melody.frequency.value = 3;
  depth.gain.value = 60;
  melody.connect(depth).connect(voice.frequency);
  const out = context.createMediaStreamDestination();
  voice.connect(out);
  voice.start();
  melody.start();
  const [track] = out.stream.getAudioTracks();
  if (track === undefined) throw new Error("no sound");
  return track;
}

const told = {
  onState: (state: SessionState) => void peer.states.push([performance.now(), state]),
  signal: new AbortController().signal,
};

function noise(width: number, height: number): MediaStream {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const image = new ImageData(2 * width, height);
  for (let at = 0; at < image.data.length; at++) image.data[at] = Math.random() * 255;
  setInterval(() => context?.putImageData(image, -Math.random() * width, 0), 50);
  return canvas.captureStream(20);
}

async function begin(bearer: string, wanted: Wishes = {}): Promise<void> {
  Object.assign(wishes, wanted);
  const { width = 1280, height = 720 } = wanted;
  const media = wanted.noise
    ? noise(width, height)
    : await navigator.mediaDevices.getUserMedia({ video: { width, height } });
  const publication = publish({ ...told, grant: async () => ({ endpoint: "/whip", bearer }) });
  publication.show(media.getVideoTracks()[0] ?? null);
}

function watch(bearer: string, feed: string, wanted: Wishes = {}): void {
  Object.assign(wishes, wanted);
  const video = document.createElement("video");
  Object.assign(video, { autoplay: true, muted: true, playsInline: true });
  document.body.append(video);
  const sound = new Audio();
  const shown = (): void => {
    peer.shown.push(performance.now());
    video.requestVideoFrameCallback(shown);
  };
  video.requestVideoFrameCallback(shown);
  const subscription = subscribe({
    ...told,
    video,
    grant: async () => ({ endpoint: `/whep/${feed}`, bearer }),
    onHealth: () => {
      const track = peer.sessions.at(-1)?.getReceivers()[1]?.track;
      if (track === undefined || (sound.srcObject as MediaStream | null)?.getTracks()[0] === track) return;
      sound.srcObject = new MediaStream([track]); // decoded only when it is played
      sound.play().catch(() => {});
    },
  });
  subscription.feedIsLive(true);
}

/** Counters over all sessions that this page has had; `at` in ms of performance.now(). */
async function count(): Promise<Counted & { at: number }> {
  const all = { at: performance.now(), ...nothing };
  for (const pc of peer.sessions) {
    if (pc.connectionState !== "closed") await pc.getStats();
    for (const name of Object.keys(nothing) as (keyof Counted)[]) all[name] += pc.counted[name];
  }
  return all;
}

function add(all: Counted, entry: Record<string, unknown>): void {
  const read = (name: string): number => Number(entry[name] ?? 0);
  const inbound = entry.type === "inbound-rtp";
  if (!inbound && entry.type !== "outbound-rtp") return;
  if (entry.kind === "video") {
    all.decoded += read(inbound ? "framesDecoded" : "framesEncoded");
    all.dropped += read("framesDropped");
    all.bytes += read(inbound ? "bytesReceived" : "bytesSent");
    all.freezes += read("freezeCount");
    all.nacks += read("nackCount");
    all.plis += read("pliCount");
    all.keyframes += read(inbound ? "keyFramesDecoded" : "keyFramesEncoded");
    all.delay_s += read("jitterBufferDelay");
    all.emitted += read("jitterBufferEmittedCount");
  } else {
    all.samples += read("totalSamplesReceived");
    all.concealed += read("concealedSamples");
    all.audioPackets += read(inbound ? "packetsReceived" : "packetsSent");
    all.audioDiscarded += read("packetsDiscarded");
  }
}

/** Resolves when more than `than` frames have been put on the screen, with how many. */
async function shownAfter(than: number): Promise<number> {
  while (peer.shown.length <= than) await new Promise((later) => setTimeout(later, 50));
  return peer.shown.length;
}
