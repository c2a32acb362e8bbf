// "Rules": what Teams does to the phone.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Choice } from "../bindings/Choice";
import type { PhonePage } from "../bindings/PhonePage";
import { failure, notes, notesId, type Part, type Room } from "../parts";
import { fieldOf, type SettingKey } from "../settings";
import { shown } from "../state";

export function rulesTemplate(room: Room, view: PhonePage): TemplateResult {
  return html`
    <h1 tabindex="-1">${room.word("rules-title")}</h1>
    ${failure(room, "rules")}
    ${profiles(room, view.profiles)}
  `;
}

function profiles(room: Room, profiles: Choice[]): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const key: SettingKey = "rules.profile";
  const field = fieldOf(state.pages, key);
  const chosen = shown(state.form.rules, key, field);
  const card = (choice: Choice) => html`<label class="choice">
    <input
      type="radio"
      name="profile"
      value=${choice.value}
      .checked=${live(choice.value === chosen)}
      ?disabled=${field.locked}
      aria-describedby="profile-${choice.value}"
      @change=${() => acts.set("rules", key, choice.value)}
    />
    <span><strong>${choice.label}</strong><span class="quiet" id="profile-${choice.value}">${choice.help}</span></span>
  </label>`;
  return html`<fieldset class="card choices" aria-describedby=${notesId("profile", field)}>
    <legend>${word("phone-profile")}</legend>
    ${notes(room, "profile", field)} ${profiles.map(card)}
  </fieldset>`;
}
