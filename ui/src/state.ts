// What the window itself remembers: the last view, and what the person has typed but not saved.
import type { Command } from "./bindings/Command";
import type { FieldView } from "./bindings/FieldView";
import type { Language } from "./bindings/Language";
import type { Pages } from "./bindings/Pages";
import type { Problem } from "./bindings/Problem";
import type { Told } from "./host";
import { fieldOf, SETTING_KEYS, type SettingKey } from "./settings";

export const PAGES = ["now", "account", "phone"] as const;
export type PageName = (typeof PAGES)[number];

/** What the person has typed into a form. */
export interface Form {
  /** Dotted key of `settings.toml` → new value. */
  draft: Partial<Record<SettingKey, string>>;
  /** A password on its way; never part of a view. */
  secret: string;
  /** The draft was accepted; it goes away with the next view, which shows it as saved. */
  accepted: boolean;
}

export interface State {
  told: "nothing" | "pages" | "gone";
  /** The last view; kept while the resident program is away, for its language. */
  pages: Pages | null;
  language: Language;
  /** More about why there is no resident program. */
  goneSentence: string | null;
  starting: "no" | "yes" | "failed";
  page: PageName;
  form: Record<PageName, Form>;
  /** The button that is at work, per page. */
  busy: Record<PageName, string | null>;
  /** What the last command of a page failed with. */
  problem: Record<PageName, Problem | null>;
  /** What was copied last. */
  copied: string | null;
}

export function emptyForm(): Form {
  return { draft: {}, secret: "", accepted: false };
}

export function beginning(language: Language, page: PageName): State {
  return {
    told: "nothing",
    pages: null,
    language,
    goneSentence: null,
    starting: "no",
    page,
    form: { now: emptyForm(), account: emptyForm(), phone: emptyForm() },
    busy: { now: null, account: null, phone: null },
    problem: { now: null, account: null, phone: null },
    copied: null,
  };
}

export function pageNamed(name: string | null): PageName | null {
  return PAGES.find((page) => page === name) ?? null;
}

export function hear(state: State, told: Told): void {
  switch (told.told) {
    case "pages":
      state.told = "pages";
      state.pages = told.pages;
      state.language = told.pages.language;
      state.starting = "no";
      for (const page of PAGES)
        if (state.form[page].accepted) state.form[page] = { ...emptyForm(), secret: state.form[page].secret };
      return;
    case "gone":
      state.told = "gone";
      state.goneSentence = told.sentence;
      return;
    case "show":
      state.page = pageNamed(told.page) ?? state.page;
      return;
  }
}

/** What a field shows: the person's unsaved entry, else the setting in force. */
export function shown(form: Form, key: SettingKey, view: FieldView): string {
  return view.locked ? view.value : (form.draft[key] ?? view.value);
}

/** Takes up an entry; one that is back at the setting in force is no change. */
export function edit(form: Form, key: SettingKey, view: FieldView, value: string): void {
  form.accepted = false;
  if (value === view.value && !view.refused) delete form.draft[key];
  else form.draft[key] = value;
}

export function isChanged(form: Form): boolean {
  return !form.accepted && (Object.keys(form.draft).length > 0 || form.secret !== "");
}

/** The commands that save a form. The password goes last: it belongs to the settings that came before it. */
export function saving(form: Form): Command[] {
  const commands: Command[] = [];
  if (Object.keys(form.draft).length > 0) commands.push({ apply: { ...form.draft } });
  if (form.secret !== "") commands.push({ secret_set: { secret: "phone", value: form.secret } });
  return commands;
}

/** A command was accepted: what it carried is no draft any more as soon as a view shows it. */
export function accept(state: State, page: PageName, command: Command): void {
  const form = state.form[page];
  if (typeof command !== "object") return;
  if ("secret_set" in command) form.secret = "";
  if ("apply" in command) {
    form.accepted = true;
    dropShown(state, page);
  }
}

function dropShown({ pages, form }: State, page: PageName): void {
  if (!pages) return;
  const { draft } = form[page];
  for (const key of SETTING_KEYS) if (fieldOf(pages, key).value === draft[key]) delete draft[key];
}
