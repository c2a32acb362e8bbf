// The pages, served from this machine and looked at in a real browser.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, createServer, preview } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const quiet = /** @type {const} */ ({ root, mode: "fake", logLevel: "error" });

export const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** @typedef {{page: string, state: string}} Place */

/** Builds and serves the pages with the fake host, and starts a browser. OFFHOOK_CHROMIUM names another one. */
export async function open() {
  const executablePath = process.env["OFFHOOK_CHROMIUM"] ?? "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    throw new Error(
      `There is no ${executablePath}: run \`cargo xtask setup\`, or name one with OFFHOOK_CHROMIUM.`,
    );
  }
  const loader = await createServer({ ...quiet, server: { middlewareMode: true, hmr: false, ws: false } });
  const { FAKE_STATES } = await loader.ssrLoadModule("/src/fakes.ts");
  await loader.close();

  const built = mkdtempSync(join(tmpdir(), "offhook-pages-"));
  await build({ ...quiet, build: { outDir: built, emptyOutDir: true } });
  const server = await preview({
    ...quiet,
    build: { outDir: built },
    preview: { host: "127.0.0.1", port: 0 },
  });
  const address = server.httpServer.address();
  if (!address || typeof address === "string") throw new Error("The page server has no port.");
  const browser = await chromium.launch({
    executablePath,
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
  return {
    browser,
    /** Every page in every state it can have, and the states without a page. */
    places: places(FAKE_STATES),
    /** @param {Place} place @param {string} language */
    url: ({ page, state }, language) =>
      `http://127.0.0.1:${address.port}/?fake=${state}&lang=${language}#${page}`,
    async close() {
      await browser.close();
      await server.close();
      rmSync(built, { recursive: true });
    },
  };
}

/** @param {Record<string, readonly string[]>} states @returns {Place[]} */
function places({ window: without = [], other: _, ...pages }) {
  return [
    ...Object.entries(pages).flatMap(([page, names]) => names.map((state) => ({ page, state }))),
    ...without.map((state) => ({ page: "now", state })),
  ];
}

/**
 * What axe finds, one text for each rule that is broken.
 * @param {import("playwright-core").Page} tab @returns {Promise<string[]>}
 */
export async function violations(tab) {
  const { violations } = await tab.evaluate(() =>
    /** @type {any} */ (globalThis).axe.run({ resultTypes: ["violations"] }),
  );
  return violations.map(
    (/** @type {any} */ violation) =>
      `${violation.id}: ${violation.help}\n    ${violation.nodes
        .map((/** @type {any} */ node) => `${node.target} ${node.failureSummary}`)
        .join("\n    ")}`,
  );
}
