// "Now": the one state, large, and the reasons.
import { html, nothing, type TemplateResult } from "lit-html";
import type { CallLine } from "../bindings/CallLine";
import type { Light } from "../bindings/Light";
import type { NowPage } from "../bindings/NowPage";
import type { Pause } from "../bindings/Pause";
import { button, failure, mark, moment, type Part, problemBox, type Room } from "../parts";
import { shape, stateShape } from "../shapes";
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
      ${stateShape(view.state)}
      <div>
        <h1 tabindex="-1">${view.title}</h1>
        ${view.why ? html`<p>${view.why}</p>` : nothing}
      </div>
    </div>
    ${view.attention ? problemBox(word("now-attention"), view.attention) : nothing}
    ${failure(room, "now")}
    ${view.paused === null ? nothing : paused(room, view.paused)}
    ${reasons(room, view)}
    <div class="pair">
      <section aria-labelledby="teams">
        <h2 id="teams">${word("now-teams")}</h2>
        ${
          view.teams
            ? html`<p class="line">${shape(view.teams.colour, toneOf[view.teams.colour])}<span>${view.teams.text}</span></p>`
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
    <section aria-labelledby="lights">
      <h2 id="lights">${word("now-lights")}</h2>
      ${
        view.lights.length
          ? html`<ul class="lines lights">${view.lights.map((light) => lightLine(room, light))}</ul>`
          : html`<p class="quiet">${word("now-lights-none")}</p>`
      }
    </section>
    ${view.paused === null ? pauses(room) : nothing}
  `;
}

const toneOf = { neutral: "quiet", red: "bad", yellow: "warn" } as const;

/** The first reason stands above, as the reason for the state; without any other there is no list. */
function reasons({ word }: Room, { reasons, why }: NowPage): Part {
  if (reasons.length === 0 && why !== "") return nothing;
  return html`<section aria-labelledby="reasons">
    <h2 id="reasons">${word("now-reasons")}</h2>
    ${
      reasons.length
        ? html`<ul class="plain">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
        : html`<p class="quiet">${word("now-reasons-none")}</p>`
    }
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
    <p class="quiet" id="pause-help">${word("now-pause-help")}</p>
    <div class="buttons" role="group" aria-labelledby="pause" aria-describedby="pause-help">
      ${PAUSES.map(([key, length]) => button(room, "now", key, () => acts.ask("now", key, { pause: length })))}
    </div>
  </section>`;
}

function callLine(call: CallLine): TemplateResult {
  const tone = call.state === "connected" || call.state === "conference" ? "bad" : "quiet";
  return html`<li>
    ${shape(call.state, tone)}
    <span>${call.text} <span class="quiet">${call.source}</span></span>
  </li>`;
}

/** A connection: named where it stands among others. */
export function lightLine({ word, state }: Room, { name, light }: { name: string | null; light: Light }) {
  const since = moment(light.since, state.language);
  return html`<li>
    ${light.ok ? mark("ok", "ok", word("light-ok")) : mark("bad", "bad", word("light-bad"))}
    <span>
      ${name === null ? light.text : html`<strong>${name}</strong>`}
      ${since ? html`<span class="quiet">${word("since", { time: since })}</span>` : nothing}
      ${name === null ? nothing : html`<span class="under">${light.text}</span>`}
    </span>
  </li>`;
}
