// The map of the owner's, the dispatcher's and the officer's pages. What is drawn stands at once, on a plain grid; the
// basemap comes under it when it has been loaded, if this server has one and the browser can draw it.
import "./map.css";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useSize } from "../lib/hooks.ts";
import { metres } from "../lib/measure.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { scaleBar } from "../lib/scale.ts";
import type { Point, TileJson } from "../wire.ts";
import type { Basemap } from "./basemap.ts";
import {
  CameraMark,
  Grid,
  type MapCamera,
  type MapPerson,
  type MapSite,
  PersonMark,
  Radius,
  SiteMark,
  Trail,
} from "./drawing.tsx";
import {
  type Around,
  type Frame,
  fit,
  LEAST_ZOOM,
  MOST_ZOOM,
  metresPerPixel,
  place,
  type Size,
} from "./frame.ts";
import { type Changes, Handles } from "./handles.tsx";
import type { Light } from "./style.ts";
import { aboutTiles } from "./tiles.ts";

export interface MapProps {
  /** The whole in one sentence, for whoever cannot see it. */
  label: string;
  cameras: readonly MapCamera[];
  sites?: readonly MapSite[];
  people?: readonly MapPerson[];
  trail?: readonly Point[];
  /** A circle around something: how near an emergency must be. */
  radius?: Around | null;
  /** Which camera is chosen, and with `changes` may be set by its handles. */
  chosen?: string | null;
  changes?: Changes;
  onChoose?(camera: string): void;
  /** The page around it scrolls: one finger is the page's. */
  gentle?: boolean;
  /** Buttons beside the zoom. */
  children?: ComponentChildren;
}

const AROUND_M = 40; // what is shown around a single point

function light(): Light {
  return document.documentElement.dataset.theme === "day" ? "day" : "night";
}

function wanted({ cameras, sites, people, radius }: MapProps): Around[] {
  const points = [...(people ?? []), ...cameras, ...(sites ?? [])].map(({ point }) => ({
    point,
    radius_m: AROUND_M,
  }));
  return radius ? [radius, ...points] : points;
}

function outside(frame: Frame, size: Size, things: readonly Around[]): boolean {
  return things.some(({ point }) => {
    const at = place(frame, size, point);
    return at.x < 0 || at.y < 0 || at.x > size.width || at.y > size.height;
  });
}

/** The frame that is shown: everything, until somebody moves the map. */
function useFrame(props: MapProps, size: Size) {
  const [frame, setFrame] = useState<Frame | null>(null);
  const [held, setHeld] = useState(false);
  const things = wanted(props);
  const reach = props.radius?.radius_m ?? 0;
  const fitted = useRef(reach);
  useEffect(() => {
    if (size.width === 0 || (held && fitted.current === reach)) return;
    if (frame !== null && fitted.current === reach && !outside(frame, size, things)) return;
    fitted.current = reach;
    setFrame(fit(things, size));
  });
  return {
    frame,
    move(next: Frame): void {
      setHeld(true);
      setFrame(next);
    },
    refit(): void {
      setHeld(false);
      setFrame(fit(things, size));
    },
  };
}

/** The basemap under the drawing; what it is made of when it is there. */
function useBasemap(
  box: { current: HTMLElement | null },
  frame: Frame | null,
  gentle: boolean,
  onMove: (frame: Frame) => void,
) {
  const basemap = useRef<Basemap | null>(null);
  const [tiles, setTiles] = useState<TileJson | null>(null);
  const mover = useRef(onMove);
  mover.current = onMove;
  const latest = useRef(frame);
  latest.current = frame;
  const own = useRef(false); // the frame that we show was the basemap's own word
  const ready = frame !== null;

  useEffect(() => {
    if (!ready) return;
    const over = new AbortController();
    const begin = async (): Promise<void> => {
      const [about, { begin: draw }] = await Promise.all([aboutTiles(over.signal), import("./basemap.ts")]);
      const [place, at] = [box.current, latest.current];
      if (over.signal.aborted || place === null || at === null) return;
      const moved = (next: Frame): void => {
        own.current = true;
        mover.current(next);
      };
      basemap.current = draw(place, about, at, light(), gentle, moved, over.signal);
      setTiles(about);
    };
    begin().catch(() => {}); // no WebGL, or not loaded: the grid and the buttons do
    const theme = new MutationObserver(() => basemap.current?.light(light()));
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      over.abort();
      theme.disconnect();
      basemap.current = null;
    };
  }, [ready, box, gentle]);

  useEffect(() => {
    if (frame !== null && !own.current) basemap.current?.show(frame);
    own.current = false;
  }, [frame]);
  return tiles;
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

export function CameraMap(props: MapProps) {
  const box = useRef<HTMLDivElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const size = useSize(box);
  const { frame, move, refit } = useFrame(props, size);
  const tiles = useBasemap(under, frame, props.gentle ?? false, move);
  const { cameras, chosen = null, changes } = props;
  const edited = changes === undefined ? undefined : cameras.find(({ id }) => id === chosen);
  const zoom = (by: number): void => {
    if (frame !== null) move({ ...frame, zoom: Math.min(MOST_ZOOM, Math.max(LEAST_ZOOM, frame.zoom + by)) });
  };
  return (
    <div class="map" ref={box}>
      <div class="map-under" ref={under} />
      {frame !== null && (
        // biome-ignore lint/a11y/useSemanticElements: a drawing with buttons in it, and no form
        <svg class="map-over" role="group" aria-label={props.label} width={size.width} height={size.height}>
          {tiles === null && <Grid frame={frame} size={size} />}
          {props.radius && <Radius frame={frame} size={size} around={props.radius} />}
          {props.trail && <Trail frame={frame} size={size} trail={props.trail} />}
          {props.sites?.map((site) => (
            <SiteMark key={site.id} frame={frame} size={size} site={site} />
          ))}
          {cameras.map((camera) => (
            <CameraMark
              key={camera.id}
              frame={frame}
              size={size}
              camera={camera}
              chosen={camera.id === chosen}
              onChoose={edited === undefined ? props.onChoose : undefined}
            />
          ))}
          {props.people?.map((person) => (
            <PersonMark key={person.id} frame={frame} size={size} person={person} />
          ))}
          {edited !== undefined && changes !== undefined && (
            <Handles frame={frame} size={size} camera={edited} {...changes} />
          )}
          <Scale frame={frame} size={size} />
        </svg>
      )}
      <div class="map-buttons">
        {props.children}
        <button type="button" aria-label="Show everything" onClick={refit}>
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
      </div>
      {tiles !== null && <Attribution tiles={tiles} />}
    </div>
  );
}
