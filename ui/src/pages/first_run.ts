// The first run: a few small steps that fill the window. Which one, and where it leads, the resident program decides.

import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { FieldView } from "../bindings/FieldView";
import type { Finding } from "../bindings/Finding";
import type { FirstRun } from "../bindings/FirstRun";
import type { Pages } from "../bindings/Pages";
import { opens } from "../opens";
import { button, failure, mark, type Part, problemBox, type Room } from "../parts";
import { shape, stateShape } from "../shapes";
import { isChanged, type PageName, shown } from "../state";
import type { WordKey } from "../words";
import { forAdministrator, registration, signIn } from "./account";
import { keyTemplate } from "./key";
import { account, edited, encryption, hasHost, hostField, kindField, portField, test } from "./phone";

const PAGE: PageName = "first-run";

export function firstRunTemplate(room: Room, pages: Pages, view: FirstRun): TemplateResult {
  return html`<div class="first-run">
    <header>${stages(room, view)} ${languages(room, pages)}</header>
    <main>${content(room, pages, view)} ${droppedEarly(room, pages, view)} ${failure(room, PAGE)}</main>
    ${footer(room, view)}
  </div>`;
}

function content(room: Room, pages: Pages, view: FirstRun): TemplateResult {
  switch (view.step) {
    case "welcome":
      return welcome(room, view);
    case "microsoft":
      return microsoft(room, pages);
    case "phone":
      return phone(room, pages);
    case "access":
      return access(room, pages);
    case "ready":
      return ready(room, view);
  }
}

/** A key file has its place on the step of the phone system; it may come at any other as well. */
function droppedEarly(room: Room, { phone: { key } }: Pages, { step }: FirstRun): Part {
  // The step of the access names the host that was agreed to.
  const said = key.state === "nothing" || (key.state === "accepted" && step === "access");
  if (step === "phone" || (said && !room.state.dragging)) return nothing;
  return html`<section class="card" aria-label=${room.word("key-title")}>${keyTemplate(room, PAGE, key, true)}</section>`;
}

/** How far it is. */
function stages({ word }: Room, { stages }: FirstRun): TemplateResult {
  return html`<nav class="stages" aria-label=${word("first-run-stages")}>
    <ol>
      ${stages.map(
        (
          stage,
          at,
        ) => html`<li class=${stage.current ? "current" : stage.done ? "done" : ""} aria-current=${stage.current ? "step" : nothing}>
          <span class="number" aria-hidden="true">${stage.done && !stage.current ? shape("tick") : at + 1}</span>
          <span class="name">${stage.name}</span>
          ${stage.done ? html`<span class="off-screen">${word("first-run-done")}</span>` : nothing}
        </li>`,
      )}
    </ol>
  </nav>`;
}

/** Each language in its own words, so that everybody finds theirs. */
function languages(room: Room, pages: Pages): TemplateResult {
  const { word, acts, state } = room;
  const locked = pages.first_run?.language.locked ?? false;
  const one = (language: "de" | "en", key: WordKey) => html`<button
    type="button"
    lang=${language}
    aria-pressed=${pages.language === language ? "true" : "false"}
    aria-disabled=${locked || state.busy[PAGE] !== null ? "true" : nothing}
    data-word=${key}
    @click=${() => locked || acts.ask(PAGE, key, { apply: { "person.language": language } })}
  >
    ${word(key)}
  </button>`;
  return html`<div class="languages" role="group" aria-label=${word("first-run-language")}>
    ${one("de", "first-run-language-de")} ${one("en", "first-run-language-en")}
  </div>`;
}

function welcome({ word }: Room, view: FirstRun): TemplateResult {
  return html`
    <div class="hero">
      ${stateShape("free")}
      <h1 tabindex="-1">${word("first-run-welcome")}</h1>
    </div>
    <p>${word("first-run-welcome-text")}</p>
    <ul class="jobs">
      ${view.jobs.map(
        (job) => html`<li class="card">
          <strong>${job.name}</strong>
          <p>${job.text}</p>
          <p class="quiet small">${shape("key", "quiet")}<span>${word("first-run-right")} ${job.right}</span></p>
        </li>`,
      )}
    </ul>
  `;
}

function microsoft(room: Room, { account: view }: Pages): TemplateResult {
  const { word } = room;
  const done = view.step.step === "signed_in";
  return html`
    <h1 tabindex="-1">${word(done ? "first-run-microsoft-done" : "first-run-microsoft")}</h1>
    ${view.problem && view.step.step !== "waiting" ? problemBox(word("now-attention"), view.problem, true) : nothing}
    ${failure(room, "account")}
    <div class="card step" data-step=${view.step.step}>${signIn(room, view)}</div>
    ${forAdministrator(room, view)} ${done ? nothing : registration(room, view)}
  `;
}

function phone(room: Room, pages: Pages): TemplateResult {
  const { word, acts, state } = room;
  const view = edited(room, pages.phone);
  const kind = shown(state.form.phone, "phone.kind", view.kind);
  return html`
    <h1 tabindex="-1">${word("first-run-phone")}</h1>
    <p>${word("first-run-phone-text")}</p>
    <section class="card" aria-label=${word("key-title")}>${keyTemplate(room, PAGE, pages.phone.key)}</section>
    <form
      id="first-run-form"
      class="card"
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        acts.save("phone", "first-run-save", { first_run: "next" });
      }}
    >
      ${kindField(room, view, kind)}
      ${kind === "none" ? html`<p class="quiet">${word("phone-kind-none-help")}</p>` : nothing}
      ${hasHost(kind) ? hostField(room) : nothing}
    </form>
    ${failure(room, "phone")}
  `;
}

function access(room: Room, pages: Pages): TemplateResult {
  const { word, acts } = room;
  const view = edited(room, pages.phone);
  const open = view.port.refused || view.tls.refused;
  return html`
    <h1 tabindex="-1">${word("first-run-access")}</h1>
    <p>
      ${hasHost(view.kind.value) ? word("first-run-access-text", { host: view.host.value }) : hostless(room, view.kind.value)}
    </p>
    <form
      id="first-run-form"
      class="card"
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        acts.save("phone", "phone-save-test", "test_phone");
      }}
    >
      ${account(room, view)}
      ${
        view.kind.value === "tapi"
          ? nothing
          : html`<details ${opens(Boolean(open))}>
              <summary>${word("first-run-more")}</summary>
              ${portField(room)} ${encryption(room, view)}
            </details>`
      }
      ${test(room, view)}
    </form>
    ${failure(room, "phone")}
  `;
}

/** A telephone line says what it is beside its field. */
function hostless({ word }: Room, kind: string): string {
  return kind === "tapi" ? "" : word("phone-command-intro");
}

function ready(room: Room, view: FirstRun): TemplateResult {
  const { word } = room;
  const fine = view.checks.every((check) => check.ok);
  return html`
    <h1 tabindex="-1">${word(fine ? "first-run-ready" : "first-run-ready-open")}</h1>
    <section aria-labelledby="checks">
      <h2 id="checks">${word("first-run-checks")}</h2>
      <ul class="lines">${view.checks.map((check) => checkLine(check, word))}</ul>
    </section>
    ${view.meetings === null ? nothing : meetings(room, view.meetings)}
    <section class="box place" aria-labelledby="place">
      ${view.has_tray ? stateShape("free") : shape("info", "quiet")}
      <div>
        <h2 id="place">${word(view.has_tray ? "first-run-place" : "first-run-place-none")}</h2>
        <p>${view.place}</p>
      </div>
    </section>
  `;
}

function checkLine(check: Finding, word: Room["word"]): TemplateResult {
  return html`<li>
    ${check.ok ? mark("ok", "ok", word("finding-ok")) : mark("bad", "bad", word("finding-bad"))}
    <span><strong>${check.what}</strong> <span class="under">${check.text}</span>
    ${check.mend ? html`<span class="under quiet">${check.mend}</span>` : nothing}</span>
  </li>`;
}

/** The one question. The answer holds at once, and nobody who goes on right after it has to wait for that. */
function meetings(room: Room, field: FieldView): TemplateResult {
  const { word, acts, state } = room;
  const setting = "rules.dnd_in_meetings";
  const chosen = shown(state.form[PAGE], setting, field);
  const choice = (value: "true" | "false", key: WordKey) => html`<label class="choice">
    <input
      type="radio"
      name="meetings"
      value=${value}
      .checked=${live(chosen === value)}
      ?disabled=${field.locked}
      @change=${() => acts.set(PAGE, setting, value)}
    />
    <span>${word(key)}</span>
  </label>`;
  return html`<fieldset class="card choices" aria-describedby="meetings-help">
    <legend>${word("first-run-meetings")}</legend>
    <p class="quiet" id="meetings-help">${word("first-run-meetings-help")}</p>
    ${choice("true", "first-run-meetings-yes")} ${choice("false", "first-run-meetings-no")}
    ${field.locked ? html`<p class="locked quiet">${shape("lock")}<span>${word("locked")}</span></p>` : nothing}
  </fieldset>`;
}

function footer(room: Room, view: FirstRun): TemplateResult {
  const { acts, state } = room;
  const back = button(room, PAGE, "first-run-back", () =>
    acts.ask(PAGE, "first-run-back", { first_run: "back" }),
  );
  const close = button(
    room,
    PAGE,
    "first-run-close",
    () => acts.ask(PAGE, "first-run-close", { first_run: "finish" }),
    { kind: "link" },
  );
  const form = view.step === "phone" || view.step === "access";
  return html`<footer>
    ${view.onward === "finish" ? nothing : close}
    <span class="space"></span>
    ${view.can_go_back ? back : nothing} ${form && isChanged(state.form.phone) ? saving(room) : onward(room, view)}
  </footer>`;
}

/** What has been typed goes along. */
function saving(room: Room): Part {
  const save = () => room.acts.save("phone", "first-run-save", { first_run: "next" });
  return button(room, "phone", "first-run-save", save, { kind: "primary" });
}

function onward(room: Room, view: FirstRun): Part {
  const { acts } = room;
  const go = (key: WordKey, kind: "primary" | "plain", made: "next" | "finish" = "next") =>
    button(room, PAGE, key, () => acts.ask(PAGE, key, { first_run: made }), { kind });
  switch (view.onward) {
    case "next":
      return go(view.step === "welcome" ? "first-run-begin" : "first-run-next", "primary");
    case "later":
      return go("first-run-later", "plain");
    case "finish":
      return go("first-run-finish", "primary", "finish");
  }
}
