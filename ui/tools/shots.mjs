// A picture of every page in every state, language and theme, and of some narrow, at 200 % and in the system's own
// colours. `npm run shots [-- FILTER | --kept]`. Those that stand for all go to docs/screenshots/pages, with few colours so that
// they stay small; the others to docs/screenshots/all, which is not kept. OFFHOOK_CHROMIUM names another browser.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { open } from "./chromium.mjs";

const shots = fileURLToPath(new URL("../../docs/screenshots/", import.meta.url));
const keptOnly = process.argv.includes("--kept");
const filter = keptOnly ? "" : (process.argv[2] ?? "");

/** The states that stand for their pages, in both languages and themes. */
const STANDS = new Set([
  "now-held",
  "account-device-code",
  "phone-risk",
  "phone-starface",
  "phone-innovaphone",
  "phone-procall",
  "phone-key-offered",
  "sources-ringing",
  "rules-rules-changed",
  "calendar-calendar-on",
  "startup-hours",
  "diagnostics-examined",
  "first-run-fr-ready",
]);

const WINDOW = { width: 720, height: 560 };
/** @type {{suffix: string, size: {width: number, height: number}, zoom: number, forced: boolean}[]} */
const OTHER_LOOKS = [
  { suffix: "-narrow", size: { width: 400, height: 560 }, zoom: 1, forced: false },
  // Half as many of the pages' own pixels, each twice as large.
  { suffix: "-zoomed", size: { width: 360, height: 280 }, zoom: 2, forced: false },
  { suffix: "-forced", size: WINDOW, zoom: 1, forced: true },
];

for (const folder of ["pages", "all"]) mkdirSync(`${shots}${folder}`, { recursive: true });
const pages = await open();
/** @type {string[]} */
const kept = [];
let taken = 0;
/** Those that there are. */
const stood = new Set(
  pages.places.map(({ page, state }) => `${page}-${state}`).filter((name) => STANDS.has(name)),
);
for (const language of ["en", "de"]) {
  for (const scheme of /** @type {const} */ (["light", "dark"])) {
    await series({ language, scheme, suffix: "", size: WINDOW, zoom: 1, forced: false }, pages.places);
  }
  const chosen = pages.places.filter(({ page, state }) => STANDS.has(`${page}-${state}`));
  for (const look of OTHER_LOOKS) {
    const scheme = look.forced ? "dark" : "light";
    await series({ language, scheme, ...look }, chosen);
  }
}
await pages.close();
if (kept.length) execFileSync("mogrify", ["+dither", "-colors", "48", "-strip", ...kept]);
if (stood.size !== STANDS.size)
  throw new Error(`there is no ${[...STANDS].filter((name) => !stood.has(name)).join(", ")}`);
console.log(`${taken} pictures, ${kept.length} of them kept`);
process.exitCode = taken > 0 ? 0 : 1;

/**
 * @typedef {{language: string, scheme: "light" | "dark", suffix: string, size: {width: number, height: number}, zoom: number, forced: boolean}} Look
 * @param {Look} look @param {import("./chromium.mjs").Place[]} places
 */
async function series({ language, scheme, suffix, size, zoom, forced }, places) {
  const context = await pages.browser.newContext({
    viewport: size,
    deviceScaleFactor: zoom,
    colorScheme: scheme,
    locale: language,
    reducedMotion: "reduce",
    forcedColors: forced ? "active" : "none",
    timezoneId: "Europe/Berlin",
  });
  const tab = await context.newPage();
  tab.on("pageerror", (error) => {
    throw error;
  });
  for (const { page, state } of places) {
    const name = `${page}-${state}-${language}-${scheme}${suffix}`;
    const stands =
      (STANDS.has(`${page}-${state}`) && (suffix === "" || (page === "now" && language === "de"))) ||
      (["now", "first-run"].includes(page) && language === "en" && scheme === "light" && suffix === "") ||
      name === "now-attention-de-dark";
    if (!name.includes(filter) || (keptOnly && !stands)) continue;
    await tab.setViewportSize(size);
    // Another address each time: what one state left behind on the page is not in the next one's picture.
    await tab.goto("about:blank");
    await tab.goto(pages.url({ page, state }, language));
    await tab.waitForSelector("main h1, main .working");
    const tall = await tab.evaluate((page) => {
      const main = document.querySelector("main");
      // What stands above and below the part that scrolls.
      const around = page === "first-run" ? document.body.clientHeight - (main?.clientHeight ?? 0) : 0;
      return (main?.scrollHeight ?? 0) + around;
    }, page);
    // The whole page, as if the window were tall enough; the zoomed one shows what fits.
    const more = size.width < 576 ? 60 : 0;
    if (zoom === 1)
      await tab.setViewportSize({ width: size.width, height: Math.max(size.height, tall + more) });
    const path = `${shots}${stands ? "pages" : "all"}/${name}.png`;
    rmSync(path, { force: true });
    await tab.screenshot({ path });
    taken += 1;
    if (stands) kept.push(path);
  }
  await context.close();
}
