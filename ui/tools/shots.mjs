// Every page in every state, language and scheme: a picture of each, and a check by axe of what readers get.
// `npm run shots [-- FILTER]`; pictures go to docs/screenshots/pages. OFFHOOK_CHROMIUM names another browser.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { AXE, open, violations } from "./chromium.mjs";

const out = fileURLToPath(new URL("../../docs/screenshots/pages/", import.meta.url));
const filter = process.argv[2] ?? "";
mkdirSync(out, { recursive: true });
const pages = await open();

const WINDOW = { width: 720, height: 560 };
const NARROW = { width: 400, height: 560 };
/** The window at 200 %: half as many of the pages' own pixels, each twice as large. */
const ZOOMED = { width: 360, height: 280 };

let taken = 0;
let found = 0;
for (const language of ["en", "de"]) {
  for (const { page, state } of pages.places) {
    for (const scheme of /** @type {const} */ (["light", "dark"])) {
      await shot({ page, state, language, scheme, size: WINDOW, zoom: 1, suffix: "" });
    }
    await shot({ page, state, language, scheme: "light", size: NARROW, zoom: 1, suffix: "-narrow" });
    await shot({ page, state, language, scheme: "light", size: ZOOMED, zoom: 2, suffix: "-zoomed" });
    await shot({
      page,
      state,
      language,
      scheme: "dark",
      size: WINDOW,
      zoom: 1,
      suffix: "-forced",
      forced: true,
    });
  }
}
await pages.close();
console.log(`${taken} pictures, ${found} findings`);
process.exitCode = found === 0 && taken > 0 ? 0 : 1;

/**
 * @param {{page: string, state: string, language: string, scheme: "light" | "dark", size: {width: number, height: number}, zoom: number, suffix: string, forced?: boolean}} look
 */
async function shot({ page, state, language, scheme, size, zoom, suffix, forced = false }) {
  const name = `${page}-${state}-${language}-${scheme}${suffix}`;
  if (!name.includes(filter)) return;
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
  tab.on("pageerror", (error) => complain(name, `script: ${error.message}`));
  await tab.goto(pages.url({ page, state }, language));
  await tab.waitForSelector("main h1, main .working");
  const tall = await tab.evaluate((page) => {
    const main = document.querySelector("main");
    // What stands above and below the part that scrolls.
    const around = page === "first-run" ? document.body.clientHeight - (main?.clientHeight ?? 0) : 0;
    return {
      height: (main?.scrollHeight ?? 0) + around,
      wide: (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0),
    };
  }, page);
  if (tall.wide > 0) complain(name, `${tall.wide} pixels stick out at the side`);
  await tab.addScriptTag({ path: AXE });
  for (const violation of await violations(tab)) complain(name, violation);
  // The whole page, as if the window were tall enough; the zoomed one shows what fits.
  if (zoom === 1)
    await tab.setViewportSize({
      width: size.width,
      height: Math.max(size.height, tall.height + (size.width < 576 ? 60 : 0)),
    });
  await tab.screenshot({ path: `${out}${name}.png` });
  taken += 1;
  await context.close();
}

/** @param {string} name @param {string} text */
function complain(name, text) {
  found += 1;
  console.error(`${name}: ${text}`);
}
