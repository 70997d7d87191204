// The map of an incident on the console and on an officer's phone: the caller and the way they came, units, cameras.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useNow, useStore } from "../../lib/hooks.ts";
import { Icon } from "../../lib/parts/icon.tsx";
import { AreaMap } from "../../map/map.tsx";
import type { IncidentView, NearbyCamera, Point, Position } from "../../wire.ts";
import { airOf } from "../air.ts";
import type { Desk } from "../desk.ts";
import { myUnit } from "../duty.ts";
import type { Around } from "../nearby.ts";
import { camerasOf, mustSee, peopleOf, sceneWords } from "../scene.ts";
import { docksOf, dronesOf, reaches, skyOf } from "../scene-sky.ts";

interface Props {
  desk: Desk;
  incident: IncidentView;
  caller: Position;
  around: Around;
  /** Where this phone is; left out where the map is not an officer's, and follows nobody. */
  here?: Position | null;
  later?: boolean;
  /** A press on the ground means this place: where the drone's camera is to look. */
  onPlace?(point: Point): void;
  /** Where it was told to. */
  told?: Point | null;
  /** About a camera that was pressed. */
  card(camera: NearbyCamera): ComponentChildren;
  children?: ComponentChildren;
}

const NO_TRAIL: readonly Position[] = [];

const SKY_RADIUS_M = 15;

/** Drones over the incident, their ways and what they see; docks for whoever sends or flies. */
function useAbove(desk: Desk, incident: IncidentView, caller: Position, told: Point | null, now: number) {
  const sky = useStore(desk.sky);
  const drones = useStore(desk.drones);
  const above = { sky, drones, incident: incident.id, scene: caller, now };
  const { areas } = useStore(airOf(desk));
  const docks = useMemo(
    () => (sky.docks.length === 0 ? [] : docksOf({ sky, drones: desk.drones.value, now })),
    [sky, now],
  );
  return {
    drones: dronesOf(above),
    sky: skyOf(above, told, docks, areas),
    within: reaches(above).map((point) => ({ point, radius_m: SKY_RADIUS_M })),
  };
}

export function SceneMap(props: Props) {
  const { desk, incident, caller, around, here, later = false, onPlace, told = null, card, children } = props;
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
  const above = useAbove(desk, incident, caller, told, now);
  const within = mustSee(people, trail);
  const pressed = around.nearby?.cameras.find(({ camera_id }) => camera_id === chosen);
  const near = myself === undefined || within.some(({ point }) => point === myself.point);
  return (
    <AreaMap
      label={sceneWords([...people, ...above.drones], cameras)}
      cameras={cameras}
      people={people}
      drones={above.drones}
      sky={above.sky}
      trail={trail}
      within={[...within, ...above.within]}
      {...(onPlace && { onPlace })}
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
