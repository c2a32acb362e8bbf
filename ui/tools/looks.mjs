// What can be told apart, and what moves, as a browser has computed it.

/**
 * What looks the same though it must not, where the system chooses all colours.
 * @param {import("playwright-core").Page} tab @returns {Promise<string[]>}
 */
export function alike(tab) {
  return tab.evaluate(() => {
    /** @type {string[]} */
    const found = [];
    const all = (/** @type {string} */ css) => [...document.querySelectorAll(css)];
    const look = (/** @type {Element} */ element) => getComputedStyle(element);
    const differ = (/** @type {string} */ what, /** @type {unknown} */ one, /** @type {unknown} */ other) => {
      if (JSON.stringify(one) === JSON.stringify(other))
        found.push(`${what}: both are ${JSON.stringify(one)}`);
    };
    const ground = (/** @type {Element} */ element) => look(element).backgroundColor;

    const [here] = all("nav a[aria-current=page]");
    const [elsewhere] = all("nav a:not([aria-current]):not(.set-up)");
    if (here && elsewhere) differ("the page one is on, and another", ground(here), ground(elsewhere));
    const [current] = all(".stages .current .number");
    const [other] = all(".stages li:not(.current) .number");
    if (current && other) differ("the step one is at, and another", ground(current), ground(other));
    const [pressed] = all(".languages [aria-pressed=true]");
    const [free] = all(".languages [aria-pressed=false]");
    if (pressed && free) differ("the language in use, and the other", ground(pressed), ground(free));

    const knob = (/** @type {Element} */ element) => {
      const { left, right, backgroundColor } = getComputedStyle(element, "::before");
      return { left, right, backgroundColor };
    };
    const switches = all("input[role=switch]");
    for (const [at, one] of switches.entries()) {
      differ(`switch ${at}'s knob and ground`, knob(one).backgroundColor, ground(one));
    }
    const checked = (/** @type {boolean} */ on) =>
      switches.find((one) => /** @type {HTMLInputElement} */ (one).checked === on);
    const [on, off] = [checked(true), checked(false)];
    if (on && off) differ("a switch that is on, and one that is off", knob(on).left, knob(off).left);

    for (const button of all("button:not(.link), a.button")) {
      const { borderStyle, borderColor } = look(button);
      const name = button.textContent?.trim();
      if (borderStyle === "none") found.push(`the button “${name}” has no edge`);
      if (!button.matches(".primary, [aria-pressed=true]")) {
        differ(`the button “${name}”'s edge and ground`, borderColor, ground(button));
      }
    }
    for (const state of all("svg.state")) {
      const [badge, mark] = [state.querySelector(".badge"), state.querySelector(".mark, .spot")];
      if (!badge || !mark) continue;
      const ink = mark.matches(".mark") ? look(mark).stroke : look(mark).fill;
      differ("the state's badge and its mark", look(badge).fill, ink);
    }
    return found;
  });
}

/**
 * What moves by itself.
 * @param {import("playwright-core").Page} tab @returns {Promise<string[]>}
 */
export function moving(tab) {
  return tab.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => animation.playState === "running")
      .map((animation) => {
        const effect = /** @type {KeyframeEffect | null} */ (animation.effect);
        return `${effect?.target?.className || effect?.target?.tagName} moves`;
      }),
  );
}
