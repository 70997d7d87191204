// The caller's page: everything that it needs to share in one HTML for each language, dist/caller/<code>.html, so that a
// single round trip is enough; what comes later beside it. Shares no chunk with the staff pages.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { callerPages } from "./build/caller.ts";

const root = fileURLToPath(new URL("src/caller", import.meta.url));

export default defineConfig({
  root,
  base: "/c/",
  publicDir: false,
  plugins: [callerPages(root)],
  build: {
    outDir: fileURLToPath(new URL("dist/caller", import.meta.url)),
    emptyOutDir: true,
    target: ["chrome91", "safari14.1", "firefox90"],
    modulePreload: false,
    rolldownOptions: {
      output: {
        entryFileNames: "[name]-[hash].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
