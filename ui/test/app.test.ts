import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../src/app";
import type { Answer } from "../src/bindings/Answer";
import type { Command } from "../src/bindings/Command";
import { type FakeState, fakePages } from "../src/fakes";
import type { Host, Told } from "../src/host";
import { pageOf } from "../src/state";

function stage(fake: FakeState) {
  const asked: Command[] = [];
  let answer: (command: Command) => Promise<Answer> = async () => "done";
  let hear: (told: Told) => void = () => {};
  const host: Host = {
    async listen(listener) {
      hear = listener;
      hear({ told: "pages", pages: fakePages(fake, "en") });
    },
    ask(command) {
      asked.push(command);
      return answer(command);
    },
    start: async () => {},
    choose: async () => {},
    save: async () => true,
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
    const saved = fakePages("free", "en");
    saved.phone.host.value = "other.example.com";
    page.tell({ told: "pages", pages: saved });
    expect(state.form.phone.draft).toEqual({});
    expect(page.root.querySelector<HTMLInputElement>("#phone-host")?.value).toBe("other.example.com");
    expect(page.root.querySelector(".actions")).toBeNull();
  });

  it("stores the calendar's password as the calendar's, then tests it", async () => {
    location.hash = "#calendar";
    const page = stage("calendar-exchange");
    const state = await run(page.host, page.root, "en");
    page.type("calendar-password", "secret");
    page.press("calendar-save-test");
    await vi.waitFor(() => expect(state.busy.calendar).toBeNull());
    expect(page.asked).toEqual([{ secret_set: { secret: "calendar", value: "secret" } }, "test_calendar"]);
    expect(state.form.calendar.secret).toBe("");
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
    page.tell({ told: "pages", pages: fakePages("in-call", "en") });
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

describe("the first run's question", () => {
  it("does not hold up who goes on while the answer is still being kept", async () => {
    location.hash = "#first-run";
    const page = stage("fr-ready");
    await run(page.host, page.root, "en");
    page.answers(() => new Promise(() => {}));
    const yes = page.root.querySelector<HTMLInputElement>("[name=meetings][value=true]");
    yes?.click();
    await vi.waitFor(() => expect(page.asked).toEqual([{ apply: { "rules.dnd_in_meetings": "true" } }]));
    page.press("first-run-finish");
    expect(page.asked[1]).toEqual({ first_run: "finish" });
    expect(yes?.checked).toBe(true);
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
    page.tell({ told: "pages", pages: fakePages("busy", "en") });
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

describe("settings that apply at once", () => {
  it("are sent one after the other, and stay as chosen until the view shows them", async () => {
    location.hash = "#startup";
    const page = stage("free");
    const state = await run(page.host, page.root, "en");
    let let_go = () => {};
    page.answers(() => new Promise((done) => (let_go = () => done("done"))));
    const others = page.root.querySelector<HTMLInputElement>("#notify-others");
    others?.click();
    page.root.querySelector<HTMLInputElement>("#notify-phone")?.click();
    await vi.waitFor(() => expect(page.asked).toEqual([{ apply: { "notify.others": "true" } }]));
    let_go();
    await vi.waitFor(() => expect(page.asked).toHaveLength(2));
    expect(page.asked[1]).toEqual({ apply: { "notify.phone": "false" } });
    expect(others?.checked).toBe(true);
    let_go();
    await vi.waitFor(() => expect(state.form.startup.settled.size).toBe(2));
    const next = fakePages("free", "en");
    next.fields["notify.others"] = { value: "true", locked: false, refused: null };
    page.tell({ told: "pages", pages: next });
    expect(state.form.startup.draft).toEqual({});
    expect(others?.checked).toBe(true);
  });

  it("another page begins at its top", async () => {
    location.hash = "#startup";
    const page = stage("free");
    await run(page.host, page.root, "en");
    const main = page.root.querySelector("main");
    if (!main) throw new Error("no page");
    main.scrollTop = 300;
    page.tell({ told: "pages", pages: fakePages("busy", "en") });
    expect(main.scrollTop, "the same page stays where it is").toBe(300);
    location.hash = "#rules";
    await vi.waitFor(() => expect(page.root.querySelector("h1")?.textContent).toBe("Rules"));
    expect(page.root.querySelector("main")?.scrollTop).toBe(0);
  });

  it("a refusal stands beside its field and keeps what was typed", async () => {
    location.hash = "#sources";
    const page = stage("refused");
    const state = await run(page.host, page.root, "en");
    page.answers(async () => {
      throw { code: "entry-not-possible", sentence: "That entry is not possible.", mend: "" };
    });
    page.type("lines-baresip-address", "nonsense");
    page.root.querySelector("#lines-baresip-address")?.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(page.asked).toHaveLength(1));
    expect(state.problem.sources).toBeNull();
    const field = page.root.querySelector<HTMLInputElement>("#lines-baresip-address");
    expect(field?.value).toBe("nonsense");
    expect(page.root.querySelector("#lines-baresip-address-notes .refused")?.textContent).toContain(
      "not possible",
    );
  });

  it("the token of the hook is shown only when asked for, and goes again", async () => {
    location.hash = "#sources";
    const page = stage("free");
    await run(page.host, page.root, "en");
    page.answers(async (command) => {
      expect(command).toBe("hook_access");
      return {
        hook_access: {
          address: "http://127.0.0.1:1/v1/call",
          token: "secret-token",
          examples: ["offhookctl"],
        },
      };
    });
    expect(page.root.textContent).not.toContain("secret-token");
    page.press("sources-hook-show");
    await vi.waitFor(() => expect(page.root.textContent).toContain("secret-token"));
    page.press("sources-hook-hide");
    expect(page.root.textContent).not.toContain("secret-token");
  });

  it("what to enter at a desk phone is shown only when asked for, per make, and made anew", async () => {
    location.hash = "#sources";
    const page = stage("free");
    await run(page.host, page.root, "en");
    const asked: unknown[] = [];
    page.answers(async (command) => {
      asked.push(command);
      const value = `http://192.168.1.10:47311/p/token-${asked.length}?e=connected&id=$call-id`;
      const makes = [{ make: "snom", entries: [{ field: "action_connected_url", value }] }];
      return { phone_access: { address: "192.168.1.10:47311", phones: [{ name: "desk", makes }] } };
    });
    expect(page.root.querySelector("[data-make]")).toBeNull();
    page.press("phones-show");
    await vi.waitFor(() => expect(page.root.querySelector("[data-make=snom]")).not.toBeNull());
    expect(page.root.querySelector("[data-make=snom] summary")?.textContent).toBe("Snom");
    expect(page.root.textContent).toContain("/p/token-1?e=connected&id=$call-id");
    page.press("phones-new");
    await vi.waitFor(() => expect(page.root.textContent).toContain("/p/token-2"));
    expect(asked).toEqual(["phone_access", "renew_phone_access"]);
    page.press("phones-hide");
    expect(page.root.textContent).not.toContain("token-2");
  });

  it("MicroSIP's lines are shown, then written, then taken out", async () => {
    location.hash = "#sources";
    const page = stage("free");
    await run(page.host, page.root, "en");
    const asked: unknown[] = [];
    page.answers(async (command) => {
      asked.push(command);
      const written = asked.length === 2;
      const line = {
        key: "cmdCallStart",
        value: "offhookctl call answer",
        now: null,
        there: written,
        foreign: false,
      };
      return { microsip: { file: "microsip.ini", lines: [line], written, ours: written, foreign: false } };
    });
    expect(page.root.textContent).not.toContain("cmdCallStart");
    page.press("microsip-show");
    await vi.waitFor(() => expect(page.root.textContent).toContain("cmdCallStart"));
    expect(page.root.querySelector("[data-word=microsip-out]")).toBeNull();
    page.press("microsip-write");
    await vi.waitFor(() => expect(page.root.textContent).toContain("are in MicroSIP's settings."));
    page.press("microsip-out");
    await vi.waitFor(() => expect(page.root.textContent).toContain("not in MicroSIP's settings yet"));
    expect(asked).toEqual([{ microsip: "look" }, { microsip: "write" }, { microsip: "take_out" }]);
  });

  it("programs at the microphone are chosen from those that were seen", async () => {
    location.hash = "#sources";
    const page = stage("free");
    await run(page.host, page.root, "en");
    const boxes = [...page.root.querySelectorAll<HTMLInputElement>(".apps input")];
    expect(boxes.map((box) => box.checked)).toEqual([true, false]);
    expect(page.root.querySelector(".apps")?.textContent).toContain("Better not");
    boxes[1]?.click();
    await vi.waitFor(() =>
      expect(page.asked).toEqual([{ apply: { "lines.microphone.apps": "microsip.exe,ms-teams.exe" } }]),
    );
  });

  it("offers to take the last change back", async () => {
    location.hash = "#startup";
    const page = stage("changed");
    await run(page.host, page.root, "en");
    expect(page.root.querySelector(".changed")?.textContent).toContain("Changed: icon.");
    page.press("undo");
    await vi.waitFor(() => expect(page.asked).toEqual(["undo"]));
  });

  it("shows the log down to a level, with what continues a line", async () => {
    location.hash = "#diagnostics";
    const page = stage("free");
    await run(page.host, page.root, "en");
    page.answers(async () => ({
      log: [
        { level: "debug", text: "quiet" },
        { level: null, text: "quiet too" },
        { level: "warn", text: "loud" },
        { level: null, text: "loud too" },
      ],
    }));
    page.press("diagnostics-log-show");
    const shown = () => page.root.querySelector(".log")?.textContent ?? "";
    await vi.waitFor(() => expect(shown()).toContain("loud too"));
    expect(shown()).not.toContain("quiet");
    const least = page.root.querySelector<HTMLSelectElement>("#log-least");
    if (!least) throw new Error("no choice");
    least.value = "trace";
    least.dispatchEvent(new Event("change"));
    expect(shown()).toContain("quiet too");
  });
});
