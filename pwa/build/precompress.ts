// Writes .br and .gz beside each text file of a folder, so that the server never compresses.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = new Set([".html", ".js", ".css", ".json", ".svg", ".webmanifest", ".txt"]);

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: precompress.ts <folder>");

for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (!TEXT.has(extname(name))) continue;
  const path = join(folder, name);
  const bytes = readFileSync(path);
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
  writeFileSync(`${path}.br`, brotli);
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  console.log(`${name.padEnd(48)} ${bytes.length} B, ${brotli.length} B with brotli`);
}
