// A WHIP publisher and a WHEP viewer made of werift. Says what happens as JSON lines on stdout.
//   node peer.mjs publish <url> <token> <file.ivf>    sends the file's VP8 frames over and over
//   node peer.mjs watch <url> <token>                 prints each received frame, base64
// Ends, with DELETE on its session URL, when stdin closes.
import { readFileSync } from "node:fs";
import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from "werift";

const [verb, url, token, file] = process.argv.slice(2);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const authorization = { Authorization: `Bearer ${token}` };

const vp8 = new RTCRtpCodecParameters({
  mimeType: "video/VP8",
  clockRate: 90000,
  rtcpFeedback: [{ type: "nack" }, { type: "nack", parameter: "pli" }],
});
const pc = new RTCPeerConnection({ iceServers: [], codecs: { video: [vp8], audio: [] } });
pc.connectionStateChange.subscribe((state) => say({ state }));

async function speak() {
  await pc.setLocalDescription(await pc.createOffer());
  const response = await fetch(url, {
    method: "POST",
    headers: { ...authorization, "Content-Type": "application/sdp" },
    body: pc.localDescription.sdp,
  });
  const body = await response.text();
  say({ status: response.status });
  if (response.status !== 201) throw new Error(body);
  await pc.setRemoteDescription({ type: "answer", sdp: body });
  return new URL(response.headers.get("location"), url);
}

function* frames(ivf) {
  for (let at = 32; at < ivf.length; ) {
    const size = ivf.readUInt32LE(at);
    yield ivf.subarray(at + 12, at + 12 + size);
    at += 12 + size;
  }
}

function publish() {
  const all = [...frames(readFileSync(file))];
  const track = new MediaStreamTrack({ kind: "video" });
  const transceiver = pc.addTransceiver(track, { direction: "sendonly" });
  let sequence = 65_500; // wraps early on
  let timestamp = 4_294_900_000;
  let next = 0;
  const { sender } = transceiver;
  sender.onPictureLossIndication?.subscribe(() => {
    say({ pli: true });
    next = 0; // the file begins with a keyframe
  });
  setInterval(() => {
    const frame = all[next];
    next = (next + 1) % all.length;
    timestamp = (timestamp + 3000) >>> 0;
    for (let at = 0; at < frame.length; at += 1100) {
      const part = frame.subarray(at, at + 1100);
      const header = new RtpHeader({
        sequenceNumber: sequence,
        timestamp,
        payloadType: 96,
        marker: at + 1100 >= frame.length,
        ssrc: 1,
      });
      sequence = (sequence + 1) & 0xffff;
      const descriptor = Buffer.from([at === 0 ? 0x10 : 0x00]);
      track.writeRtp(new RtpPacket(header, Buffer.concat([descriptor, part])));
    }
  }, 33);
}

function watch() {
  const transceiver = pc.addTransceiver("video", { direction: "recvonly" });
  transceiver.onTrack.subscribe((track) => {
    let parts = [];
    let expected = null;
    track.onReceiveRtp.subscribe((rtp) => {
      const { sequenceNumber, marker } = rtp.header;
      if (expected !== null && sequenceNumber !== expected) say({ gap: [expected, sequenceNumber] });
      expected = (sequenceNumber + 1) & 0xffff;
      parts.push(rtp.payload.subarray(1));
      if (marker) {
        say({ frame: Buffer.concat(parts).toString("base64") });
        parts = [];
      }
    });
  });
}

(verb === "publish" ? publish : watch)();
const session = await speak();
process.stdin.resume();
process.stdin.on("end", async () => {
  const response = await fetch(session, { method: "DELETE", headers: authorization });
  say({ deleted: response.status });
  await pc.close();
  process.exit(0);
});
