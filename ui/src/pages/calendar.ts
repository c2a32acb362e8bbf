// "Calendar": what appointments do with the phone, and what the next ones will do.
import { html, nothing, type TemplateResult } from "lit-html";
import type { AppointmentLine } from "../bindings/AppointmentLine";
import type { CalendarPage } from "../bindings/CalendarPage";
import { choiceField, lineField, switchField } from "../controls";
import { certificateField, passwordField, testOf } from "../own_sign_in";
import { button, copyable, failure, mark, type Part, problemBox, type Room } from "../parts";
import { fieldOf, type SettingKey } from "../settings";
import { shape } from "../shapes";
import { shown } from "../state";
import type { WordKey } from "../words";
import { appointmentLine } from "./appointments";
import { lightLine } from "./now";

const KINDS: [SettingKey, WordKey][] = [
  ["calendar.busy", "calendar-busy"],
  ["calendar.oof", "calendar-oof"],
  ["calendar.tentative", "calendar-tentative"],
  ["calendar.elsewhere", "calendar-elsewhere"],
  ["calendar.free", "calendar-free"],
];

const SOURCES: [string, WordKey][] = [
  ["graph", "calendar-source-graph"],
  ["ews", "calendar-source-ews"],
  ["ics", "calendar-source-ics"],
];

const ACTIONS: [string, WordKey][] = [
  ["none", "calendar-action-none"],
  ["dnd", "calendar-action-dnd"],
  ["forward", "calendar-action-forward"],
];

type Option = [SettingKey, WordKey, WordKey];

const CHAT: Option[] = [
  ["calendar.chat_status", "calendar-chat-status", "calendar-chat-status-help"],
  ["calendar.change_during", "calendar-change-during", "calendar-change-during-help"],
];

const TEXT: Option[] = [
  ["calendar.title", "calendar-text-title", "calendar-text-title-help"],
  ["calendar.no_text_when_free", "calendar-no-text-when-free", "calendar-no-text-when-free-help"],
  ["calendar.join_titles", "calendar-join-titles", "calendar-join-titles-help"],
  ["calendar.show_start", "calendar-show-start", "calendar-show-help"],
  ["calendar.show_end", "calendar-show-end", "calendar-show-help"],
  ["calendar.show_duration", "calendar-show-duration", "calendar-show-help"],
  ["calendar.teams_message", "calendar-teams-message", "calendar-teams-message-help"],
];

const HANDLING: Option[] = [
  ["calendar.leads", "calendar-leads", "calendar-leads-help"],
  ["calendar.ignore_away", "calendar-ignore-away", "calendar-ignore-away-help"],
  ["calendar.keep_on_stop", "calendar-keep-on-stop", "calendar-keep-on-stop-help"],
];

const KEYWORDS: [string, string, WordKey][] = [
  ["(Ruhe)", "(DND)", "calendar-keyword-dnd"],
  ["(Keine Ruhe)", "(No DND)", "calendar-keyword-no-dnd"],
  ["(Anrufe weiterleiten)", "(Call forwarding)", "calendar-keyword-forward"],
  ["(Keine Anrufe weiterleiten)", "(No call forwarding)", "calendar-keyword-no-forward"],
  ["(Keine Aktion)", "(No action)", "calendar-keyword-none"],
];

export function calendarTemplate(room: Room, view: CalendarPage): TemplateResult {
  const { word } = room;
  return html`
    <h1 tabindex="-1">${word("calendar-title")}</h1>
    ${failure(room, "calendar")}
    <section class="card" aria-labelledby="calendar-use">
      <h2 id="calendar-use">${word("calendar-use")}</h2>
      ${switchField(room, "calendar", "calendar.enabled", {
        label: word("calendar-enabled"),
        help: word("calendar-enabled-help"),
      })}
      ${source(room, view)} ${need(room, view)}
      ${view.light ? html`<ul class="lines lights">${lightLine(room, { name: null, light: view.light })}</ul>` : nothing}
    </section>
    ${view.need === "off" ? nothing : next(room, view)}
    <section class="card" aria-labelledby="calendar-actions">
      <h2 id="calendar-actions">${word("calendar-actions")}</h2>
      <p class="quiet">${word("calendar-actions-help")}</p>
      ${KINDS.map(([key, label]) => choiceField(room, "calendar", key, label, ACTIONS))}
      ${abilities(view)} ${forwarding(room, view)}
    </section>
    <section class="card" aria-labelledby="calendar-chat">
      <h2 id="calendar-chat">${word("calendar-chat")}</h2>
      ${CHAT.map((option) => optionSwitch(room, option))} ${TEXT.map((option) => optionSwitch(room, option))}
      ${HANDLING.map((option) => optionSwitch(room, option))}
    </section>
    ${keywords(room)}
  `;
}

/** Where the calendar is read from, and its own sign-in where it has one. */
function source(room: Room, view: CalendarPage): Part {
  const { state } = room;
  if (!state.pages || view.need === "off") return nothing;
  const chosen = now(room, "calendar.source");
  return html`
    ${choiceField(room, "calendar", "calendar.source", "calendar-source", SOURCES, "calendar-source-help")}
    ${chosen === "ews" ? exchange(room, view) : chosen === "ics" ? icsPlace(room, view) : nothing}
  `;
}

function now({ state }: Room, key: SettingKey): string {
  return state.pages ? shown(state.form.calendar, key, fieldOf(state.pages, key)) : "";
}

function exchange(room: Room, view: CalendarPage): TemplateResult {
  return html`
    ${lineField(room, "calendar", "calendar.address", { label: "calendar-address", help: "calendar-address-help" })}
    <div class="row even">
      ${lineField(room, "calendar", "calendar.user", { label: "calendar-user", help: "calendar-user-help" })}
      ${password(room, view)}
    </div>
    ${certificate(room)} ${test(room, view)}
  `;
}

/** A file needs no sign-in; an address may. */
function icsPlace(room: Room, view: CalendarPage): TemplateResult {
  const asked = now(room, "calendar.ics").includes("://");
  return html`
    ${lineField(room, "calendar", "calendar.ics", { label: "calendar-ics", help: "calendar-ics-help" })}
    ${
      asked
        ? html`<div class="row even">
              ${lineField(room, "calendar", "calendar.ics_user", { label: "calendar-ics-user", help: "calendar-ics-user-help" })}
              ${now(room, "calendar.ics_user") ? password(room, view) : nothing}
            </div>
            ${certificate(room)}`
        : nothing
    }
    ${test(room, view)}
  `;
}

function password(room: Room, view: CalendarPage): TemplateResult {
  return passwordField(room, "calendar", "calendar-password", {
    label: "calendar-password",
    note: view.password_stored ? "calendar-password-stored" : "calendar-password-missing",
  });
}

function certificate(room: Room): Part {
  return certificateField(room, "calendar", "calendar.tls", {
    label: "calendar-tls",
    help: "calendar-tls-help",
  });
}

function test(room: Room, { test }: CalendarPage): TemplateResult {
  return testOf(room, "calendar", test, {
    ask: "test_calendar",
    plain: "calendar-test",
    saving: "calendar-save-test",
    running: "calendar-testing",
  });
}

function optionSwitch(room: Room, [key, label, help]: Option): Part {
  return switchField(room, "calendar", key, { label: room.word(label), help: room.word(help) });
}

/** What is missing before appointments can do anything. */
function need(room: Room, view: CalendarPage): Part {
  const { word, acts } = room;
  switch (view.need) {
    case "off":
    case "nothing":
      return nothing;
    case "sign-in":
      return html`<p><a class="button" href="#account">${word("calendar-sign-in")}</a></p>`;
    case "consent":
      return html`
        ${
          view.asking
            ? html`<p class="working" role="status">
                  <span class="spinner" aria-hidden="true"></span><strong>${word("calendar-asking")}</strong>
                </p>
                <div class="buttons">
                  ${button(room, "calendar", "calendar-cancel", () =>
                    acts.ask("calendar", "calendar-cancel", "cancel_sign_in"),
                  )}
                </div>`
            : html`<p>${word("calendar-consent-help")}</p>
                <div class="buttons">
                  ${button(
                    room,
                    "calendar",
                    "calendar-ask",
                    () => acts.ask("calendar", "calendar-ask", "ask_calendar"),
                    { kind: "primary" },
                  )}
                </div>`
        }
        ${view.problem ? problemBox(word("failed"), view.problem) : nothing}
        ${
          view.admin_text
            ? html`<details>
                <summary>${word("calendar-admin")}</summary>
                <p class="quiet">${word("calendar-admin-help")}</p>
                ${copyable(room, view.admin_text, "text")}
              </details>`
            : nothing
        }
      `;
  }
}

function next(room: Room, { next }: CalendarPage): TemplateResult {
  const { word } = room;
  return html`<section class="card" aria-labelledby="calendar-next">
    <h2 id="calendar-next">${word("calendar-next")}</h2>
    ${
      next.length
        ? html`<ul class="lines appointments">${next.map((line) => appointment(room, line))}</ul>`
        : html`<p class="quiet">${word("calendar-next-none")}</p>`
    }
    <p class="quiet small">${word("calendar-next-help")}</p>
  </section>`;
}

function appointment(room: Room, line: AppointmentLine): TemplateResult {
  const { word, acts, state } = room;
  const skip = () =>
    acts.ask("calendar", `skip ${line.id}`, { skip_appointment: { id: line.id, skip: !line.skipped } });
  const blocked = state.busy.calendar !== null;
  const leave = word(line.skipped ? "calendar-take-in" : "calendar-skip");
  const leaveOut = html`<button
    type="button"
    class="link"
    aria-disabled=${blocked ? "true" : nothing}
    aria-label="${leave}: ${line.title}"
    @click=${blocked ? nothing : skip}
  >
    <span>${leave}</span>
  </button>`;
  return appointmentLine(room, line, line.can_skip ? leaveOut : nothing);
}

function abilities({ notes }: CalendarPage): Part {
  return html`${notes.map((note) => html`<p class="line">${shape("info", "quiet")}<span>${note}</span></p>`)}`;
}

/** Only where some kind of appointment, or a keyword, can forward at all. */
function forwarding(room: Room, view: CalendarPage): Part {
  const { state, word } = room;
  if (!state.pages) return nothing;
  const kept = fieldOf(state.pages, "calendar.forward_when_off");
  const on = shown(state.form.calendar, "calendar.forward_when_off", kept) === "true";
  return html`
    ${
      view.asks_target
        ? lineField(room, "calendar", "calendar.forward_to", {
            label: "calendar-forward-to",
            help: "calendar-forward-to-help",
          })
        : nothing
    }
    ${
      view.asks_internal
        ? switchField(room, "calendar", "calendar.forward_internal", {
            label: word("calendar-forward-internal"),
            help: word("calendar-forward-internal-help"),
          })
        : nothing
    }
    ${switchField(room, "calendar", "calendar.forward_when_off", {
      label: word("calendar-forward-when-off"),
      help: word("calendar-forward-when-off-help"),
    })}
    ${on ? html`<p class="line">${mark("bad", "warn", word("calendar-risk"))}<span>${word("calendar-forward-when-off-risk")}</span></p>` : nothing}
  `;
}

function keywords({ word }: Room): TemplateResult {
  return html`<section class="card" aria-labelledby="calendar-keywords">
    <h2 id="calendar-keywords">${word("calendar-keywords")}</h2>
    <p class="quiet">${word("calendar-keywords-help")}</p>
    <ul class="plain">
      ${KEYWORDS.map(
        ([german, english, meaning]) =>
          html`<li><code>${german}</code> · <code>${english}</code><span class="under">${word(meaning)}</span></li>`,
      )}
    </ul>
    <p class="quiet">${word("calendar-order")}</p>
  </section>`;
}
