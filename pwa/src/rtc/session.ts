// One WebRTC session over HTTP, the part that WHIP (RFC 9725) and WHEP share: the offer goes up,
// the answer comes down, DELETE ends it. Steps 5 and 11 of the story.
// Never asks a STUN or TURN server: that would tell a third party who is calling.

/** Where to send an offer, and the secret that admits it. */
export interface Grant {
  endpoint: string;
  bearer: string;
  /** performance.now() from which on it opens nothing, where that is known. */
  until?: number;
}

/** An open session. */
export interface Session {
  readonly pc: RTCPeerConnection;
  /** The last part of the session URL, which is how the server's events name it; empty when there is none. */
  readonly id: string;
  /** PUT on a path below the session URL, with nothing in it. What became of it is not told. */
  put(path: string): void;
  /** Closes the connection and tells the server; also while the page is going away. */
  end(): void;
}

/** The server would not admit the offer. */
export class Refused extends Error {
  declare readonly status: number; // `declare`: old browsers have no class fields

  constructor(status: number) {
    super(`refused with ${status}`);
    this.status = status;
  }

  /** True when this grant will never be admitted, whatever is tried. */
  get final(): boolean {
    return [401, 403, 404, 410].includes(this.status);
  }
}

const CONFIGURATION: RTCConfiguration = { iceServers: [], bundlePolicy: "max-bundle" };

export function connection(): RTCPeerConnection {
  return new RTCPeerConnection(CONFIGURATION);
}

/**
 * A connection of a hidden frame, which asks the browser for its networks anew. Chromium goes on giving a page
 * the addresses that a phone had up to two seconds ago, and every connection from them fails at once.
 */
export function connectionElsewhere(): RTCPeerConnection {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.documentElement.append(frame);
  const there = frame.contentWindow as (Window & typeof globalThis) | null;
  const pc = new (there ?? window).RTCPeerConnection(CONFIGURATION);
  const close = pc.close.bind(pc);
  pc.close = () => {
    close();
    setTimeout(() => frame.remove(), 1000); // what was asked of it is answered first: afterwards nothing ever is
  };
  return pc;
}

/** Posts the local offer of `pc` and applies the answer. Rejects with Refused, or as fetch does. */
export async function negotiate(pc: RTCPeerConnection, grant: Grant, signal: AbortSignal): Promise<Session> {
  const authorization = `Bearer ${grant.bearer}`;
  const reply = await fetch(grant.endpoint, {
    method: "POST",
    headers: { Authorization: authorization, "Content-Type": "application/sdp" },
    body: pc.localDescription?.sdp ?? "",
    credentials: "omit",
    signal,
  });
  if (!reply.ok) throw new Refused(reply.status);
  const location = reply.headers.get("Location");
  const ask = (method: "DELETE" | "PUT", path: string): void => {
    if (location === null) return;
    fetch(new URL(`${location}${path}`, reply.url), {
      method,
      headers: { Authorization: authorization },
      credentials: "omit",
      keepalive: true,
    }).catch(() => {}); // the server notices the silence by itself
  };
  const end = (): void => {
    pc.close();
    ask("DELETE", "");
  };
  try {
    await pc.setRemoteDescription({ type: "answer", sdp: await reply.text() });
  } catch (error) {
    end();
    throw error;
  }
  return { pc, id: location?.split("/").pop() ?? "", put: (path) => ask("PUT", path), end };
}
