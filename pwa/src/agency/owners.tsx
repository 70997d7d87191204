// Who wants to lend cameras, and who is invited to.
import { useRef, useState } from "preact/hooks";
import { useAct, useLoaded } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { QrLink } from "../lib/parts/qr-link.tsx";
import { sorry } from "../lib/refusals.ts";
import type { InvitationLink, OwnerRequest, SiteKind } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";
import { Copyable } from "./once.tsx";

const KINDS: Record<SiteKind, string> = { business: "Business", residence: "Home", city: "City" };

interface Invited {
  name: string;
  link: InvitationLink;
}

function Invitation({ invited, onHide }: { invited: Invited; onHide(): void }) {
  return (
    <section class="once" aria-labelledby="invited-title">
      <h2 id="invited-title">Invitation for {invited.name}</h2>
      <p>Send it by mail or show it. It works once, within 14 days, and is not shown again.</p>
      <div class="once-qr">
        <QrLink url={invited.link.url} qr={invited.link.qr_svg} />
      </div>
      <Copyable label="Invitation link" text={invited.link.url} />
      <button type="button" onClick={onHide}>
        Hide
      </button>
    </section>
  );
}

function Request(props: {
  request: OwnerRequest;
  calls: AgencyCalls;
  onInvited(invited: Invited): void;
  again(): Promise<void>;
}) {
  const { request, calls, onInvited, again } = props;
  const [declining, setDeclining] = useState(false);
  const act = useAct(sorry);
  const approve = (): Promise<boolean> =>
    act.run(async () => {
      onInvited({ name: request.display_name, link: await calls.approve(request.id) });
      await again();
    });
  const decline = (): Promise<boolean> =>
    act.run(async () => {
      await calls.decline(request.id);
      await again();
    });
  return (
    <li class="card">
      <div class="card-head">
        <h3 dir="auto">{request.display_name}</h3>
        <span>{KINDS[request.kind]}</span>
        <time dateTime={request.asked_at}>{new Date(request.asked_at).toLocaleString()}</time>
      </div>
      <p dir="auto">
        {[request.address, request.number, request.email].filter((fact) => fact !== "").join(" · ")}
      </p>
      {request.words !== "" && <blockquote dir="auto">{request.words}</blockquote>}
      <ProblemNote text={act.problem} />
      {declining ? (
        <div class="buttons">
          <span class="ask">Decline this request?</span>
          <button type="button" class="danger" disabled={act.busy} onClick={() => void decline()}>
            Decline
          </button>
          <button type="button" onClick={() => setDeclining(false)}>
            Keep it
          </button>
        </div>
      ) : (
        <div class="buttons">
          <button type="button" class="primary" disabled={act.busy} onClick={() => void approve()}>
            <Icon name="done" /> Approve and invite
          </button>
          <button type="button" class="quiet-danger" onClick={() => setDeclining(true)}>
            Decline…
          </button>
        </div>
      )}
    </li>
  );
}

function Invite({ calls, onInvited }: { calls: AgencyCalls; onInvited(invited: Invited): void }) {
  const field = useRef<HTMLInputElement>(null);
  const act = useAct(sorry);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = field.current?.value.trim() ?? "";
    if (name === "" || act.busy) return field.current?.focus();
    const done = await act.run(async () => onInvited({ name, link: await calls.invite(name) }));
    if (done && field.current !== null) field.current.value = "";
  };
  return (
    <form class="inline-form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Name of a person or business</span>
        <input ref={field} maxLength={64} autocomplete="off" required />
      </label>
      <button type="submit" class="primary" disabled={act.busy}>
        <Icon name="qr" /> Make an invitation
      </button>
      <ProblemNote text={act.problem} />
    </form>
  );
}

export function Owners({ calls }: { calls: AgencyCalls }) {
  const held = useLoaded(() => calls.requests(), sorry);
  const [invited, setInvited] = useState<Invited | null>(null);
  return (
    <>
      {invited !== null && <Invitation invited={invited} onHide={() => setInvited(null)} />}
      <section aria-labelledby="requests-title">
        <h2 id="requests-title">Requests</h2>
        <Shown held={held}>
          {(all) => {
            const waiting = all.filter((request) => request.state === "waiting");
            if (waiting.length === 0) return <p class="empty">Nobody is waiting for an answer.</p>;
            return (
              <ul class="cards">
                {waiting.map((request) => (
                  <Request
                    key={request.id}
                    request={request}
                    calls={calls}
                    onInvited={setInvited}
                    again={held.again}
                  />
                ))}
              </ul>
            );
          }}
        </Shown>
      </section>
      <section aria-labelledby="invite-title">
        <h2 id="invite-title">Invite somebody</h2>
        <Invite calls={calls} onInvited={setInvited} />
      </section>
    </>
  );
}
