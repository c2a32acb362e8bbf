// What the window itself remembers: the last view, and what the person has typed but not saved.
import type { Command } from "./bindings/Command";
import type { Draft } from "./bindings/Draft";
import type { FieldView } from "./bindings/FieldView";
import type { HookAccess } from "./bindings/HookAccess";
import type { KeyOffer } from "./bindings/KeyOffer";
import type { Language } from "./bindings/Language";
import type { LogLevel } from "./bindings/LogLevel";
import type { LogLine } from "./bindings/LogLine";
import type { MicrosipView } from "./bindings/MicrosipView";
import type { Pages } from "./bindings/Pages";
import type { PhoneAccess } from "./bindings/PhoneAccess";
import type { Problem } from "./bindings/Problem";
import type { SecretName } from "./bindings/SecretName";
import type { Told } from "./host";
import { emptyRules, type RulesState } from "./rules";
import { FORM_KEYS, fieldOf, isRule, type SettingKey } from "./settings";

export const PAGES = [
  "now",
  "account",
  "phone",
  "sources",
  "rules",
  "calendar",
  "startup",
  "diagnostics",
] as const;
/** The first run fills the window by itself, so it is none of the pages one goes to. */
export type PageName = (typeof PAGES)[number] | "first-run";
const EVERY: readonly PageName[] = [...PAGES, "first-run"];

/** Those that stand together as "Settings". */
export const SETTINGS_PAGES = PAGES.slice(1);

/** What the person has typed into a form. */
export interface Form {
  /** Dotted key of `settings.toml` → new value. */
  draft: Partial<Record<SettingKey, string>>;
  /** A password on its way; never part of a view. */
  secret: string;
  /** Settings edited since they were refused: the reason beside them speaks of an entry that is no more. */
  edited: SettingKey[];
  /** Entries that were accepted one by one; each goes away with the next view, which shows it as saved. */
  settled: Set<SettingKey>;
  /** The draft was accepted; it goes away with the next view, which shows it as saved. */
  accepted: boolean;
}

/** What the person has typed of a key, and chosen beside an offer. */
export interface KeyDraft {
  name: string;
  key: string;
  /** `null`: as suggested. */
  microsoft: boolean | null;
}

export function emptyKeyDraft(): KeyDraft {
  return { name: "", key: "", microsoft: null };
}

/** The pages on which a key file has its place. */
export const KEY_PAGES: readonly PageName[] = ["phone", "first-run"];

export interface State {
  told: "nothing" | "pages" | "gone";
  /** The last view; kept while the resident program is away, for its language. */
  pages: Pages | null;
  language: Language;
  /** More about why there is no resident program. */
  goneSentence: string | null;
  starting: "no" | "yes" | "failed";
  /** `null` until the person or the resident program has chosen one. */
  chosen: PageName | null;
  form: Record<PageName, Form>;
  /** The button that is at work, per page. */
  busy: Record<PageName, string | null>;
  /** What the last command of a page failed with. */
  problem: Record<PageName, Problem | null>;
  /** What was copied last. */
  copied: string | null;
  /** Answers that are shown only since they were asked for. */
  fetched: Fetched;
  key: KeyDraft;
  rules: RulesState;
  /** The button whose consequences the person is asked to confirm. */
  confirming: string | null;
  /** A file is being held over the window. */
  dragging: boolean;
}

export interface Fetched {
  hook: HookAccess | null;
  phones: PhoneAccess | null;
  microsip: MicrosipView | null;
  log: LogLine[] | null;
  /** Of the log: lines of less weight are not shown. */
  least: LogLevel;
  /** Where the log was saved, or that it was not. */
  saved: "no" | "yes" | "failed";
}

export function emptyForm(): Form {
  return { draft: {}, secret: "", edited: [], settled: new Set(), accepted: false };
}

export function beginning(language: Language, chosen: PageName | null): State {
  return {
    told: "nothing",
    pages: null,
    language,
    goneSentence: null,
    starting: "no",
    chosen,
    form: everyPage(emptyForm),
    busy: everyPage(() => null),
    problem: everyPage(() => null),
    copied: null,
    key: emptyKeyDraft(),
    rules: emptyRules(),
    confirming: null,
    dragging: false,
    fetched: { hook: null, phones: null, microsip: null, log: null, least: "info", saved: "no" },
  };
}

function everyPage<T>(make: () => T): Record<PageName, T> {
  return Object.fromEntries(EVERY.map((page) => [page, make()])) as Record<PageName, T>;
}

/** The page that is shown: the first run as long as it is open and nobody chose another. */
export function pageOf({ chosen, pages }: State): PageName {
  const open = pages?.first_run !== null && pages !== null;
  if (chosen === "first-run" || chosen === null) return open ? "first-run" : "now";
  return chosen;
}

export function pageNamed(name: string | null): PageName | null {
  if (name === "settings") return "account";
  return EVERY.find((page) => page === name) ?? null;
}

export function hear(state: State, told: Told): void {
  switch (told.told) {
    case "pages":
      state.told = "pages";
      state.key = keyDraftFor(state.key, state.pages?.phone.key, told.pages.phone.key);
      state.pages = told.pages;
      state.language = told.pages.language;
      state.starting = "no";
      for (const page of EVERY) {
        const form = state.form[page];
        if (form.accepted) state.form[page] = { ...emptyForm(), secret: form.secret };
        for (const key of form.settled) {
          // These go with the table that shows them.
          if (isRule(key)) continue;
          delete form.draft[key];
          form.settled.delete(key);
        }
      }
      return;
    case "gone":
      state.told = "gone";
      state.rules.asked = null;
      state.goneSentence = told.sentence;
      return;
    case "show":
      state.chosen = pageNamed(told.page) ?? state.chosen;
      return;
    case "dragging":
      state.dragging = told.over;
      return;
    case "dropped":
      state.dragging = false;
      if (!KEY_PAGES.includes(pageOf(state))) state.chosen = "phone";
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
  // What was accepted before is no longer what stands there.
  form.settled.delete(key);
  if (view.refused && !form.edited.includes(key)) form.edited.push(key);
  if (value === view.value) delete form.draft[key];
  else form.draft[key] = value;
}

/** Why the entry that is shown was refused: nothing once it has been changed. */
export function refusedNow(form: Form, key: SettingKey, view: FieldView): string | null {
  return form.edited.includes(key) ? null : view.refused;
}

/** Back to the settings in force; what was refused of the draft is gone with it. */
export function discarded(pages: Pages | null): Form {
  const refused = pages ? FORM_KEYS.filter((key) => fieldOf(pages, key).refused) : [];
  return { ...emptyForm(), edited: refused };
}

/** A form's settings are on their way: what is refused from now on is refused anew. */
export function sending(form: Form): void {
  form.edited = [];
}

export function isChanged(form: Form): boolean {
  return !form.accepted && (Object.keys(form.draft).length > 0 || form.secret !== "");
}

/** Whose password a page asks for. */
export function secretOf(page: PageName): SecretName {
  if (page === "calendar") return "calendar";
  if (page === "sources") return "sip";
  return page === "startup" ? "proxy" : "phone";
}

/** The commands that save a form. The password goes last: it belongs to the settings that came before it. */
export function saving(form: Form, secret: SecretName = "phone"): Command[] {
  const commands: Command[] = [];
  if (Object.keys(form.draft).length > 0) commands.push({ apply: { ...(form.draft as Draft) } });
  if (form.secret !== "") commands.push({ secret_set: { secret, value: form.secret } });
  return commands;
}

/** What went wrong, also where it is no refusal of the resident program's. */
export function asProblem(problem: unknown): Problem {
  if (typeof problem === "object" && problem !== null && "sentence" in problem) return problem as Problem;
  return { code: "window", sentence: String(problem), mend: "" };
}

/** Refusals that the next view shows beside their field. */
const BESIDE = new Set(["entry-not-possible", "entry-unlike", "settings-value", "locked"]);

export function isBeside({ code }: Problem): boolean {
  return BESIDE.has(code);
}

/** A command was accepted: what it carried is no draft any more as soon as a view shows it. */
export function accept(state: State, page: PageName, command: Command): void {
  const form = state.form[page];
  if (typeof command !== "object") return;
  if ("secret_set" in command) form.secret = "";
  if ("secret_remove" in command) state.confirming = null;
  if ("apply" in command) {
    form.accepted = true;
    dropShown(state, page);
  }
}

function dropShown({ pages, form }: State, page: PageName): void {
  if (!pages) return;
  const { draft } = form[page];
  for (const key of Object.keys(draft) as SettingKey[]) {
    if (fieldOf(pages, key).value === draft[key]) delete draft[key];
  }
}

/** What was typed and chosen belongs to one offer; it goes when that has been agreed to. */
function keyDraftFor(draft: KeyDraft, before: KeyOffer | undefined, after: KeyOffer): KeyDraft {
  if (after.state === "accepted" && before?.state !== "accepted") return emptyKeyDraft();
  const number = (offer: KeyOffer | undefined) => (offer?.state === "offered" ? offer.key.number : null);
  return number(before) === number(after) ? draft : { ...draft, microsoft: null };
}
