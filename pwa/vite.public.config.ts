// What /transparency loads: one script and one style, named by their hashes in a manifest that the server reads.
// The page itself is the server's. Shares no chunk with other pages.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  publicDir: false,
  build: {
    outDir: here("dist/public"),
    emptyOutDir: true,
    manifest: true,
    target: ["chrome111", "safari16.4", "firefox128"],
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: { transparency: here("src/transparency/main.ts") } },
  },
});
