// Ties it together: the host's news and the person's doings change the state, every change draws the page anew.
import { render } from "lit-html";
import type { Answer } from "./bindings/Answer";
import type { Command } from "./bindings/Command";
import type { FieldView } from "./bindings/FieldView";
import type { Language } from "./bindings/Language";
import type { LogLevel } from "./bindings/LogLevel";
import type { Host } from "./host";
import { windowTemplate } from "./pages/window";
import { type RulesActs, rulesDoings } from "./rules";
import { isRule, type SettingKey } from "./settings";
import {
  accept,
  asProblem,
  beginning,
  discarded,
  edit,
  type Fetched,
  hear,
  isBeside,
  isChanged,
  type KeyDraft,
  type PageName,
  pageNamed,
  pageOf,
  type State,
  saving,
  secretOf,
  sending,
} from "./state";

/** What a page can have done. */
export interface Acts extends RulesActs {
  /** Passes commands on, one after the other; `button` shows that it is at work. */
  ask(page: PageName, button: string, ...commands: Command[]): void;
  edit(page: PageName, key: SettingKey, view: FieldView, value: string): void;
  /** Changes one setting at once. A refusal comes with the next view, beside the field. */
  set(page: PageName, key: SettingKey, value: string): void;
  /** Asks for something that is shown only on request, or takes it away again. */
  fetch(page: PageName, button: string, what: Wanted): void;
  hide(what: keyof Fetched): void;
  filterLog(least: LogLevel): void;
  saveLog(page: PageName, button: string): void;
  editSecret(page: PageName, value: string): void;
  /** Saves the form, then does `more`. */
  save(page: PageName, button: string, ...more: Command[]): void;
  /** Passes a command on beside whatever is at work, to end it. */
  interrupt(page: PageName, command: Command): void;
  discard(page: PageName): void;
  copy(text: string): void;
  start(): void;
  /** Asks whether that button is really meant; `null`: it was not. */
  confirm(button: string | null): void;
  editKey(change: Partial<KeyDraft>): void;
  /** Has the person choose a key file. */
  choose(page: PageName, button: string): void;
}

/** What can be asked for: the ways in for programs and phones, the log, or a report that goes straight to the clipboard. */
export type Wanted =
  | "hook"
  | "phones"
  | "newPhones"
  | "microsip"
  | "microsipWrite"
  | "microsipOut"
  | "log"
  | "report";

const COMMANDS = {
  hook: "hook_access",
  phones: "phone_access",
  newPhones: "renew_phone_access",
  microsip: { microsip: "look" },
  microsipWrite: { microsip: "write" },
  microsipOut: { microsip: "take_out" },
  log: "log",
  report: "report",
} as const satisfies Record<Wanted, Command>;

/** How long a start may take before the page says that it failed, in milliseconds. */
const START_LIMIT = 20_000;

/** Stands for the report in `State.copied`; the text itself is not kept. */
export const REPORT = "report";

export async function run(host: Host, root: HTMLElement, guess: Language): Promise<State> {
  const state = beginning(guess, pageNamed(location.hash.slice(1)));
  let step: string | null = null;
  const draw = () => {
    document.documentElement.lang = state.language;
    render(windowTemplate(state, acts), root);
    rules.freshen();
    // A new step of the first run is a new page: readers and keyboards begin at its heading.
    const before = step;
    step = pageOf(state) === "first-run" ? (state.pages?.first_run?.step ?? null) : null;
    if (before === null || before === step) return;
    const main = root.querySelector("main");
    if (main) main.scrollTop = 0;
    root.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  };

  const passOn = (page: PageName, button: string, commands: Command[]) =>
    work(page, button, async () => {
      for (const command of commands) {
        if (typeof command === "object" && "apply" in command) sending(state.form[page]);
        await host.ask(command);
        accept(state, page, command);
      }
    });

  /** One after the other, so that none of two quick changes is lost. */
  let changes = Promise.resolve();
  const change = async (page: PageName, key: SettingKey, value: string) => {
    const form = state.form[page];
    try {
      await host.ask({ apply: { [key]: value } });
      // Unless something else was typed meanwhile.
      if (form.draft[key] === value) form.settled.add(key);
      if (isRule(key)) await rules.load();
    } catch (refusal) {
      const problem = asProblem(refusal);
      // A switch stands where it is; what was typed stays, for mending, beside the reason.
      if (value === "true" || value === "false") delete form.draft[key];
      if (!isBeside(problem)) state.problem[page] = problem;
    }
    draw();
  };

  const take = async (page: PageName, what: Wanted, answer: Answer) => {
    if (typeof answer !== "object") return;
    if (what === "hook" && "hook_access" in answer) state.fetched.hook = answer.hook_access;
    if ("microsip" in answer) state.fetched.microsip = answer.microsip;
    if ("phone_access" in answer) state.fetched.phones = answer.phone_access;
    if (what === "log" && "log" in answer) Object.assign(state.fetched, { log: answer.log, saved: "no" });
    if (what === "report" && "text" in answer) {
      const done = await copyText(answer.text.join("\n"));
      state.copied = done ? REPORT : null;
      if (!done) state.problem[page] = { code: "clipboard", sentence: "", mend: "" };
    }
  };

  const work = async (page: PageName, button: string, act: () => Promise<void>) => {
    if (state.busy[page] !== null) return;
    state.busy[page] = button;
    state.problem[page] = null;
    draw();
    try {
      await act();
    } catch (problem) {
      state.problem[page] = asProblem(problem);
    }
    state.busy[page] = null;
    draw();
  };

  const rules = rulesDoings(host, state, draw);
  const acts: Acts = {
    ...rules,
    ask: (page, button, ...commands) => void passOn(page, button, commands),
    edit(page, key, view, value) {
      edit(state.form[page], key, view, value);
      draw();
    },
    set(page, key, value) {
      state.form[page].draft[key] = value;
      state.form[page].settled.delete(key);
      state.problem[page] = null;
      draw();
      changes = changes.then(() => change(page, key, value));
    },
    fetch: (page, button, what) =>
      void work(page, button, async () => take(page, what, await host.ask(COMMANDS[what]))),
    hide(what) {
      if (what === "hook" || what === "phones" || what === "microsip" || what === "log")
        state.fetched[what] = null;
      draw();
    },
    filterLog(least) {
      state.fetched.least = least;
      draw();
    },
    saveLog: (page, button) =>
      void work(page, button, async () => {
        const lines = state.fetched.log ?? [];
        const saved = await host.save("offhook.log", `${lines.map((line) => line.text).join("\n")}\n`);
        state.fetched.saved = saved ? "yes" : "no";
      }),
    editSecret(page, value) {
      state.form[page].secret = value;
      draw();
    },
    save(page, button, ...more) {
      const form = state.form[page];
      void passOn(page, button, [...(isChanged(form) ? saving(form, secretOf(page)) : []), ...more]);
    },
    interrupt(page, command) {
      host.ask(command).catch((problem) => {
        state.problem[page] = asProblem(problem);
        draw();
      });
    },
    discard(page) {
      state.form[page] = discarded(state.pages);
      state.problem[page] = null;
      draw();
    },
    copy(text) {
      void copyText(text).then((done) => {
        state.copied = done ? text : null;
        draw();
      });
    },
    confirm(button) {
      state.confirming = button;
      draw();
    },
    editKey(change) {
      Object.assign(state.key, change);
      draw();
    },
    choose(page, button) {
      void work(page, button, () => host.choose());
    },
    start() {
      state.starting = "yes";
      draw();
      const fail = () => {
        if (state.starting !== "yes" || state.told === "pages") return;
        state.starting = "failed";
        draw();
      };
      host.start().then(() => setTimeout(fail, START_LIMIT), fail);
    },
  };

  addEventListener("hashchange", () => {
    state.chosen = pageNamed(location.hash.slice(1)) ?? state.chosen;
    state.confirming = null;
    draw();
    // Another page begins at its top; what was seen of the one before says nothing about this one.
    const main = root.querySelector("main");
    if (main) main.scrollTop = 0;
  });
  draw();
  await host.listen((told) => {
    hear(state, told);
    if (told.told === "show" || told.told === "dropped") location.hash = pageOf(state);
    draw();
  });
  return state;
}

/** Web engines differ in who may write to the clipboard; the older way works where the newer is refused. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "off-screen";
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
}
