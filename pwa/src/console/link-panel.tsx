// The links of the selected incident: how far the newest came, what to say, and every way on from there.
import { useState } from "preact/hooks";
import { useAct, useNow, useStore } from "../lib/hooks.ts";
import { duration } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import {
  addressWords,
  advice,
  captures,
  currentLink,
  isDead,
  isOver,
  standingOfLink,
  wayWords,
  whomWords,
} from "../staff/links.ts";
import { StandingMark } from "../staff/parts/standing.tsx";
import { timeOfDay } from "../staff/words.ts";
import type { IncidentView, LinkView } from "../wire.ts";
import { canGoAlso, LinkAlso } from "./link-also.tsx";
import { LinkForm } from "./link-form.tsx";
import { ShowCode, ShowHandout } from "./link-secrets.tsx";
import { type ConsoleState, change, hide, showCode, showHandout } from "./state.ts";
import { Stepper } from "./stepper.tsx";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

interface LinkProps {
  desk: Desk;
  state: Store<ConsoleState>;
  link: LinkView;
}

interface CurrentProps extends LinkProps {
  /** Whether the incident is closed: then the link is only history. */
  closed: boolean;
}

const KINDS = { live: "Camera and position", position: "Position only", upload: "Photos and clips" } as const;

function Asking({ desk, link }: Omit<LinkProps, "state">) {
  const act = useAct(sorry);
  return (
    <div class="asking" role="alert">
      <p>
        <Icon name="asking" /> <strong>Another phone opened this link and wants in.</strong> Allow it only if
        the caller says that they changed phones. The first phone stops sharing then.
      </p>
      <ProblemNote text={act.problem} />
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={act.busy}
          onClick={() => void act.run(() => desk.calls.allow(link.id))}
        >
          Allow that phone
        </button>
      </div>
    </div>
  );
}

/** Asks once, in place: revoking ends what the caller shares. */
function Revoke({ busy, onRevoke }: { busy: boolean; onRevoke(): void }) {
  const [sure, setSure] = useState(false);
  return (
    <button
      type="button"
      class={sure ? "danger" : "quiet-danger"}
      disabled={busy}
      onBlur={() => setSure(false)}
      onClick={() => {
        if (sure) onRevoke();
        setSure(!sure);
      }}
    >
      <Icon name="over" /> {sure ? "Revoke for good" : "Revoke"}
    </button>
  );
}

/** Whether something takes it to its number or its address. */
function sends(desk: Desk, link: LinkView): boolean {
  const { sender, email } = desk.me.agency;
  return (link.number !== null && sender !== "console") || (link.email !== null && email);
}

/** What works when nothing arrives: a code to read out and a QR code to show, by one press each. */
export function SpeakOrShow({ desk, state, link }: LinkProps) {
  const act = useAct(sorry);
  const code = async (): Promise<void> => {
    const spoken = await desk.calls.spokenCode(link.id);
    showCode(state, link.id, { code: spoken.code, endsAt: desk.clock.now() + spoken.seconds_left * 1000 });
  };
  const qr = async (): Promise<void> => showHandout(state, link.id, await desk.calls.handout(link.id));
  return (
    <>
      <ProblemNote text={act.problem} />
      <button
        type="button"
        class={link.unreached ? "primary" : ""}
        disabled={act.busy}
        onClick={() => void act.run(code)}
      >
        <Icon name="code" /> Spoken code
      </button>
      <button type="button" disabled={act.busy} onClick={() => void act.run(qr)}>
        <Icon name="qr" /> Link and QR
      </button>
    </>
  );
}

interface ActionProps extends LinkProps {
  /** Whether another link is in front. */
  beside?: boolean;
}

function Actions({ desk, state, link, beside = false }: ActionProps) {
  const act = useAct(sorry);
  const [also, setAlso] = useState(false);
  const failed = link.state === "failed" && !link.unreached;
  const open = link.redeemed_at === null && !beside;
  const resend = async (): Promise<void> => {
    const issued = await desk.calls.resend(link.id);
    showHandout(state, issued.link.id, issued.handout);
  };
  if (open && also && canGoAlso(desk, link)) {
    return <LinkAlso desk={desk} state={state} link={link} onDone={() => setAlso(false)} />;
  }
  return (
    <>
      <ProblemNote text={act.problem} />
      <div class="buttons">
        {open && sends(desk, link) && (
          <button
            type="button"
            class={failed ? "primary" : ""}
            disabled={act.busy}
            onClick={() => void act.run(resend)}
          >
            <Icon name="again" /> {link.sender === "console" ? "Send it" : "Resend"}
          </button>
        )}
        {open && <SpeakOrShow desk={desk} state={state} link={link} />}
        {open && canGoAlso(desk, link) && (
          <button type="button" onClick={() => setAlso(true)}>
            <Icon name="sent" /> Send it also to…
          </button>
        )}
        <Revoke busy={act.busy} onRevoke={() => void act.run(() => desk.calls.revoke(link.id))} />
      </div>
    </>
  );
}

/** A link runs out only while nobody has used it. */
function howLong(link: LinkView, now: number): string {
  if (link.redeemed_at !== null) return "until you close or revoke it";
  return `works for ${duration(Date.parse(link.expires_at) - now)} more`;
}

function CurrentLink({ desk, state, link, closed }: CurrentProps) {
  const { secrets } = useStore(state);
  const now = useNow(() => desk.clock.now());
  const over = isOver(link);
  const unused = link.redeemed_at === null && !over;
  const secret = unused ? secrets.get(link.id) : undefined;
  const onHide = (): void => hide(state, link.id);
  return (
    <div class="link">
      {link.asking && <Asking desk={desk} link={link} />}
      <p class="link-who">
        <StandingMark standing={standingOfLink(link)} />
        <span>{addressWords(link)}</span>
      </p>
      {secret !== undefined && "handout" in secret && (
        <ShowHandout
          handout={secret.handout}
          alone={desk.me.agency.sender === "console" && link.number !== null}
          onHide={onHide}
        />
      )}
      {secret !== undefined && "code" in secret && (
        <ShowCode code={secret.code} left={secret.code.endsAt - now} onHide={onHide} />
      )}
      <Stepper link={link} />
      <p class="link-say" role="status">
        {advice(link)}
      </p>
      <Went link={link} />
      <p class="link-kind">
        {whomWords(link) !== "" && <strong>{whomWords(link)} · </strong>}
        {KINDS[link.kind]}
        {!isDead(link) && !closed && <> · {howLong(link, now)}</>}
      </p>
      {!isDead(link) && !closed && <Actions desk={desk} state={state} link={link} />}
    </div>
  );
}

/** Which ways it went, and what became of each; nothing while the one way says all. */
function Went({ link }: { link: LinkView }) {
  if (link.ways.length < 2) return null;
  return (
    <ol class="link-ways" aria-label="Ways that the link went">
      {link.ways.map((went) => (
        <li key={went.way}>
          <time dateTime={went.at}>{timeOfDay(went.at)}</time> {wayWords(went)}
        </li>
      ))}
    </ol>
  );
}

interface OthersProps extends Omit<CurrentProps, "link"> {
  links: readonly LinkView[];
}

/** Links beside the one in front. Whatever still opens something can be answered and revoked here too. */
function Others({ desk, state, links, closed }: OthersProps) {
  if (links.length === 0) return null;
  return (
    <ul class="other-links" aria-label="Other links">
      {links.map((link) => (
        <li key={link.id}>
          <StandingMark standing={standingOfLink(link)} />
          <span>
            {whomWords(link) !== "" && <strong>{whomWords(link)} · </strong>}
            {addressWords(link)}
          </span>
          {link.unreached && <span>{advice(link)}</span>}
          {link.state === "sharing" && <span>{captures(link)}</span>}
          {link.asking && <Asking desk={desk} link={link} />}
          {!isDead(link) && !closed && <Actions desk={desk} state={state} link={link} beside />}
        </li>
      ))}
    </ul>
  );
}

export function LinkPanel({ desk, state, incident }: Props) {
  const { texting, witness, notice } = useStore(state);
  const link = currentLink(incident);
  const closed = incident.closed_at !== null;
  const form = !closed && (texting || link === null);
  const beside = incident.links.filter((other) => other.id !== link?.id);
  const witnesses = beside.filter((other) => other.whom === "third-party" && !isDead(other));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="links" aria-labelledby="links-title" tabIndex={0}>
      <h2 id="links-title">Link</h2>
      <ProblemNote text={notice} />
      {form && (
        <LinkForm
          key={`${incident.id} ${witness}`}
          desk={desk}
          state={state}
          incident={incident}
          asked={texting}
          witness={witness}
          canCancel={link !== null}
        />
      )}
      {closed && link === null && <p class="empty">No link was texted.</p>}
      {!form && link !== null && (
        <CurrentLink key={link.id} desk={desk} state={state} link={link} closed={closed} />
      )}
      {!form &&
        witnesses.map((other) => (
          <CurrentLink key={other.id} desk={desk} state={state} link={other} closed={closed} />
        ))}
      {!form && (
        <Others
          desk={desk}
          state={state}
          closed={closed}
          links={beside.filter((other) => !witnesses.includes(other))}
        />
      )}
      {!form && !closed && link !== null && (
        <div class="buttons">
          {isOver(link) && (
            <button type="button" class="primary" onClick={() => change(state, { texting: true })}>
              <Icon name="sent" /> Send a new link <kbd>L</kbd>
            </button>
          )}
          <button type="button" class="plain" onClick={() => change(state, { texting: true, witness: true })}>
            <Icon name="plus" /> Link for a witness
          </button>
        </div>
      )}
    </section>
  );
}
