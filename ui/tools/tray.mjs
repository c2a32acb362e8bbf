// Every picture of the tray on one sheet for each language: colour and one colour, on a light and on a dark panel, with
// and without the badge. `npm run tray-sheet`; the sheets go to docs/screenshots/tray. The pictures are those that the
// resident program embeds, so nothing here draws anything.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = new URL("../../", import.meta.url);
const out = fileURLToPath(new URL("docs/screenshots/tray/", root));
const texts = readFileSync(new URL("crates/engine/src/text/mod.rs", root), "utf8");

/** Each state's picture and the name of its words. */
const STATES = [
  ["free", "StateFree"],
  ["in-call", "StateInCall"],
  ["do-not-disturb", "StateDoNotDisturb"],
  ["forwarded", "StateForwarded"],
  ["busy", "StateBusy"],
  ["away", "StateAway"],
  ["paused", "StatePaused"],
  ["signed-out", "StateSignedOut"],
];
const SIZES = [16, 22, 32];
const PANELS = [
  { name: "light", ground: "#f4f5f6", one: "#22282c" },
  { name: "dark", ground: "#1d2225", one: "#f2f4f5" },
];
const HEADS = {
  en: ["State", "In colour", "One colour", "In colour, needs attention", "One colour, needs attention"],
  de: ["Zustand", "In Farbe", "Einfarbig", "In Farbe, mit Hinweis", "Einfarbig, mit Hinweis"],
};

/** @param {string} name @param {"en" | "de"} language */
function words(name, language) {
  const found = new RegExp(`\\b${name}: "([^"]+)" / "([^"]+)";`).exec(texts);
  if (!found) throw new Error(`There is no text ${name}.`);
  return found[language === "en" ? 1 : 2];
}

/** @param {string} file */
function picture(file) {
  return `data:image/png;base64,${readFileSync(new URL(`icons/tray/${file}.png`, root)).toString("base64")}`;
}

/** @param {string} name @param {boolean} mono @param {string} one */
function cell(name, mono, one) {
  const sizes = SIZES.map((size) => {
    const source = picture(`${name}${mono ? "-mono" : ""}-${size}`);
    const box = `width:${size}px;height:${size}px`;
    // In one colour only the cover of each pixel counts, as in the program.
    return mono
      ? `<i style="${box};background:${one};mask:url(${source}) 0 0/100%"></i>`
      : `<img style="${box}" src="${source}" alt="">`;
  });
  return `<td>${sizes.join("")}</td>`;
}

/** @param {"en" | "de"} language @param {{name: string, ground: string, one: string}} panel */
function sheet(language, { ground, one }) {
  const rows = STATES.map(([name = "", text = ""]) => {
    const cells = [name, `${name}-attention`].flatMap((name) => [
      cell(name, false, one),
      cell(name, true, one),
    ]);
    return `<tr><th>${words(text, language)}</th>${cells.join("")}</tr>`;
  });
  return `<!doctype html><style>table{padding:12px 4px 12px 20px;background:${ground};color:${one};font:14px system-ui}
    th{text-align:start;font-weight:500;padding:6px 20px 6px 0}td{padding:6px 20px 6px 0;white-space:nowrap}
    img,i{image-rendering:pixelated;display:inline-block;margin-inline-end:10px;vertical-align:middle}</style>
    <table><tr>${HEADS[language].map((head) => `<th>${head}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

const executablePath = process.env["OFFHOOK_CHROMIUM"] ?? "/usr/bin/chromium";
if (!existsSync(executablePath)) throw new Error(`There is no ${executablePath}: run \`cargo xtask setup\`.`);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
mkdirSync(out, { recursive: true });
for (const language of /** @type {const} */ (["en", "de"])) {
  for (const panel of PANELS) {
    const tab = await browser.newPage({ deviceScaleFactor: 2 });
    await tab.setContent(sheet(language, panel));
    const path = `${out}states-${language}-${panel.name}.png`;
    await tab.locator("table").screenshot({ path });
    // As those of the pages: small, since they are kept.
    execFileSync("mogrify", ["+dither", "-colors", "64", "-strip", path]);
    await tab.close();
  }
}
await browser.close();
