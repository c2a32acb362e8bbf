// What a real browser says of the pages: axe finds nothing in any state, language or theme, with more contrast, and in
// the system's own colours, in which everything is still told apart; nothing moves for who wants no movement; nothing
// sticks out at the side at 200 %; and everything can be reached and walked through with the keyboard alone.
// `npm run check [-- FILTER]`; the last line counts as vitest's does.
import { AXE, open, violations } from "./chromium.mjs";
import { alike, moving } from "./looks.mjs";
import { everythingIsReached, walk, walkRules } from "./walk.mjs";

const filter = process.argv[2] ?? "";
/** Without a view, so without a page to go to. */
const PAGELESS = new Set(["gone", "gone-other", "connecting"]);
const pages = await open();
let passed = 0;
let failed = 0;

const window = await context({ width: 720, height: 560 }, 1);
for (const language of ["en", "de"]) {
  const tab = await window.newPage();
  await tab.goto(pages.url({ page: "now", state: "free" }, language));
  await tab.addScriptTag({ path: AXE });
  for (const place of pages.places) {
    const name = `${place.page} ${place.state} ${language}`;
    if (!name.includes(filter)) continue;
    const looked = PAGELESS.has(place.state) ? await window.newPage() : tab;
    if (looked === tab) await show(tab, place);
    else {
      await looked.goto(pages.url(place, language));
      await looked.addScriptTag({ path: AXE });
    }
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await looked.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      report(`${name} ${colorScheme}`, [...(await violations(looked)), ...(await moving(looked))]);
    }
    const colorScheme = language === "en" ? "light" : "dark";
    await looked.emulateMedia({ colorScheme, contrast: "more" });
    report(`${name} more contrast`, await violations(looked));
    await looked.emulateMedia({ colorScheme, contrast: "no-preference", forcedColors: "active" });
    report(`${name} forced colours`, [...(await violations(looked)), ...(await alike(looked))]);
    await looked.emulateMedia({ forcedColors: "none" });
    if (looked !== tab) await looked.close();
  }
  await tab.close();
}
await window.close();

// The window at 200 %: half as many of the pages' own pixels, each twice as large.
const zoomed = await context({ width: 360, height: 280 }, 2);
const tab = await zoomed.newPage();
await tab.goto(pages.url({ page: "now", state: "free" }, "de"));
for (const place of pages.places) {
  const name = `${place.page} ${place.state} zoomed`;
  if (!name.includes(filter) || PAGELESS.has(place.state)) continue;
  await show(tab, place);
  const wide = await tab.evaluate(() =>
    Math.max(
      ...["main", "html"].map((part) => {
        const element = document.querySelector(part);
        return (element?.scrollWidth ?? 0) - (element?.clientWidth ?? 0);
      }),
    ),
  );
  report(name, wide > 0 ? [`${wide} pixels stick out at the side`] : []);
}
await zoomed.close();

const keyboard = await context({ width: 720, height: 560 }, 1);
const typed = await keyboard.newPage();
await typed.goto(pages.url({ page: "now", state: "free" }, "en"));
for (const place of pages.places) {
  const name = `${place.page} ${place.state} keyboard`;
  if (!name.includes(filter) || PAGELESS.has(place.state)) continue;
  await show(typed, place);
  report(
    name,
    await everythingIsReached(typed).then(
      () => [],
      (error) => [error.message],
    ),
  );
}
await keyboard.close();

if ("movement".includes(filter)) {
  // So that the looks above can find something at all.
  const plain = await context({ width: 720, height: 560 }, 1);
  const tab = await plain.newPage();
  await tab.emulateMedia({ reducedMotion: "no-preference" });
  await tab.goto(pages.url({ page: "account", state: "browser" }, "en"));
  await tab.waitForSelector(".spinner");
  report("movement, where it is wanted", (await moving(tab)).length > 0 ? [] : ["the spinner stands still"]);
  await plain.close();
}

if ("keyboard".includes(filter)) {
  const plain = await context({ width: 720, height: 560 }, 1);
  const tab = await plain.newPage();
  await tab.goto(pages.url({ page: "first-run", state: "fr-welcome" }, "en"));
  report(
    "keyboard through the first run",
    await walk(tab).then(
      () => [],
      (error) => [error.stack],
    ),
  );
  await tab.goto(pages.url({ page: "rules", state: "free" }, "en"));
  await tab.reload();
  await tab.addScriptTag({ path: AXE });
  /** @param {string} what */
  const look = async (what) => report(`rules, ${what}`, await violations(tab));
  report(
    "keyboard through the rules",
    await walkRules(tab, look).then(
      () => [],
      (error) => [error.stack],
    ),
  );
  await plain.close();
}

await pages.close();
console.log(`Tests  ${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

/** @param {{width: number, height: number}} viewport @param {number} deviceScaleFactor */
async function context(viewport, deviceScaleFactor) {
  const made = await pages.browser.newContext({
    viewport,
    deviceScaleFactor,
    timezoneId: "Europe/Berlin",
    reducedMotion: "reduce",
  });
  made.on("weberror", (error) => report("script", [error.error().message]));
  return made;
}

/** @param {import("playwright-core").Page} tab @param {import("./chromium.mjs").Place} place */
async function show(tab, { page, state }) {
  await tab.evaluate(
    async ({ page, state }) => {
      dispatchEvent(new CustomEvent("fake", { detail: state }));
      location.hash = page;
      await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    },
    { page, state },
  );
}

/** @param {string} name @param {string[]} findings */
function report(name, findings) {
  if (findings.length === 0) {
    passed += 1;
    return;
  }
  failed += 1;
  for (const finding of findings) console.error(`${name}: ${finding}`);
}
