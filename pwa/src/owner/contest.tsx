// Contest: the owner says that an opening was not right. What becomes public is said before the press.
import { useState } from "preact/hooks";
import { sorry } from "../lending/refusals.ts";
import { useDraft } from "../lib/drafts.ts";
import { useAct } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import type { ContestReason, ReceiptView } from "../wire.ts";
import type { OwnerLender } from "./lender.ts";
import { CONTEST_REASONS, dayWords, OUTCOMES } from "./receipt-words.ts";

const CHOICES = Object.entries(CONTEST_REASONS) as [ContestReason, string][];

function Standing({ receipt }: { receipt: ReceiptView }) {
  const { contest } = receipt;
  if (contest === null) return null;
  return (
    <div class="contested">
      <p>
        <strong>You contested it on {dayWords(contest.at)}.</strong> {CONTEST_REASONS[contest.why]}.
      </p>
      {contest.outcome === null || contest.answered_at === null ? (
        <p class="standing tone-waiting">
          <Icon name="queued" /> The agency has not answered yet
        </p>
      ) : (
        <>
          <p class="standing tone-good">
            <Icon name="done" /> Answered on {dayWords(contest.answered_at)}: {OUTCOMES[contest.outcome]}
          </p>
          <blockquote dir="auto">{contest.answer}</blockquote>
          <p class="small">Everybody can read this answer in the public log.</p>
        </>
      )}
    </div>
  );
}

function Form({
  lender,
  receipt,
  again,
  onClose,
}: {
  lender: OwnerLender;
  receipt: ReceiptView;
  again(): Promise<void>;
  onClose(): void;
}) {
  const [why, setWhy] = useState<ContestReason | null>(null);
  const [words, setWords] = useDraft(`contest ${receipt.use}`, "");
  const act = useAct(sorry);
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (why === null) return;
    const done = await act.run(async () => {
      await lender.calls.contest(receipt.use, { why, words: words.trim() });
      await again();
    });
    if (!done) return;
    setWords("");
    onClose();
  };
  return (
    <form class="form contest-form" onSubmit={(event) => void send(event)}>
      <fieldset>
        <legend>What is not right?</legend>
        {CHOICES.map(([code, sentence]) => (
          <label key={code} class="check">
            <input
              type="radio"
              name={`why-${receipt.use}`}
              checked={why === code}
              onChange={() => setWhy(code)}
            />
            <span>{sentence}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>More for the agency, if you like. It stays private</span>
        <textarea
          rows={3}
          maxLength={500}
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
      </label>
      <p class="small">
        That this opening is contested, and which of these reasons, becomes public at once. Your name and what
        you write here never do. A supervisor answers in public.
      </p>
      <ProblemNote text={act.problem} />
      <button type="submit" class="primary" disabled={act.busy || why === null}>
        {act.busy ? "Sending…" : "Contest it"}
      </button>
      <button type="button" onClick={onClose}>
        Go back
      </button>
    </form>
  );
}

export function Contest({
  lender,
  receipt,
  again,
}: {
  lender: OwnerLender;
  receipt: ReceiptView;
  again(): Promise<void>;
}) {
  const [open, setOpen] = useState(false);
  if (open) return <Form lender={lender} receipt={receipt} again={again} onClose={() => setOpen(false)} />;
  return (
    <>
      <Standing receipt={receipt} />
      {receipt.contests_left > 0 && (
        <button type="button" onClick={() => setOpen(true)}>
          <Icon name="flag" /> {receipt.contest === null ? "This was not right…" : "Contest it again…"}
        </button>
      )}
    </>
  );
}
