import { render } from "lit-html";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Acts } from "../src/app";
import { FAKE_STATES, type FakeState, fakePages } from "../src/fakes";
import { windowTemplate } from "../src/pages/window";
import { moment } from "../src/parts";
import { beginning, edit, hear, PAGES, type PageName, type State } from "../src/state";
import words from "../words.toml";

const acts = {
  ask: vi.fn(),
  edit: vi.fn(),
  editSecret: vi.fn(),
  save: vi.fn(),
  discard: vi.fn(),
  copy: vi.fn(),
  start: vi.fn(),
} satisfies Acts;

beforeEach(() => {
  document.body.innerHTML = "";
  vi.clearAllMocks();
});

function at(page: PageName, fake: FakeState, language: "en" | "de" = "en"): State {
  const state = beginning(language, page);
  hear(state, { told: "pages", pages: fakePages(fake, language, words[language]) });
  return state;
}

function draw(state: State): HTMLElement {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(windowTemplate(state, acts), root);
  return root;
}

const all = PAGES.flatMap((page) =>
  FAKE_STATES[page].flatMap((fake) => (["en", "de"] as const).map((language) => ({ page, fake, language }))),
);

describe.each(all)("$page, $fake, $language", ({ page, fake, language }) => {
  it("is whole: a heading, every word found, every control named, every reference kept", () => {
    const root = draw(at(page, fake, language));
    expect(root.querySelectorAll("h1").length).toBe(1);
    expect(root.querySelector("nav a[aria-current]")?.getAttribute("href")).toBe(`#${page}`);
    for (const control of root.querySelectorAll("input, select")) {
      const label = control.closest("label") ?? root.querySelector(`label[for="${control.id}"]`);
      expect(label?.textContent?.trim(), control.outerHTML).toBeTruthy();
    }
    for (const button of root.querySelectorAll("button")) expect(button.textContent?.trim()).toBeTruthy();
    for (const element of root.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
      const ids = `${element.getAttribute("aria-describedby") ?? ""} ${element.getAttribute("aria-labelledby") ?? ""}`;
      for (const id of ids.split(" ").filter(Boolean))
        expect(root.querySelector(`#${id}`), id).not.toBeNull();
    }
    const ids = [...root.querySelectorAll("[id]")].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    // A missing word shows its key.
    for (const key of Object.keys(words.en).filter((key) => key.includes("-"))) {
      expect(root.textContent).not.toContain(key);
    }
    for (const shape of root.querySelectorAll("svg")) expect(shape.getAttribute("aria-hidden")).toBe("true");
  });
});

describe("Now", () => {
  it("shows the state in words and as a shape of its own", () => {
    const shapes = FAKE_STATES.now
      .filter((fake) => fake !== "attention")
      .map((fake) =>
        draw(at("now", fake))
          .querySelector(".state")
          ?.innerHTML.replace(/<!--.*?-->/g, ""),
      );
    expect(new Set(shapes).size).toBe(8);
  });

  it("says what needs the person, with its code for tests and what to do about it", () => {
    const box = draw(at("now", "attention")).querySelector("[data-code=phone-wrong-password]");
    expect(box?.textContent).toContain("refuses the password");
    expect(box?.textContent).toContain("Enter the password again");
  });

  it.each([
    ["now-pause-15", { pause: { minutes: 15 } }],
    ["now-pause-60", { pause: { minutes: 60 } }],
    ["now-pause-tomorrow", { pause: "tomorrow" }],
    ["now-pause-resumed", { pause: "until_resumed" }],
  ])("%s pauses", (key, command) => {
    draw(at("now", "free")).querySelector<HTMLButtonElement>(`[data-word=${key}]`)?.click();
    expect(acts.ask).toHaveBeenCalledWith("now", key, command);
  });

  it("offers nothing but to resume while it is paused", () => {
    const root = draw(at("now", "paused"));
    expect(root.querySelector(".pause")).toBeNull();
    root.querySelector<HTMLButtonElement>("[data-word=now-resume]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("now", "now-resume", "resume");
  });

  it("does nothing twice while a command is at work, and keeps the button focusable", () => {
    const state = at("now", "free");
    state.busy.now = "now-pause-15";
    const button = draw(state).querySelector<HTMLButtonElement>("[data-word=now-pause-60]");
    button?.click();
    expect(acts.ask).not.toHaveBeenCalled();
    expect(button?.getAttribute("aria-disabled")).toBe("true");
    expect(button?.disabled).toBe(false);
  });
});

describe("Account", () => {
  it.each([
    ["signed-out", "account-sign-in", { sign_in: { device_code: false } }],
    ["signed-out", "account-device-code", { sign_in: { device_code: true } }],
    ["browser", "account-cancel", "cancel_sign_in"],
    ["device-code", "account-cancel", "cancel_sign_in"],
    ["free", "account-sign-out", "sign_out"],
  ] as const)("%s: %s", (fake, key, command) => {
    draw(at("account", fake)).querySelector<HTMLButtonElement>(`[data-word=${key}]`)?.click();
    expect(acts.ask).toHaveBeenCalledWith("account", key, command);
  });

  it("does not offer to sign in while the keyring is not readable", () => {
    const root = draw(at("account", "waiting"));
    expect(root.querySelector("[data-word=account-sign-in]")).toBeNull();
    expect(root.textContent).toContain("keyring of this computer is locked");
  });

  it("has the administrator's text ready to copy", () => {
    const root = draw(at("account", "problem"));
    root.querySelector<HTMLButtonElement>(".copyable.text button")?.click();
    expect(acts.copy).toHaveBeenCalledWith(expect.stringContaining("adminconsent"));
  });

  it("shows a locked entry as locked and readable", () => {
    const tenant = draw(at("account", "locked")).querySelector<HTMLInputElement>("#microsoft-tenant");
    expect(tenant?.readOnly).toBe(true);
    expect(tenant?.value).toBe("example.com");
    expect(document.getElementById("microsoft-tenant-notes")?.textContent).toContain("organisation");
  });
});

describe("Phone", () => {
  it("puts a refusal beside its field", () => {
    const root = draw(at("phone", "refused"));
    const host = root.querySelector<HTMLInputElement>("#phone-host");
    expect(host?.getAttribute("aria-invalid")).toBe("true");
    expect(root.querySelector("#phone-host-notes .refused")?.textContent).toContain("cannot contain a space");
  });

  it("warns of an account that could change other people's phones", () => {
    const risk = draw(at("phone", "risk")).querySelector(".risk");
    expect(risk?.textContent).toContain("Take care");
    expect(draw(at("phone", "free")).querySelector(".risk")).toBeNull();
  });

  it("hides the access to a phone system that there is none of", () => {
    const root = draw(at("phone", "phone-none"));
    expect(root.querySelector("#phone-host")).toBeNull();
    expect(root.querySelector("[data-word=phone-test]")).toBeNull();
  });

  it("locks every control that the organisation has set", () => {
    const root = draw(at("phone", "locked"));
    expect(root.querySelector<HTMLSelectElement>("#phone-kind")?.disabled).toBe(true);
    for (const radio of root.querySelectorAll<HTMLInputElement>("[name=phone-tls], [name=profile]")) {
      expect(radio.disabled).toBe(true);
    }
  });

  it("saves by Enter, and tests after saving what was changed", () => {
    const state = at("phone", "free");
    const pages = state.pages;
    if (!pages) throw new Error("no view");
    edit(state.form.phone, "phone.host", pages.phone.host, "other.example.com");
    const root = draw(state);
    root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(acts.save).toHaveBeenCalledWith("phone", "save");
    root.querySelector<HTMLButtonElement>("[data-word=phone-save-test]")?.click();
    expect(acts.save).toHaveBeenCalledWith("phone", "phone-save-test", "test_phone");
  });

  it("writes the fingerprint of a pinned certificate as the setting wants it", () => {
    const root = draw(at("phone", "refused"));
    const pin = root.querySelector<HTMLInputElement>("#phone-tls-pin");
    if (!pin) throw new Error("no field");
    expect(pin.value).toBe("12:34");
    pin.value = " AB:CD ";
    pin.dispatchEvent(new Event("input"));
    expect(acts.edit).toHaveBeenCalledWith("phone", "phone.tls", expect.anything(), "pin:AB:CD");
  });

  it("keeps an input, and so its focus, when the page is drawn anew", () => {
    const state = at("phone", "free");
    const root = draw(state);
    const before = root.querySelector<HTMLInputElement>("#phone-host");
    before?.focus();
    hear(state, { told: "pages", pages: fakePages("in-call", "en", words.en) });
    render(windowTemplate(state, acts), root);
    expect(root.querySelector("#phone-host")).toBe(before);
    expect(document.activeElement).toBe(before);
  });
});

describe("without a resident program", () => {
  it("says so in the language of the last view, and offers to start it", () => {
    const state = at("now", "free", "de");
    hear(state, { told: "gone", sentence: null });
    const root = draw(state);
    expect(root.querySelector("h1")?.textContent).toBe("Offhook läuft nicht");
    root.querySelector("button")?.click();
    expect(acts.start).toHaveBeenCalled();
  });
});

describe("a moment", () => {
  const noon = new Date("2026-03-02T12:00:00");
  it("is a time today and a day with a time before", () => {
    expect(moment("2026-03-02T10:02:00", "de", noon)).toBe("10:02");
    expect(moment("2026-02-28T10:02:00", "de", noon)).toContain("28.");
    expect(moment("", "de", noon)).toBe("");
    expect(moment("2026-03-02T22:02:00", "en", noon)).toBe("22:02");
  });
});
