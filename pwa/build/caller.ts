// Makes the caller's page of what Vite built: for each language one HTML that holds the script, the styles and that
// language's words, so that one round trip is enough; beside them the parts that are loaded later and every language
// whole. The later parts take what the page already has from `globalThis.caller`, since nothing can import an inlined
// script.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OutputBundle, OutputChunk } from "rolldown";
import type { Plugin } from "vite";
import type { Carried } from "../src/caller/carried.ts";
import { type Code, LANGUAGES, RIGHT_TO_LEFT } from "../src/caller/languages.ts";

type Table = Record<string, string>;

const KINDS = ["words", "more", "phrases"] as const;

/** `{a as b, c}` of an import or an export, as pairs. */
function pairs(list: string): [string, string][] {
  return list
    .split(",")
    .filter((each) => each.trim() !== "")
    .map((each) => {
      const [from = "", to = from] = each.trim().split(/\s+as\s+/);
      return [from, to];
    });
}

/** `import{a as b}from"./main.js"` becomes `const{a:b}=globalThis.caller`. */
export function takeFromPage(code: string, page: string): string {
  const statement = new RegExp(
    `import\\s*(\\{[^}]*\\})\\s*from\\s*["']\\./${page.replaceAll(".", "\\.")}["'];?`,
    "g",
  );
  return code.replace(statement, (_, list: string) => {
    const taken = pairs(list.slice(1, -1)).map(([from, to]) => `${from}:${to}`);
    return `const{${taken}}=globalThis.caller;`;
  });
}

/** `export{a as b};` at the end becomes `globalThis.caller={b:a};`. */
export function giveToParts(code: string): string {
  return code.replace(/export\s*(\{[^}]*\});?\s*$/, (_, list: string) => {
    const given = pairs(list.slice(1, -1)).map(([from, to]) => `${to}:${from}`);
    return `globalThis.caller={${given}};`;
  });
}

/** Throws for a later part that is not called as its file is: what it loads is listed under that name. */
export function checkNames(later: string): void {
  for (const [, name, file] of later.matchAll(/"?([\w-]+)"?: \(\) => import\("\.\/([\w-]+)\.ts"\)/g))
    if (name !== file) throw new Error(`later.ts calls ${file}.ts ${name}: a part has the name of its file`);
}

function table(folder: string, kind: string, code: string): Table {
  const path = join(folder, kind, `${code}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {};
}

/** What a language says, in English where it lacks a word. */
export function read(folder: string, code: string): Record<(typeof KINDS)[number], Table> {
  const [words, more, phrases] = KINDS.map((kind) => ({
    ...table(folder, kind, "en"),
    ...table(folder, kind, code),
  }));
  return { words, more, phrases } as Record<(typeof KINDS)[number], Table>;
}

/** The languages that have words, in the order of the list. */
export function codesIn(folder: string): Code[] {
  const there = readdirSync(join(folder, "words"));
  return (Object.keys(LANGUAGES) as Code[]).filter((code) => there.includes(`${code}.json`));
}

const dirOf = (code: Code): string => (RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr");
const escapeHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** The template with `%word%` said, and the rest of the page in it. */
function document(html: string, code: Code, words: Table, carried: Carried): string {
  const said = html.replace(/%([\w.]+)%/g, (_, name: string) => {
    const text = words[name];
    if (text === undefined) throw new Error(`index.html says ${name}, which no table of en has`);
    return escapeHtml(text);
  });
  return said
    .replace('<html lang="en">', `<html lang="${code}" dir="${dirOf(code)}">`)
    .replace('id="carried">', (tag) => tag + JSON.stringify(carried).replaceAll("<", "\\u003c"));
}

/** All that a later part loads: itself, what it imports but the page has not, and its styles. */
function filesOf(chunk: OutputChunk, page: OutputChunk, bundle: OutputBundle): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    const each = bundle[name];
    if (each?.type !== "chunk" || each === page || found.has(name)) return;
    found.add(name);
    for (const css of each.viteMetadata?.importedCss ?? []) found.add(css);
    each.imports.forEach(visit);
  };
  visit(chunk.fileName);
  return [...found].map((name) => `/c/${name}`);
}

/** Takes the styles that the page wears from its first byte on out of the bundle. */
function takeStyles(page: OutputChunk, bundle: OutputBundle): string {
  let styles = "";
  for (const name of page.viteMetadata?.importedCss ?? []) {
    const sheet = bundle[name];
    if (sheet?.type === "asset") styles += String(sheet.source);
    delete bundle[name];
  }
  return styles.trim();
}

/** The page's script as it stands in the HTML. */
function inlined({ code }: OutputChunk): string {
  const script = giveToParts(code)
    .replace(/^const __vite__mapDeps=.*\n/, "") // of Vite's preload helper, and what it is given
    .replace(/,\s*__vite__mapDeps\(\[[\d,]*\]\)/g, "")
    .replace(/import\((["'`])\.\//g, "import($1/c/")
    .replaceAll("</script", "<\\/script");
  if (/\bexport\s*\{/.test(script)) throw new Error("the page's exports were not understood");
  if (script.includes("__vite")) throw new Error("the page wants something of Vite's that it does not have");
  return script.trim();
}

/** The words that the page's own script names; a later part comes with all of them. */
function saidBy(script: string, words: Table): Table {
  return Object.fromEntries(Object.entries(words).filter(([key]) => new RegExp(`\\b${key}\\b`).test(script)));
}

/** Makes the later parts independent of the page's file. Returns what each of them loads. */
function partsOf(page: OutputChunk, bundle: OutputBundle): Record<string, string[]> {
  const parts: Record<string, string[]> = {};
  for (const chunk of Object.values(bundle)) {
    if (chunk.type !== "chunk" || chunk === page) continue;
    chunk.code = takeFromPage(chunk.code, page.fileName);
    if (chunk.code.includes(page.fileName)) throw new Error(`${chunk.fileName} still imports the page`);
    if (chunk.isDynamicEntry) parts[chunk.name] = filesOf(chunk, page, bundle);
  }
  return parts;
}

export function callerPages(folder: string): Plugin {
  return {
    name: "caller-pages",
    enforce: "pre",
    load(id) {
      // Vite's own loads what a part needs ahead of it, which later.ts does better.
      return id.includes("vite/preload-helper") ? "export const __vitePreload = (load) => load();" : null;
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = Object.values(bundle).find((each) => each.type === "chunk" && each.isEntry);
        const template = bundle["index.html"];
        if (page?.type !== "chunk" || template?.type !== "asset") throw new Error("there is no page");
        if (page.imports.length > 0) throw new Error(`the page itself is in pieces: ${page.imports}`);
        checkNames(readFileSync(join(folder, "later.ts"), "utf8"));
        const parts = partsOf(page, bundle);
        const styles = takeStyles(page, bundle);
        const script = inlined(page);
        const html = String(template.source)
          .replace(/\s*<link rel="stylesheet"[^>]*>/, () => `\n<style>${styles}</style>`)
          .replace(/\s*<script type="module"[^>]*><\/script>/, "")
          .replace("</body>", () => `<script type="module">${script}</script>\n</body>`);
        const cover = readFileSync(join(folder, "cover.html"), "utf8").replace("</body>", "").trim();
        delete bundle["index.html"];
        delete bundle[page.fileName];

        const codes = codesIn(folder);
        const said = codes.map((code) => ({ code, ...read(folder, code) }));
        const names = Object.fromEntries(codes.map((code) => [code, LANGUAGES[code]]));
        const whole = said.map(({ code, words, more, phrases }) =>
          JSON.stringify({ dir: dirOf(code), words: { ...words, ...more }, phrases, names }),
        );
        const version = createHash("sha256").update(whole.join()).digest("base64url").slice(0, 8);
        for (const [index, { code, words, phrases }] of said.entries()) {
          const carried = {
            code,
            name: LANGUAGES[code],
            words: saidBy(script, words),
            languages: `/c/${version}`,
            parts,
          } as Carried;
          const table = { ...words, ...phrases };
          const source = document(html, code, table, carried);
          this.emitFile({ type: "asset", fileName: `${code}.html`, source });
          const covered = document(
            html.replace(/<body>[\s\S]*?<\/main>/, () => cover),
            code,
            table,
            carried,
          );
          this.emitFile({ type: "asset", fileName: `${code}.n.html`, source: covered });
          this.emitFile({ type: "asset", fileName: `${version}/${code}.json`, source: whole[index] ?? "" });
        }
      },
    },
  };
}
