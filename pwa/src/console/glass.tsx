// Broken glass: who sees the incident though the rules lock them out, for all at the desk; and the supervisor's
// two steps to let one officer see it. In the right column: it never covers the picture.
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { GLASS_REASONS, timeOfDay } from "../staff/words.ts";
import type { GlassReason, GlassView, IncidentView, LockedOut } from "../wire.ts";
import { type ConsoleState, change } from "./state.ts";

const MINUTES = [10, 20, 30] as const;

interface Props {
  desk: Desk;
  incident: IncidentView;
}

interface Plan {
  officer: LockedOut;
  reason: GlassReason;
  minutes: number;
}

function Broken({ desk, glass }: { desk: Desk; glass: GlassView }) {
  const act = useAct(sorry);
  const until = timeOfDay(glass.expires_at).slice(0, 5);
  return (
    <li class="unit is-glass">
      <Icon name="glass" />
      <span class="unit-text">
        <strong>{glass.user}, broken glass</strong>
        <span title={`By ${glass.by}, ${GLASS_REASONS[glass.reason]}`}>
          until {until}: {GLASS_REASONS[glass.reason]}
        </span>
        <ProblemNote text={act.problem} />
      </span>
      {desk.me.user.role === "supervisor" && (
        <button
          type="button"
          disabled={act.busy}
          aria-label={`End what ${glass.user} sees by broken glass`}
          onClick={() => void act.run(() => desk.calls.endGlass(glass.id))}
        >
          End
        </button>
      )}
    </li>
  );
}

export function GlassList({ desk, incident }: Props) {
  if (incident.glass.length === 0) return null;
  return (
    <ul class="glass-list" aria-label="By broken glass">
      {incident.glass.map((glass) => (
        <Broken key={glass.id} desk={desk} glass={glass} />
      ))}
    </ul>
  );
}

interface ChooseProps {
  officers: LockedOut[];
  plan: Plan | null;
  onPlan(plan: Plan): void;
}

function Choose({ officers, plan, onPlan }: ChooseProps) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const officer = officers.find((one) => one.user_id === form.get("officer"));
    if (officer === undefined) return;
    onPlan({
      officer,
      reason: form.get("reason") as GlassReason,
      minutes: Number(form.get("minutes")),
    });
  };
  return (
    <form class="glass-form" onSubmit={submit}>
      <label class="field">
        <span>Which officer</span>
        <select name="officer" required defaultValue={plan?.officer.user_id ?? ""}>
          <option value="" disabled>
            Choose one
          </option>
          {officers.map((one) => (
            <option key={one.user_id} value={one.user_id}>
              {one.name}
              {one.unit === null ? ", no unit" : `, ${one.unit}`}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Why</span>
        <select name="reason" required defaultValue={plan?.reason ?? ""}>
          <option value="" disabled>
            Choose one
          </option>
          {(Object.keys(GLASS_REASONS) as GlassReason[]).map((reason) => (
            <option key={reason} value={reason}>
              {GLASS_REASONS[reason]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>For how long</span>
        <select name="minutes" defaultValue={String(plan?.minutes ?? MINUTES[0])}>
          {MINUTES.map((minutes) => (
            <option key={minutes} value={String(minutes)}>
              {minutes} minutes
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="primary">
        Go on
      </button>
    </form>
  );
}

function Sure({
  desk,
  incident,
  plan,
  onBack,
  onDone,
}: Props & { plan: Plan; onBack(): void; onDone(): void }) {
  const act = useAct(sorry);
  const back = useRef<HTMLButtonElement>(null);
  useEffect(() => back.current?.focus(), []);
  const press = async (): Promise<void> => {
    const body = { user_id: plan.officer.user_id, reason: plan.reason, minutes: plan.minutes };
    if (await act.run(async () => desk.take(await desk.calls.breakGlass(incident.id, body)))) onDone();
  };
  return (
    <div class="glass-form">
      <p>
        <strong>{plan.officer.name}</strong> will see this incident for {plan.minutes} minutes:{" "}
        {GLASS_REASONS[plan.reason]}.
      </p>
      <ul class="glass-says">
        <li>It is public at once: your role, the reason and a pseudonym for the officer.</li>
        <li>What an owner has switched off, paused or refused stays shut.</li>
        <li>An auditor looks at it next week.</li>
      </ul>
      <div class="glass-buttons">
        <button type="button" class="danger" disabled={act.busy} onClick={() => void press()}>
          <Icon name="glass" /> {act.busy ? "Writing it down…" : "Break glass"}
        </button>
        <button type="button" ref={back} onClick={onBack}>
          Back
        </button>
      </div>
      <ProblemNote text={act.problem} />
    </div>
  );
}

/** The two steps, over the right column. */
export function BreakGlass({ desk, incident, state }: Props & { state: Store<ConsoleState> }) {
  const [plan, setPlan] = useState<Plan | null>(null);
  const [sure, setSure] = useState(false);
  const held = useLoaded(() => desk.calls.lockedOut(incident.id), sorry, incident.id);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const close = (): void => change(state, { breaking: false });
  return (
    <section class="help glass-panel" aria-labelledby="glass-title">
      <h2 id="glass-title" ref={title} tabIndex={-1}>
        Break glass
      </h2>
      <p>
        For an officer who must see this incident and whose unit cannot be assigned in time. Assigning the
        unit is the better way.
      </p>
      {held.state === "loading" && <p role="status">Loading…</p>}
      {held.state === "failed" && <ProblemNote text={held.problem} />}
      {held.state === "there" && held.value.length === 0 && <p>No officer is locked out of this incident.</p>}
      {held.state === "there" && held.value.length > 0 && (plan === null || !sure) && (
        <Choose
          officers={held.value}
          plan={plan}
          onPlan={(next) => {
            setPlan(next);
            setSure(true);
          }}
        />
      )}
      {plan !== null && sure && (
        <Sure desk={desk} incident={incident} plan={plan} onBack={() => setSure(false)} onDone={close} />
      )}
      <button type="button" onClick={close}>
        <Icon name="close" /> Close <kbd>Esc</kbd>
      </button>
    </section>
  );
}
