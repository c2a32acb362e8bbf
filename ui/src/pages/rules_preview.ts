// The preview: an imagined situation, and what the rules would do in it. It follows every choice at once.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Choice } from "../bindings/Choice";
import type { RulesPage } from "../bindings/RulesPage";
import type { Wished } from "../bindings/Wished";
import { understood, written } from "../clock";
import { whenTyped } from "../controls";
import { dayAfter, type Imagined } from "../imagined";
import { mark, type Part, type Room } from "../parts";
import { shape } from "../shapes";
import type { WordKey } from "../words";
import { appointmentLine, imaginedAppointments } from "./appointments";

export function previewTemplate(room: Room, view: RulesPage): TemplateResult {
  const { word, state } = room;
  const { imagined } = state.rules;
  return html`<section class="card imagine" aria-labelledby="imagine">
    <h2 id="imagine">${word("rules-preview")}</h2>
    <p class="quiet">${word("rules-preview-help")}</p>
    <div class="fields">
      ${pick(room, "teams", "rules-preview-teams", [
        ["", word("rules-preview-unknown")],
        ...view.imagined_teams.map(valueAndLabel),
      ])}
      ${pick(room, "calls", "rules-preview-calls", [
        ["none", word("rules-preview-calls-none")],
        ["call", word("rules-preview-calls-one")],
        ["conference", word("rules-preview-calls-conference")],
      ])}
      ${pick(room, "dnd", "rules-preview-dnd", [
        ["", word("rules-preview-unknown")],
        ["false", word("rules-preview-off")],
        ["true", word("rules-preview-on")],
      ])}
      ${pick(room, "presence", "rules-preview-presence", [
        ["", word("rules-preview-unknown")],
        ...view.imagined_presences.map(valueAndLabel),
      ])}
      ${imaginedAppointments(room)}
      ${pick(room, "day", "rules-preview-day", days(room))} ${imagined.day === "now" ? nothing : time(room)}
    </div>
    <div class="checks">
      ${imagined.teams ? check(room, "outOfOffice", "rules-preview-out") : nothing}
      ${imagined.calls === "none" ? nothing : check(room, "onPhone", "rules-preview-on-phone")}
      ${check(room, "paused", "rules-preview-paused")}
    </div>
    ${
      imagined.appointments.length && state.pages?.calendar.need === "off"
        ? html`<p class="line">${mark("info", "quiet", word("rules-note"))}<span>${word("rules-preview-calendar-off")}</span></p>`
        : nothing
    }
    <div class="wishes" role="status">
      <h3>${word("rules-preview-result")}</h3>
      <ul class="lines bare">${state.rules.wishes.map((wish) => wishLine(room, wish))}</ul>
    </div>
  </section>`;
}

/** What the next real appointments will do by these rules. */
export function comingTemplate(room: Room): Part {
  const { word, state } = room;
  const calendar = state.pages?.calendar;
  if (!calendar) return nothing;
  return html`<section class="card" aria-labelledby="coming">
    <h2 id="coming">${word("calendar-next")}</h2>
    ${
      calendar.need === "off"
        ? html`<p class="quiet">${word("rules-coming-off")}</p>`
        : calendar.next.length
          ? html`<ul class="lines appointments">${calendar.next.map((line) => appointmentLine(room, line))}</ul>`
          : html`<p class="quiet">${word("calendar-next-none")}</p>`
    }
    <p><a href="#calendar">${word("rules-coming-more")}</a></p>
  </section>`;
}

function valueAndLabel({ value, label }: Choice): [string, string] {
  return [value, label];
}

type Picked = "teams" | "calls" | "dnd" | "presence" | "day";

function pick({ word, state, acts }: Room, what: Picked, label: WordKey, choices: [string, string][]) {
  const id = `imagine-${what}`;
  const change = (event: Event) =>
    acts.imagine({ [what]: (event.target as HTMLSelectElement).value } as Partial<Imagined>);
  return html`<div class="field">
    <label for=${id}>${word(label)}</label>
    <select id=${id} @change=${change}>
      ${choices.map(
        ([value, name]) =>
          html`<option value=${value} .selected=${live(value === state.rules.imagined[what])}>${name}</option>`,
      )}
    </select>
  </div>`;
}

/** Now, and the next seven days by their names. */
function days({ word, state }: Room): [string, string][] {
  const today = new Date();
  const name = new Intl.DateTimeFormat(state.language, { weekday: "long" });
  const named: [string, string][] = [2, 3, 4, 5, 6].map((days) => [
    String(days),
    name.format(dayAfter(today, days)),
  ]);
  return [
    ["now", word("rules-preview-now")],
    ["0", word("rules-preview-today")],
    ["1", word("rules-preview-tomorrow")],
    ...named,
  ];
}

function time({ word, state, acts }: Room): TemplateResult {
  const { imagined, timeRefused } = state.rules;
  const twelve = state.pages?.twelve_hours ?? false;
  const on = whenTyped(
    () => {},
    (time) => acts.imagine({ time }),
  );
  return html`<div class="field short">
    <label for="imagine-time">${word("rules-preview-time")}</label>
    <input
      id="imagine-time"
      type="text"
      autocomplete="off"
      .value=${live(timeRefused ? imagined.time : written(understood(imagined.time) ?? imagined.time, twelve))}
      aria-invalid=${timeRefused ? "true" : nothing}
      aria-describedby=${timeRefused ? "imagine-time-notes" : nothing}
      @input=${on.input}
      @change=${on.change}
      @keydown=${on.keydown}
    />
    ${
      timeRefused
        ? html`<div class="notes" id="imagine-time-notes">
            <p class="refused">${shape("bad", "bad")}<span>${word("rules-preview-time-refused", { example: written("14:30", twelve) })}</span></p>
          </div>`
        : nothing
    }
  </div>`;
}

function check({ word, state, acts }: Room, what: "outOfOffice" | "onPhone" | "paused", label: WordKey) {
  return html`<label class="choice">
    <input
      id="imagine-${what}"
      type="checkbox"
      .checked=${live(state.rules.imagined[what])}
      @change=${(event: Event) =>
        acts.imagine({ [what]: (event.target as HTMLInputElement).checked } as Partial<Imagined>)}
    />
    <span>${word(label)}</span>
  </label>`;
}

function wishLine({ word }: Room, wish: Wished): Part {
  return html`<li data-field=${wish.field} class=${wish.cause ? nothing : "quiet"}>
    ${
      wish.not_done
        ? mark("no", "warn", word("rules-preview-not-done"))
        : mark(wish.cause ? "tick" : "no", "quiet", word("rules-preview-wish"))
    }
    <span>${wish.sentence}</span>
  </li>`;
}
