import { type Camera, DEPTH, eyeOf, matrixOf, scaleOf } from "./camera";
import { FADED, type Look, type Points } from "./points";
import { BACK, layersOf, NEARER } from "./raster";
import { toneNumbers } from "./tones";

/** Draws a cloud on its canvas. */
export interface Backend {
  canvas: HTMLCanvasElement;
  paint(points: Points, look: Look, camera: Camera, dense: number, moving: boolean): void;
  dispose(): void;
}

/** Renderers that are no GPU: our own raster is faster than these. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software|warp|mesa offscreen|disabled/i;

interface Contexts {
  alive: number;
  hasGpu?: boolean;
}
const PLACE = Symbol.for("xaiwidgets.contexts");

/** Every widget is drawn by a copy of this module of its own, so what all of them count hangs on the page. */
function contexts(): Contexts {
  const page = globalThis as { [PLACE]?: Contexts };
  page[PLACE] ??= { alive: 0 };
  return page[PLACE];
}

/** Whether WebGL runs on a real GPU here. Asked once. */
export function hasGpu(): boolean {
  const page = contexts();
  if (page.hasGpu !== undefined) return page.hasGpu;
  const gl = contextOf(document.createElement("canvas"));
  const info = gl?.getExtension("WEBGL_debug_renderer_info");
  page.hasGpu = isGpu(String(gl?.getParameter(info?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) ?? ""));
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return page.hasGpu;
}

/** Whether a renderer's name is that of a real GPU. A browser that hides it has none to hide. */
export const isGpu = (name: string): boolean => name !== "" && !SOFTWARE.test(name);

function contextOf(canvas: HTMLCanvasElement): WebGL2RenderingContext | null {
  return canvas.getContext("webgl2", { antialias: false, depth: false, powerPreference: "high-performance" });
}

/** Browsers keep 16 contexts a page and take the oldest away then; others in the page want some, too. */
const MOST = 8;

// Sums as in raster.ts: what is drawn is the same, whichever of the two draws it.
const SUM = {
  vertex: `in float x,y,z,colour,faded;
uniform mat3 turn;uniform vec2 middle,sides;uniform float scale,eye,size,layer;uniform sampler2D palette;
out vec4 sum;out float radius;
void main(){
vec3 at=turn*vec3(x,y,z);
float grown=eye>0.?eye/(eye-at.z):1.;
gl_Position=faded==layer?vec4((at.xy*grown-middle)*scale/sides,0,1):vec4(2,2,2,1);
radius=.5*size*grown;
gl_PointSize=2.*radius+2.;
float weight=eye>0.?pow(${NEARER}.,at.z/${(2 * DEPTH).toFixed(5)}):1.;
sum=vec4(texelFetch(palette,ivec2(int(colour),0),0).rgb,1)*weight;
}`,
  fragment: `in vec4 sum;in float radius;out vec4 added;
void main(){
added=sum*clamp(radius+.5-length(gl_PointCoord-.5)*(2.*radius+2.),0.,1.);
}`,
};
const SETTLE = {
  vertex: `void main(){
gl_Position=vec4(gl_VertexID==1?3:-1,gl_VertexID==2?3:-1,0,1);
}`,
  fragment: `uniform sampler2D sums;uniform vec4 tone;uniform vec3 ink;uniform float back;out vec4 shown;
void main(){
vec4 sum=texelFetch(sums,ivec2(gl_FragCoord.xy),0);
if(sum.a<1e-4)discard;
float covers=(1.-pow(1.-tone.x,sum.a))*(back>0.?back:1.);
float inked=back>0.?0.:tone.w*clamp(log(sum.a/tone.y)*tone.z,0.,1.);
shown=vec4(mix(sum.rgb/sum.a,ink,inked)*covers,covers);
}`,
};
const HEAD = "#version 300 es\nprecision highp float;";

type Code = { vertex: string; fragment: string };

function programOf(gl: WebGL2RenderingContext, { vertex, fragment }: Code): WebGLProgram | null {
  const program = gl.createProgram();
  const add = (kind: number, code: string) => {
    const shader = gl.createShader(kind) as WebGLShader;
    gl.shaderSource(shader, HEAD + code);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  };
  add(gl.VERTEX_SHADER, vertex);
  add(gl.FRAGMENT_SHADER, fragment);
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** Draws with a GPU, or null where there is none to be had. `lost` is called when it is taken away. */
export function webgl(lost: () => void): Backend | null {
  const page = contexts();
  if (page.alive >= MOST) return null;
  const canvas = document.createElement("canvas");
  const gl = contextOf(canvas);
  if (!gl) return null;
  page.alive++;
  let gone = false;
  const leave = new AbortController();
  function dispose(): void {
    if (gone) return;
    gone = true;
    page.alive--;
    leave.abort();
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
  }
  const onLost = () => {
    dispose();
    lost();
  };
  canvas.addEventListener("webglcontextlost", onLost, { signal: leave.signal });
  const painted = painting(gl, canvas);
  if (!painted) {
    dispose();
    return null;
  }
  return { canvas, paint: painted, dispose };
}

/** Colours add up: into 32 bits where that can be had; 16 count to about two thousand points. */
function sumsIn(gl: WebGL2RenderingContext): boolean {
  gl.getExtension("EXT_color_buffer_half_float");
  return Boolean(gl.getExtension("EXT_color_buffer_float") && gl.getExtension("EXT_float_blend"));
}

function painting(gl: WebGL2RenderingContext, canvas: HTMLCanvasElement): Backend["paint"] | null {
  const full = sumsIn(gl);
  const summing = programOf(gl, SUM);
  const settling = programOf(gl, SETTLE);
  if (!summing || !settling) return null;
  const sums = gl.createTexture();
  const palette = gl.createTexture();
  const target = gl.createFramebuffer();
  const cloud = gl.createVertexArray();
  const nothing = gl.createVertexArray();
  const buffers: Record<string, { buffer: WebGLBuffer; of: unknown }> = {};

  /** Send an array once; the same array is there already. */
  function send(name: string, values: Float32Array | Uint8Array | null): void {
    const place = gl.getAttribLocation(summing as WebGLProgram, name);
    if (!values) {
      gl.disableVertexAttribArray(place);
      gl.vertexAttrib1f(place, 0);
      return;
    }
    const known = buffers[name];
    gl.enableVertexAttribArray(place);
    if (known?.of === values) return;
    const buffer = known?.buffer ?? gl.createBuffer();
    buffers[name] = { buffer, of: values };
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.vertexAttribPointer(place, 1, values instanceof Uint8Array ? gl.UNSIGNED_BYTE : gl.FLOAT, false, 0, 0);
  }

  /** Fill a texture that is read pixel by pixel. */
  function fill(texture: WebGLTexture, width: number, height: number, bytes: Uint8Array | null): void {
    gl.bindTexture(gl.TEXTURE_2D, texture);
    const [format, type] = bytes
      ? [gl.RGBA, gl.UNSIGNED_BYTE]
      : full
        ? [gl.RGBA32F, gl.FLOAT]
        : [gl.RGBA16F, gl.HALF_FLOAT];
    gl.texImage2D(gl.TEXTURE_2D, 0, format, width, height, 0, gl.RGBA, type, bytes);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  }

  function resize(width: number, height: number): boolean {
    if (canvas.width === width && canvas.height === height) return true;
    [canvas.width, canvas.height] = [width, height];
    fill(sums, width, height, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, sums, 0);
    return gl.checkFramebufferStatus(gl.FRAMEBUFFER) === gl.FRAMEBUFFER_COMPLETE;
  }

  /** Use a program with these numbers. */
  function use(program: WebGLProgram, numbers: Record<string, number[]>): void {
    gl.useProgram(program);
    for (const [name, values] of Object.entries(numbers))
      gl[`uniform${values.length as 1 | 2 | 3 | 4}fv`](gl.getUniformLocation(program, name), values);
  }

  /** Draw into a frame with what one texture holds. */
  function onto(frame: WebGLFramebuffer | null, texture: WebGLTexture, rest: number): void {
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.blendFunc(gl.ONE, rest);
  }

  if (!resize(1, 1)) return null;
  gl.enable(gl.BLEND);

  return (points, look, camera, dense) => {
    const [width, height] = [Math.round(camera.width * dense), Math.round(camera.height * dense)];
    resize(width, height);
    gl.viewport(0, 0, width, height);
    const bytes = new Uint8Array(4 * 256);
    bytes.set(new Uint8Array(look.palette.buffer, look.palette.byteOffset, look.palette.byteLength));
    fill(palette, 256, 1, bytes);
    gl.bindVertexArray(cloud);
    const { x, y, z } = points;
    for (const [name, values] of Object.entries({ x, y, z, colour: look.colour, faded: look.faded }))
      send(name, values);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const layer of layersOf(look)) {
      onto(target, palette, gl.ONE);
      gl.clear(gl.COLOR_BUFFER_BIT);
      use(summing, {
        middle: [camera.x, camera.y],
        sides: [camera.width / 2, camera.height / 2],
        scale: [scaleOf(camera)],
        eye: [eyeOf(camera)],
        size: [look.size * dense],
        layer: [layer],
      });
      gl.uniformMatrix3fv(gl.getUniformLocation(summing, "turn"), false, matrixOf(camera));
      gl.bindVertexArray(cloud);
      gl.drawArrays(gl.POINTS, 0, points.count);
      onto(null, sums, gl.ONE_MINUS_SRC_ALPHA);
      use(settling, {
        tone: toneNumbers(look.alpha),
        ink: [0, 8, 16].map((shift) => ((look.ink >> shift) & 255) / 255),
        back: [layer === FADED ? BACK : 0],
      });
      gl.bindVertexArray(nothing);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  };
}
