import {
  fit,
  halfway,
  panned,
  place,
  project,
  resized,
  slid,
  turned,
  unplace,
  whole,
  zoomed,
} from "../../js/src/widgets/embedding_scatter/camera";
import { between, pointsOf } from "../../js/src/widgets/embedding_scatter/points";

const square = pointsOf(Float32Array.of(-1, -1, 1, -1, 1, 1, -1, 1), 2);
const corner = (camera = whole(400, 300), i = 0) => {
  const { x, y } = project(square, camera);
  return [x[i] as number, y[i] as number];
};

describe("points from the wire", () => {
  it("reads two bytes an axis as −1 … 1", () => {
    const { x, y, z, count } = pointsOf(Uint16Array.of(0, 65535, 65535, 0), 2);
    expect([count, ...x, ...y]).toEqual([2, -1, 1, 1, -1]);
    expect(z).toBeNull();
  });
  it("reads float32 as it is, and widened whole numbers as the narrow ones", () => {
    expect([...pointsOf(Float32Array.of(0.5, -0.25, 1), 3).x]).toEqual([0.5]);
    expect([...(pointsOf(Float32Array.of(0.5, -0.25, 1), 3).z as Float32Array)]).toEqual([1]);
    expect([...pointsOf(Uint32Array.of(0, 65535), 2).y]).toEqual([1]);
  });
  it("moves points along straight lines, from flat to deep as well", () => {
    const deep = pointsOf(Float32Array.of(1, 0, 1), 3);
    const flat = pointsOf(Float32Array.of(0, 1), 2);
    expect(between(flat, deep, 0)).toBe(flat);
    expect(between(flat, deep, 1)).toBe(deep);
    const way = between(flat, deep, 0.25);
    expect([way.dims, way.x[0], way.y[0], way.z?.[0]]).toEqual([3, 0.25, 0.75, 0.25]);
  });
  it("has no way between clouds of other points", () => {
    expect(between(square, pointsOf(Float32Array.of(0, 0), 2), 0.5).count).toBe(1);
  });
});

describe("a camera", () => {
  it("shows −1 … 1 in the shorter side, y up", () => {
    expect(corner()).toEqual([200 - 138, 150 + 138]);
    expect(corner(whole(400, 300), 2)).toEqual([200 + 138, 150 - 138]);
  });
  it("leaves what is under the pointer where it is when it zooms", () => {
    let camera = whole(400, 300);
    const under = unplace(camera, 90, 200);
    for (const factor of [1.7, 3, 0.8, 5]) camera = zoomed(camera, factor, 90, 200);
    expect(place(camera, ...under)[0]).toBeCloseTo(90, 3);
    expect(place(camera, ...under)[1]).toBeCloseTo(200, 3);
  });
  it("knows by how many whole pixels a picture has gone, and what it shows then", () => {
    const from = zoomed(whole(400, 300), 3, 20, 30);
    const to = panned(from, 7.3, -2.6);
    const way = slid(from, to, 2);
    expect(way?.gone).toEqual([15, -5]);
    const [before, after] = [corner(from), corner(way?.camera)];
    expect((after[0] as number) - (before[0] as number)).toBeCloseTo(7.5, 3);
    expect((after[1] as number) - (before[1] as number)).toBeCloseTo(-2.5, 3);
    expect(slid(from, zoomed(from, 1.1), 1)).toBeNull();
    expect(slid(from, { ...from, width: 500 }, 1)).toBeNull();
    expect(slid(whole(400, 300, 3), turned(whole(400, 300, 3), 5, 0), 1)).toBeNull();
  });
  it("goes there and back", () => {
    const camera = panned(zoomed(whole(640, 480), 3.3, 10, 20), 31, -17);
    const [x, y] = unplace(camera, 123, 321);
    const there = place(camera, x, y);
    expect(there[0]).toBeCloseTo(123, 3);
    expect(there[1]).toBeCloseTo(321, 3);
    expect(panned(panned(camera, 5, 7), -5, -7).x).toBeCloseTo(camera.x, 9);
  });
  it("never loses the cloud", () => {
    const far = panned(whole(400, 300), 1e6, -1e6);
    expect(Math.abs(far.x)).toBeLessThanOrEqual(1.5);
    expect(zoomed(far, 1e12).zoom).toBeLessThan(1e5);
    expect(zoomed(far, 1e-12).zoom).toBeGreaterThan(0.1);
  });
  it("keeps sizes and the middle when its room changes", () => {
    const before = zoomed(whole(400, 300), 2, 10, 10);
    const after = resized(before, 800, 500);
    const apart = (camera: typeof before) =>
      (corner(camera, 1)[0] as number) - (corner(camera, 0)[0] as number);
    expect(apart(after)).toBeCloseTo(apart(before), 3);
    expect(unplace(after, 400, 250)[0]).toBeCloseTo(unplace(before, 200, 150)[0], 9);
  });
  it("fits what it is asked to, in the middle and whole", () => {
    const points = pointsOf(Float32Array.of(0.2, 0.1, 0.3, 0.15, -0.9, -0.9), 2);
    const { x, y } = project(points, fit(points, whole(400, 300), Uint32Array.of(0, 1)));
    expect(((x[0] as number) + (x[1] as number)) / 2).toBeCloseTo(200, 2);
    expect(((y[0] as number) + (y[1] as number)) / 2).toBeCloseTo(150, 2);
    expect((x[1] as number) - (x[0] as number)).toBeCloseTo(400 * 0.92, 1);
    expect(x[2]).toBeLessThan(0);
  });
  it("fits one point, none, and many in one place", () => {
    const one = pointsOf(Float32Array.of(0.5, 0.5, 0.5, 0.5), 2);
    const camera = fit(one, whole(400, 300));
    expect(place(camera, 0.5, 0.5)).toEqual([200, 150]);
    expect(Number.isFinite(camera.zoom)).toBe(true);
    expect(fit(pointsOf(new Float32Array(0), 2), whole(400, 300)).zoom).toBe(1);
  });
  it("zooms by equal factors on the way from one view to another", () => {
    const [from, to] = [whole(400, 300), zoomed(whole(400, 300), 16)];
    expect(halfway(from, to, 0.5).zoom).toBeCloseTo(4, 6);
    expect(halfway(from, to, 1)).toEqual(to);
  });
});

describe("a cloud with depth", () => {
  const front = { ...whole(400, 400, 3), yaw: 0, pitch: 0 };
  it("is seen from the front: x right, y up, what has the larger z nearer and larger", () => {
    const { x, y, near } = project(pointsOf(Float32Array.of(0.5, 0.5, 0.8, 0.5, 0.5, -0.8), 3), front);
    expect(x[0]).toBeGreaterThan(x[1] as number);
    expect(x[1]).toBeGreaterThan(200);
    expect(y[0]).toBeLessThan(y[1] as number);
    expect(near?.[0]).toBeGreaterThan(near?.[1] as number);
  });
  it("turns with the hand: to the right, what is in front goes right; down, it goes down", () => {
    const nearest = pointsOf(Float32Array.of(0, 0, 1), 3);
    expect(project(nearest, turned(front, 30, 0)).x[0]).toBeGreaterThan(201);
    expect(project(nearest, turned(front, 0, 30)).y[0]).toBeGreaterThan(201);
  });
  it("keeps distances: a turn is a rotation", () => {
    const camera = { ...front, yaw: 0.7, pitch: -0.4 };
    const axes = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    const { near } = project(pointsOf(Float32Array.from(axes), 3), camera);
    const depths = [...(near as Float32Array)].map((part) => (2 * part - 1) * Math.sqrt(3));
    expect(depths.reduce((sum, depth) => sum + depth ** 2, 0)).toBeCloseTo(1, 5);
  });
  it("is never upside down, and takes the shorter way round", () => {
    expect(turned(front, 0, 1e5).pitch).toBe(Math.PI / 2);
    const way = halfway({ ...front, yaw: 3 }, { ...front, yaw: -3 }, 0.5);
    expect(Math.abs(Math.cos(way.yaw) + 1)).toBeLessThan(1e-9);
  });
});
