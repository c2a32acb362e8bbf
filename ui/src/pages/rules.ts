// "Rules": a profile, the person's own table, and a way to try it out.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Choice } from "../bindings/Choice";
import type { RulesCompared } from "../bindings/RulesCompared";
import type { RulesPage } from "../bindings/RulesPage";
import { switchField } from "../controls";
import { button, failure, mark, notes, notesId, type Part, type Room } from "../parts";
import { fieldOf, type SettingKey } from "../settings";
import { shown } from "../state";
import { comingTemplate, previewTemplate } from "./rules_preview";
import { tableTemplate } from "./rules_table";

export function rulesTemplate(room: Room): TemplateResult {
  const { state, word } = room;
  const view = state.rules.page;
  return html`
    <h1 tabindex="-1">${word("rules-title")}</h1>
    ${failure(room, "rules")} ${view ? content(room, view) : waiting(room)}
  `;
}

function waiting(room: Room): TemplateResult {
  const { state, word, acts } = room;
  if (state.problem.rules) {
    return html`<div class="buttons">${button(room, "rules", "rules-again", () => acts.loadRules())}</div>`;
  }
  return html`<p class="working"><span class="spinner" aria-hidden="true"></span>${word("rules-loading")}</p>`;
}

function content(room: Room, view: RulesPage): TemplateResult {
  const { word, acts } = room;
  const { back } = view;
  return html`
    <div class="spread">
      <p role="status">${view.summary}</p>
      ${
        back
          ? button(room, "rules", "rules-back-all", () =>
              acts.ask("rules", "rules-back-all", { rules_back: { under: back } }),
            )
          : nothing
      }
    </div>
    ${profiles(room, view)} ${view.tables.map((table) => tableTemplate(room, table))}
    ${
      view.notes.length
        ? html`<section aria-labelledby="rules-notes">
            <h2 id="rules-notes">${word("rules-notes")}</h2>
            <ul class="plain quiet">${view.notes.map((note) => html`<li>${note}</li>`)}</ul>
          </section>`
        : nothing
    }
    ${previewTemplate(room, view)} ${comingTemplate(room)}
  `;
}

function profiles(room: Room, view: RulesPage): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const key: SettingKey = "rules.profile";
  const field = fieldOf(state.pages, key);
  const inForce = shown(state.form.rules, key, field);
  const chosen = state.rules.looking?.profile ?? inForce;
  const card = (choice: Choice) => html`<label class="choice">
    <input
      type="radio"
      name="profile"
      value=${choice.value}
      .checked=${live(choice.value === chosen)}
      ?disabled=${field.locked}
      aria-describedby="profile-${choice.value}"
      @change=${() => acts.lookAt(choice.value === inForce ? null : choice.value)}
    />
    <span><strong>${choice.label}</strong><span class="quiet" id="profile-${choice.value}">${choice.help}</span></span>
  </label>`;
  return html`<section class="card" aria-labelledby="profile-title">
    <fieldset class="choices" aria-describedby=${notesId("profile", field)}>
      <legend id="profile-title">${word("phone-profile")}</legend>
      ${notes(room, "profile", field)} ${view.profiles.map(card)}
    </fieldset>
    ${compared(room)}
    ${
      view.in_meetings
        ? switchField(room, "rules", "rules.dnd_in_meetings", {
            label: word("rules-meetings"),
            help: word("rules-meetings-help"),
          })
        : nothing
    }
  </section>`;
}

/** What another profile would change, before it does. The region stays, so that readers hear what comes. */
function compared(room: Room): TemplateResult {
  const { state, word, acts } = room;
  const { looking } = state.rules;
  const use = (profile: string) => {
    acts.set("rules", "rules.profile", profile);
    acts.lookAt(null);
    // The buttons go away.
    document.querySelector<HTMLElement>(`input[name=profile][value="${profile}"]`)?.focus();
  };
  const keep = () => {
    acts.lookAt(null);
    document.querySelector<HTMLElement>("input[name=profile]:checked")?.focus();
  };
  return html`<div class="compared" aria-live="polite">
    ${
      looking?.compared
        ? html`<h2 id="compared">${word("rules-compare")}</h2>
            ${differences(room, looking.compared)}
            <p class="quiet">${looking.compared.own}</p>
            <div class="buttons">
              ${button(room, "rules", "rules-compare-use", () => use(looking.profile), { kind: "primary" })}
              ${button(room, "rules", "rules-compare-keep", keep)}
            </div>`
        : nothing
    }
  </div>`;
}

function differences({ word }: Room, { from, to, changes }: RulesCompared): TemplateResult {
  if (changes.length === 0) {
    return html`<p class="line">${mark("info", "quiet", word("rules-note"))}<span>${word("rules-compare-nothing")}</span></p>`;
  }
  return html`<div class="scrolls" tabindex="0" role="region" aria-labelledby="compared">
    <table>
      <thead>
        <tr>
          <th scope="col">${word("rules-compare-what")}</th>
          <th scope="col">${from}</th>
          <th scope="col">${to}</th>
        </tr>
      </thead>
      <tbody>
        ${changes.map(
          (change) => html`<tr data-rule=${change.key}>
            <th scope="row">${change.row} <span class="quiet">${change.column}</span></th>
            <td>${change.from}</td>
            <td><strong>${change.to}</strong></td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
