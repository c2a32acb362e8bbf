// "Now": the one state, large, and the reasons.
import { html, nothing, type TemplateResult } from "lit-html";
import type { AppointmentLine } from "../bindings/AppointmentLine";
import type { CallLine } from "../bindings/CallLine";
import type { FieldLine } from "../bindings/FieldLine";
import type { Light } from "../bindings/Light";
import type { NowPage } from "../bindings/NowPage";
import type { Owner } from "../bindings/Owner";
import type { Pause } from "../bindings/Pause";
import type { Question } from "../bindings/Question";
import { button, failure, mark, moment, type Part, problemBox, type Room } from "../parts";
import { type Shape, shape, stateShape } from "../shapes";
import type { WordKey } from "../words";

const PAUSES: [WordKey, Pause][] = [
  ["now-pause-15", { minutes: 15 }],
  ["now-pause-60", { minutes: 60 }],
  ["now-pause-tomorrow", "tomorrow"],
  ["now-pause-resumed", "until_resumed"],
];

export function nowTemplate(room: Room, view: NowPage): TemplateResult {
  const { word } = room;
  return html`
    <div class="hero" role="status">
      ${stateShape(view.waiting ? "waiting" : view.state)}
      <div>
        <h1 tabindex="-1">${view.title}</h1>
        ${view.why ? html`<p>${view.why}</p>` : nothing}
      </div>
    </div>
    ${undo(room, view)}
    ${view.paused === null ? nothing : paused(room, view.paused)}
    ${view.attention ? problemBox(word("now-attention"), view.attention) : nothing}
    ${failure(room, "now")}
    ${question(room, view.question)} ${signedOut(room, view)}
    ${view.paused === null && isAtWork(view) ? pauses(room) : nothing}
    <section aria-labelledby="fields">
      <h2 id="fields">${word("now-phone")}</h2>
      ${
        view.fields.length
          ? html`<ul class="lines settings">${view.fields.map((line) => fieldLine(room, line))}</ul>`
          : html`<p class="quiet">${word("now-phone-none")}</p>`
      }
    </section>
    <div class="pair">
      <section aria-labelledby="teams">
        <h2 id="teams">${word("now-teams")}</h2>
        ${
          view.teams
            ? html`<p class="line">${shape(view.teams.colour, toneOf[view.teams.colour])}<span>${view.teams.text}</span></p>
                ${view.teams.ours.map((line) => html`<p class="quiet small">${line}</p>`)}`
            : html`<p class="quiet">${word("now-teams-none")}</p>`
        }
      </section>
      <section aria-labelledby="calls">
        <h2 id="calls">${word("now-calls")}</h2>
        ${
          view.calls.length
            ? html`<ul class="lines">${view.calls.map((call) => callLine(call))}</ul>`
            : html`<p class="quiet">${word("now-calls-none")}</p>`
        }
      </section>
    </div>
    ${appointments(room)} ${reasons(room, view)}
    <section aria-labelledby="lights">
      <h2 id="lights">${word("now-lights")}</h2>
      ${
        view.lights.length
          ? html`<ul class="lines lights">${view.lights.map((light) => lightLine(room, light))}</ul>`
          : html`<p class="quiet">${word("now-lights-none")}</p>`
      }
    </section>
  `;
}

/** There is something that a pause would stop. */
function isAtWork({ state, waiting }: NowPage): boolean {
  return !waiting && state !== "signed-out";
}

/** The one thing to do then. */
function signedOut({ word }: Room, { state, waiting }: NowPage): Part {
  if (waiting || state !== "signed-out") return nothing;
  return html`<p><a class="button primary" href="#account">${word("now-sign-in")}</a></p>`;
}

/** What can be taken back of the state, on the state itself. */
function undo(room: Room, { put_back, can_set_again }: NowPage): Part {
  const { acts, state, word } = room;
  if (put_back === null && !can_set_again) return nothing;
  const again = button(room, "now", "now-put-back-set-again", () =>
    acts.ask("now", "now-put-back-set-again", "set_again"),
  );
  const blocked = state.busy.now !== null;
  return html`<div class="undo">
    ${
      put_back
        ? html`<button
              type="button"
              data-word="now-put-back"
              aria-disabled=${blocked ? "true" : nothing}
              aria-describedby="put-back-help"
              @click=${() => acts.ask("now", "now-put-back", "put_back")}
            >
              ${
                state.busy.now === "now-put-back"
                  ? html`<span class="spinner" aria-hidden="true"></span>`
                  : shape("undo")
              }<span>${put_back.label}</span>${
                state.busy.now === "now-put-back"
                  ? html`<span class="off-screen" role="status">${word("working")}</span>`
                  : nothing
              }
            </button>
            <p class="quiet small" id="put-back-help">${put_back.help}</p>`
        : nothing
    }
    ${can_set_again ? again : nothing}
  </div>`;
}

/** Two names that may be two people (R24): asked once, and the answer is kept. */
function question(room: Room, question: Question | null): Part {
  const { word, acts } = room;
  if (question === null) return nothing;
  return html`<section class="box ask" aria-labelledby="question">
    ${shape("unknown", "warn")}
    <div>
      <h2 id="question">${word("now-question")}</h2>
      <p>${word("now-question-help")}</p>
      <dl class="codes">
        <dt>${word("now-question-microsoft")}</dt>
        <dd>${question.microsoft}</dd>
        <dt>${word("now-question-phone")}</dt>
        <dd>${question.phone}</dd>
      </dl>
      <div class="buttons">
        ${button(room, "now", "now-question-yes", () => acts.ask("now", "now-question-yes", "one_person"), {
          kind: "primary",
        })}
        <a class="button" href="#phone">${word("now-question-no")}</a>
      </div>
    </div>
  </section>`;
}

const ownerMark: Record<Owner, { look: Shape; tone: "ok" | "quiet"; key: WordKey }> = {
  offhook: { look: "phone", tone: "ok", key: "owner-offhook" },
  person: { look: "account", tone: "quiet", key: "owner-person" },
  unknown: { look: "unknown", tone: "quiet", key: "owner-unknown" },
};

function fieldLine({ word }: Room, line: FieldLine): TemplateResult {
  const owner = line.owner === null ? null : ownerMark[line.owner];
  return html`<li>
    ${owner ? mark(owner.look, owner.tone, word(owner.key)) : mark("neutral", "quiet", word("owner-none"))}
    <span>
      <span class="setting"><span>${line.name}</span> <strong class=${line.set ? "set" : "rest"}>${line.value}</strong></span>
      ${line.text ? html`<span class="under quiet small">${line.text}</span>` : nothing}
    </span>
  </li>`;
}

const toneOf = { neutral: "quiet", red: "bad", yellow: "warn" } as const;

function reasons({ word }: Room, { reasons }: NowPage): Part {
  if (reasons.length === 0) return nothing;
  return html`<section aria-labelledby="reasons">
    <h2 id="reasons">${word("now-reasons")}</h2>
    <ul class="plain">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>
  </section>`;
}

/** So many of the next appointments stand here; the calendar's page has more. */
const APPOINTMENTS = 3;

/** The next appointments and what they will do; without a calendar nothing. */
function appointments({ word, state }: Room): Part {
  const next = state.pages?.calendar.next ?? [];
  if (next.length === 0) return nothing;
  const line = ({ time, title, action, running, skipped }: AppointmentLine) => html`<li data-appointment>
    ${shape("calendar", running ? "warn" : "quiet")}
    <span class="setting"><span>${time} · ${title}</span> <strong class=${skipped ? "rest" : "set"}>${action}</strong></span>
  </li>`;
  return html`<section aria-labelledby="appointments">
    <h2 id="appointments">${word("now-appointments")}</h2>
    <ul class="lines settings">${next.slice(0, APPOINTMENTS).map(line)}</ul>
    <p class="small more"><a href="#calendar">${word("now-appointments-more")}</a></p>
  </section>`;
}

/** `until` is a time of day, or empty for a pause that only the person ends. */
function paused(room: Room, until: string): TemplateResult {
  const resume = () => room.acts.ask("now", "now-resume", "resume");
  return html`<div class="box">
    ${shape("pause", "quiet")}
    <div class="spread">
      <p>${until ? room.word("now-paused-until", { time: until }) : room.word("now-paused")}</p>
      ${button(room, "now", "now-resume", resume, { kind: "primary" })}
    </div>
  </div>`;
}

function pauses(room: Room): TemplateResult {
  const { word, acts } = room;
  return html`<section class="pause" aria-labelledby="pause">
    <h2 id="pause">${word("now-pause")}</h2>
    <div class="buttons" role="group" aria-labelledby="pause" aria-describedby="pause-help">
      ${PAUSES.map(([key, length]) => button(room, "now", key, () => acts.ask("now", key, { pause: length })))}
    </div>
    <p class="quiet small" id="pause-help">${word("now-pause-help")}</p>
  </section>`;
}

function callLine(call: CallLine): TemplateResult {
  const tone = call.state === "connected" || call.state === "conference" ? "bad" : "quiet";
  return html`<li>
    ${shape(call.state, tone)}
    <span>${call.text} <span class="quiet">${call.source}</span></span>
  </li>`;
}

interface ShownLight {
  name: string | null;
  light: Light;
  last?: string | null;
}

/** A connection: named where it stands among others. */
export function lightLine({ word, state }: Room, { name, light, last }: ShownLight) {
  const since = state.pages ? moment(light.since, state.pages) : "";
  return html`<li>
    ${light.ok ? mark("ok", "ok", word("light-ok")) : mark("bad", "bad", word("light-bad"))}
    <span>
      ${name === null ? light.text : html`<strong>${name}</strong>`}
      ${since ? html`<span class="quiet">${word("since", { time: since })}</span>` : nothing}
      ${name === null ? nothing : html`<span class="under">${light.text}</span>`}
      ${last ? html`<span class="under quiet small">${last}</span>` : nothing}
    </span>
  </li>`;
}
