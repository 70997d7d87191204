// Photos and clips that a caller has chosen to send: on their way, and shown when somebody asks. Each look is on record.
import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { sorry } from "../../lib/refusals.ts";
import type { IncidentView, UploadView } from "../../wire.ts";
import type { Desk } from "../desk.ts";
import { timeOfDay } from "../words.ts";
import { Watermark } from "./watermark.tsx";

/** "Photo from the caller", "Clip from the caller, 0:12". */
export function fileWords({ kind, seconds }: Pick<UploadView, "kind" | "seconds">): string {
  if (kind !== "clip") return "Photo from the caller";
  const whole = Math.round(seconds ?? 0);
  return `Clip from the caller, ${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** How far it is, before there is anything to look at. */
export function onItsWay({ state, received, length }: UploadView): string {
  if (state === "refused") return "The caller sent something that is no photo or clip. It was deleted.";
  if (state === "checking") return "A photo or clip from the caller has arrived and is made ready.";
  return `The caller sends a photo or clip: ${Math.floor((100 * received) / length)} %`;
}

function Shown({
  desk,
  upload,
  onClose,
}: {
  desk: Desk;
  upload: UploadView & { file: string };
  onClose(): void;
}) {
  const words = fileWords(upload);
  const size = { width: upload.width ?? 0, height: upload.height ?? 0 };
  return (
    <figure class="note-still">
      {upload.kind === "clip" ? (
        <video {...size} src={upload.file} controls muted playsInline aria-label={words} />
      ) : (
        <img {...size} src={upload.file} alt={`${words}, ${timeOfDay(upload.begun_at)}`} />
      )}
      <figcaption class="chip">
        <Icon name="still" /> {timeOfDay(upload.begun_at)}
      </figcaption>
      <Watermark desk={desk} />
      <button type="button" class="square" aria-label="Put it away" onClick={onClose}>
        <Icon name="close" />
      </button>
    </figure>
  );
}

function CallersFile({ desk, upload }: { desk: Desk; upload: UploadView }) {
  const act = useAct(sorry);
  const [file, setFile] = useState<string | null>(null);
  useEffect(
    () => () => {
      if (file !== null) URL.revokeObjectURL(file);
    },
    [file],
  );
  if (upload.state !== "ready") return <p class="small">{onItsWay(upload)}</p>;
  if (file !== null) return <Shown desk={desk} upload={{ ...upload, file }} onClose={() => setFile(null)} />;
  const look = (): void =>
    void act.run(async () => setFile(URL.createObjectURL(await desk.calls.upload(upload.id))));
  return (
    <>
      <button type="button" class="note-look" disabled={act.busy} onClick={look}>
        <Icon name="picture" />{" "}
        {act.busy ? "Opening…" : `${fileWords(upload)}, ${timeOfDay(upload.begun_at)}`}
      </button>
      {act.problem !== null && <small class="tone-danger">{act.problem}</small>}
    </>
  );
}

export function CallersFiles({ desk, incident }: { desk: Desk; incident: IncidentView }) {
  const there = incident.uploads.filter(({ state }) => state !== "expired");
  if (there.length === 0) return null;
  return (
    <ul class="callers-files" aria-label="Photos and clips from the caller">
      {there.map((upload) => (
        <li key={upload.id}>
          <CallersFile desk={desk} upload={upload} />
        </li>
      ))}
    </ul>
  );
}
