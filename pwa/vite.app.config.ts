// The staff pages: one HTML each in dist/app, hashed files under dist/app/assets, the service worker
// at dist/app/sw.js. Nothing is inlined: the pages are served with script-src 'self'; style-src 'self'.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: here("dist/app"),
    emptyOutDir: true,
    target: ["chrome111", "safari16.4", "firefox128"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        signin: here("signin.html"),
        agency: here("agency.html"),
        care: here("care.html"),
        console: here("console.html"),
        flights: here("flights.html"),
        officer: here("officer.html"),
        owner: here("owner.html"),
        pilot: here("pilot.html"),
        review: here("review.html"),
        sessions: here("sessions.html"),
        join: here("join.html"),
        sw: here("src/sw.ts"),
      },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        // What pages share is in few files: each is a trip of its own on a slow link, and a worker's fetch again.
        codeSplitting: {
          groups: [
            { name: "lib", test: /src\/lib\/.*\.tsx?$|node_modules\/preact/, minShareCount: 2, priority: 4 },
            { name: "map", test: /src\/map\/.*\.tsx?$/, minShareCount: 2, priority: 3 },
            { name: "desk", test: /src\/(staff|rtc)\/.*\.tsx?$/, minShareCount: 4, priority: 2 },
            { name: "scene", test: /src\/(staff|rtc)\/.*\.tsx?$/, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
});
