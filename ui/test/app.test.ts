import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../src/app";
import type { Command } from "../src/bindings/Command";
import { type FakeState, fakePages } from "../src/fakes";
import type { Host, Told } from "../src/host";
import { pageOf } from "../src/state";
import words from "../words.toml";

function stage(fake: FakeState) {
  const asked: Command[] = [];
  let answer: (command: Command) => Promise<void> = async () => {};
  let hear: (told: Told) => void = () => {};
  const host: Host = {
    async listen(listener) {
      hear = listener;
      hear({ told: "pages", pages: fakePages(fake, "en", words.en) });
    },
    ask(command) {
      asked.push(command);
      return answer(command);
    },
    start: async () => {},
    choose: async () => {},
  };
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  return {
    host,
    root,
    asked,
    tell: (told: Told) => hear(told),
    answers: (next: typeof answer) => {
      answer = next;
    },
    type(id: string, value: string) {
      const input = root.querySelector<HTMLInputElement>(`#${id}`);
      if (!input) throw new Error(`There is no #${id}.`);
      input.value = value;
      input.dispatchEvent(new Event("input"));
    },
    press(word: string) {
      const button = root.querySelector<HTMLButtonElement>(`[data-word=${word}]`);
      if (!button) throw new Error(`There is no button ${word}.`);
      button.click();
    },
  };
}

afterEach(() => {
  location.hash = "";
});

describe("saving", () => {
  it("applies the draft, then stores the password, and forgets both", async () => {
    location.hash = "#phone";
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    page.type("phone-host", "other.example.com");
    page.type("phone-password", "secret");
    page.press("save");
    await vi.waitFor(() => expect(state.busy.phone).toBeNull());
    // A submit button submits its form; jsdom does so as well.
    expect(page.asked).toEqual([
      { apply: { "phone.host": "other.example.com" } },
      { secret_set: { secret: "phone", value: "secret" } },
    ]);
    expect(state.form.phone.secret).toBe("");
    const saved = fakePages("free", "en", words.en);
    saved.phone.host.value = "other.example.com";
    page.tell({ told: "pages", pages: saved });
    expect(state.form.phone.draft).toEqual({});
    expect(page.root.querySelector<HTMLInputElement>("#phone-host")?.value).toBe("other.example.com");
    expect(page.root.querySelector(".actions")).toBeNull();
  });

  it("keeps what was typed when it is refused, and says why", async () => {
    location.hash = "#phone";
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    page.answers(async () => {
      throw { code: "settings-invalid", sentence: "A host name cannot contain a space.", mend: "" };
    });
    page.type("phone-host", "pbx example");
    page.press("save");
    await vi.waitFor(() => expect(state.problem.phone).not.toBeNull());
    expect(page.root.querySelector("[role=alert]")?.textContent).toContain("cannot contain a space");
    expect(page.root.querySelector<HTMLInputElement>("#phone-host")?.value).toBe("pbx example");
  });

  it("a view that comes meanwhile does not take away what is being typed", async () => {
    location.hash = "#phone";
    const page = stage("free");
    await run(page.host, page.root, "en");
    page.type("phone-host", "oth");
    page.tell({ told: "pages", pages: fakePages("in-call", "en", words.en) });
    expect(page.root.querySelector<HTMLInputElement>("#phone-host")?.value).toBe("oth");
  });

  it("does not test what could not be saved", async () => {
    location.hash = "#phone";
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    page.answers(async () => {
      throw { code: "x", sentence: "No.", mend: "" };
    });
    page.type("phone-host", "x");
    page.press("phone-save-test");
    await vi.waitFor(() => expect(state.problem.phone).not.toBeNull());
    expect(page.asked).toHaveLength(1);
  });
});

describe("the window", () => {
  it("goes to the page that it is told to show", async () => {
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    page.tell({ told: "show", page: "account" });
    expect(pageOf(state)).toBe("account");
    expect(page.root.querySelector("h1")?.textContent).toBe("Microsoft account");
    page.tell({ told: "show", page: "no-such-page" });
    expect(pageOf(state)).toBe("account");
  });

  it("goes on by itself when the resident program comes back", async () => {
    const page = stage("free");
    await run(page.host, page.root, "en");
    page.tell({ told: "gone", sentence: "Another version." });
    expect(page.root.textContent).toContain("Another version.");
    page.tell({ told: "pages", pages: fakePages("busy", "en", words.en) });
    expect(page.root.querySelector("h1")?.textContent).toBe("Busy");
  });

  it("has words for a program that keeps silent", async () => {
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    page.answers(async () => {
      throw { code: "no-answer", sentence: "", mend: "" };
    });
    page.press("now-pause-15");
    await vi.waitFor(() => expect(state.problem.now).not.toBeNull());
    expect(page.root.querySelector("[role=alert]")?.textContent).toContain("did not answer");
  });
});
