import { h } from "../../core/dom";
import { type Camera, place, project, type Screen, slid } from "./camera";
import type { Look, Points } from "./points";
import { raster } from "./raster";
import { around, nearest, type Places, type Polygon, placesOf, within } from "./spatial";
import { type Backend, hasGpu, webgl } from "./webgl";

/** A cloud on the page. */
export interface Painter {
  el: HTMLElement;
  /** Draw with the next frame; while something moves, quickly, and in full when nothing has moved for a while. */
  paint(points: Points, look: Look, camera: Camera, moving: boolean): void;
  /** Draw only what lies over the cloud, with the next frame. */
  refresh(): void;
  /** The point that is nearest to a place of the view and within `radius` of it, or −1. */
  pick(x: number, y: number, radius: number): number;
  /** Points around a place of the view, the nearest first. */
  around(x: number, y: number, radius?: number, most?: number): number[];
  /** The points in a polygon of the view, in order: what a lasso or a box holds. */
  within(polygon: Polygon): Uint32Array;
  /** The cloud alone, drawn anew with so many pixels to a CSS pixel. */
  picture(dense: number): HTMLCanvasElement;
  dispose(): void;
}

export interface PainterOptions {
  /** Whether to draw with the GPU; by default where there is a real one. */
  gpu?: boolean;
  /** Draw over the cloud, in CSS pixels. The points are where `at` says. */
  over?(pen: CanvasRenderingContext2D, at: (i: number) => [x: number, y: number], camera: Camera): void;
}

interface Scene {
  points: Points;
  look: Look;
  camera: Camera;
}

/** Milliseconds without a move until the picture is drawn in full. */
const REST = 140;
const MOST_DENSE = 2;
/** Up to so many points have their rings while something moves. */
const LIGHT = 10_000;
export const SOFT = "blur(1.5px)";

/** The CPU draws as well, and better than a GPU that it has to imitate. */
export function cpu(): Backend {
  const canvas = document.createElement("canvas");
  // Kept where the pixels are made.
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const draw = raster();
  let screen: Screen | null = null;
  let image: ImageData | null = null;
  let drawn: { points: Points; look: Look; camera: Camera; dense: number } | null = null;
  return {
    canvas,
    paint(points, look, camera, dense, moving) {
      // A hand that drags: what is drawn already goes along, and only what comes into view is drawn.
      const same = drawn?.points === points && drawn.look === look && drawn.dense === dense;
      const slide = moving && same && drawn ? slid(drawn.camera, camera, dense) : null;
      drawn = { points, look, camera: slide?.camera ?? camera, dense };
      const [width, height] = [Math.round(camera.width * dense), Math.round(camera.height * dense)];
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
      screen = project(points, drawn.camera, screen);
      const pixels = draw.paint(screen, look, { width, height, dense, moving, gone: slide?.gone ?? null });
      if (!pen || !pixels.length) return;
      if (image?.data.buffer !== pixels.buffer)
        image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
      pen.putImageData(image, 0, 0);
    },
    dispose() {
      canvas.width = canvas.height = 0;
    },
  };
}

export function painter({ gpu = hasGpu(), over }: PainterOptions = {}): Painter {
  const upper = h("canvas", { style: "position: absolute; inset: 0; width: 100%; height: 100%" });
  const el = h("div", { style: "position: relative; overflow: hidden", "aria-hidden": "true" }, upper);
  let backend: Backend | null = null;
  /** Rings are few and soft: drawn on their own, below, whoever draws the points. */
  let below: Backend | null = null;
  let scene: Scene | null = null;
  let known: { scene: Scene; screen: Screen; places?: Places } | null = null;
  let [frame, rest] = [0, 0];
  let visible = typeof IntersectionObserver === "undefined";
  let wanted: "nothing" | "over" | "all" = "nothing";
  let inFull = true;
  let gone = false;
  let tries = gpu;

  function open(): Backend {
    if (backend) return backend;
    const made = tries
      ? webgl(() => {
          // Taken away: go on without, until the cloud comes into view anew.
          tries = false;
          close();
          request("all");
        })
      : null;
    backend = made ?? cpu();
    backend.canvas.style.cssText = "position: absolute; width: 100%; height: 100%";
    el.prepend(backend.canvas);
    return backend;
  }

  function drawBelow({ points, look: { halo }, camera }: Scene): void {
    if (!halo) {
      closeBelow();
      return;
    }
    if (!below) {
      below = cpu();
      below.canvas.style.cssText = `position: absolute; width: 100%; height: 100%; filter: ${SOFT}`;
      el.prepend(below.canvas);
    }
    const shown = inFull || points.count <= LIGHT;
    below.canvas.style.opacity = shown ? "" : "0";
    if (shown) below.paint(points, halo, camera, 1, !inFull);
  }

  function closeBelow(): void {
    below?.dispose();
    below?.canvas.remove();
    below = null;
  }

  function close(): void {
    closeBelow();
    backend?.dispose();
    backend?.canvas.remove();
    backend = null;
  }

  function request(what: "over" | "all"): void {
    if (wanted !== "all") wanted = what;
    if (!frame && visible && !gone) frame = requestAnimationFrame(draw);
  }

  function draw(): void {
    frame = 0;
    const what = wanted;
    wanted = "nothing";
    if (!scene || !(scene.camera.width >= 1) || !(scene.camera.height >= 1)) return;
    const { points, look, camera } = scene;
    const most = Math.min(MOST_DENSE, devicePixelRatio || 1);
    if (what === "all") open().paint(points, look, camera, inFull ? most : Math.min(1, most), !inFull);
    if (what === "all") drawBelow(scene);
    clearTimeout(rest);
    if (!inFull) rest = window.setTimeout(finish, REST);
    if (over) drawOver(over, scene, most);
  }

  function finish(): void {
    inFull = true;
    request("all");
  }

  function drawOver(
    over: NonNullable<PainterOptions["over"]>,
    { points, camera }: Scene,
    dense: number,
  ): void {
    const pen = upper.getContext("2d");
    if (!pen) return;
    const [width, height] = [Math.round(camera.width * dense), Math.round(camera.height * dense)];
    if (upper.width !== width || upper.height !== height) [upper.width, upper.height] = [width, height];
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    const { x, y, z } = points;
    over(pen, (i) => place(camera, x[i] as number, y[i] as number, z?.[i]), camera);
  }

  /** Where the points are now: found when someone asks, and kept until they move. */
  function found(): NonNullable<typeof known> | null {
    if (!scene) return null;
    if (known?.scene.points !== scene.points || known.scene.camera !== scene.camera)
      known = { scene, screen: project(scene.points, scene.camera, known?.screen) };
    else if (known.scene.look.faded !== scene.look.faded) known = { scene, screen: known.screen };
    return known;
  }

  function places(): Places | null {
    const now = found();
    if (!now) return null;
    const { camera, look } = now.scene;
    now.places ??= placesOf(now.screen, look.faded, camera.width, camera.height);
    return now.places;
  }

  const watcher = visible
    ? null
    : new IntersectionObserver(
        (entries) => {
          visible = entries.at(-1)?.isIntersecting ?? true;
          if (visible) {
            if (scene) request("all");
            return;
          }
          cancelAnimationFrame(frame);
          frame = 0;
          // Others in the page want a context, too.
          tries = gpu;
          if (gpu) close();
        },
        { rootMargin: "100px" },
      );
  watcher?.observe(el);

  return {
    el,
    paint(points, look, camera, moving) {
      scene = { points, look, camera };
      inFull = !moving;
      request("all");
    },
    refresh: () => request("over"),
    pick(x, y, radius) {
      const now = places();
      return now ? nearest(now, x, y, radius) : -1;
    },
    around(x, y, radius, most) {
      const now = places();
      return now ? around(now, x, y, radius, most) : [];
    },
    within(polygon) {
      const now = found();
      return now ? within(now.screen, polygon, now.scene.look.faded) : new Uint32Array(0);
    },
    picture(dense) {
      const one = cpu();
      if (!scene) return one.canvas;
      const { points, look, camera } = scene;
      one.paint(points, look, camera, dense, false);
      const pen = one.canvas.getContext("2d");
      if (!look.halo || !pen) return one.canvas;
      const two = cpu();
      two.paint(points, look.halo, camera, dense, false);
      pen.globalCompositeOperation = "destination-over";
      pen.filter = `blur(${1.5 * dense}px)`;
      pen.drawImage(two.canvas, 0, 0);
      return one.canvas;
    },
    dispose() {
      gone = true;
      watcher?.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(rest);
      close();
      el.remove();
    },
  };
}
