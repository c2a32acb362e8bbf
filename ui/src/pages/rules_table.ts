// The rule table, as lines that a person can read: what matters most in the line itself, the rest behind "More".
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { RulesCell } from "../bindings/RulesCell";
import type { RulesColumn } from "../bindings/RulesColumn";
import type { RulesRow } from "../bindings/RulesRow";
import type { RulesTable } from "../bindings/RulesTable";
import { whenTyped } from "../controls";
import { opens } from "../opens";
import { mark, notes, type Part, type Room } from "../parts";
import type { SettingKey } from "../settings";
import { shape } from "../shapes";
import { shown } from "../state";

export function tableTemplate(room: Room, table: RulesTable): TemplateResult {
  const id = `rules-${table.name}`;
  const groups = grouped(table.rows);
  return html`<section class="card rules" aria-labelledby=${id} data-table=${table.name}>
    <h2 id=${id}>${table.title}</h2>
    <p class="quiet">${table.help}</p>
    ${columns(room, table)}
    ${groups.map(
      ({ name, rows }, at) => html`
        ${
          name
            ? html`<div class="group">
                <h3 id="${id}-${at}">${name}</h3>
                <span aria-hidden="true">${table.columns[0]?.label}</span>
              </div>`
            : nothing
        }
        <ul aria-labelledby=${name ? `${id}-${at}` : id}>
          ${rows.map((row) => rowTemplate(room, table, row))}
        </ul>
      `,
    )}
  </section>`;
}

/** Neighbours under one heading. */
function grouped(rows: RulesRow[]): { name: string; rows: RulesRow[] }[] {
  const groups: { name: string; rows: RulesRow[] }[] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last && last.name === row.group) last.rows.push(row);
    else groups.push({ name: row.group, rows: [row] });
  }
  return groups;
}

/** What can't be had here at all, and what the columns mean. */
function columns({ word }: Room, table: RulesTable): TemplateResult {
  return html`
    ${table.columns
      .filter((column) => column.cannot)
      .map(
        (column) => html`<p class="line cannot">
          ${mark("no", "warn", word("phone-cannot"))}<span><strong>${column.label}:</strong> ${column.cannot}</span>
        </p>`,
      )}
    <details class="meaning">
      <summary>${word("rules-columns")}<span class="off-screen">: ${table.title}</span></summary>
      <dl>${table.columns.map((column) => html`<dt>${column.label}</dt><dd>${column.help}</dd>`)}</dl>
    </details>
  `;
}

function rowTemplate(room: Room, table: RulesTable, row: RulesRow): TemplateResult {
  const [first, ...rest] = table.columns.map((column, at) => ({ column, cell: row.cells[at] }));
  // A few stand in the line; many fold away.
  const folded = table.columns.length > 2;
  const shownCells = rest.filter(({ cell }) => cell && !cell.moot);
  const fields = shownCells.flatMap(({ column, cell }) =>
    cell ? [field(room, table, column, row, cell)] : [],
  );
  const refused = shownCells.some(({ cell }) => cell?.refused);
  return html`<li class="rule" data-rule=${row.key}>
    <div class="head">
      <span class="name">${row.label} ${row.differs ? changedMark(room) : nothing}</span>
      ${first?.cell ? field(room, table, first.column, row, first.cell, folded) : nothing}
      ${folded ? nothing : fields}
    </div>
    ${folded && fields.length ? more(room, row, fields, refused) : nothing}
  </li>`;
}

function changedMark({ word }: Room): TemplateResult {
  return html`<span class="own">${word("rules-changed")}</span>`;
}

/** Folded away, but not with a reason that stands beside its field. */
function more({ word }: Room, row: RulesRow, fields: TemplateResult[], refused: boolean): TemplateResult {
  return html`<details ${opens(refused)}>
    <summary>
      <span>${word("rules-more")}<span class="off-screen"> (${row.label})</span></span>
      <span class="says">${row.summary}</span>
    </summary>
    <div class="fields">${fields}</div>
    ${row.note ? html`<p class="quiet small">${row.note}</p>` : nothing}
    ${row.word ? html`<p class="quiet small">${word("rules-word", { word: row.word })}</p>` : nothing}
  </details>`;
}

/** One cell, with everything that is to be said of it. `bare`: its heading stands elsewhere, for those who see it. */
function field(
  room: Room,
  table: RulesTable,
  column: RulesColumn,
  row: RulesRow,
  cell: RulesCell,
  bare = false,
): TemplateResult {
  const { state } = room;
  const id = cell.key.replaceAll(/[^a-zA-Z0-9]/g, "-");
  const value = shown(state.form.rules, cell.key as SettingKey, cell);
  // In a row of many the name of the row has to be said for each.
  const name = html`${column.label}<span class="off-screen">, ${table.head}: ${row.label}</span>`;
  const described = cell.refused || cell.locked || cell.cannot || cell.range ? `${id}-notes` : nothing;
  return html`<div class="field ${bare ? "bare" : ""} ${column.entry === "number" ? "short" : ""}">
    <label class=${bare ? "off-screen" : ""} for=${id}>${name}</label>
    ${
      column.entry === "choice"
        ? choice(room, column, cell, id, value, described)
        : line(room, column, cell, id, value, described)
    }
    ${under(room, id, cell)} ${back(room, column, row, cell, id)}
  </div>`;
}

type Described = string | typeof nothing;

function choice(
  { acts }: Room,
  column: RulesColumn,
  cell: RulesCell,
  id: string,
  value: string,
  described: Described,
): TemplateResult {
  const possible = column.choices.filter(({ value }) => cell.only === null || cell.only.includes(value));
  return html`<select
    id=${id}
    ?disabled=${cell.locked || cell.moot}
    aria-invalid=${cell.refused ? "true" : nothing}
    aria-describedby=${described}
    @change=${(event: Event) =>
      acts.set("rules", cell.key as SettingKey, (event.target as HTMLSelectElement).value)}
  >
    ${possible.map(
      (one) => html`<option value=${one.value} .selected=${live(one.value === value)}>${one.label}</option>`,
    )}
  </select>`;
}

function line(
  { acts }: Room,
  column: RulesColumn,
  cell: RulesCell,
  id: string,
  value: string,
  described: Described,
): TemplateResult {
  const key = cell.key as SettingKey;
  const on = whenTyped(
    (value) => acts.edit("rules", key, cell, value),
    (value) => acts.set("rules", key, value),
  );
  return html`<input
    id=${id}
    type="text"
    autocomplete="off"
    spellcheck=${column.entry === "text" ? "true" : "false"}
    inputmode=${column.entry === "number" ? "numeric" : nothing}
    placeholder=${column.entry === "text" ? cell.text : nothing}
    .value=${live(value)}
    ?readonly=${cell.locked || cell.moot}
    aria-invalid=${cell.refused ? "true" : nothing}
    aria-describedby=${described}
    @input=${on.input}
    @change=${on.change}
    @keydown=${on.keydown}
  />`;
}

/** Refusal, lock, and what the phone system can't do of it (R13). */
function under(room: Room, id: string, cell: RulesCell): Part {
  const { word } = room;
  if (!cell.cannot && !cell.range) return notes(room, id, cell);
  const range = cell.range;
  return html`<div class="notes" id="${id}-notes">
    ${notes(room, `${id}-own`, cell)}
    ${cell.cannot ? html`<p class="cannot">${shape("no", "warn")}<span>${cell.cannot}</span></p>` : nothing}
    ${range ? html`<p>${word("rules-range", { least: String(range[0]), most: String(range[1]) })}</p>` : nothing}
  </div>`;
}

/** The person's own entry goes back to what the profile says. */
function back({ word, acts }: Room, column: RulesColumn, row: RulesRow, cell: RulesCell, id: string): Part {
  if (!cell.differs || cell.locked) return nothing;
  const take = () => {
    // The button goes away with the difference.
    document.getElementById(id)?.focus();
    acts.ask("rules", "rules-back", { rules_back: { under: cell.key } });
  };
  return html`<button type="button" class="link back" data-word="rules-back" data-rule=${cell.key} @click=${take}>
    ${shape("undo")}<span
      >${word("rules-back", { value: cell.profile ?? "" })}<span class="off-screen"> (${column.label}, ${row.label})</span></span
    >
  </button>`;
}
