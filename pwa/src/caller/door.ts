// The way in: opens the link, redeems it after the press, and keeps the grant. Steps 3 and 4 of the story.
// Opening spends nothing; `grant` does, so nothing may call it before the caller pressed Share.
import { post, Refused } from "../lib/api.ts";
import type { CallerGrant, CallerReceipt, Invitation, ReceiptChallenge, RedeemLink } from "../wire.ts";
import { keyFor } from "./key.ts";

const STOP_AGAIN_MS = 1000;

/** Not the server's word: this phone's grant was revoked although the link still opens. */
export const TAKEN_OVER = "taken-over";

export interface Door {
  open(): Promise<Invitation>;
  /** The grant that is held, or a new one. Rejects with Refused, or without a network. */
  grant(): Promise<CallerGrant>;
  /**
   * The grant after this bearer was refused. Rejects with a final Refused that says why it is over. A revoked
   * grant is not redeemed again by itself: two pages of one phone would take the feed from each other for ever.
   */
  again(bearer: string, status: number): Promise<CallerGrant>;
  /** POSTs in the grant's name. Rejects when it should be tried again, or with a final Refused. */
  say(path: string, body?: unknown): Promise<void>;
  /** Who saw what this browser shared, whatever became of the link. Rejects with Refused for every other one. */
  receipt(): Promise<CallerReceipt>;
  /** Gives the grant back, trying until the server heard it; sharing again redeems anew. */
  leave(quickly?: boolean): Promise<void>;
}

/** What this browser believes of its network; few say. */
function network(): string | null {
  return (navigator as { connection?: { effectiveType?: string } }).connection?.effectiveType ?? null;
}

export function doorOf(token: string): Door {
  const key = keyFor(token);
  key.catch(() => {}); // told to whoever signs
  let request: Promise<RedeemLink> | null = null; // signed before the press, which then costs one round trip
  let held: Promise<CallerGrant> | null = null;

  const sign = async (challenge: string, purpose: string): Promise<RedeemLink> => {
    const { publicKey, sign } = await key;
    return {
      token,
      challenge,
      key: publicKey,
      signature: await sign(`sightline-${purpose}\n${challenge}\n${token}`),
    };
  };

  const open = async (): Promise<Invitation> => {
    const invitation = await post<Invitation>("/api/caller/open", { token, network: network() });
    request = sign(invitation.challenge, "redeem");
    request.catch(() => {}); // told to whoever redeems
    return invitation;
  };

  const redeem = async (): Promise<CallerGrant> => {
    if (request === null) await open();
    try {
      return await post<CallerGrant>("/api/caller/redeem", await request);
    } catch (error) {
      if (!(error instanceof Refused && error.code === "challenge-stale")) throw error;
    }
    await open();
    return post<CallerGrant>("/api/caller/redeem", await request);
  };

  const grant = (): Promise<CallerGrant> => {
    const asked = held ?? redeem();
    held = asked;
    asked.catch(() => {
      if (held === asked) held = null;
    });
    return asked;
  };

  const again = async (bearer: string, status: number): Promise<CallerGrant> => {
    const now = await grant();
    if (now.bearer !== bearer) return now;
    await open();
    if (status === 403) throw new Refused(TAKEN_OVER, status);
    held = null;
    return grant();
  };

  return {
    open,
    grant,
    again,
    async say(path, body) {
      const { bearer } = await grant();
      try {
        await post(path, body, bearer);
      } catch (error) {
        if (!(error instanceof Refused && [401, 403, 410].includes(error.status))) throw error;
        await again(bearer, error.status);
        throw new TypeError("a new grant: try again");
      }
    },
    async receipt() {
      const { challenge } = await post<ReceiptChallenge>("/api/caller/receipt/challenge", { token });
      return post<CallerReceipt>("/api/caller/receipt", await sign(challenge, "receipt"));
    },
    async leave(quickly = false) {
      const left = held;
      held = null;
      // Sharing again revokes the old grant by itself.
      while (left !== null && held === null) {
        try {
          return await post(
            `/api/caller/stop${quickly ? "?quickly=true" : ""}`,
            undefined,
            (await left).bearer,
          );
        } catch (error) {
          if (error instanceof Refused && error.final) return;
          await new Promise((resolve) => setTimeout(resolve, STOP_AGAIN_MS));
        }
      }
    },
  };
}
