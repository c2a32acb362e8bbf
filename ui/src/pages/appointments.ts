// Appointments as they stand in a list, and the preview's imagined ones.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { AppointmentLine } from "../bindings/AppointmentLine";
import { whenTyped } from "../controls";
import { APPOINTMENTS, KINDS, type Kind, withAppointment } from "../imagined";
import { mark, type Part, type Room } from "../parts";
import type { WordKey } from "../words";

/** What one of them will do, and why. `more` stands below it. */
export function appointmentLine({ word }: Room, line: AppointmentLine, more: Part = nothing): TemplateResult {
  const meaning = word(line.running ? "calendar-running" : "calendar-coming");
  return html`<li data-appointment>
    ${line.running ? mark("connected", "warn", meaning) : mark("neutral", "quiet", meaning)}
    <span>
      <span class="setting"><span>${line.time} · ${line.title}</span> <strong class=${line.skipped ? "rest" : "set"}>${line.action}</strong></span>
      <span class="under quiet small">${line.why}</span>
      ${more}
    </span>
  </li>`;
}

const KIND_WORDS: Record<Kind, WordKey> = {
  busy: "calendar-busy",
  oof: "calendar-oof",
  tentative: "calendar-tentative",
  workingElsewhere: "calendar-elsewhere",
  free: "calendar-free",
};

/** Those that run in the imagined situation, and the place for one more. */
export function imaginedAppointments(room: Room): TemplateResult {
  const { imagined } = room.state.rules;
  const places = Math.min(imagined.appointments.length + 1, APPOINTMENTS);
  return html`${Array.from({ length: places }, (_, at) => place(room, at))}`;
}

function place({ word, state, acts }: Room, at: number): TemplateResult {
  const { imagined } = state.rules;
  const appointment = imagined.appointments[at];
  const id = `imagine-appointment-${at}`;
  const on = whenTyped(
    () => {},
    (subject) => acts.imagine(withAppointment(imagined, at, { subject })),
  );
  const choose = (event: Event) =>
    acts.imagine(
      withAppointment(imagined, at, { kind: (event.target as HTMLSelectElement).value as Kind | "" }),
    );
  return html`<div class="field">
      <label for=${id}>${word(at === 0 ? "rules-preview-appointment" : "rules-preview-appointment-more")}</label>
      <select id=${id} @change=${choose}>
        <option value="" .selected=${live(!appointment)}>${word("rules-preview-appointment-none")}</option>
        ${KINDS.map(
          (kind) =>
            html`<option value=${kind} .selected=${live(kind === appointment?.kind)}>${word(KIND_WORDS[kind])}</option>`,
        )}
      </select>
    </div>
    ${
      appointment
        ? html`<div class="field">
            <label for="${id}-subject">${word("rules-preview-subject")}</label>
            <input
              id="${id}-subject"
              type="text"
              autocomplete="off"
              placeholder=${word("rules-preview-subject-example")}
              .value=${live(appointment.subject)}
              @input=${on.input}
              @change=${on.change}
              @keydown=${on.keydown}
            />
          </div>`
        : nothing
    }`;
}
