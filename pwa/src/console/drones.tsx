// Drones of the incident in front, above the picture and never over it: who can be there first and one press that sends
// it; then how it goes. What else there is, and why it stays, is in a panel on the right.
import { useEffect } from "preact/hooks";
import { type Act, type Loaded, useAct, useLoaded, useNow, useStore } from "../lib/hooks.ts";
import { countdown, metres } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import { Refused } from "../lib/requests.ts";
import type { Store } from "../lib/store.ts";
import type { Desk } from "../staff/desk.ts";
import { flightsOf, isFlown, isUp } from "../staff/sky.ts";
import { percent, phaseTone, phaseWords, seconds, stays, toScene } from "../staff/sky-words.ts";
import type { AnswerView, ChoiceView, FlightView, IncidentView, OfferView } from "../wire.ts";
import { type ConsoleState, change } from "./state.ts";

interface Props {
  desk: Desk;
  state: Store<ConsoleState>;
  incident: IncidentView;
}

/** What could be sent changes with wind, batteries and who is on watch: it is asked for anew so often. */
const CHOICE_MS = 10_000;

/** Which drones can come, asked for while it is of use. */
function useChoice({ desk, incident }: Props, wanted: boolean): Loaded<ChoiceView | null> {
  const sky = useStore(desk.sky);
  const { position } = incident;
  const around = position === null ? "" : `${position.latitude.toFixed(4)} ${position.longitude.toFixed(4)}`;
  const load = async (): Promise<ChoiceView | null> => (wanted ? desk.flights.choice(incident.id) : null);
  const loaded = useLoaded(load, sorry, `${incident.id} ${wanted}`);
  useEffect(() => {
    if (!wanted) return;
    const timer = setInterval(() => void loaded.again(), CHOICE_MS);
    return () => clearInterval(timer);
  }, [incident.id, wanted]);
  useEffect(() => {
    if (wanted && loaded.state !== "loading") void loaded.again();
  }, [around, sky.docks]);
  return loaded;
}

function canGo(answer: AnswerView): boolean {
  return answer.to_scene_s !== null && answer.groundings.length === 0;
}

function send({ desk, incident }: Props, act: Act, drone: string): void {
  void act.run(() => desk.flights.send(incident.id, drone));
}

/** How it would be there: "84 s to the scene · stays 12 min · battery 97 %". */
function answerWords(answer: AnswerView): string {
  const { to_scene_s, stays_s, charge, straight_m, away_m } = answer;
  const parts = [
    to_scene_s === null ? null : `${seconds(to_scene_s)} to the scene`,
    metres(straight_m),
    stays_s === null ? null : `stays ${Math.floor(stays_s / 60)} min`,
    `battery ${percent(charge)}`,
    away_m === null || away_m < 1 ? null : `looks from ${metres(away_m)} away`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

function Best({ best, ...props }: Props & { best: AnswerView }) {
  const act = useAct(sorry);
  return (
    <>
      <p>
        <strong>
          {best.drone}: {best.to_scene_s === null ? "" : `${seconds(best.to_scene_s)} to the scene`}
        </strong>
        <span>
          {best.dock} · battery {percent(best.charge)}
          {best.stays_s !== null && ` · stays ${Math.floor(best.stays_s / 60)} min`}
        </span>
      </p>
      <ProblemNote text={act.problem} />
      <button
        type="button"
        class="primary"
        disabled={act.busy}
        onClick={() => send(props, act, best.drone_id)}
      >
        <Icon name="drone" /> Send {best.drone}
      </button>
    </>
  );
}

/** One that is offered by itself: a pilot in command confirms it. */
function Offered({ offer, now }: { offer: OfferView; now: number }) {
  return (
    <p class="drone-offer" role="status">
      <Icon name="queued" />
      <span>
        {offer.drone} is offered to the pilots, {seconds(offer.to_scene_s)} to the scene · waits{" "}
        {countdown(now - Date.parse(offer.offered_at))}
      </span>
    </p>
  );
}

export function FlightLine({ desk, flight }: { desk: Desk; flight: FlightView }) {
  const now = useNow(() => desk.clock.now());
  const act = useAct(sorry);
  const at = desk.drones.value.get(flight.drone_id);
  const eta = toScene(flight, now);
  const left = stays(flight, now);
  const home = async (): Promise<void> => {
    const { accepted, words } = await desk.flights.tell(flight.id, "return");
    if (!accepted) throw new Refused("drone-refused", 409, words);
  };
  const facts = [
    eta,
    left === null ? null : `home in ${left}`,
    at === undefined ? null : `battery ${percent(at.charge)}`,
    `pilot ${flight.pilot}`,
    flight.steered_by === null ? null : `${flight.steered_by} steers`,
  ];
  return (
    <section class="drone-strip" aria-label={`Flight of ${flight.drone}`}>
      <Icon name="drone" />
      <p>
        <strong role="status" class={`tone-${phaseTone(flight)}`}>
          {flight.drone}: {phaseWords(flight)}
        </strong>
        <span>{facts.filter((fact) => fact !== null).join(" · ")}</span>
        {flight.warnings.length > 0 && (
          <span class="drone-warning" role="alert">
            <Icon name="warning" /> {flight.warnings.join(" ")}
          </span>
        )}
      </p>
      <ProblemNote text={act.problem} />
      {isFlown(flight) && flight.phase !== "returning" && (
        <button
          type="button"
          disabled={act.busy}
          aria-label={`Return ${flight.drone}`}
          onClick={() => void act.run(home)}
        >
          Return
        </button>
      )}
      {!isUp(flight) && (
        <a
          class="button"
          href={`/flights#${flight.id}`}
          target="_blank"
          aria-label={`Log of ${flight.drone}'s flight`}
          rel="noopener"
        >
          Its log
        </a>
      )}
    </section>
  );
}

interface StripProps extends Props {
  choice: ChoiceView | null;
  problem: string | null;
}

function Choice({ choice, problem, ...props }: StripProps) {
  const { panel } = useStore(props.state);
  const best = choice?.answers.find(canGo);
  const more = choice?.answers.length ?? 0;
  return (
    <section class="drone-strip" aria-label="Drones">
      <Icon name="drone" />
      {best !== undefined && <Best key={best.drone_id} {...props} best={best} />}
      {best === undefined && (
        <p>
          <strong>
            {problem ?? (choice === null ? "Looking which drone can come…" : "No drone can come")}
          </strong>
          {choice !== null && <span>{choice.words}</span>}
        </p>
      )}
      {more > 0 && (
        <button
          type="button"
          aria-expanded={panel}
          onClick={() => change(props.state, { panel: !panel, help: false })}
        >
          {best === undefined ? "Why not" : `All ${more}`}
        </button>
      )}
    </section>
  );
}

export function Drones(props: Props) {
  const { desk, incident, state } = props;
  const sky = useStore(desk.sky);
  const now = useNow(() => desk.clock.now());
  const open = incident.closed_at === null;
  const flights = flightsOf(sky, incident.id).filter((flight) => isUp(flight) || open);
  const [last] = flights;
  const flying = flights.filter(isUp);
  const placed = open && incident.position !== null && sky.docks.length > 0;
  const { panel } = useStore(state);
  const choice = useChoice(props, placed && (flying.length === 0 || panel));
  const offers = sky.offers.filter(({ incident_id }) => incident_id === incident.id);
  const shown = flying.length > 0 ? flying : last === undefined ? [] : [last];
  return (
    <div class="drones">
      {offers.map((offer) => (
        <Offered key={offer.drone_id} offer={offer} now={now} />
      ))}
      {shown.map((flight) => (
        <FlightLine key={flight.id} desk={desk} flight={flight} />
      ))}
      {placed && flying.length === 0 && (
        <Choice
          {...props}
          choice={choice.state === "there" ? choice.value : null}
          problem={choice.state === "failed" ? choice.problem : null}
        />
      )}
      {placed && panel && choice.state === "there" && choice.value !== null && (
        <AllDrones {...props} choice={choice.value} />
      )}
    </div>
  );
}

/** Everybody who could be sent, and whoever cannot with every reason. */
function AllDrones({ choice, ...props }: Props & { choice: ChoiceView }) {
  const act = useAct(sorry);
  return (
    <section class="drone-panel" aria-label="All drones">
      <p class="drone-why">
        {choice.words} {choice.weather}
      </p>
      <ProblemNote text={act.problem} />
      <ul>
        {choice.answers.map((answer) => (
          <li key={answer.drone_id} class={canGo(answer) ? "unit" : "unit is-grounded"}>
            <Icon name={canGo(answer) ? "drone" : "over"} />
            <span class="unit-text">
              <strong>
                {answer.drone} · {answer.dock}
              </strong>
              {canGo(answer) && <span>{answerWords(answer)}</span>}
              {!canGo(answer) && (
                <ul class="drone-reasons">
                  {answer.groundings.map(({ why, words }) => (
                    <li key={`${why} ${words}`}>{words}</li>
                  ))}
                </ul>
              )}
            </span>
            {canGo(answer) && (
              <button
                type="button"
                disabled={act.busy}
                aria-label={`Send ${answer.drone}`}
                onClick={() => send(props, act, answer.drone_id)}
              >
                Send
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
