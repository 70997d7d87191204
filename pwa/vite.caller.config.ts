// The caller's page: everything in one HTML, dist/caller/index.html, so that a single round trip is enough.
// Shares no chunk with the staff pages.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

export default defineConfig({
  root: fileURLToPath(new URL("src/caller", import.meta.url)),
  publicDir: false,
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: {
    outDir: fileURLToPath(new URL("dist/caller", import.meta.url)),
    emptyOutDir: true,
    target: ["chrome91", "safari14.1", "firefox90"],
    modulePreload: { polyfill: false },
  },
});
