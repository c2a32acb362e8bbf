// Names, subjects and sentences that others wrote stay text, whatever they look like.
import { render } from "lit-html";
import { beforeEach, expect, it, vi } from "vitest";
import type { Acts } from "../src/app";
import { FAKE_STATES, fakePages } from "../src/fakes";
import { rulesPage } from "../src/fakes/rules";
import { windowTemplate } from "../src/pages/window";
import { beginning, hear, PAGES, type PageName, type State } from "../src/state";

const acts = new Proxy({}, { get: () => vi.fn() }) as Acts;
const PLANTED = `"'><img src=x class=planted onerror=alert(1)><script class=planted>alert(1)</script>=cmd|' /C calc'!A1`;

beforeEach(() => {
  document.body.innerHTML = "";
});

/** Plants it in front of every text that is no word of a closed list: those are small letters without a space. */
function planted<T>(value: T): T {
  if (typeof value === "string") {
    return (/^[a-z0-9_.:/-]*$/.test(value) ? value : `${PLANTED}${value}`) as T;
  }
  if (Array.isArray(value)) return value.map(planted) as T;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, inner]) => [
      key,
      key === "language" ? inner : planted(inner),
    ]);
    return Object.fromEntries(entries);
  }
  return value;
}

function draw(state: State): HTMLElement {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(windowTemplate(state, acts), root);
  return root;
}

const pages: PageName[] = [...PAGES, "first-run"];

it.each(pages)("nothing that others wrote becomes a part of the page %s", { timeout: 60_000 }, (page) => {
  let shown = 0;
  for (const fake of FAKE_STATES[page as keyof typeof FAKE_STATES]) {
    const state = beginning("en", page);
    hear(state, { told: "pages", pages: planted(fakePages(fake, "en")) });
    if (page === "rules") state.rules.page = planted(rulesPage(fake, (en) => en));
    if (page === "diagnostics") {
      state.fetched.log = [
        { level: "info", text: PLANTED },
        { level: null, text: PLANTED },
      ];
    }
    const root = draw(state);
    expect(root.querySelectorAll(".planted, script, iframe, object, [onerror]").length, fake).toBe(0);
    for (const link of root.querySelectorAll("[href], [src]")) {
      const leads = link.getAttribute("href") ?? link.getAttribute("src") ?? "";
      expect(leads.startsWith("#"), `${fake}: ${leads}`).toBe(true);
    }
    if (root.textContent?.includes(PLANTED)) shown += 1;
  }
  // It was there to be read: else this test would show nothing.
  expect(shown).toBeGreaterThan(0);
});
