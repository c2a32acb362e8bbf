import { render } from "lit-html";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Acts } from "../src/app";
import { FAKE_STATES, type FakeState, fakePages } from "../src/fakes";
import { rulesPage } from "../src/fakes/rules";
import { windowTemplate } from "../src/pages/window";
import { moment } from "../src/parts";
import {
  beginning,
  discarded,
  edit,
  emptyForm,
  hear,
  PAGES,
  type PageName,
  pageOf,
  type State,
  sending,
} from "../src/state";
import { KEYS } from "../src/words";

const acts = {
  ask: vi.fn(),
  edit: vi.fn(),
  editSecret: vi.fn(),
  save: vi.fn(),
  interrupt: vi.fn(),
  discard: vi.fn(),
  copy: vi.fn(),
  confirm: vi.fn(),
  start: vi.fn(),
  editKey: vi.fn(),
  choose: vi.fn(),
  set: vi.fn(),
  fetch: vi.fn(),
  hide: vi.fn(),
  filterLog: vi.fn(),
  saveLog: vi.fn(),
  loadRules: vi.fn(),
  lookAt: vi.fn(),
  imagine: vi.fn(),
} satisfies Acts;

beforeEach(() => {
  document.body.innerHTML = "";
  vi.clearAllMocks();
});

function at(page: PageName, fake: FakeState, language: "en" | "de" = "en"): State {
  const state = beginning(language, page);
  hear(state, { told: "pages", pages: fakePages(fake, language) });
  if (page === "rules") state.rules.page = rulesPage(fake, (en, de) => (language === "de" ? de : en));
  return state;
}

function draw(state: State): HTMLElement {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  render(windowTemplate(state, acts), root);
  return root;
}

const all = ([...PAGES, "first-run"] as const).flatMap((page) =>
  FAKE_STATES[page].flatMap((fake) => (["en", "de"] as const).map((language) => ({ page, fake, language }))),
);

describe.each(all)("$page, $fake, $language", ({ page, fake, language }) => {
  it("is whole: a heading, every word found, every control named, every reference kept", () => {
    const root = draw(at(page, fake, language));
    expect(root.querySelectorAll("h1").length).toBe(1);
    if (page === "first-run") expect(root.querySelectorAll("nav [aria-current=step]").length).toBe(1);
    else expect(root.querySelector("nav a[aria-current]")?.getAttribute("href")).toBe(`#${page}`);
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
    for (const key of KEYS.filter((key) => key.includes("-"))) {
      expect(root.textContent).not.toContain(key);
    }
    for (const shape of root.querySelectorAll("svg")) expect(shape.getAttribute("aria-hidden")).toBe("true");
  });
});

describe("Now", () => {
  it("shows the state in words and as a shape of its own", () => {
    const shapes = FAKE_STATES.now
      .filter((fake) => !["attention", "waiting", "held", "taken-back", "question", "long"].includes(fake))
      .map((fake) =>
        draw(at("now", fake))
          .querySelector(".state")
          ?.innerHTML.replace(/<!--.*?-->/g, ""),
      );
    expect(new Set(shapes).size).toBe(9);
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

describe("Now, signed out", () => {
  it("leads to the sign-in, and offers no pause of what does not run", () => {
    const root = draw(at("now", "signed-out"));
    expect(root.querySelector("main a.button")?.getAttribute("href")).toBe("#account");
    expect(root.querySelector("main [data-word^=now-pause]")).toBeNull();
    for (const fake of ["starting", "waiting"] as const) {
      const waiting = draw(at("now", fake));
      expect(waiting.querySelector("main a.button, main [data-word^=now-pause]"), fake).toBeNull();
    }
  });
});

describe("Now, taken back", () => {
  it("offers on the state itself to put the phone back, and to undo that", () => {
    draw(at("now", "held")).querySelector<HTMLButtonElement>("[data-word=now-put-back]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("now", "now-put-back", "put_back");
    const root = draw(at("now", "taken-back"));
    expect(root.querySelector("[data-word=now-put-back]")).toBeNull();
    root.querySelector<HTMLButtonElement>("[data-word=now-put-back-set-again]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("now", "now-put-back-set-again", "set_again");
    expect(draw(at("now", "do-not-disturb")).querySelector(".undo")).toBeNull();
  });

  it("says who set each field, in words as well", () => {
    const lines = [...draw(at("now", "held")).querySelectorAll("[aria-labelledby=fields] li")];
    expect(lines[0]?.textContent).toContain("Set by Offhook:");
    expect(lines[1]?.textContent).toContain("Set by hand:");
    expect(lines[1]?.textContent).toContain("4711");
  });

  it("asks whether two names are one person, and takes the answer", () => {
    const root = draw(at("now", "question"));
    expect(root.querySelector(".ask")?.textContent).toContain("Nora Lindqvist");
    expect(root.querySelector(".ask")?.textContent).toContain("Pat Berger");
    root.querySelector<HTMLButtonElement>("[data-word=now-question-yes]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("now", "now-question-yes", "one_person");
  });

  it("shows no state before there is one", () => {
    const root = draw(at("now", "starting"));
    expect(root.querySelector("h1")?.textContent).toBe("Starting…");
    expect(root.querySelector(".state.waiting")).not.toBeNull();
  });

  it("tells the last success of a light that is out, and the last trouble of one that is on", () => {
    const text = draw(at("now", "attention")).querySelector(".lights")?.textContent;
    expect(text).toContain("Last worked at 09:40.");
    expect(draw(at("now", "free")).querySelector(".lights")?.textContent).toContain("Last trouble at 08:14");
  });
});

describe("the first run", () => {
  const press = (fake: FakeState, key: string) =>
    draw(at("first-run", fake)).querySelector<HTMLButtonElement>(`[data-word=${key}]`)?.click();

  it("fills the window while it is open, unless the person went elsewhere", () => {
    const state = beginning("en", null);
    hear(state, { told: "pages", pages: fakePages("fr-welcome", "en") });
    expect(pageOf(state)).toBe("first-run");
    expect(draw(state).querySelector(".window")).toBeNull();
    state.chosen = "phone";
    expect(draw(state).querySelector(".set-up")?.getAttribute("href")).toBe("#first-run");
    // Finished: the page that was there is now, and the navigation offers to begin again.
    state.chosen = "first-run";
    hear(state, { told: "pages", pages: fakePages("free", "en") });
    expect(pageOf(state)).toBe("now");
    draw(state).querySelector<HTMLButtonElement>("[data-word=first-run-again]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("first-run", "first-run-again", { first_run: "again" });
  });

  it.each([
    ["fr-welcome", "first-run-begin", { first_run: "next" }],
    ["fr-sign-in", "first-run-back", { first_run: "back" }],
    ["fr-sign-in", "first-run-later", { first_run: "next" }],
    ["fr-signed-in", "first-run-next", { first_run: "next" }],
    ["fr-phone", "first-run-later", { first_run: "next" }],
    ["fr-ready", "first-run-finish", { first_run: "finish" }],
    ["fr-sign-in", "first-run-close", { first_run: "finish" }],
    ["fr-welcome", "first-run-language-de", { apply: { "person.language": "de" } }],
  ] as const)("%s: %s", (fake, key, command) => {
    press(fake, key);
    expect(acts.ask).toHaveBeenCalledWith("first-run", key, command);
  });

  it.each([
    ["fr-sign-in", "account-sign-in", { sign_in: { device_code: false } }],
    ["fr-browser", "account-open-again", "open_sign_in"],
    ["fr-browser", "account-cancel", "cancel_sign_in"],
  ] as const)("%s: %s, as on the account page", (fake, key, command) => {
    press(fake, key);
    expect(acts.ask).toHaveBeenCalledWith("account", key, command);
  });

  it("takes along what was typed about the phone system", () => {
    const state = at("first-run", "fr-phone");
    const pages = state.pages;
    if (!pages) throw new Error("no view");
    edit(state.form.phone, "phone.kind", pages.phone.kind, "asterisk");
    draw(state).querySelector<HTMLButtonElement>("[data-word=first-run-save]")?.click();
    expect(acts.save).toHaveBeenCalledWith("phone", "first-run-save", { first_run: "next" });
  });

  it("cancels a test beside the command that waits for it", () => {
    const state = at("first-run", "fr-testing");
    state.busy.phone = "phone-test";
    draw(state).querySelector<HTMLButtonElement>("[data-word=phone-test-cancel]")?.click();
    expect(acts.interrupt).toHaveBeenCalledWith("phone", "cancel_test");
  });

  it("asks its one question, and the answer holds at once", () => {
    const root = draw(at("first-run", "fr-ready"));
    root.querySelector<HTMLInputElement>("[name=meetings][value=true]")?.click();
    expect(acts.set).toHaveBeenCalledWith("first-run", "rules.dnd_in_meetings", "true");
    expect(draw(at("first-run", "fr-ready-trouble")).querySelector("[name=meetings]")).toBeNull();
  });

  it("says where there is no place for the icon", () => {
    expect(draw(at("first-run", "fr-no-tray")).querySelector(".place")?.textContent).toContain(
      "Without an icon",
    );
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
    expect(root.querySelector("#phone-host-notes .refused")?.textContent).toContain("pbx.example.com");
  });

  it("warns of an account that could change other people's phones", () => {
    const risk = draw(at("phone", "risk")).querySelector(".risk");
    expect(risk?.textContent).toContain("Take care");
    expect(draw(at("phone", "free")).querySelector(".risk")).toBeNull();
  });

  it("forgets a refusal as soon as its entry is changed or discarded", () => {
    const state = at("phone", "refused");
    const pages = state.pages;
    if (!pages) throw new Error("no view");
    const refused = (id: string) => draw(state).querySelector(`#${id}-notes .refused`);
    expect(refused("phone-host")).not.toBeNull();
    edit(state.form.phone, "phone.host", pages.phone.host, "pbx.example");
    expect(refused("phone-host")).toBeNull();
    expect(refused("phone-port"), "the other one stays").not.toBeNull();
    // Refused again: said again.
    sending(state.form.phone);
    expect(refused("phone-host")).not.toBeNull();
    state.form.phone = discarded(pages);
    expect(refused("phone-host")).toBeNull();
    expect(refused("phone-tls")).toBeNull();
  });

  it("removes a stored password only from who means it", () => {
    const state = at("phone", "starface-more");
    const press = (root: HTMLElement, key: string) =>
      root.querySelector<HTMLButtonElement>(`[data-word=${key}]`)?.click();
    press(draw(state), "phone-password-remove");
    expect(acts.confirm).toHaveBeenCalledWith("phone-password-remove");
    expect(acts.ask).not.toHaveBeenCalled();
    state.confirming = "phone-password-remove";
    const root = draw(state);
    expect(root.querySelector("[data-word=phone-password-remove]")).toBeNull();
    expect(root.querySelector(".confirm")?.textContent).toContain("until you enter it again");
    press(root, "phone-password-remove-no");
    expect(acts.confirm).toHaveBeenLastCalledWith(null);
    expect(acts.ask).not.toHaveBeenCalled();
    press(root, "phone-password-remove-yes");
    expect(acts.ask).toHaveBeenCalledWith(
      "phone",
      "phone-password-remove-yes",
      { secret_remove: { secret: "phone" } },
      { secret_remove: { secret: "phone-client" } },
    );
    const none = at("phone", "refused");
    expect(draw(none).querySelector("[data-word=phone-password-remove]"), "nothing is stored").toBeNull();
  });

  it("says of an entry that was refused where the reason stands", () => {
    const state = at("phone", "starface-listen");
    state.problem.phone = { code: "entry-unlike", sentence: "Not possible.", mend: "" };
    const root = draw(state);
    expect(root.querySelector("[role=alert]")?.textContent).toContain("The reason stands below it");
    expect(root.querySelector("#phone-listen-notes .refused")?.textContent).toContain("192.168.1.20:47312");
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
    root.querySelector("form:not(.typed)")?.dispatchEvent(new Event("submit", { cancelable: true }));
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

  it("offers a telephone line as the phone system only where the system has some", () => {
    const kinds = (state: ReturnType<typeof at>) =>
      [...draw(state).querySelectorAll<HTMLOptionElement>("#phone-kind option")].map(
        (option) => option.value,
      );
    expect(kinds(at("phone", "free"))).not.toContain("tapi");
    const state = at("phone", "free");
    const phone = state.pages?.phone;
    if (!phone || !state.pages) throw new Error("no view");
    state.pages.fields["phone.line"] = { value: "", locked: false, refused: null };
    phone.lines = { key: "phone.line", lines: [{ id: "65537", name: "Desk phone", driver: "TSP" }] };
    phone.kind = { ...phone.kind, value: "tapi" };
    expect(kinds(state)).toContain("tapi");
    const root = draw(state);
    expect(root.querySelector("#phone-user")).toBeNull();
    const line = root.querySelector<HTMLSelectElement>("#phone-line");
    if (!line) throw new Error("no field");
    line.value = "65537";
    line.dispatchEvent(new Event("change"));
    expect(acts.edit).toHaveBeenCalledWith("phone", "phone.line", expect.anything(), "65537");
  });

  it("keeps an input, and so its focus, when the page is drawn anew", () => {
    const state = at("phone", "free");
    const root = draw(state);
    const before = root.querySelector<HTMLInputElement>("#phone-host");
    before?.focus();
    hear(state, { told: "pages", pages: fakePages("in-call", "en") });
    render(windowTemplate(state, acts), root);
    expect(root.querySelector("#phone-host")).toBe(before);
    expect(document.activeElement).toBe(before);
  });
});

describe("Settings", () => {
  it("what the organisation has set is locked, and says so", () => {
    const root = draw(at("startup", "locked"));
    for (const radio of root.querySelectorAll<HTMLInputElement>("[name=person-language]"))
      expect(radio.disabled).toBe(true);
    expect(root.querySelector<HTMLInputElement>("#notify-others")?.disabled).toBe(true);
    expect(root.querySelector("#notify-others-notes")?.textContent).toContain("organisation");
    expect(root.querySelector<HTMLInputElement>("#notify-phone")?.disabled).toBe(false);
  });

  it("shows what rings at a source also where it does not count", () => {
    const phone = draw(at("sources", "ringing")).querySelector("[data-source=phone] .ringing");
    expect(phone?.textContent).toContain("ringing");
    expect(phone?.textContent).toContain("does not count");
  });

  it("offers the telephone lines there are, and to let go of one that is gone", () => {
    const root = draw(at("sources", "ringing"));
    const line = (id: string) =>
      root.querySelector<HTMLInputElement>(`[name=lines-tapi-lines][value="${id}"]`);
    expect(line("65537")?.checked).toBe(true);
    expect(line("131073")?.parentElement?.textContent).toContain("not there");
    line("65538")?.click();
    expect(acts.set).toHaveBeenCalledWith("sources", "lines.tapi.lines", "65537,131073,65538");
    line("131073")?.click();
    expect(acts.set).toHaveBeenCalledWith("sources", "lines.tapi.lines", "65537");
  });

  it("changes one day of the week and keeps the others in their order", () => {
    const root = draw(at("startup", "hours"));
    root.querySelector<HTMLInputElement>("[name=days][value=wed]")?.click();
    expect(acts.set).toHaveBeenCalledWith("startup", "person.work_days", "mon,tue,thu,fri");
    root.querySelector<HTMLInputElement>("[name=days][value=sun]")?.click();
    expect(acts.set).toHaveBeenCalledWith("startup", "person.work_days", "mon,tue,wed,thu,fri,sun");
  });

  it("says what starts at sign-in instead of this program", () => {
    const root = draw(at("startup", "autostart-elsewhere"));
    expect(root.querySelector<HTMLInputElement>("#autostart")?.checked).toBe(false);
    expect(root.querySelector("#autostart-help")?.textContent).toContain("another Offhook");
  });

  it("locks what the organisation has decided of the start at sign-in", () => {
    const root = draw(at("startup", "locked"));
    const control = root.querySelector<HTMLInputElement>("#autostart");
    expect(control?.disabled).toBe(true);
    expect(control?.checked).toBe(true);
    expect(root.querySelector("#autostart-notes")?.textContent).toContain("Set by your organisation");
    expect(draw(at("startup", "free")).querySelector<HTMLInputElement>("#autostart")?.disabled).toBe(false);
  });

  it("says where there is no tray how to open the window", () => {
    expect(draw(at("startup", "no-tray")).querySelector("[data-tray=none]")).not.toBeNull();
    expect(draw(at("startup", "free")).querySelector("[data-tray=none]")).toBeNull();
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

describe("beside a program of another version", () => {
  it("does not say that it is not running, but what is wrong", () => {
    const state = at("now", "free", "de");
    hear(state, { told: "gone", sentence: "Andere Version." });
    const root = draw(state);
    expect(root.querySelector("h1")?.textContent).toBe("Dieses Fenster passt nicht zu Offhook");
    expect(root.querySelector("main")?.textContent).toContain("Andere Version.");
  });
});

describe("what is folded away", () => {
  it("is open while something in it is refused, so that the reason is seen beside its field", () => {
    const places = [
      ["phone", "starface", "starface-more", "#phone-star_off"],
      ["phone", "starface", "starface-more", "#phone-chat_domain"],
      ["phone", "starface", "starface-listen", "#phone-listen"],
      ["phone", "innovaphone", "innovaphone-more", "#phone-app"],
      ["phone", "sip", "sip-more", "#phone-calls_at"],
      ["sources", "free", "sources-sip", "#lines-sip-calls_at"],
    ] as const;
    for (const [page, fine, refused, field] of places) {
      const fold = (state: FakeState) => draw(at(page, state)).querySelector(field)?.closest("details");
      expect(fold(fine)?.open, `${fine} ${field}`).toBe(false);
      expect(fold(refused)?.open, `${refused} ${field}`).toBe(true);
    }
  });

  it("does not close on the person who mends the entry, nor open on who has closed it", () => {
    const state = at("phone", "sip-more");
    const root = draw(state);
    const field = () => root.querySelector<HTMLInputElement>("#phone-calls_at");
    const fold = () => field()?.closest("details");
    const kept = state.pages?.fields["phone.calls_at"];
    if (!kept) throw new Error("no such field");
    edit(state.form.phone, "phone.calls_at", kept, "sip:calls@example.com");
    render(windowTemplate(state, acts), root);
    expect(field()?.getAttribute("aria-invalid")).toBeNull();
    expect(fold()?.open).toBe(true);
    state.form.phone = emptyForm();
    const closed = fold();
    if (closed) closed.open = false;
    render(windowTemplate(state, acts), root);
    expect(fold()?.open, "refused once more").toBe(true);
    if (closed) closed.open = false;
    render(windowTemplate(state, acts), root);
    expect(fold()?.open, "folded away by the person").toBe(false);
  });

  it("has the reason of a refused fingerprint under the fingerprint", () => {
    for (const [page, state] of [
      ["phone", "refused"],
      ["sources", "sources-sip"],
    ] as const) {
      const root = draw(at(page, state));
      const fingerprint = root.querySelector("input[aria-invalid][id$=pin]");
      const notes = fingerprint?.getAttribute("aria-describedby");
      expect(fingerprint?.parentElement?.querySelector(`#${notes} .refused`), page).not.toBeNull();
      expect(root.querySelectorAll(`#${notes}`), page).toHaveLength(1);
    }
  });
});

describe("a moment", () => {
  const noon = new Date("2026-03-02T12:00:00");
  it("is a time today and a day with a time before", () => {
    const german = { language: "de", twelve_hours: false } as const;
    const english = { language: "en", twelve_hours: false } as const;
    expect(moment("2026-03-02T10:02:00", german, noon)).toBe("10:02");
    expect(moment("2026-02-28T10:02:00", german, noon)).toContain("28.");
    expect(moment("", german, noon)).toBe("");
    expect(moment("2026-03-02T22:02:00", english, noon)).toBe("22:02");
    const american = { ...english, twelve_hours: true };
    // Some browsers put a narrow space between.
    expect(moment("2026-03-02T22:02:00", american, noon)).toMatch(/^10:02\sPM$/);
  });
});

describe("A key file", () => {
  const press = (fake: FakeState, key: string, change?: (state: State) => void) => {
    const state = at("phone", fake);
    change?.(state);
    const root = draw(state);
    root.querySelector<HTMLButtonElement>(`[data-word=${key}]`)?.click();
    return root;
  };

  it("is used only by the button that says so, with the number of this very offer", () => {
    press("key-offered", "key-use");
    expect(acts.ask).toHaveBeenCalledWith("phone", "key-use", {
      accept_key: { number: 7, microsoft: false },
    });
  });

  it("takes the organisation's sign-in along as suggested, or as the person says", () => {
    press("key-offered-new", "key-use");
    expect(acts.ask).toHaveBeenLastCalledWith("phone", "key-use", {
      accept_key: { number: 7, microsoft: true },
    });
    press("key-offered-new", "key-use", (state) => {
      state.key.microsoft = false;
    });
    expect(acts.ask).toHaveBeenLastCalledWith("phone", "key-use", {
      accept_key: { number: 7, microsoft: false },
    });
  });

  it("can always be left alone", () => {
    for (const fake of ["key-offered", "key-blocked"] as const) {
      vi.clearAllMocks();
      press(fake, "key-cancel");
      expect(acts.ask).toHaveBeenCalledWith("phone", "key-cancel", "cancel_key");
    }
  });

  it("that can't be used here has no button to use it, and says why", () => {
    const root = press("key-blocked", "key-use");
    expect(acts.ask).not.toHaveBeenCalled();
    expect(root.querySelector("[data-code=phone-kind-not-yet]")?.textContent).toContain("3CX");
  });

  it("shows all it says before it is used", () => {
    const offer = draw(at("phone", "key-offered-new")).querySelector("[data-key=offered]");
    for (const text of [
      "pbx.example.com",
      "fdb663550485f093",
      "not said",
      "no end",
      "old.example.com",
      "iojj3X",
    ])
      expect(offer?.textContent).toContain(text);
    expect(offer?.querySelector("[data-trust=new]")).not.toBeNull();
  });

  it("puts what is wrong with typed words beside their field, and announces it", () => {
    const root = draw(at("phone", "key-typed-refused"));
    expect(root.querySelector("#key-typed-key-field")?.getAttribute("aria-invalid")).toBe("true");
    expect(root.querySelector("#key-typed-key-field-notes [role=alert]")?.textContent).toContain(
      "40 letters",
    );
    expect(root.querySelector("#key-typed-name-field")?.getAttribute("aria-invalid")).toBeNull();
    expect(root.querySelector<HTMLDetailsElement>(".key details")?.open).toBe(true);
  });

  it("can be typed", () => {
    const state = at("phone", "phone-none");
    state.key = { name: "pbx.example.com", key: "04106", microsoft: null };
    const form = draw(state).querySelector("form.typed");
    form?.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(acts.ask).toHaveBeenCalledWith("phone", "key-check", {
      offer_typed_key: { name: "pbx.example.com", key: "04106" },
    });
  });

  it("held over the window is seen on every page, and dropped leads to its place", () => {
    const state = at("now", "free");
    hear(state, { told: "dragging", over: true });
    expect(draw(state).querySelector(".drop-anywhere")?.textContent).toContain("Let go");
    hear(state, { told: "dropped" });
    const root = draw(state);
    expect(root.querySelector(".drop-anywhere")).toBeNull();
    expect(state.chosen).toBe("phone");

    hear(state, { told: "dragging", over: true });
    expect(draw(state).querySelector(".drop.over")?.textContent).toContain("Let go");
    hear(state, { told: "dragging", over: false });
    expect(draw(state).querySelector(".drop.over")).toBeNull();
  });

  it("that was agreed to leaves nothing typed behind; a new offer forgets a choice made for another", () => {
    const state = at("phone", "key-offered-new");
    state.key = { name: "a", key: "b", microsoft: false };
    hear(state, { told: "pages", pages: fakePages("key-offered-new", "en") });
    expect(state.key.microsoft).toBe(false);
    hear(state, { told: "pages", pages: fakePages("phone-none", "en") });
    expect(state.key).toEqual({ name: "a", key: "b", microsoft: null });
    hear(state, { told: "pages", pages: fakePages("key-accepted", "en") });
    expect(state.key).toEqual({ name: "", key: "", microsoft: null });
  });
});

describe("Now, with a calendar", () => {
  it("lists the next appointments and what they will do", () => {
    const lines = [...draw(at("now", "held")).querySelectorAll("[data-appointment]")];
    expect(lines.map((line) => line.querySelector("strong")?.textContent)).toEqual([
      "do not disturb",
      "calls ring through",
      "does nothing",
    ]);
    expect(draw(at("now", "free")).querySelector("[data-appointment]")).toBeNull();
  });

  it("has the calendar among the connections", () => {
    const lights = draw(at("now", "held")).querySelector("section[aria-labelledby=lights]");
    expect(lights?.textContent).toContain("14 appointments");
  });
});

describe("Working hours", () => {
  const american = (fake: FakeState) => {
    const state = at("startup", fake);
    if (state.pages) state.pages = { ...state.pages, twelve_hours: true };
    return state;
  };
  const from = (root: HTMLElement) => root.querySelector<HTMLInputElement>("#person-work_from");
  const type = (field: HTMLInputElement | null, text: string) => {
    if (field) field.value = text;
    field?.dispatchEvent(new Event("change"));
  };

  it("are written as the person writes times, and kept as the settings have them", () => {
    expect(from(draw(at("startup", "hours")))?.value).toBe("08:00");
    const root = draw(american("hours"));
    expect(from(root)?.value).toBe("8:00 AM");
    type(from(root), "9:30 pm");
    expect(acts.set).toHaveBeenCalledWith("startup", "person.work_from", "21:30");
  });

  it("typed in another way are the same time, and no change", () => {
    const root = draw(american("hours"));
    type(from(root), "08:00");
    expect(acts.set).not.toHaveBeenCalled();
    expect(acts.edit).toHaveBeenCalledWith("startup", "person.work_from", expect.anything(), "08:00");
  });

  it("stay as they are typed until they are taken up, also where they are no time", () => {
    const state = american("hours");
    state.form.startup.draft["person.work_from"] = "9:0";
    expect(from(draw(state))?.value).toBe("9:0");
    type(from(draw(state)), "nine");
    expect(acts.set).toHaveBeenCalledWith("startup", "person.work_from", "nine");
  });
});

describe("Calendar", () => {
  const lines = (root: HTMLElement) => [...root.querySelectorAll("[data-appointment]")];

  it("shows what each of the next appointments will do and why, and leaves one out by one click", () => {
    const root = draw(at("calendar", "calendar-on"));
    expect(lines(root).map((line) => line.querySelector("strong")?.textContent)).toEqual([
      "do not disturb",
      "calls ring through",
      "does nothing",
    ]);
    expect(lines(root)[1]?.textContent).toContain("(No DND)");
    lines(root)[0]?.querySelector<HTMLButtonElement>("button")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "skip a1", {
      skip_appointment: { id: "a1", skip: true },
    });
    lines(root)[2]?.querySelector<HTMLButtonElement>("button")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "skip a3", {
      skip_appointment: { id: "a3", skip: false },
    });
  });

  it("takes an address with a sign-in where one is asked for, and a file without any", () => {
    const address = draw(at("calendar", "calendar-ics"));
    const place = address.querySelector<HTMLInputElement>("#calendar-ics");
    if (!place) throw new Error("no field");
    expect(place.value).toContain("https://");
    place.value = "https://other.example.com/x.ics";
    place.dispatchEvent(new Event("change"));
    expect(acts.set).toHaveBeenCalledWith("calendar", "calendar.ics", "https://other.example.com/x.ics");
    for (const id of ["calendar-ics_user", "calendar-password"]) {
      expect(address.querySelector(`#${id}`), id).not.toBeNull();
    }
    expect(address.querySelectorAll("[name=calendar-tls]").length).toBe(2);
    expect(address.querySelector(".findings")?.textContent).toContain("web page");
    expect(address.querySelector("#calendar-address"), "Exchange's").toBeNull();

    const file = draw(at("calendar", "calendar-file"));
    expect(file.querySelector("#calendar-ics")).not.toBeNull();
    for (const no of ["#calendar-ics_user", "#calendar-password", "[name=calendar-tls]"]) {
      expect(file.querySelector(no), no).toBeNull();
    }
    file.querySelector<HTMLButtonElement>("[data-word=calendar-test]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "calendar-test", "test_calendar");
  });

  it("takes where the calendar is, and the sign-in of a server of its own with a test of it", () => {
    expect(draw(at("calendar", "calendar-on")).querySelector("#calendar-address")).toBeNull();
    const root = draw(at("calendar", "calendar-exchange"));
    root.querySelector<HTMLInputElement>("[name=calendar-source][value=graph]")?.click();
    expect(acts.set).toHaveBeenCalledWith("calendar", "calendar.source", "graph");
    for (const key of ["address", "user"]) {
      const line = root.querySelector<HTMLInputElement>(`#calendar-${key}`);
      expect(line?.getAttribute("aria-describedby"), key).toContain(`calendar-${key}`);
    }
    const pin = root.querySelector<HTMLInputElement>("#calendar-tls-pin");
    if (!pin) throw new Error("no field");
    expect(pin.value).toBe("12:34");
    pin.value = " AB:CD ";
    pin.dispatchEvent(new Event("input"));
    expect(acts.edit).toHaveBeenCalledWith("calendar", "calendar.tls", expect.anything(), "pin:AB:CD");
    expect(acts.set).not.toHaveBeenCalledWith("calendar", "calendar.tls", expect.anything());
    pin.dispatchEvent(new Event("change"));
    expect(acts.set).toHaveBeenCalledWith("calendar", "calendar.tls", "pin:AB:CD");
    root.querySelector<HTMLInputElement>("[name=calendar-tls][value=system]")?.click();
    expect(acts.set).toHaveBeenCalledWith("calendar", "calendar.tls", "system");
    root.querySelector<HTMLButtonElement>("[data-word=calendar-test]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "calendar-test", "test_calendar");
    expect(root.querySelector(".findings")?.textContent).toContain("NTLM");
    const password = root.querySelector<HTMLInputElement>("#calendar-password");
    expect(password?.type).toBe("password");
    if (password) password.value = "new";
    password?.dispatchEvent(new Event("input"));
    expect(acts.editSecret).toHaveBeenCalledWith("calendar", "new");
    const typed = at("calendar", "calendar-exchange");
    typed.form.calendar.secret = "new";
    draw(typed).querySelector<HTMLButtonElement>("[data-word=calendar-save-test]")?.click();
    expect(acts.save).toHaveBeenCalledWith("calendar", "calendar-save-test", "test_calendar");
  });

  it("asks Microsoft only by the person's word, and has the text for an administrator ready", () => {
    const root = draw(at("calendar", "calendar-consent"));
    root.querySelector<HTMLButtonElement>("[data-word=calendar-ask]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "calendar-ask", "ask_calendar");
    expect(root.querySelector("[data-code=admin-consent-needed]")).not.toBeNull();
    expect(root.querySelector("details pre")?.textContent).toContain("adminconsent");
    const asking = draw(at("calendar", "calendar-asking"));
    asking.querySelector<HTMLButtonElement>("[data-word=calendar-cancel]")?.click();
    expect(acts.ask).toHaveBeenCalledWith("calendar", "calendar-cancel", "cancel_sign_in");
  });

  it("has an action for every kind, and a switch with help for every option", () => {
    const root = draw(at("calendar", "calendar-on"));
    for (const kind of ["busy", "oof", "tentative", "elsewhere", "free"]) {
      const radios = root.querySelectorAll<HTMLInputElement>(`[name=calendar-${kind}]`);
      expect([...radios].map((radio) => radio.value)).toEqual(["none", "dnd", "forward"]);
    }
    const options = ["chat_status", "change_during", "title", "no_text_when_free", "join_titles"].concat(
      ["show_start", "show_end", "show_duration", "leads", "ignore_away", "keep_on_stop"],
      ["forward_when_off", "teams_message"],
    );
    for (const option of options) {
      const control = root.querySelector<HTMLInputElement>(`#calendar-${option}`);
      expect(control?.getAttribute("aria-describedby"), option).toContain(`calendar-${option}-help`);
    }
    root.querySelector<HTMLInputElement>("[name=calendar-busy][value=forward]")?.click();
    expect(acts.set).toHaveBeenCalledWith("calendar", "calendar.busy", "forward");
  });

  it("states both risks of keeping a forward only where it is kept", () => {
    const risk = (root: HTMLElement) => root.textContent?.includes("until Offhook runs again");
    expect(risk(draw(at("calendar", "calendar-on")))).toBe(true);
    expect(risk(draw(at("calendar", "free")))).toBe(false);
  });
});
