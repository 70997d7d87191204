// Paints a thermal picture in a palette: each frame of the <video> goes through a lookup table on the graphics chip, and
// nothing is read back. It does no more than there are frames, and nothing while the page is hidden.
import type { Palette } from "../../wire.ts";
import { table } from "./palettes.ts";

const VERTEX = `#version 300 es
in vec2 corner;
out vec2 at;
void main() {
  at = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;
/** Of the picture only its lightness counts; 0.5 to 255.5 of 256 so that both ends of the table are met. */
const FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D picture;
uniform sampler2D colours;
in vec2 at;
out vec4 colour;
void main() {
  float warm = dot(texture(picture, at).rgb, vec3(0.299, 0.587, 0.114));
  colour = texture(colours, vec2((warm * 255.0 + 0.5) / 256.0, 0.5));
}`;

function shader(gl: WebGL2RenderingContext, kind: number, source: string): WebGLShader {
  const made = gl.createShader(kind);
  if (made === null) throw new Error("no shader");
  gl.shaderSource(made, source);
  gl.compileShader(made);
  return made;
}

function texture(gl: WebGL2RenderingContext, unit: number): void {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T])
    gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_2D, filter, gl.LINEAR);
}

/** Throws where the browser has no WebGL 2, or has lost it. */
function prepare(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const gl = canvas.getContext("webgl2", {
    alpha: false,
    antialias: false,
    depth: false,
    powerPreference: "low-power",
  });
  const program = gl?.createProgram() ?? null;
  if (gl === null || program === null) throw new Error("no WebGL");
  gl.attachShader(program, shader(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, shader(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error("no WebGL");
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
  const corner = gl.getAttribLocation(program, "corner");
  gl.enableVertexAttribArray(corner);
  gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
  texture(gl, 0);
  texture(gl, 1);
  gl.uniform1i(gl.getUniformLocation(program, "picture"), 0);
  gl.uniform1i(gl.getUniformLocation(program, "colours"), 1);
  return gl;
}

/** Paints `video` on `canvas` until `signal` aborts. Throws where that cannot be. */
export function paint(
  video: HTMLVideoElement,
  canvas: HTMLCanvasElement,
  palette: Palette,
  signal: AbortSignal,
): void {
  const gl = prepare(canvas);
  gl.activeTexture(gl.TEXTURE1);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, table(palette));
  gl.activeTexture(gl.TEXTURE0);
  const draw = (): void => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width === 0 || gl.isContextLost()) return;
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      gl.viewport(0, 0, width, height);
    }
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB, gl.RGB, gl.UNSIGNED_BYTE, video);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  };
  if (video.readyState >= video.HAVE_CURRENT_DATA) draw(); // the last frame of one that stands still
  let next = 0;
  const follow = (): void => {
    draw();
    next = video.requestVideoFrameCallback(follow);
  };
  next = video.requestVideoFrameCallback(follow);
  signal.addEventListener("abort", () => video.cancelVideoFrameCallback(next), { once: true });
}
