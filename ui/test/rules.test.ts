import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../src/app";
import type { Answer } from "../src/bindings/Answer";
import type { Command } from "../src/bindings/Command";
import { type FakeState, fakePages } from "../src/fakes";
import { fakeRulesAnswer } from "../src/fakes/rules";
import type { Host, Told } from "../src/host";
import { firstImagined, situationOf, withAppointment } from "../src/imagined";

const english = (en: string) => en;

/** The rules page with a resident program that answers as the fake does, unless a test says otherwise. */
async function stage(fake: FakeState) {
  location.hash = "#rules";
  const asked: Command[] = [];
  let hear: (told: Told) => void = () => {};
  let now = fake;
  let answer: (command: Command) => Promise<Answer> = async (command) =>
    fakeRulesAnswer(command, now, english) ?? "done";
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
  const state = await run(host, root, "en");
  const element = <T extends HTMLElement>(css: string) => {
    const found = root.querySelector<T>(css);
    if (!found) throw new Error(`There is no ${css}.`);
    return found;
  };
  return {
    state,
    root,
    asked,
    element,
    /** What was asked for last of that kind. */
    last: (kind: string) => asked.filter((command) => typeof command === "object" && kind in command).at(-1),
    become(next: FakeState) {
      now = next;
      hear({ told: "pages", pages: fakePages(next, "en") });
    },
    answers(next: (command: Command) => Promise<Answer> | null) {
      const before = answer;
      answer = (command) => next(command) ?? before(command);
    },
    enter(css: string, value: string) {
      const field = element<HTMLInputElement | HTMLSelectElement>(css);
      field.value = value;
      field.dispatchEvent(new Event("input"));
      field.dispatchEvent(new Event("change"));
    },
  };
}

afterEach(() => {
  location.hash = "";
});

describe("the rule table", () => {
  it("is asked for when its page is shown, and again when it would show something else", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-dnd"));
    const shows = () =>
      page.asked.filter((command) => typeof command === "object" && "rules_show" in command);
    expect(shows()).toHaveLength(1);
    page.become("free");
    expect(shows()).toHaveLength(1);
    page.become("rules-changed");
    await vi.waitFor(() => page.element("[data-rule='rules.states.Busy'] .own"));
    expect(shows()).toHaveLength(2);
  });

  it("says that it could not be had, and tries again", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-dnd"));
    page.state.rules.page = null;
    page.answers((command) =>
      typeof command === "object" && "rules_show" in command
        ? Promise.reject({ code: "no-answer", sentence: "", mend: "" })
        : null,
    );
    page.become("rules-changed");
    await vi.waitFor(() => page.element("[data-word=rules-again]"));
    page.answers((command) =>
      typeof command === "object" && "rules_show" in command
        ? Promise.resolve(fakeRulesAnswer(command, "free", english) ?? "done")
        : null,
    );
    page.element("[data-word=rules-again]").click();
    await vi.waitFor(() => page.element("#rules-states-Busy-dnd"));
  });

  it("takes a value at once and shows it until the table that has it is there", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-dnd"));
    let let_go = () => {};
    page.answers((command) =>
      typeof command === "object" && "rules_show" in command
        ? new Promise((done) => {
            let_go = () => done(fakeRulesAnswer(command, "rules-changed", english) ?? "done");
          })
        : null,
    );
    page.enter("#rules-states-Busy-dnd", "on");
    await vi.waitFor(() => expect(page.last("rules_show")).not.toBe(page.asked[0]));
    expect(page.last("apply")).toEqual({ apply: { "rules.states.Busy.dnd": "on" } });
    // A view without the table comes in between.
    page.become("free");
    expect(page.element<HTMLSelectElement>("#rules-states-Busy-dnd").value).toBe("on");
    let_go();
    await vi.waitFor(() => page.element("[data-rule='rules.states.Busy'] .own"));
    expect(page.state.form.rules.draft).toEqual({});
    expect(page.element<HTMLSelectElement>("#rules-states-Busy-dnd").value).toBe("on");
  });

  it("a refusal stands beside its cell, and what was typed stays", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-forward"));
    page.answers((command) =>
      typeof command === "object" && "apply" in command
        ? Promise.reject({ code: "entry-not-possible", sentence: "Not possible.", mend: "" })
        : null,
    );
    page.enter("#rules-states-Busy-forward", "call me!");
    await vi.waitFor(() => expect(page.last("apply")).toBeDefined());
    page.become("rules-refused");
    await vi.waitFor(() => page.element("#rules-states-Busy-forward-notes .refused"));
    const field = page.element<HTMLInputElement>("#rules-states-Busy-forward");
    expect(field.value).toBe("call me!");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(page.state.problem.rules).toBeNull();
  });

  it("takes what was typed at Enter, and not once more when the field is left", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-forward"));
    const field = page.element<HTMLInputElement>("#rules-states-Busy-forward");
    const applied = () => page.asked.filter((command) => typeof command === "object" && "apply" in command);
    field.value = "4711";
    field.dispatchEvent(new Event("input"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "1" }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    field.dispatchEvent(new Event("change"));
    await vi.waitFor(() => expect(applied()).toEqual([{ apply: { "rules.states.Busy.forward": "4711" } }]));
    // The same once more is meant.
    page.enter("#rules-states-Busy-forward", "4711");
    await vi.waitFor(() => expect(applied()).toHaveLength(2));
  });

  it("does not take away what is typed while an entry before it is being kept", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("#rules-states-Busy-forward"));
    let let_go = () => {};
    page.answers((command) =>
      typeof command === "object" && "apply" in command
        ? new Promise((done) => {
            let_go = () => done("done");
          })
        : null,
    );
    page.enter("#rules-states-Busy-forward", "4711");
    await vi.waitFor(() => expect(page.last("apply")).toBeDefined());
    const field = page.element<HTMLInputElement>("#rules-states-Busy-forward");
    field.value = "48";
    field.dispatchEvent(new Event("input"));
    let_go();
    page.become("rules-changed");
    await vi.waitFor(() => page.element("[data-rule='rules.states.Busy'] .own"));
    expect(field.value).toBe("48");
  });

  it("gives each own entry a way back, and all of them together", async () => {
    const page = await stage("rules-changed");
    await vi.waitFor(() => page.element("[data-rule='rules.states.Busy'] .own"));
    const back = page.element("button[data-rule='rules.states.Busy.dnd']");
    expect(back.textContent).toContain("Back to: left alone");
    back.click();
    expect(document.activeElement?.id).toBe("rules-states-Busy-dnd");
    await vi.waitFor(() => expect(page.state.busy.rules).toBeNull());
    expect(page.last("rules_back")).toEqual({ rules_back: { under: "rules.states.Busy.dnd" } });
    page.element("[data-word=rules-back-all]").click();
    await vi.waitFor(() => expect(page.last("rules_back")).toEqual({ rules_back: { under: "rules" } }));
  });

  it("offers only what a cell can hold, and nothing where there is nothing to choose", async () => {
    const page = await stage("locked");
    await vi.waitFor(() => page.element("#rules-states-Offline-dnd"));
    const offered = page.root.querySelectorAll<HTMLOptionElement>("#rules-states-Offline-dnd option");
    expect([...offered].map((option) => option.value)).toEqual(["off", "leave"]);
    expect(page.root.querySelector("#rules-states-Offline-forward")).toBeNull();
    expect(page.element<HTMLSelectElement>("#rules-states-DoNotDisturb-dnd").disabled).toBe(true);
    expect(page.element("#rules-states-DoNotDisturb-dnd-notes").textContent).toContain("organisation");
  });

  it("says beside the rule what the phone system can't do", async () => {
    const page = await stage("rules-cannot");
    await vi.waitFor(() => page.element("p.cannot"));
    expect(page.element("p.cannot").textContent).toContain("Presence on the phone system");
    expect(page.element("#rules-states-Focusing-presence-notes").textContent).toContain("Left out");
  });
});

describe("another profile", () => {
  it("is compared before it is chosen, and left alone when the person says so", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element("input[name=profile]"));
    const radio = (name: string) => page.element<HTMLInputElement>(`input[name=profile][value=${name}]`);
    radio("starface-9").click();
    await vi.waitFor(() => page.element(".compared tr[data-rule='rules.states.InAMeeting.dnd']"));
    expect(page.last("rules_compare")).toEqual({ rules_compare: { from: null, to: "starface-9" } });
    page.element("[data-word=rules-compare-keep]").click();
    expect(page.root.querySelector(".compared table")).toBeNull();
    expect(radio("recommended").checked).toBe(true);
    expect(page.last("apply")).toBeUndefined();

    radio("procall").click();
    await vi.waitFor(() => expect(page.element(".compared").textContent).toContain("Nothing would change."));
    page.element("[data-word=rules-compare-use]").click();
    await vi.waitFor(() => expect(page.last("apply")).toEqual({ apply: { "rules.profile": "procall" } }));
    expect(page.root.querySelector(".compared p")).toBeNull();
  });
});

describe("an imagined situation", () => {
  it("is tried out with every choice, and shows wishes and what is not done", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element(".wishes li"));
    page.enter("#imagine-teams", "Busy/DoNotDisturb");
    await vi.waitFor(() => expect(page.element(".wishes [data-field=dnd]").textContent).toContain(": on"));
    page.element("#imagine-paused").click();
    await vi.waitFor(() =>
      expect(page.element(".wishes [data-field=dnd]").textContent).toContain("while you pause"),
    );
    page.enter("#imagine-day", "1");
    await vi.waitFor(() => page.element("#imagine-time"));
    const before = page.asked.length;
    page.enter("#imagine-time", "25:00");
    expect(page.element("#imagine-time-notes").textContent).toContain("14:30");
    expect(page.asked).toHaveLength(before);
  });

  it("has appointments that run at once, each with a subject of its own", async () => {
    const page = await stage("free");
    await vi.waitFor(() => page.element(".wishes li"));
    expect(page.root.querySelector("#imagine-appointment-1, #imagine-appointment-0-subject")).toBeNull();
    page.enter("#imagine-appointment-0", "busy");
    await vi.waitFor(() => page.element("#imagine-appointment-1"));
    page.enter("#imagine-appointment-1", "free");
    await vi.waitFor(() => page.element("#imagine-appointment-1-subject"));
    page.enter("#imagine-appointment-1-subject", " Lunch: two (DND) ");
    await vi.waitFor(() =>
      expect(page.last("rules_preview")).toMatchObject({
        rules_preview: { appointments: ["busy:", "free:Lunch: two (DND)"] },
      }),
    );
    // The calendar is switched off here, which the page says beside what it would do.
    expect(page.element(".imagine").textContent).toContain("switched off on the page");
    page.enter("#imagine-appointment-0", "");
    await vi.waitFor(() =>
      expect(page.last("rules_preview")).toMatchObject({
        rules_preview: { appointments: ["free:Lunch: two (DND)"] },
      }),
    );
    expect(page.element<HTMLSelectElement>("#imagine-appointment-0").value).toBe("free");
  });

  it("has room for three appointments, and no more", () => {
    let imagined = firstImagined();
    for (const at of [0, 1, 2]) imagined = { ...imagined, ...withAppointment(imagined, at, { kind: "oof" }) };
    expect(situationOf(imagined)?.appointments).toEqual(["oof:", "oof:", "oof:"]);
  });

  it("stands beside the next real appointments and what they will do", async () => {
    const page = await stage("rules-changed");
    await vi.waitFor(() => page.element("section[aria-labelledby=coming] [data-appointment]"));
    const lines = [...page.root.querySelectorAll("section[aria-labelledby=coming] [data-appointment]")];
    expect(lines).toHaveLength(3);
    expect(lines[0]?.textContent).toContain("do not disturb");
    page.become("free");
    await vi.waitFor(() =>
      expect(page.element("section[aria-labelledby=coming]").textContent).toContain(
        "the next ones stand here",
      ),
    );
  });

  it.each([
    ["now", "10:00", null],
    ["0", "9:05", "2026-12-30T09:05"],
    ["0", "9:05 pm", "2026-12-30T21:05"],
    ["2", " 23.59 ", "2027-01-01T23:59"],
  ])("%s at %s is %s", (day, time, at) => {
    const today = new Date(2026, 11, 30, 12);
    expect(situationOf({ ...firstImagined(), day, time }, today)?.at).toBe(at);
  });

  it.each(["24:00", "12:60", "noon", ""])("%s is no time", (time) => {
    expect(situationOf({ ...firstImagined(), day: "0", time })).toBeNull();
  });

  it("tells nothing of what is not known", () => {
    const unknown = situationOf({ ...firstImagined(), teams: "", outOfOffice: true, onPhone: true });
    expect(unknown).toMatchObject({
      availability: null,
      activity: null,
      out_of_office: false,
      calls: 0,
      calls_on_phone: false,
      phone_dnd: null,
      phone_presence: null,
    });
  });
});
