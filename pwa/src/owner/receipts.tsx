// Who opened the owner's cameras: a line each, and inside it what happened, the proof and the way to contest it.
import { useEffect, useRef, useState } from "preact/hooks";
import { Fold } from "../lending/fold.tsx";
import { sorry } from "../lending/refusals.ts";
import { useAct } from "../lib/hooks.ts";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { OwnerView, ReceiptPage, ReceiptView } from "../wire.ts";
import { Contest } from "./contest.tsx";
import type { OwnerLender } from "./lender.ts";
import {
  bytesSaid,
  clockWords,
  endWords,
  erasedWords,
  keptWords,
  lasting,
  sealWords,
  whenWords,
  whoWords,
} from "./receipt-words.ts";

const AGAIN_MS = 3000; // the page is told of much that is not about receipts
const AFTER_CHECKPOINT_MS = 5000;

function iconOf({ sealed, over }: ReceiptView): IconName {
  if (sealed !== null) return "lock";
  return over ? "show" : "live";
}

function nowWords(receipt: ReceiptView): string {
  const { sealed, over, contest } = receipt;
  if (sealed !== null) return `${whenWords(receipt)} · sealed for now`;
  const seen = over ? `watched ${lasting(receipt.seconds)}` : "open now";
  const waits = contest !== null && contest.outcome === null ? " · contested" : "";
  return `${whenWords(receipt)} · ${seen}${waits}`;
}

function Facts({ receipt }: { receipt: ReceiptView }) {
  const { ended_at, over, sealed } = receipt;
  const hidden = sealed !== null;
  return (
    <dl class="facts">
      <dt>Who and why</dt>
      <dd>{hidden ? "Sealed" : whoWords(receipt)}</dd>
      <dt>Emergency</dt>
      <dd>{receipt.category ?? "not said"}</dd>
      <dt>Opened</dt>
      <dd>{whenWords(receipt)}</dd>
      {!hidden && (
        <>
          <dt>Ended</dt>
          <dd>
            {over
              ? `${ended_at === null ? "at a time not said" : clockWords(ended_at)}: ${endWords(receipt)}`
              : "It is open still"}
          </dd>
        </>
      )}
      <dt>Watched</dt>
      <dd>{over || hidden ? lasting(receipt.seconds) : "Counted when it has ended"}</dd>
      {!hidden && over && (
        <>
          <dt>Sent</dt>
          <dd>{bytesSaid(receipt.bytes)}</dd>
          <dt>Kept</dt>
          <dd>{keptWords(receipt)}</dd>
        </>
      )}
    </dl>
  );
}

function Proof({ receipt, provableAt }: { receipt: ReceiptView; provableAt: string | null }) {
  if (!receipt.proved) {
    return (
      <p class="proof">
        <Icon name="queued" />
        <span>
          {provableAt === null
            ? "It cannot be proved just now: the public log does not answer. It will be."
            : `It can be proved from ${clockWords(provableAt)} on. The public log grows every few minutes, whatever happens.`}
        </span>
      </p>
    );
  }
  return (
    <div class="proof is-proved">
      <Icon name="safe" />
      <div>
        <p>
          <strong>It stands in the public log.</strong> The proof is a file that anybody can check without us,
          and without a network.
        </p>
        <a class="button" href={`/api/receipts/${receipt.use}/proof`} download>
          <Icon name="download" /> Save the proof
        </a>
      </div>
    </div>
  );
}

function Receipt({
  lender,
  receipt,
  provableAt,
  again,
}: {
  lender: OwnerLender;
  receipt: ReceiptView;
  provableAt: string | null;
  again(): Promise<void>;
}) {
  return (
    <Fold icon={iconOf(receipt)} title={receipt.camera} now={nowWords(receipt)}>
      {() => (
        <>
          {receipt.sealed !== null && (
            <p class="sealed">
              <Icon name="lock" /> <span>{sealWords(receipt)}</span>
            </p>
          )}
          <Facts receipt={receipt} />
          {receipt.erased.length > 0 && <p class="small">{erasedWords(receipt.erased)}</p>}
          <Proof receipt={receipt} provableAt={provableAt} />
          <Contest lender={lender} receipt={receipt} again={again} />
        </>
      )}
    </Fold>
  );
}

interface Held {
  receipts: ReceiptView[];
  count: number;
  more: number | null;
  provableAt: string | null;
}

/** What was there, with a page that has just come: its receipts replace their older selves. */
function withPage(held: Held | null, page: ReceiptPage, older: boolean): Held {
  const fresh = new Set(page.receipts.map(({ use }) => use));
  const kept = held?.receipts.filter(({ use }) => !fresh.has(use)) ?? [];
  const deeper = held !== null && kept.length > 0 && !older;
  return {
    receipts: older ? [...kept, ...page.receipts] : [...page.receipts, ...kept],
    count: page.count,
    more: deeper ? held.more : page.more,
    provableAt: page.provable_at,
  };
}

function useReceipts(lender: OwnerLender, view: OwnerView) {
  const [held, setHeld] = useState<Held | null>(null);
  const act = useAct(sorry);
  const asked = useRef(0);
  const again = (): Promise<void> => {
    asked.current = performance.now();
    return act
      .run(async () => {
        const page = await lender.calls.receipts(null);
        setHeld((before) => withPage(before, page, false));
      })
      .then(() => {});
  };
  useEffect(() => {
    // What the server tells of this page says that something changed, and not what.
    const wait = Math.max(0, asked.current === 0 ? 0 : AGAIN_MS - (performance.now() - asked.current));
    const timer = setTimeout(() => void again(), wait);
    return () => clearTimeout(timer);
  }, [view]);
  const waiting = held?.receipts.some(({ proved }) => !proved) ?? false;
  const due = waiting ? held?.provableAt : null;
  useEffect(() => {
    if (due === null || due === undefined) return;
    const left = Date.parse(due) - lender.clock.now();
    const timer = setTimeout(() => void again(), Math.max(0, left) + AFTER_CHECKPOINT_MS);
    return () => clearTimeout(timer);
  }, [due, held]);
  const older = (): void => {
    const before = held?.more;
    if (before === null || before === undefined) return;
    void act.run(async () => {
      const page = await lender.calls.receipts(before);
      setHeld((now) => withPage(now, page, true));
    });
  };
  return { held, act, again, older };
}

export function Receipts({ lender, view }: { lender: OwnerLender; view: OwnerView }) {
  const { held, act, again, older } = useReceipts(lender, view);
  return (
    <section class="card receipts" aria-label="Who opened your cameras">
      <div class="section-head">
        <h2>
          <Icon name="fee" /> Who opened your cameras
        </h2>
        {held !== null && held.count > 0 && (
          <p>{held.count === 1 ? "One receipt" : `${held.count} receipts, the newest first`}</p>
        )}
      </div>
      {held === null && act.problem === null && <p role="status">Reading your receipts…</p>}
      {held !== null && held.count === 0 && (
        <p class="nobody">
          <Icon name="safe" />
          <span>
            <strong>Nobody has opened your cameras.</strong> When somebody does, you find here who it was by
            role, why, for how long, and a proof.
          </span>
        </p>
      )}
      {held !== null && held.receipts.length > 0 && (
        <div class="folds">
          {held.receipts.map((receipt) => (
            <Receipt
              key={receipt.use}
              lender={lender}
              receipt={receipt}
              provableAt={held.provableAt}
              again={again}
            />
          ))}
        </div>
      )}
      <ProblemNote text={act.problem} />
      {held !== null && held.more !== null && (
        <button type="button" disabled={act.busy} onClick={older}>
          {act.busy ? "Reading…" : "Show older ones"}
        </button>
      )}
    </section>
  );
}
