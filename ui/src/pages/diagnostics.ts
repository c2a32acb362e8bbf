// "Diagnostics": how each part fares, tests, the log, and a report for those who help.
import { html, nothing, type TemplateResult } from "lit-html";
import { REPORT } from "../app";
import type { DiagnosticsPage } from "../bindings/DiagnosticsPage";
import type { Finding } from "../bindings/Finding";
import type { LogLevel } from "../bindings/LogLevel";
import type { LogLine } from "../bindings/LogLine";
import type { TestView } from "../bindings/TestView";
import { choiceField } from "../controls";
import { button, copyable, failure, mark, type Part, type Room } from "../parts";
import { shape } from "../shapes";
import type { WordKey } from "../words";
import { lightLine } from "./now";

const LEVELS: [LogLevel, WordKey][] = [
  ["error", "diagnostics-level-error"],
  ["warn", "diagnostics-level-warn"],
  ["info", "diagnostics-level-info"],
  ["debug", "diagnostics-level-debug"],
  ["trace", "diagnostics-level-trace"],
];

export function diagnosticsTemplate(room: Room, view: DiagnosticsPage): TemplateResult {
  const { word, acts, state } = room;
  const reported = state.copied === REPORT;
  return html`
    <h1 tabindex="-1">${word("diagnostics-title")}</h1>
    ${failure(room, "diagnostics")}
    <section aria-labelledby="health">
      <h2 id="health">${word("diagnostics-health")}</h2>
      ${
        view.lights.length
          ? html`<ul class="lines lights">${view.lights.map((light) => lightLine(room, light))}</ul>`
          : html`<p class="quiet">${word("now-lights-none")}</p>`
      }
    </section>
    ${examination(room, view)}
    <section class="card" aria-labelledby="tests">
      <h2 id="tests">${word("diagnostics-tests")}</h2>
      <p class="quiet">${word("diagnostics-tests-help")}</p>
      ${test(room, "diagnostics-test-notification", view.notification, () =>
        acts.ask("diagnostics", "diagnostics-test-notification", "test_notification"),
      )}
      ${test(room, "diagnostics-test-phone", view.phone, () =>
        acts.ask("diagnostics", "diagnostics-test-phone", "test_phone"),
      )}
      ${test(room, "diagnostics-test-sign-in", view.sign_in, () =>
        acts.ask("diagnostics", "diagnostics-test-sign-in", "test_sign_in"),
      )}
    </section>
    <section class="card" aria-labelledby="report">
      <h2 id="report">${word("diagnostics-report")}</h2>
      <p class="quiet">${word("diagnostics-report-help")}</p>
      <div class="buttons">
        ${button(room, "diagnostics", "diagnostics-report-copy", () =>
          acts.fetch("diagnostics", "diagnostics-report-copy", "report"),
        )}
        <span role="status" class="line">${
          reported ? html`${shape("ok", "ok")}<span>${word("diagnostics-report-copied")}</span>` : nothing
        }</span>
      </div>
    </section>
    ${log(room, view)}
    <section class="card" aria-labelledby="folder">
      <h2 id="folder">${word("diagnostics-folder")}</h2>
      ${copyable(room, view.data_dir, "line")}
      <div class="buttons">
        ${button(room, "diagnostics", "diagnostics-folder-open", () =>
          acts.ask("diagnostics", "diagnostics-folder-open", "open_data_folder"),
        )}
      </div>
    </section>
  `;
}

function examination(room: Room, view: DiagnosticsPage): TemplateResult {
  const { word, acts, state } = room;
  const busy = view.examining || state.busy.diagnostics === "diagnostics-examine";
  return html`<section class="card" aria-labelledby="examination">
    <h2 id="examination">${word("diagnostics-doctor")}</h2>
    <p class="quiet">${word("diagnostics-doctor-help")}</p>
    ${
      busy
        ? nothing
        : html`<div class="buttons">
            ${button(room, "diagnostics", "diagnostics-examine", () =>
              acts.ask("diagnostics", "diagnostics-examine", "doctor"),
            )}
            ${view.examined ? html`<span class="quiet">${word("diagnostics-examined", { time: view.examined })}</span>` : nothing}
          </div>`
    }
    ${findings(room, busy, view.findings)}
  </section>`;
}

function test(room: Room, key: WordKey, view: TestView, press: () => void): TemplateResult {
  return html`<div class="test">
    <div class="buttons">${button(room, "diagnostics", key, press)}</div>
    ${findings(room, view.running, view.findings)}
  </div>`;
}

function findings({ word }: Room, busy: boolean, list: Finding[]): TemplateResult {
  return html`<div class="findings" aria-live="polite" aria-busy=${busy ? "true" : "false"}>
    ${
      busy
        ? html`<p class="working"><span class="spinner" aria-hidden="true"></span>${word("phone-testing")}</p>`
        : nothing
    }
    ${!busy && list.length ? html`<ul class="lines bare">${list.map((one) => finding(one, word))}</ul>` : nothing}
  </div>`;
}

function finding(one: Finding, word: Room["word"]): TemplateResult {
  return html`<li>
    ${one.ok ? mark("ok", "ok", word("finding-ok")) : mark("bad", "bad", word("finding-bad"))}
    <span><strong>${one.what}</strong> ${one.text} ${one.mend ? html`<em>${one.mend}</em>` : nothing}</span>
  </li>`;
}

function log(room: Room, view: DiagnosticsPage): TemplateResult {
  const { word, acts, state } = room;
  const { log, least, saved } = state.fetched;
  const fetch = () => acts.fetch("diagnostics", "diagnostics-log-show", "log");
  return html`<section class="card" aria-labelledby="log">
    <h2 id="log">${word("diagnostics-log")}</h2>
    ${choiceField(room, "diagnostics", "log.level", "diagnostics-level", LEVELS, "diagnostics-level-help")}
    ${
      view.log_forced
        ? html`<p class="line">${shape("info", "quiet")}<span>${word("diagnostics-level-forced", { what: view.log_forced })}</span></p>`
        : nothing
    }
    <div class="buttons">
      ${button(room, "diagnostics", log ? "diagnostics-log-again" : "diagnostics-log-show", fetch)}
      ${
        log
          ? html`${button(room, "diagnostics", "diagnostics-log-save", () =>
              acts.saveLog("diagnostics", "diagnostics-log-save"),
            )}
            ${button(room, "diagnostics", "diagnostics-log-hide", () => acts.hide("log"))}`
          : nothing
      }
      <span role="status" class="line">${
        saved === "yes" ? html`${shape("ok", "ok")}<span>${word("diagnostics-log-saved")}</span>` : nothing
      }</span>
    </div>
    ${log ? logView(room, log, least) : nothing}
  </section>`;
}

function logView({ word, acts }: Room, lines: LogLine[], least: LogLevel): Part {
  const weight = (level: LogLevel) => LEVELS.findIndex(([name]) => name === level);
  let kept = true;
  const shown = lines.filter((line) => {
    // What continues a line goes with it.
    if (line.level !== null) kept = weight(line.level) <= weight(least);
    return kept;
  });
  return html`
    <div class="field">
      <label for="log-least">${word("diagnostics-log-least")}</label>
      <select id="log-least" @change=${(event: Event) => acts.filterLog((event.target as HTMLSelectElement).value as LogLevel)}>
        ${LEVELS.map(([level, name]) => html`<option value=${level} ?selected=${level === least}>${word(name)}</option>`)}
      </select>
    </div>
    ${
      shown.length
        ? html`<pre class="log" tabindex="0" role="log" aria-live="off" aria-label=${word("diagnostics-log")}>${shown.map(
            (line) => html`<span class=${line.level ?? "more"}>${line.text}\n</span>`,
          )}</pre>`
        : html`<p class="quiet">${word("diagnostics-log-empty")}</p>`
    }
  `;
}
