// Tells the service worker what the officer's and the owner's apps are made of: the pages and every file that they name,
// and one hash over all of it. So the worker is another file whenever they are.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PAGES = ["officer", "owner"];
const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: shell.ts <folder>");

const html = PAGES.map((page) => readFileSync(join(folder, `${page}.html`), "utf8"));
const files = new Set(html.flatMap((text) => text.match(/\/assets\/[\w.-]+\.(?:js|css)/g) ?? []));
const hash = createHash("sha256").update(html.join()); // the files' names are hashes themselves
const shell = {
  version: hash.digest("hex").slice(0, 16),
  pages: PAGES.map((page) => `/${page}`),
  files: [...files].sort(),
};
const worker = join(folder, "sw.js");
writeFileSync(worker, `const SHELL=${JSON.stringify(shell)};\n${readFileSync(worker, "utf8")}`);
const bytes = shell.files.reduce((sum, file) => sum + readFileSync(join(folder, file)).length, 0);
console.log(`the shell is ${shell.files.length} files, ${bytes} B`);
