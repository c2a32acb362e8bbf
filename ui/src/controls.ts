// Settings that apply at once: switches, choices, lines of text. A refusal stands beside its field.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { LineChooser } from "./bindings/LineChooser";
import { understood, written } from "./clock";
import { notes, notesId, type Part, type Room } from "./parts";
import { fieldOf, type SettingKey } from "./settings";
import { type PageName, shown } from "./state";
import type { WordKey } from "./words";

interface SwitchLook {
  label: string;
  help?: string;
}

/** On or off. */
export function switchField(room: Room, page: PageName, key: SettingKey, look: SwitchLook): Part {
  const { state, acts } = room;
  if (!state.pages) return nothing;
  const view = fieldOf(state.pages, key);
  return toggle(room, key.replaceAll(".", "-"), {
    ...look,
    on: shown(state.form[page], key, view) === "true",
    locked: view.locked,
    refused: view.refused,
    set: (on) => acts.set(page, key, String(on)),
  });
}

interface ToggleLook extends SwitchLook {
  on: boolean;
  locked: boolean;
  refused: string | null;
  /** Without being the organisation's, it can't be changed from here. */
  fixed?: boolean;
  set(on: boolean): void;
}

/** The look of a switch, for what is no setting of ours, too. */
export function toggle(room: Room, id: string, look: ToggleLook): TemplateResult {
  const view = { value: "", locked: look.locked, refused: look.refused };
  const described = [look.help ? `${id}-help` : "", look.refused || look.locked ? `${id}-notes` : ""];
  return html`<div class="switch">
    <label for=${id}>
      <input
        id=${id}
        type="checkbox"
        role="switch"
        .checked=${live(look.on)}
        ?disabled=${look.locked || look.fixed === true}
        aria-invalid=${look.refused ? "true" : nothing}
        aria-describedby=${described.filter(Boolean).join(" ") || nothing}
        @change=${(event: Event) => look.set((event.target as HTMLInputElement).checked)}
      />
      <span>${look.label}</span>
    </label>
    ${look.help ? html`<p class="quiet help" id="${id}-help">${look.help}</p>` : nothing}
    ${notes(room, id, view)}
  </div>`;
}

/** One of a few, as radio buttons. */
export function choiceField(
  room: Room,
  page: PageName,
  key: SettingKey,
  label: WordKey,
  choices: [string, WordKey][],
  help?: WordKey,
): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const view = fieldOf(state.pages, key);
  const id = key.replaceAll(".", "-");
  const chosen = shown(state.form[page], key, view);
  return html`<fieldset class="choices across" aria-describedby=${notesId(id, view, help)}>
    <legend>${word(label)}</legend>
    ${choices.map(
      ([value, name]) => html`<label class="choice">
        <input
          type="radio"
          name=${id}
          value=${value}
          .checked=${live(value === chosen)}
          ?disabled=${view.locked}
          @change=${() => acts.set(page, key, value)}
        />
        <span>${word(name)}</span>
      </label>`,
    )}
    ${notes(room, id, view, help)}
  </fieldset>`;
}

interface LineLook {
  label: WordKey;
  help?: WordKey;
  short?: boolean;
  /** A time of day, written as the person does. */
  time?: boolean;
}

/**
 * The ways in which what was typed is taken up: the person leaves the field, or presses Enter, which not every web engine
 * counts as a change. Nothing is taken up twice.
 */
export function whenTyped(typed: (value: string) => void, take: (value: string) => void) {
  const field = (event: Event) => event.target as HTMLInputElement;
  const takeOnce = (event: Event) => {
    const { dataset, value } = field(event);
    if (dataset["taken"] === value) return;
    dataset["taken"] = value;
    take(value);
  };
  return {
    input(event: Event) {
      delete field(event).dataset["taken"];
      typed(field(event).value);
    },
    change: takeOnce,
    keydown(event: KeyboardEvent) {
      if (event.key === "Enter") takeOnce(event);
    },
  };
}

/** A line that is taken up when the person leaves it or presses Enter. */
export function lineField(room: Room, page: PageName, key: SettingKey, look: LineLook): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const view = fieldOf(state.pages, key);
  const id = key.replaceAll(".", "-");
  const on = whenTyped(
    (value) => acts.edit(page, key, view, value),
    (value) => {
      const meant = look.time ? (understood(value) ?? value) : value;
      // Another way of writing what holds already is no change.
      if (look.time && meant === view.value) acts.edit(page, key, view, meant);
      else acts.set(page, key, meant);
    },
  );
  const drafted = !view.locked && state.form[page].draft[key] !== undefined;
  const value = shown(state.form[page], key, view);
  return html`<div class="field ${look.short ? "short" : ""}">
    <label for=${id}>${word(look.label)}</label>
    <input
      id=${id}
      type="text"
      autocomplete="off"
      spellcheck="false"
      .value=${live(look.time && !drafted ? written(value, state.pages.twelve_hours) : value)}
      ?readonly=${view.locked}
      aria-invalid=${view.refused ? "true" : nothing}
      aria-describedby=${notesId(id, view, look.help)}
      @input=${on.input}
      @change=${on.change}
      @keydown=${on.keydown}
    />
    ${notes(room, id, view, look.help)}
  </div>`;
}

/** Which of the telephone lines there are. One that was chosen and is gone can still be taken away. */
export function linesField(room: Room, page: PageName, chooser: LineChooser): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const key = chooser.key as SettingKey;
  const view = fieldOf(state.pages, key);
  const id = key.replaceAll(".", "-");
  const chosen = shown(state.form[page], key, view).split(",").filter(Boolean);
  const there = chooser.lines.map((line) => line.id);
  const gone = chosen.filter((line) => !there.includes(line));
  const rows = [
    ...chooser.lines.map((line) => ({
      id: line.id,
      name: line.name,
      note: word("sources-line-number", { driver: line.driver || "TAPI", number: line.id }),
    })),
    ...gone.map((line) => ({
      id: line,
      name: word("sources-line-gone", { number: line }),
      note: "",
    })),
  ];
  const set = (line: string, on: boolean) => {
    const others = chosen.filter((other) => other !== line);
    acts.set(page, key, (on ? [...others, line] : others).join(","));
  };
  return html`<fieldset class="choices" aria-describedby=${notesId(id, view, "sources-lines-help")}>
    <legend>${word("sources-lines")}</legend>
    ${rows.map(
      (row) => html`<label class="choice">
        <input
          type="checkbox"
          name=${id}
          value=${row.id}
          .checked=${live(chosen.includes(row.id))}
          ?disabled=${view.locked}
          @change=${(event: Event) => set(row.id, (event.target as HTMLInputElement).checked)}
        />
        <span>${row.name} ${row.note ? html`<span class="quiet">${row.note}</span>` : nothing}</span>
      </label>`,
    )}
    ${rows.length ? nothing : html`<p class="quiet">${word("sources-lines-none")}</p>`}
    ${notes(room, id, view, "sources-lines-help")}
  </fieldset>`;
}
