// What a flight is told by one press; the parachute by two, behind a cover.
import { useState } from "preact/hooks";
import { useStore } from "../lib/hooks.ts";
import { Icon, type IconName } from "../lib/parts/icon.tsx";
import type { Verb } from "../staff/flights.ts";
import { isUp } from "../staff/sky.ts";
import { PaletteChoice } from "../staff/thermal/thermal.tsx";
import type { FlightView } from "../wire.ts";
import type { Piloting } from "./flight.tsx";
import { Parachute } from "./parachute.tsx";

interface Told {
  verb: Verb;
  words: string;
  icon: IconName;
  on?: boolean;
  /** Nothing that happens by a slip. */
  sure?: string;
}

/** What may be told next, the likeliest first. */
function verbs(flight: FlightView): Told[] {
  const { holds, follows, phase } = flight;
  const homeward = phase === "returning" || phase === "diverted";
  const told: Told[] = [
    holds
      ? { verb: "go-on", words: "Go on", icon: "resume" }
      : { verb: "hold", words: "Hold", icon: "pause" },
    { verb: follows ? "stay" : "follow", words: "Follow caller", icon: "locate", on: follows },
    { verb: "handover", words: "Hand over", icon: "handOver" },
    { verb: "return", words: "Return", icon: "home" },
    { verb: "land", words: "Land here", icon: "landing", sure: "Land here now" },
  ];
  return homeward ? told.filter(({ verb }) => verb !== "return" && verb !== "handover") : told;
}

const TAKE = "Take command";

function Button({ told, flight, orders, desk }: Piloting & { told: Told }) {
  const asked = useStore(orders.asked);
  const [asking, setAsking] = useState(false);
  const { verb, words, icon, on, sure } = told;
  const pending = asked.some((one) => one.what === words && one.state === "pending");
  const tell = (): void => {
    setAsking(false);
    void orders.give(words, () => desk.flights.tell(flight.id, verb));
  };
  if (asking && sure !== undefined) {
    return (
      <span class="sure">
        <button type="button" class="danger" onClick={tell}>
          {sure}
        </button>
        <button type="button" aria-label={`Do not ${words.toLowerCase()}`} onClick={() => setAsking(false)}>
          No
        </button>
      </span>
    );
  }
  return (
    <button
      type="button"
      {...(on !== undefined && { "aria-pressed": on })}
      aria-busy={pending}
      disabled={pending}
      onClick={sure === undefined ? tell : () => setAsking(true)}
    >
      <Icon name={pending ? "queued" : icon} /> {words}
    </button>
  );
}

function Command({ flight, orders, desk }: Piloting) {
  if (flight.pilot_id === desk.me.user.id) {
    return (
      <p class="in-command">
        <Icon name="done" /> You are pilot in command
      </p>
    );
  }
  const take = (): void => {
    void orders.give(TAKE, () => desk.flights.tell(flight.id, "command"));
  };
  return (
    <div class="in-command">
      <p>{flight.pilot} is pilot in command</p>
      <button type="button" class="primary" onClick={take}>
        {TAKE}
      </button>
    </div>
  );
}

const ZOOM = 1.5;

function CameraButtons({ camera, desk, flight }: Piloting) {
  return (
    <fieldset class="camera-buttons">
      <legend>Camera</legend>
      <button type="button" onClick={() => camera.turnTo({ pitch_deg: 0, yaw_deg: camera.looks.yaw_deg })}>
        Level
      </button>
      <button type="button" onClick={() => camera.turnTo({ pitch_deg: -90, yaw_deg: camera.looks.yaw_deg })}>
        Straight down
      </button>
      <button type="button" class="square" aria-label="Zoom out" onClick={() => camera.zoomBy(1 / ZOOM)}>
        <Icon name="minus" />
      </button>
      <button type="button" class="square" aria-label="Zoom in" onClick={() => camera.zoomBy(ZOOM)}>
        <Icon name="plus" />
      </button>
      {flight.thermal_feed_id !== null && <PaletteChoice user={desk.me.user.id} label="thermal pictures" />}
    </fieldset>
  );
}

export function Controls(props: Piloting) {
  const { flight, desk } = props;
  const commands = flight.pilot_id === desk.me.user.id;
  return (
    <>
      <Command {...props} />
      <div class="verbs">
        {verbs(flight).map((told) => (
          <Button key={told.words} {...props} told={told} />
        ))}
      </div>
      <CameraButtons {...props} />
      {commands && isUp(flight) && <Parachute {...props} />}
    </>
  );
}
