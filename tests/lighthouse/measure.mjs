// node measure.mjs PORT URL [again]: one Lighthouse run on a throttled phone, in the Chromium that listens on PORT and is
// signed in already; with nothing in its caches, or by `again` with what an earlier visit left there. Prints a JSON line.
import lighthouse from "lighthouse";

const [port, url, again] = process.argv.slice(2);
const { lhr } = await lighthouse(url, {
  port: Number(port),
  disableStorageReset: again === "again",
  onlyCategories: ["performance", "accessibility", "best-practices"],
  logLevel: "error",
});
if (lhr.runtimeError) throw new Error(`${lhr.runtimeError.code}: ${lhr.runtimeError.message}`);
const score = (name) => Math.round(lhr.categories[name].score * 100);
// what the page said on its console, and what blocked it longest
const seen = (id) =>
  (lhr.audits[id === "total-blocking-time" ? "long-tasks" : id].details?.items ?? [])
    .slice(0, 5)
    .map(({ description, url, duration, source, sourceLocation }) =>
      [source, description, url ?? sourceLocation?.url, duration && `${Math.round(duration)} ms`].filter(Boolean).join(" "),
    );
const lost = Object.values(lhr.categories).flatMap((category) =>
  category.auditRefs
    .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
    .map(({ id }) => `${id}: ${[lhr.audits[id].displayValue ?? lhr.audits[id].title, ...seen(id)].join(" ")}`),
);
console.log(
  JSON.stringify({
    performance: score("performance"),
    accessibility: score("accessibility"),
    best_practices: score("best-practices"),
    lcp_ms: Math.round(lhr.audits["largest-contentful-paint"].numericValue),
    tbt_ms: Math.round(lhr.audits["total-blocking-time"].numericValue),
    at: new URL(lhr.finalDisplayedUrl).pathname,
    lost,
  }),
);
