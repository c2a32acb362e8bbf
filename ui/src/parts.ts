// The pieces that the pages are made of.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Acts } from "./app";
import type { FieldView } from "./bindings/FieldView";
import type { Pages } from "./bindings/Pages";
import type { Problem } from "./bindings/Problem";
import { opens } from "./opens";
import { fieldOf, type SettingKey } from "./settings";
import { type Shape, shape } from "./shapes";
import { isBeside, type PageName, refusedNow, type State, shown } from "./state";
import type { Word, WordKey } from "./words";

export type Part = TemplateResult | typeof nothing;

/** What every page's template is given. */
export interface Room {
  state: State;
  word: Word;
  acts: Acts;
}

/** A problem with what to do about it. `announce`: it has just happened, so readers hear it at once. */
export function problemBox(title: string, problem: Problem, announce = false): TemplateResult {
  return html`<div class="box warn" role=${announce ? "alert" : nothing} data-code=${problem.code}>
    ${shape("bad", "bad")}
    <div>
      <strong>${title}</strong>
      <p>${problem.sentence}</p>
      ${problem.mend ? html`<p>${problem.mend}</p>` : nothing}
    </div>
  </div>`;
}

/** What the last command of a page failed with. */
export function failure({ state, word }: Room, page: PageName): Part {
  const problem = state.problem[page];
  if (!problem) return nothing;
  if (isBeside(problem))
    return problemBox(word("failed"), { ...problem, sentence: word("refused-beside") }, true);
  // The window has no words of its own for a program that keeps silent.
  const said = problem.sentence ? problem : { ...problem, sentence: word("no-answer") };
  return problemBox(word("failed"), said, true);
}

interface ButtonLook {
  kind?: "primary" | "link" | "plain";
  type?: "button" | "submit";
}

/** A button that shows when its command is at work. It stays focusable then, so that focus is not lost. */
export function button(
  { state, word }: Room,
  page: PageName,
  key: WordKey,
  press: (() => void) | null,
  { kind = "plain", type = "button" }: ButtonLook = {},
): TemplateResult {
  const working = state.busy[page] === key;
  const blocked = state.busy[page] !== null;
  return html`<button
    type=${type}
    class=${kind}
    aria-disabled=${blocked ? "true" : nothing}
    data-word=${key}
    @click=${blocked || !press ? nothing : press}
  >
    ${working ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}<span>${word(key)}</span>${
      working ? html`<span class="off-screen" role="status">${word("working")}</span>` : nothing
    }
  </button>`;
}

/** What can't be taken back is asked for twice, in its place. `press` is done once the person means it. */
export function confirmed(
  room: Room,
  page: PageName,
  words: { ask: WordKey; question: WordKey; yes: WordKey; no: WordKey },
  press: () => void,
): TemplateResult {
  const { state, word, acts } = room;
  if (state.confirming !== words.ask) return button(room, page, words.ask, () => acts.confirm(words.ask));
  return html`<div class="box warn confirm" role="group" aria-labelledby="${words.ask}-question">
    ${shape("bad", "bad")}
    <div>
      <p id="${words.ask}-question" role="alert">${word(words.question)}</p>
      <div class="buttons">
        ${button(room, page, words.yes, press)} ${button(room, page, words.no, () => acts.confirm(null))}
      </div>
    </div>
  </div>`;
}

/** Something to carry elsewhere, with a button that copies it. */
export function copyable(
  { state, word, acts }: Room,
  text: string,
  look: "line" | "code" | "text",
): TemplateResult {
  const copied = state.copied === text;
  const body =
    look === "text" ? html`<pre tabindex="0">${text}</pre>` : html`<code tabindex="0">${text}</code>`;
  return html`<div class="copyable ${look}">
    ${body}
    <button type="button" @click=${() => acts.copy(text)}>
      ${shape(copied ? "ok" : "copy", copied ? "ok" : "none")}<span role="status">${word(copied ? "copied" : "copy")}</span>
    </button>
  </div>`;
}

/** One line with a shape that says how things are, in words for readers as well. */
export function mark(look: Shape, tone: "ok" | "bad" | "warn" | "quiet", meaning: string): TemplateResult {
  return html`${shape(look, tone)}<span class="off-screen">${meaning}:</span>`;
}

interface FieldLook {
  label: WordKey;
  help?: WordKey;
  numeric?: boolean;
  /** A long value that wants the full width, in even letters. */
  wide?: boolean;
}

/** A setting as the form shows it now: the reason of a refusal goes when its entry is changed. */
export function seen(state: State, page: PageName, key: SettingKey, view: FieldView): FieldView {
  return { ...view, refused: refusedNow(state.form[page], key, view) };
}

/** One setting in a line of text. */
export function textField(room: Room, page: PageName, key: SettingKey, look: FieldLook): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const kept = fieldOf(state.pages, key);
  const view = seen(state, page, key, kept);
  const id = key.replaceAll(".", "-");
  return html`<div class="field ${look.wide ? "wide" : ""} ${look.numeric ? "short" : ""}">
    <label for=${id}>${word(look.label)}</label>
    <input
      id=${id}
      type="text"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      inputmode=${look.numeric ? "numeric" : nothing}
      .value=${live(shown(state.form[page], key, view))}
      ?readonly=${view.locked}
      aria-invalid=${view.refused ? "true" : nothing}
      aria-describedby=${notesId(id, view, look.help)}
      @input=${(event: Event) => acts.edit(page, key, kept, (event.target as HTMLInputElement).value)}
    />
    ${notes(room, id, view, look.help)}
  </div>`;
}

/** Settings that few need, folded away: not while one of them is refused, for the reason stands beside its field. */
export function folded(
  { state, word }: Room,
  page: PageName,
  summary: WordKey,
  keys: SettingKey[],
  inside: unknown,
): TemplateResult {
  const { pages } = state;
  const refused = pages && keys.some((key) => refusedNow(state.form[page], key, fieldOf(pages, key)));
  return html`<details ${opens(Boolean(refused))}>
    <summary>${word(summary)}</summary>
    ${inside}
  </details>`;
}

/** Help, refusal and lock of a field: what `aria-describedby` points at. */
export function notes({ word }: Room, id: string, view: FieldView, help?: WordKey): Part {
  if (!view.refused && !view.locked && !help) return nothing;
  return html`<div class="notes" id="${id}-notes">
    ${view.refused ? html`<p class="refused">${shape("bad", "bad")}<span>${view.refused}</span></p>` : nothing}
    ${view.locked ? html`<p class="locked">${shape("lock")}<span>${word("locked")}</span></p>` : nothing}
    ${help && !view.locked ? html`<p>${word(help)}</p>` : nothing}
  </div>`;
}

export function notesId(id: string, view: FieldView, help?: WordKey): string | typeof nothing {
  return view.refused || view.locked || help ? `${id}-notes` : nothing;
}

/** A moment of a day in the person's way of writing it; the day is named when it is not `today`. */
export function moment(
  at: string,
  { language, twelve_hours }: Pick<Pages, "language" | "twelve_hours">,
  today = new Date(),
): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return "";
  const sameDay = time.toDateString() === today.toDateString();
  return new Intl.DateTimeFormat(language, {
    ...(sameDay ? {} : { day: "numeric", month: "short" }),
    hour: twelve_hours ? "numeric" : "2-digit",
    minute: "2-digit",
    // As in the sentences that come from the resident program.
    hourCycle: twelve_hours ? "h12" : "h23",
  }).format(time);
}
