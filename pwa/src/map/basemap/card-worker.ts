// Says what draws WebGL 2 here, or null where nothing does.
const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
const names = gl?.getExtension("WEBGL_debug_renderer_info") ?? null;
const card: unknown = gl?.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL) ?? null;
self.postMessage(card === null ? null : String(card));

export {}; // a module, so that its names are its own
