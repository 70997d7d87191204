// The one map of all pages: owner's, city's, dispatcher's, officer's. What is drawn stands at once, on a plain grid, and
// can be moved; the basemap comes under it when it has been loaded, if this server has one and the browser can draw it.
import "./map.css";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useSize } from "../lib/hooks.ts";
import { metres } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { scaleBar } from "../lib/scale.ts";
import type { Point, TileJson } from "../wire.ts";
import { type Basemap, loadBasemap } from "./basemap/basemap.ts";
import type { Light } from "./basemap/style.ts";
import { aboutTiles } from "./basemap/tiles.ts";
import { type Cluster, crowd } from "./crowd.ts";
import {
  Accuracy,
  ApartMark,
  CameraMark,
  ClusterMark,
  Grid,
  type MapCamera,
  type MapPerson,
  type MapSite,
  PersonMark,
  Radius,
  SiteMark,
  standing,
  Trail,
} from "./drawing.tsx";
import {
  type Around,
  type Box,
  type Frame,
  type Inset,
  LEAST_ZOOM,
  MOST_ZOOM,
  metresPerPixel,
  place,
  pointAt,
  type Size,
  type Spot,
} from "./frame.ts";
import { type Followed, type Framing, useFraming } from "./framing.ts";
import { gestures } from "./gestures.ts";
import { type Changes, Handles } from "./handles.tsx";
import { MapList } from "./list.tsx";
import { type MapSky, SkyLayer } from "./sky.tsx";

export interface MapProps {
  /** The whole in one sentence, for whoever cannot see it. */
  label: string;
  cameras: readonly MapCamera[];
  sites?: readonly MapSite[];
  people?: readonly MapPerson[];
  trail?: readonly Point[];
  /** Drones, apart from other people: they move five times a second. */
  drones?: readonly MapPerson[];
  sky?: MapSky | null;
  /** A press on the ground, or Enter for the map's middle, means this place. */
  onPlace?(point: Point): void;
  /** A circle around something: how near an emergency must be. */
  radius?: Around | null;
  /** Which camera is chosen, and with `changes` may be set by its handles. */
  chosen?: string | null;
  changes?: Changes;
  onChoose?(camera: string): void;
  /** What must be seen, when it is not all that is drawn. */
  within?: readonly Around[];
  /** Whom it can follow; with it there are the buttons for that, and it begins so. */
  followed?: Followed | null;
  /** The page around it scrolls: one finger is the page's. */
  gentle?: boolean;
  /** Something else must be loaded first: the basemap waits. */
  later?: boolean;
  /** Everything on it can be read as a list, too. */
  listed?: boolean;
  /** About the chosen camera: at the foot of the map. */
  card?: ComponentChildren;
  /** Buttons beside the zoom. */
  children?: ComponentChildren;
}

const AROUND_M = 40; // what is shown around a single point
/** So far around the frame marks are drawn: a map that is dragged is drawn anew only beyond it. */
const MARGIN_PX = 192;
const STEP_PX = 80;
/** So many units are named, and so many cameras reached by Tab; the list has all. */
const MOST_NAMED = 30;
const MOST_REACHED = 12;
const HINT_MS = 1500;
/** A browser that is never idle begins the basemap all the same. */
const IDLE_WITHIN_MS = 2000;
const NOBODY: readonly MapPerson[] = [];
const NO_SITES: readonly MapSite[] = [];

function light(): Light {
  return document.documentElement.dataset.theme === "day" ? "day" : "night";
}

function everything({ cameras, sites = [], people = NOBODY, drones = NOBODY, radius }: MapProps): Around[] {
  const points = [...people, ...drones, ...cameras, ...sites].map(({ point }) => ({
    point,
    radius_m: AROUND_M,
  }));
  return radius ? [radius, ...points] : points;
}

/** When the browser has nothing else to do. */
function idle(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (typeof requestIdleCallback === "undefined") return void setTimeout(done); // Safari
    const asked = requestIdleCallback(() => done(), { timeout: IDLE_WITHIN_MS });
    signal.addEventListener("abort", () => cancelIdleCallback(asked), { once: true });
  });
}

/** The basemap under the drawing; what it is made of, and whether it has drawn anything. */
function useBasemap(box: RefObject<HTMLElement | null>, frame: Frame | null, later: boolean) {
  const basemap = useRef<Basemap | null>(null);
  const [tiles, setTiles] = useState<TileJson | null>(null);
  const [drawn, setDrawn] = useState(false);
  const latest = useRef(frame);
  latest.current = frame;
  const ready = frame !== null && !later;

  useEffect(() => {
    if (!ready) return;
    const over = new AbortController();
    const start = async (): Promise<void> => {
      const about = await aboutTiles(over.signal);
      if (about === null) return;
      await idle(over.signal);
      const begin = await loadBasemap();
      await idle(over.signal);
      const [under, at] = [box.current, latest.current];
      if (over.signal.aborted || under === null || at === null) return;
      basemap.current = begin({
        box: under,
        tiles: about,
        at,
        light: light(),
        onDrawn: setDrawn,
        signal: over.signal,
      });
      setTiles(about);
    };
    start().catch(() => {}); // nothing to draw with, or not loaded: the grid does
    const theme = new MutationObserver(() => basemap.current?.light(light()));
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      over.abort();
      theme.disconnect();
      basemap.current = null;
    };
  }, [ready, box]);

  useLayoutEffect(() => {
    if (frame !== null) basemap.current?.show(frame);
  }, [frame]);
  return { tiles, drawn: drawn && tiles !== null && frame !== null && isOn(tiles, frame.centre) };
}

/** Whether a basemap goes so far. */
function isOn({ bounds }: TileJson, { latitude, longitude }: Point): boolean {
  const [west = -180, south = -90, east = 180, north = 90] = bounds;
  return longitude >= west && longitude <= east && latitude >= south && latitude <= north;
}

/** Whose data it is, as its licence asks. Links only where it knows them to be links. */
function Attribution({ tiles }: { tiles: TileJson }) {
  const parsed = new DOMParser().parseFromString(tiles.attribution, "text/html").body;
  return (
    <p class="map-attribution">
      {[...parsed.childNodes].map((node, n) => {
        const href = node instanceof HTMLAnchorElement ? node.href : "";
        if (!href.startsWith("https://")) return node.textContent;
        return (
          <a key={n} href={href} target="_blank" rel="noreferrer">
            {node.textContent}
          </a>
        );
      })}
    </p>
  );
}

/** In less it would lie over who is there. */
const LEAST_SCALE_PX = 140;

function Scale({ frame, size }: { frame: Frame; size: Size }) {
  const bar = scaleBar(metresPerPixel(frame), Math.min(110, size.width / 3));
  return (
    <g class="map-scale" transform={`translate(12 ${size.height - 12})`}>
      <path d={`M0-6V0H${bar.pixels}V-6`} />
      <text x={bar.pixels + 8} y="0">
        {metres(bar.metres)}
      </text>
    </g>
  );
}

/** The frame that marks are drawn for, kept while the map is only moved and not too far; and how far it was moved. */
function useBase(frame: Frame, size: Size): { base: Frame; shift: Spot } {
  const held = useRef(frame);
  const base = held.current;
  const at = place(frame, size, base.centre);
  const shift = { x: at.x - size.width / 2, y: at.y - size.height / 2 };
  const moved = base.zoom === frame.zoom && base.bearing_deg === frame.bearing_deg;
  if (moved && Math.max(Math.abs(shift.x), Math.abs(shift.y)) < MARGIN_PX) return { base, shift };
  held.current = frame;
  return { base: frame, shift: { x: 0, y: 0 } };
}

interface MarksProps {
  frame: Frame;
  size: Size;
  cameras: readonly MapCamera[];
  people: readonly MapPerson[];
  sites: readonly MapSite[];
  chosen: string | null;
  onChoose: ((camera: string) => void) | undefined;
  onCluster(cluster: Cluster): void;
}

/** All marks that may be many. */
function Marks({ frame, size, cameras, people, sites, chosen, onChoose, onCluster }: MarksProps) {
  const lenses = crowd(cameras, frame, size, MARGIN_PX, ({ id, use }) => id === chosen || use === "live");
  const units = crowd(people, frame, size, MARGIN_PX, () => false);
  return (
    <>
      {lenses.singles.map(({ thing, at }) => (
        <CameraMark
          key={thing.id}
          frame={frame}
          at={at}
          camera={thing}
          chosen={thing.id === chosen}
          reached={lenses.singles.length <= MOST_REACHED}
          onChoose={onChoose}
        />
      ))}
      {lenses.clusters.map((cluster) => (
        <ClusterMark key={cluster.id} cluster={cluster} kind="cameras" onChoose={onCluster} />
      ))}
      {units.clusters.map((cluster) => (
        <ClusterMark key={cluster.id} cluster={cluster} kind="units" onChoose={onCluster} />
      ))}
      {sites.map((site) => (
        <SiteMark key={site.id} frame={frame} size={size} site={site} />
      ))}
      {units.singles.map(({ thing, at }) => (
        <PersonMark
          key={thing.id}
          frame={frame}
          size={size}
          at={at}
          person={thing}
          named={units.singles.length <= MOST_NAMED}
        />
      ))}
    </>
  );
}

const KEYS: Record<string, (framing: Framing) => void> = {
  ArrowUp: ({ drag }) => drag(0, STEP_PX),
  ArrowDown: ({ drag }) => drag(0, -STEP_PX),
  ArrowLeft: ({ drag }) => drag(STEP_PX, 0),
  ArrowRight: ({ drag }) => drag(-STEP_PX, 0),
  "+": ({ zoom }) => zoom(1),
  "=": ({ zoom }) => zoom(1),
  "-": ({ zoom }) => zoom(-1),
  Home: ({ showAll }) => showAll(),
};

/** Moves the map by a key, when it is the map itself that has the focus. */
function byKey(event: KeyboardEvent, framing: Framing, onPlace: MapProps["onPlace"]): void {
  if (event.key === "Enter" && event.target === event.currentTarget && framing.frame !== null)
    onPlace?.(framing.frame.centre);
  const act = event.target === event.currentTarget ? KEYS[event.key] : undefined;
  if (act === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act(framing);
}

/** Gestures on the drawing, and what they hint at. */
function useGestures(
  box: RefObject<HTMLElement | null>,
  gentle: boolean,
  framing: Framing,
  onSpot: ((spot: Spot) => void) | null,
): string | null {
  const [hint, setHint] = useState<string | null>(null);
  const now = useRef(framing);
  now.current = framing;
  const spot = useRef(onSpot);
  spot.current = onSpot;
  const places = onSpot !== null;
  useEffect(() => {
    if (box.current === null) return;
    const over = new AbortController();
    const meant = {
      onDrag: (dx: number, dy: number) => now.current.drag(dx, dy),
      onZoom: (by: number, at: Spot) => now.current.zoom(by, at),
      onHint: setHint,
      onPlace: places ? (at: Spot) => spot.current?.(at) : undefined,
    };
    gestures(box.current, gentle, meant, over.signal);
    return () => over.abort();
  }, [box, gentle, places]);
  useEffect(() => {
    if (hint === null) return;
    const timer = setTimeout(() => setHint(null), HINT_MS);
    return () => clearTimeout(timer);
  }, [hint]);
  return hint;
}

/** Which way is north, and a press for what lies ahead to be up. */
function NorthButton({ framing: { frame, headingUp, turn } }: { framing: Framing }) {
  return (
    <button
      type="button"
      class="map-north"
      aria-label="Turn the map to where I go"
      aria-pressed={headingUp}
      onClick={turn}
    >
      <svg width="32" height="40" viewBox="-16 -20 32 40" aria-hidden="true">
        <g transform={`rotate(${-(frame?.bearing_deg ?? 0)})`}>
          <path d="M0-18 8 2 0-3-8 2Z" />
          <text y="17" text-anchor="middle">
            N
          </text>
        </g>
      </svg>
    </button>
  );
}

interface LayersProps {
  props: MapProps;
  framing: Framing;
  frame: Frame;
  size: Size;
  /** Where buttons are. */
  boxes: readonly Box[];
  /** Whether there are streets below. */
  drawn: boolean;
}

/** What is drawn, from below: the ground and the caller's circle, marks that may be many, who matters most. */
function Layers({ props, framing, frame, size, boxes, drawn }: LayersProps) {
  const { cameras, people = NOBODY, drones = NOBODY, sites = NO_SITES, sky, radius, trail } = props;
  const { chosen = null, changes } = props;
  const edited = changes === undefined ? undefined : cameras.find(({ id }) => id === chosen);
  const onChoose = edited === undefined ? props.onChoose : undefined;
  const { base, shift } = useBase(frame, size);
  const show = useRef(framing.show);
  show.current = framing.show;
  const apart = [...people.filter((person) => person.apart), ...drones];
  const marks = useMemo(
    () => (
      <Marks
        frame={base}
        size={size}
        cameras={cameras}
        people={people.filter((person) => !person.apart)}
        sites={sites}
        chosen={chosen}
        onChoose={onChoose}
        onCluster={({ around }) => show.current(around.map((point) => ({ point, radius_m: AROUND_M })))}
      />
    ),
    [base, size, cameras, people, sites, chosen, onChoose],
  );
  const [wide, tall] = [size.width + 2 * MARGIN_PX, size.height + 2 * MARGIN_PX];
  const [x, y] = [shift.x - MARGIN_PX, shift.y - MARGIN_PX];
  return (
    <>
      <svg width={size.width} height={size.height} aria-hidden="true">
        {!drawn && <Grid frame={frame} size={size} />}
        {sky && <SkyLayer frame={frame} size={size} sky={sky} />}
        {radius && <Radius frame={frame} size={size} around={radius} />}
        {apart
          .filter(({ kind }) => kind === "caller")
          .map((person) => (
            <Accuracy key={person.id} frame={frame} size={size} person={person} />
          ))}
        {trail && <Trail frame={frame} size={size} trail={trail} />}
      </svg>
      <svg
        class="map-marks"
        role="presentation"
        viewBox={`${-MARGIN_PX} ${-MARGIN_PX} ${wide} ${tall}`}
        width={wide}
        height={tall}
        style={{ transform: `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)` }}
      >
        {marks}
      </svg>
      <svg role="presentation" width={size.width} height={size.height}>
        {standing(apart, { frame, size }, boxes).map((stands) => (
          <ApartMark key={stands.person.id} frame={frame} size={size} boxes={boxes} {...stands} />
        ))}
        {edited !== undefined && changes !== undefined && (
          <Handles frame={frame} size={size} camera={edited} {...changes} />
        )}
        {size.height >= LEAST_SCALE_PX && <Scale frame={frame} size={size} />}
        {props.onPlace !== undefined && (
          <path class="map-middle" d={`M${size.width / 2 - 14} ${size.height / 2}h28m-14-14v28`} />
        )}
      </svg>
    </>
  );
}

function ZoomButtons({ framing }: { framing: Framing }) {
  const { frame, zoom, showAll } = framing;
  return (
    <span class="map-zoom">
      <button type="button" aria-label="Show everything" onClick={showAll}>
        <Icon name="fit" />
      </button>
      <button
        type="button"
        aria-label="Farther"
        disabled={frame !== null && frame.zoom <= LEAST_ZOOM}
        onClick={() => zoom(-1)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        aria-label="Closer"
        disabled={frame !== null && frame.zoom >= MOST_ZOOM}
        onClick={() => zoom(1)}
      >
        <Icon name="plus" />
      </button>
    </span>
  );
}

const OFF_PX = 8; // the buttons stand so far from the sides

/** Where buttons are: the row at the top right, and the one that turns at the top left. */
function boxesOf(row: Size, size: Size, turns: boolean): Box[] {
  const right = { ...row, x: size.width - row.width - OFF_PX, y: OFF_PX };
  return turns ? [right, { x: OFF_PX, y: OFF_PX, width: row.height, height: row.height }] : [right];
}

const LEAST_FREE_PX = 120;

/** What is free of the map: below the buttons, or between them where there is room. */
function insetsOf({ width, height }: Size, size: Size, turns: boolean): Inset[] {
  const sides = { top: 24, right: 24, bottom: 40, left: 24 };
  const below = { ...sides, top: height + 32 };
  const between = { ...sides, right: width + 24, left: turns ? height + 24 : 24 };
  return size.width - between.left - between.right < LEAST_FREE_PX ? [below] : [below, between];
}

interface ControlsProps {
  props: MapProps;
  framing: Framing;
  row: RefObject<HTMLDivElement | null>;
}

/** Buttons, what was pressed, and the list in the map's place. */
function Controls({ props, framing, row }: ControlsProps) {
  const { people = NOBODY, drones = NOBODY, cameras, followed, onChoose } = props;
  const [listing, setListing] = useState(false);
  const choose = (camera: MapCamera): void => {
    setListing(false);
    onChoose?.(camera.id);
    framing.show([{ point: camera.point, radius_m: AROUND_M }]);
  };
  return (
    <>
      {listing && <MapList people={[...people, ...drones]} cameras={cameras} onChoose={onChoose && choose} />}
      {!listing && followed !== undefined && <NorthButton framing={framing} />}
      <div class="map-buttons" ref={row}>
        {!listing && props.children}
        {props.listed && (
          <button
            type="button"
            aria-label={listing ? "Back to the map" : "The map as a list"}
            aria-expanded={listing}
            onClick={() => setListing(!listing)}
          >
            <Icon name={listing ? "close" : "list"} />
          </button>
        )}
        {!listing && <ZoomButtons framing={framing} />}
        {!listing && followed !== undefined && (
          <button
            type="button"
            class="map-follow"
            aria-label="Follow me"
            aria-pressed={framing.mode === "follow"}
            disabled={followed === null}
            onClick={framing.follow}
          >
            <Icon name="locate" />
          </button>
        )}
      </div>
      {!listing && props.card && <div class="map-card">{props.card}</div>}
    </>
  );
}

export function AreaMap(props: MapProps) {
  const box = useRef<HTMLDivElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const over = useRef<HTMLDivElement>(null);
  const buttons = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const row = useSize(buttons);
  const { followed, gentle = false, later = false, onPlace } = props;
  const framing = useFraming(
    {
      things: props.within ?? everything(props),
      reach: props.radius?.radius_m ?? 0,
      followed: followed ?? null,
      follows: followed !== undefined,
      insets: insetsOf(row, size, followed !== undefined),
    },
    size,
  );
  const { frame } = framing;
  const { tiles, drawn } = useBasemap(under, frame, later);
  const onSpot =
    onPlace === undefined
      ? null
      : (spot: Spot) => {
          if (frame !== null) onPlace(pointAt(frame, size, spot));
        };
  const hint = useGestures(over, gentle, framing, onSpot);
  const boxes = boxesOf(row, size, followed !== undefined);
  return (
    <div
      class={["map", gentle && "is-gentle", onPlace && "takes-places"].filter(Boolean).join(" ")}
      ref={box}
    >
      <div class="map-under" ref={under} />
      {/* biome-ignore lint/a11y/useSemanticElements: a drawing with buttons in it, and no form */}
      <div
        class="map-over"
        ref={over}
        role="group"
        aria-label={props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move it
        tabIndex={0}
        onKeyDown={(event) => byKey(event, framing, props.onPlace)}
      >
        {frame !== null && (
          <Layers props={props} framing={framing} frame={frame} size={size} boxes={boxes} drawn={drawn} />
        )}
      </div>
      {hint !== null && <p class="map-hint">{hint}</p>}
      {drawn && tiles !== null && <Attribution tiles={tiles} />}
      <Controls props={props} framing={framing} row={buttons} />
    </div>
  );
}
