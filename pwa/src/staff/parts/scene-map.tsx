// The map of an incident on the console and on an officer's phone: the caller and the way they came, units, cameras.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useNow, useStore } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { AreaMap } from "../../map/map.tsx";
import type { IncidentView, NearbyCamera, Position } from "../../wire.ts";
import type { Desk } from "../desk.ts";
import { myUnit } from "../duty.ts";
import type { Around } from "../nearby.ts";
import { camerasOf, mustSee, peopleOf, sceneWords } from "../scene.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  caller: Position;
  around: Around;
  /** Where this phone is; left out where the map is not an officer's, and follows nobody. */
  here?: Position | null;
  later?: boolean;
  /** About a camera that was pressed. */
  card(camera: NearbyCamera): ComponentChildren;
  children?: ComponentChildren;
}

const NO_TRAIL: readonly Position[] = [];

export function SceneMap({ desk, incident, caller, around, here, later = false, card, children }: Props) {
  const world = useStore(desk.world);
  const now = useNow(() => desk.clock.now());
  const [chosen, setChosen] = useState<string | null>(null);
  const { id: me } = desk.me.user;
  const mine = myUnit(world);
  const { unit_ids: assigned } = incident;
  const trail = world.trails.get(incident.id) ?? NO_TRAIL;
  const officers = here !== undefined;
  const people = useMemo(
    () =>
      peopleOf({
        caller,
        units: [...world.units.values()],
        assigned,
        mine: officers ? mine : null,
        here: here ?? null,
        now,
      }),
    [caller, world.units, assigned, mine, officers, here, now],
  );
  const cameras = useMemo(() => camerasOf(around.nearby, incident, me), [around.nearby, incident, me]);
  const myself = people.find(({ kind }) => kind === "mine");
  const within = mustSee(people, trail);
  const pressed = around.nearby?.cameras.find(({ camera_id }) => camera_id === chosen);
  const near = myself === undefined || within.some(({ point }) => point === myself.point);
  return (
    <AreaMap
      label={sceneWords(people, cameras)}
      cameras={cameras}
      people={people}
      trail={trail}
      within={within}
      chosen={pressed === undefined ? null : chosen}
      onChoose={setChosen}
      {...(officers && {
        followed: myself
          ? {
              point: myself.point,
              heading_deg: myself.heading_deg,
              towards: near ? (within[0] ?? null) : null,
            }
          : null,
      })}
      later={later}
      listed
      card={
        pressed && (
          <>
            {card(pressed)}
            <button
              type="button"
              class="square"
              aria-label="Leave this camera"
              onClick={() => setChosen(null)}
            >
              <Icon name="close" />
            </button>
          </>
        )
      }
    >
      {children}
    </AreaMap>
  );
}
