import {
  fitting,
  home,
  lieOf,
  mostZoom,
  panned,
  settled,
  zoomed,
} from "../../js/src/widgets/saliency_overlay/camera";

const picture = { width: 4000, height: 3000 };
const room = { width: 400, height: 400 };
const whole = home(picture);
/** Where a pixel of the picture is on the stage. */
const where = (camera: typeof whole, x: number, y: number) => {
  const { scale, left, top } = lieOf(camera, picture, room);
  return [left + x * scale, top + y * scale] as const;
};

describe("the camera of a picture", () => {
  it("begins with all of it, in the middle", () => {
    expect(where(whole, 0, 0)).toEqual([0, 50]);
    expect(where(whole, 4000, 3000)).toEqual([400, 350]);
  });
  it("zooms with what is under the pointer left where it is", () => {
    const at: [number, number] = [130, 220];
    const [x, y] = [1300, 1700];
    expect(where(whole, x, y)).toEqual(at);
    let camera = whole;
    for (const factor of [1.5, 2, 1.3, 0.7]) {
      camera = zoomed(camera, factor, at, picture, room);
      expect(where(camera, x, y)).toEqual(at.map((one) => expect.closeTo(one, 6)));
    }
    expect(camera.zoom).toBeCloseTo(1.5 * 2 * 1.3 * 0.7, 9);
  });
  it("never shows less than all of it, nor single pixels larger than a thumb", () => {
    expect(zoomed(whole, 0.1, [0, 0], picture, room)).toEqual(whole);
    const near = zoomed(whole, 1e9, [200, 200], picture, room);
    expect(lieOf(near, picture, room).scale).toBeCloseTo(32, 6);
    expect(mostZoom({ width: 1, height: 1 }, room)).toBe(8);
  });
  it("follows the hand as far as there is picture", () => {
    const near = zoomed(whole, 4, [200, 200], picture, room);
    const [x, y] = where(near, 2000, 1500);
    const moved = panned(near, 30, -20, picture, room);
    expect(where(moved, 2000, 1500)).toEqual([expect.closeTo(x + 30, 6), expect.closeTo(y - 20, 6)]);
    const far = panned(near, 1e6, 1e6, picture, room);
    expect(where(far, 0, 0)).toEqual([expect.closeTo(0, 6), expect.closeTo(0, 6)]);
    expect(panned(whole, 50, 50, picture, room)).toEqual(whole);
  });
  it("keeps the side in the middle that the stage is longer than", () => {
    const low = zoomed(whole, 1.2, [200, 200], picture, room);
    const moved = panned(low, 10, 10, picture, room);
    expect(moved.y).toBe(1500);
    expect(moved.x).toBeLessThan(low.x);
  });
  it("is brought back from places that another picture had", () => {
    const small = { width: 8, height: 8 };
    expect(settled({ x: 2000, y: 1500, zoom: 1 }, small, room)).toEqual(home(small));
    expect(fitting(small, room)).toBe(50);
  });
});
