// The caller's page in bytes of brotli: in the language in which it is largest, and in English without what it carries
// beside its script. Prints JSON.
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const built = new URL("../../pwa/dist/caller/", import.meta.url);

function compressed(text: string): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(text, { params }).length;
}

const pages = readdirSync(built).filter((name) => name.endsWith(".html"));
const sizes = pages.map((name) => compressed(readFileSync(new URL(name, built), "utf8")));
const apart = readFileSync(new URL("en.html", built), "utf8").replace(/(id="carried">)[^<]*/, "$1");
console.log(JSON.stringify({ whole: Math.max(...sizes), apart: compressed(apart) }));
