// Every page in every state, language and scheme: a picture of each, and a check by axe of what readers get.
// `npm run shots [-- FILTER]`; pictures go to docs/screenshots/pages. OFFHOOK_CHROMIUM names another browser.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, createServer, preview } from "vite";

const out = fileURLToPath(new URL("../../docs/screenshots/pages/", import.meta.url));
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const filter = process.argv[2] ?? "";
mkdirSync(out, { recursive: true });

const root = fileURLToPath(new URL("..", import.meta.url));
const quiet = /** @type {const} */ ({ root, mode: "fake", logLevel: "error" });
const loader = await createServer({ ...quiet, server: { middlewareMode: true, hmr: false, ws: false } });
const { FAKE_STATES } = await loader.ssrLoadModule("/src/fakes.ts");
await loader.close();

const built = mkdtempSync(join(tmpdir(), "offhook-pages-"));
await build({ ...quiet, build: { outDir: built, emptyOutDir: true } });
const server = await preview({ ...quiet, build: { outDir: built }, preview: { host: "127.0.0.1", port: 0 } });
const address = server.httpServer.address();
if (!address || typeof address === "string") throw new Error("The page server has no port.");
const { port } = address;

const browser = await chromium.launch({
  executablePath: process.env["OFFHOOK_CHROMIUM"] ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

const WINDOW = { width: 720, height: 560 };
const NARROW = { width: 400, height: 560 };
/** The window at 200 %: half as many of the pages' own pixels, each twice as large. */
const ZOOMED = { width: 360, height: 280 };

let taken = 0;
let found = 0;
/** @type {{page: string, state: string}[]} */
const all = [
  ...["now", "account", "phone", "first-run"].flatMap((page) =>
    FAKE_STATES[page].map((/** @type {string} */ state) => ({ page, state })),
  ),
  ...FAKE_STATES.window.map((/** @type {string} */ state) => ({ page: "now", state })),
];

for (const language of ["en", "de"]) {
  for (const { page, state } of all) {
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
await browser.close();
await server.close();
rmSync(built, { recursive: true });
console.log(`${taken} pictures, ${found} findings`);
process.exitCode = found === 0 && taken > 0 ? 0 : 1;

/**
 * @param {{page: string, state: string, language: string, scheme: "light" | "dark", size: {width: number, height: number}, zoom: number, suffix: string, forced?: boolean}} look
 */
async function shot({ page, state, language, scheme, size, zoom, suffix, forced = false }) {
  const name = `${page}-${state}-${language}-${scheme}${suffix}`;
  if (!name.includes(filter)) return;
  const context = await browser.newContext({
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
  await tab.goto(`http://127.0.0.1:${port}/?fake=${state}&lang=${language}#${page}`);
  await tab.waitForSelector("main h1, main .working");
  const tall = await tab.evaluate(() => {
    const main = document.querySelector("main");
    return { height: main?.scrollHeight ?? 0, wide: (main?.scrollWidth ?? 0) - (main?.clientWidth ?? 0) };
  });
  if (tall.wide > 0) complain(name, `${tall.wide} pixels stick out at the side`);
  await tab.addScriptTag({ path: axe });
  const { violations } = await tab.evaluate(() =>
    /** @type {any} */ (globalThis).axe.run({ resultTypes: ["violations"] }),
  );
  for (const violation of violations) {
    complain(
      name,
      `${violation.id}: ${violation.help}\n    ${violation.nodes.map((/** @type {any} */ node) => `${node.target} ${node.failureSummary}`).join("\n    ")}`,
    );
  }
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
