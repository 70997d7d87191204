// The agency's own sources: what a unit carries, and encoders in a fixed place. Each publishes with a token of its own.
import { useState } from "preact/hooks";
import { useAct, useLoaded, useStore } from "../lib/hooks.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { ProblemNote } from "../lib/parts/problem.tsx";
import { sorry } from "../lib/refusals.ts";
import type { Desk } from "../staff/desk.ts";
import type { Device, DeviceKind, RegisteredDevice, SiteView } from "../wire.ts";
import type { AgencyCalls } from "./calls.ts";
import { Shown } from "./loading.tsx";
import { Copyable } from "./once.tsx";

const FLEET = { id: "fleet", name: "All units" };
const CITY = { id: "fleet", name: "The whole city" };
const KINDS: Record<DeviceKind, string> = {
  "body-worn": "Body-worn camera",
  dash: "Dash camera",
  encoder: "Encoder",
  locator: "Vehicle locator",
  station: "Weather or ADS-B station",
};

/** A whole pipeline for whoever has no OBS: a test picture, to be replaced by the real source. */
function gstreamer(address: string, token: string): string {
  return `gst-launch-1.0 videotestsrc is-live=true ! x264enc tune=zerolatency key-int-max=60 ! video/x-h264,profile=constrained-baseline ! whipclientsink signaller::whip-endpoint="${address}" signaller::auth-token="${token}"`;
}

function Token({ made, onHide }: { made: RegisteredDevice; onHide(): void }) {
  const address = new URL(made.whip, location.origin).href;
  if (made.device.kind === "locator") {
    const line = `sightline connector locator ${location.origin} --token-file token --serial /dev/ttyUSB0`;
    return (
      <ReportsToken
        made={made}
        may="say where units are"
        label="On the vehicle's computer, with the token in a file"
        text={line}
        onHide={onHide}
      />
    );
  }
  if (made.device.kind === "station") {
    const text = `curl -H "Authorization: Bearer ${made.token}" --json @weather.json ${location.origin}/api/station/weather`;
    return (
      <ReportsToken
        made={made}
        may="say what the weather is"
        label="The weather, as docs/http.md has it; aircraft go to /api/station/traffic"
        text={text}
        onHide={onHide}
      />
    );
  }
  return (
    <section class="once" aria-labelledby="token-title">
      <h2 id="token-title">Token of {made.device.name}</h2>
      <p>Put it into the device now: it is not shown again. Whoever has it can publish as this device.</p>
      <Copyable label="Address (OBS: Settings, Stream, Service WHIP, Server)" text={address} />
      <Copyable label="Token (OBS: Bearer Token)" text={made.token} />
      <Copyable label="Or one line for GStreamer" text={gstreamer(address, made.token)} />
      <button type="button" onClick={onHide}>
        Hide
      </button>
    </section>
  );
}

/** Of what only reports, with one line to begin by; other systems have docs/http.md. */
function ReportsToken(props: {
  made: RegisteredDevice;
  may: string;
  label: string;
  text: string;
  onHide(): void;
}) {
  return (
    <section class="once" aria-labelledby="token-title">
      <h2 id="token-title">Token of {props.made.device.name}</h2>
      <p>Put it into the device now: it is not shown again. Whoever has it can {props.may}.</p>
      <Copyable label="Token" text={props.made.token} />
      <Copyable label={props.label} text={props.text} />
      <button type="button" onClick={props.onHide}>
        Hide
      </button>
    </section>
  );
}

function seen(device: Device): string {
  if (device.seen_at === null) return "never seen";
  return `last seen ${new Date(device.seen_at).toLocaleString()}`;
}

function Row({
  device,
  where,
  calls,
  again,
}: {
  device: Device;
  where: string;
  calls: AgencyCalls;
  again(): Promise<void>;
}) {
  const [retiring, setRetiring] = useState(false);
  const act = useAct(sorry);
  const retire = (): Promise<boolean> =>
    act.run(async () => {
      await calls.retireDevice(device.id);
      await again();
    });
  return (
    <li>
      <div class="line-of">
        <Icon name="camera" />
        <strong dir="auto">{device.name}</strong>
        <span>{KINDS[device.kind]}</span>
        <span dir="auto">{where}</span>
        <span>{seen(device)}</span>
        {retiring ? (
          <>
            <button type="button" class="danger" disabled={act.busy} onClick={() => void retire()}>
              Retire for good
            </button>
            <button type="button" onClick={() => setRetiring(false)}>
              Keep
            </button>
          </>
        ) : (
          <button
            type="button"
            class="plain quiet-danger"
            aria-label={`Retire ${device.name}`}
            onClick={() => setRetiring(true)}
          >
            Retire…
          </button>
        )}
      </div>
      <ProblemNote text={act.problem} />
    </li>
  );
}

function Register(props: {
  desk: Desk;
  sites: SiteView[];
  calls: AgencyCalls;
  onMade(made: RegisteredDevice): void;
}) {
  const { desk, sites, calls, onMade } = props;
  const [kind, setKind] = useState<DeviceKind>("body-worn");
  const world = useStore(desk.world);
  const act = useAct(sorry);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const said = new FormData(form);
    const where = String(said.get("where") ?? "");
    if (act.busy || where === "") return;
    const done = await act.run(async () =>
      onMade(
        await calls.addDevice({
          kind,
          name: String(said.get("name")).trim(),
          unit_id: kind === "encoder" || where === FLEET.id ? null : where,
          camera_id: kind === "encoder" ? where : null,
        }),
      ),
    );
    if (done) form.reset();
  };
  const units = [...world.units.values()].map((unit) => ({ id: unit.id, name: unit.call_sign }));
  const cameras = sites.flatMap((site) =>
    site.cameras.map(({ id, name }) => ({ id, name: `${site.name}: ${name}` })),
  );
  const places = { encoder: cameras, locator: [FLEET, ...units], station: [CITY] }[kind as string] ?? units;
  return (
    <form class="inline-form" onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span>Kind</span>
        <select value={kind} onChange={(event) => setKind(event.currentTarget.value as DeviceKind)}>
          {Object.entries(KINDS).map(([value, word]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>Name</span>
        <input name="name" maxLength={80} autocomplete="off" required />
      </label>
      <label class="field">
        <span>{kind === "encoder" ? "City camera" : kind === "station" ? "Where" : "Unit"}</span>
        <select name="where" required>
          {places.map((place) => (
            <option key={place.id} value={place.id}>
              {place.name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="primary" disabled={act.busy || places.length === 0}>
        <Icon name="plus" /> Register
      </button>
      {places.length === 0 && (
        <p class="hint">
          {kind === "encoder"
            ? "Add a city camera first: an encoder brings its picture."
            : "There is no unit yet."}
        </p>
      )}
      <ProblemNote text={act.problem} />
    </form>
  );
}

export function Devices({ desk, calls }: { desk: Desk; calls: AgencyCalls }) {
  const held = useLoaded(async () => Promise.all([calls.devices(), calls.sites()]), sorry);
  const world = useStore(desk.world);
  const [made, setMade] = useState<RegisteredDevice | null>(null);
  return (
    <>
      {made !== null && <Token made={made} onHide={() => setMade(null)} />}
      <section aria-labelledby="devices-title">
        <h2 id="devices-title">Devices</h2>
        <Shown held={held}>
          {([devices, sites]) => {
            const active = devices.filter((device) => device.retired_at === null);
            const cameras = new Map(
              sites.flatMap((site) => site.cameras.map((camera) => [camera.id, camera.name])),
            );
            const where = (device: Device): string =>
              device.unit_id === null
                ? (cameras.get(device.camera_id ?? "") ?? FLEET.name)
                : (world.units.get(device.unit_id)?.call_sign ?? "");
            return (
              <>
                {active.length === 0 ? (
                  <p class="empty">
                    No device yet. Register a body-worn or dash camera, an encoder or a locator.
                  </p>
                ) : (
                  <ul class="lines">
                    {active.map((device) => (
                      <Row
                        key={device.id}
                        device={device}
                        where={where(device)}
                        calls={calls}
                        again={held.again}
                      />
                    ))}
                  </ul>
                )}
                <h2>Register a device</h2>
                <Register
                  desk={desk}
                  sites={sites}
                  calls={calls}
                  onMade={(token) => {
                    setMade(token);
                    void held.again();
                  }}
                />
              </>
            );
          }}
        </Shown>
      </section>
    </>
  );
}
