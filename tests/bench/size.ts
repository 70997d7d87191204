// The caller's page in bytes of brotli: whole, and with every language's words taken out of it. Prints JSON.
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const root = new URL("../../pwa/", import.meta.url);

function compressed(text: string): number {
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return brotliCompressSync(text, { params }).length;
}

const page = readFileSync(new URL("dist/caller/index.html", root), "utf8");
const said = new Set<string>();
const folder = new URL("src/caller/words/", root);
for (const name of readdirSync(folder)) {
  const words = (await import(new URL(name, folder).href)) as Record<string, object>;
  for (const table of Object.values(words)) {
    for (const value of Object.values(table)) {
      // a sentence with something in it: its constant parts, as the build leaves them
      const text = typeof value === "function" ? String(value).split("`")[1] : value;
      if (typeof text === "string") for (const part of text.split(/\$\{[^}]*\}/)) said.add(part);
    }
  }
}
let apart = page;
for (const part of [...said].filter((part) => part.length > 3).sort((a, b) => b.length - a.length)) {
  apart = apart.replaceAll(part, "");
}
console.log(JSON.stringify({ whole: compressed(page), apart: compressed(apart) }));
