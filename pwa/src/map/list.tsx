// The map as a list: everybody and every camera on it in words, for whoever cannot see it or cannot press it.
import { type MapCamera, type MapPerson, Mark, PersonShape } from "./drawing.tsx";
import { MapKey } from "./key.tsx";
import { USES } from "./look.ts";

interface Props {
  people: readonly MapPerson[];
  cameras: readonly MapCamera[];
  onChoose: ((camera: MapCamera) => void) | undefined;
}

export function MapList({ people, cameras, onChoose }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="map-list" aria-label="The map as a list" tabIndex={0}>
      <ul>
        {people.map((person) => (
          <li key={person.id}>
            <svg
              class={`map-person is-${person.kind}`}
              width="28"
              height="28"
              viewBox="-14 -14 28 28"
              aria-hidden="true"
            >
              <PersonShape kind={person.kind} way={person.kind === "caller" ? null : person.heading_deg} />
            </svg>
            <span>
              <strong>{person.name}</strong>
              <span>{person.words}</span>
            </span>
          </li>
        ))}
        {cameras.map((camera) => (
          <li key={camera.id}>
            <svg
              class={`map-camera use-${camera.use}`}
              width="28"
              height="28"
              viewBox="-14 -14 28 28"
              aria-hidden="true"
            >
              <g class="map-mark">
                <Mark use={camera.use} />
              </g>
            </svg>
            <span>
              <strong>{camera.name}</strong>
              <span>{camera.words ?? USES[camera.use]}</span>
            </span>
            {onChoose && (
              <button
                type="button"
                aria-label={`Show ${camera.name} on the map`}
                onClick={() => onChoose(camera)}
              >
                Show
              </button>
            )}
          </li>
        ))}
      </ul>
      {cameras.length > 0 && <MapKey uses={cameras.map(({ use }) => use)} />}
    </section>
  );
}
