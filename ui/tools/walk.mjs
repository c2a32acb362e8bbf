// A person with a keyboard alone goes through the first run.
import assert from "node:assert/strict";

const SOON = 10_000;

/** @param {import("playwright-core").Page} tab */
export async function walk(tab) {
  /** @param {string} text */
  const heading = (text) =>
    tab.waitForFunction((text) => document.querySelector("h1")?.textContent === text, text, {
      timeout: SOON,
    });
  /** @param {string} key */
  const press = (key) => tab.keyboard.press(key);

  await heading("Your phone and Teams, in agreement");
  await everythingIsReached(tab);
  await to(tab, "Deutsch");
  await press("Enter");
  await heading("Telefon und Teams, aufeinander abgestimmt");
  await to(tab, "English");
  await press("Space");
  await heading("Your phone and Teams, in agreement");
  await to(tab, "Begin");
  await press("Enter");

  await heading("Sign in to Microsoft");
  await headingHasFocus(tab);
  await everythingIsReached(tab);
  await to(tab, "Sign in with Microsoft");
  await press("Enter");
  await heading("You are signed in");
  await to(tab, "Back");
  await press("Enter");
  await heading("Your phone and Teams, in agreement");
  await to(tab, "Begin");
  await press("Enter");
  await heading("Sign in to Microsoft");
  await to(tab, "Leave for later");
  await press("Enter");

  await heading("Your phone system");
  await headingHasFocus(tab);
  await to(tab, "Kind");
  await tab.keyboard.type("Asterisk");
  await to(tab, "Host");
  await tab.keyboard.type("pbx.example.com");
  await everythingIsReached(tab);
  await to(tab, "Host");
  // As everywhere, Enter in a form goes on.
  await press("Enter");

  await heading("Your access to the phone system");
  await headingHasFocus(tab);
  await everythingIsReached(tab);
  await to(tab, "Password");
  await tab.keyboard.type("secret");
  await to(tab, "Save and test");
  await press("Enter");
  await tab.getByText("What the test found").waitFor({ timeout: SOON });
  await to(tab, "Next");
  await press("Enter");

  await heading("Offhook is ready");
  await headingHasFocus(tab);
  await to(tab, "No, let it ring");
  await press("ArrowUp");
  await tab.waitForFunction(() => document.querySelector("input[value=true]:checked") !== null, undefined, {
    timeout: SOON,
  });
  await to(tab, "Finish");
  await press("Enter");
  await heading("Free");
  await everythingIsReached(tab);
}

/**
 * The same on the rules: another profile is looked at and left, a rule is changed, a situation is tried out. `look` is
 * called wherever there is something new to see.
 * @param {import("playwright-core").Page} tab @param {(what: string) => Promise<void>} look
 */
export async function walkRules(tab, look) {
  /** @param {string} text */
  const seen = (text) => tab.getByText(text, { exact: true }).first().waitFor({ timeout: SOON });
  /** @param {string} key */
  const press = (key) => tab.keyboard.press(key);

  await seen("What Teams does to the phone");
  await everythingIsReached(tab);
  await to(tab, "RecommendedQuiet when you ask for quiet.");
  await press("ArrowDown");
  await seen("What this profile would change");
  await look("compared");
  await to(tab, "Keep the rules as they are");
  await press("Enter");
  await tab.getByText("What this profile would change").waitFor({ state: "detached", timeout: SOON });
  assert.equal(
    (await focused(tab)).name,
    "RecommendedQuiet when you ask for quiet.",
    "the focus is not lost",
  );

  await to(tab, "Do not disturb, Teams says: busy");
  await tab.keyboard.type("on");
  await to(tab, "More (in a call)");
  await press("Enter");
  await to(tab, "Forward to, Teams says: in a call");
  await look("unfolded");
  await to(tab, "Teams says");
  await tab.keyboard.type("do not");
  await tab.getByText("Do not disturb: on (recommended: do not disturb).").waitFor({ timeout: SOON });
  await to(tab, "Appointment that runs");
  await tab.keyboard.type("Free");
  await to(tab, "Its subject");
  await tab.keyboard.type("Planning (DND)");
  await press("Enter");
  await tab.getByText("Do not disturb: on (calendar: “busy”).").waitFor({ timeout: SOON });
  await to(tab, "Offhook is paused");
  await press("Space");
  await tab.getByText("Not done while you pause Offhook.").waitFor({ timeout: SOON });
  await look("tried out");
}

/** @param {import("playwright-core").Page} tab */
async function headingHasFocus(tab) {
  await tab.waitForFunction(() => document.activeElement?.tagName === "H1", undefined, { timeout: SOON });
}

/**
 * Tab by Tab to the control of that name, where the focus must be seen.
 * @param {import("playwright-core").Page} tab @param {string} name
 */
async function to(tab, name) {
  const met = [];
  for (let count = 0; count < 150; count += 1) {
    const here = await focused(tab);
    if (here.name === name) {
      assert(here.ring, `the focus on “${name}” shows`);
      assert(here.seen, `“${name}” is in sight while it has the focus`);
      return;
    }
    met.push(here.name);
    await tab.keyboard.press("Tab");
  }
  assert.fail(`Tab never comes to “${name}”, only to ${met.join(", ")}`);
}

/**
 * Once around with Tab: every control that can be used is met, in sight and with a ring around it, and none holds the
 * focus.
 * @param {import("playwright-core").Page} tab
 */
export async function everythingIsReached(tab) {
  const wanted = await tab.evaluate(() => {
    for (const element of document.querySelectorAll("[data-at]")) element.removeAttribute("data-at");
    const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")];
    const usable = all.filter((element) => {
      // What is folded away can't be reached; the summary of the fold itself can.
      const around = element.tagName === "SUMMARY" ? element.parentElement?.parentElement : element;
      const inside = around?.closest("details:not([open])");
      // Of a group of radio buttons, Tab goes to one.
      const radio = element instanceof HTMLInputElement && element.type === "radio";
      return !inside && !(radio && !element.checked) && !element.matches(":disabled");
    });
    for (const [at, element] of usable.entries()) element.setAttribute("data-at", String(at));
    return usable.map((element) => element.outerHTML.slice(0, 120));
  });
  const met = new Set();
  for (let count = 0; count <= wanted.length + 12; count += 1) {
    await tab.keyboard.press("Tab");
    const here = await focused(tab);
    if (here.at === undefined) continue;
    met.add(here.at);
    assert(here.ring, `the focus on “${here.name}” shows`);
    assert(here.seen, `“${here.name}” is in sight while it has the focus`);
  }
  const missed = wanted.filter((_, at) => !met.has(String(at)));
  assert.deepEqual(missed, [], "Tab reaches every control");
}

/** @param {import("playwright-core").Page} tab */
function focused(tab) {
  return tab.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body)
      return { name: "", at: undefined, ring: false, seen: false };
    const label =
      element instanceof HTMLInputElement || element instanceof HTMLSelectElement
        ? element.labels?.[0]
        : null;
    const { x, y, width, height } = element.getBoundingClientRect();
    const there = document.elementFromPoint(x + width / 2, y + height / 2);
    return {
      name: (label ?? element).textContent?.trim().replaceAll(/\s+/g, " ") ?? "",
      at: element.dataset["at"],
      ring: getComputedStyle(element).outlineStyle !== "none",
      seen: there !== null && (element.contains(there) || there.contains(element)),
    };
  });
}
