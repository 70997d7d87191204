// node measure.mjs PORT URL: one Lighthouse run on a throttled phone, in the Chromium that listens on PORT
// and is signed in already. Prints a JSON line.
import lighthouse from "lighthouse";
import Trace from "lighthouse/core/gather/gatherers/trace.js";

// These go into a trace for DevTools and into no score. To begin with them the browser walks through all that its
// process has in memory: 35 to 80 ms of one task, which is taken for the page's, and four times that.
const usual = Trace.getDefaultTraceCategories();
Trace.getDefaultTraceCategories = () => usual.filter((category) => !category.includes("rundown"));

const [port, url] = process.argv.slice(2);
const { lhr } = await lighthouse(url, {
  port: Number(port),
  disableStorageReset: true, // or it would be the page of somebody who is signed out
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
