// A sign-in that a part has for itself: its password, whose certificate is trusted, and a test of what is saved.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Command } from "./bindings/Command";
import type { TestView } from "./bindings/TestView";
import { whenTyped } from "./controls";
import { button, mark, notes, notesId, type Part, type Room } from "./parts";
import { fieldOf, type SettingKey } from "./settings";
import { type PageName, shown } from "./state";
import type { WordKey } from "./words";

interface PasswordLook {
  label: WordKey;
  /** What stands below: one is stored, or none is. */
  note: WordKey;
}

/** It is saved with the page's test, or with its form. */
export function passwordField(
  { state, word, acts }: Room,
  page: PageName,
  id: string,
  look: PasswordLook,
): TemplateResult {
  return html`<div class="field">
    <label for=${id}>${word(look.label)}</label>
    <input
      id=${id}
      type="password"
      autocomplete="off"
      aria-describedby="${id}-notes"
      .value=${live(state.form[page].secret)}
      @input=${(event: Event) => acts.editSecret(page, (event.target as HTMLInputElement).value)}
    />
    <div class="notes" id="${id}-notes">
      <p>${word(look.note)}</p>
    </div>
  </div>`;
}

const PIN = "pin:";
const OFF = "off";

interface CertificateLook {
  label: WordKey;
  help?: WordKey;
  /** Without any encryption, too, and what is said of it. */
  off?: WordKey;
}

/** Whose certificate is trusted: whatever the system trusts, or this one alone. */
export function certificateField(room: Room, page: PageName, key: SettingKey, look: CertificateLook): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const view = fieldOf(state.pages, key);
  const id = key.replaceAll(".", "-");
  const tls = shown(state.form[page], key, view);
  const pinned = tls.startsWith(PIN);
  const on = whenTyped(
    (value) => acts.edit(page, key, view, PIN + value.trim()),
    (value) => acts.set(page, key, PIN + value.trim()),
  );
  const choice = (
    value: string,
    chosen: boolean,
    label: WordKey,
    take: () => void,
  ) => html`<label class="choice">
    <input
      type="radio"
      name=${id}
      value=${value}
      .checked=${live(chosen)}
      ?disabled=${view.locked}
      @change=${take}
    />
    <span>${word(label)}</span>
  </label>`;
  const unencrypted = look.off
    ? html`${choice(OFF, tls === OFF, "phone-tls-off", () => acts.set(page, key, OFF))}
      ${tls === OFF ? html`<p class="quiet within">${word(look.off)}</p>` : nothing}`
    : nothing;
  return html`<fieldset class="choices" aria-describedby=${notesId(id, view, look.help)}>
    <legend>${word(look.label)}</legend>
    ${choice("system", !pinned && tls !== OFF, "phone-tls-system", () => acts.set(page, key, "system"))}
    ${choice(PIN, pinned, "phone-tls-pin", () => acts.edit(page, key, view, PIN))}
    ${
      pinned
        ? html`<div class="field wide within">
            <label for="${id}-pin">${word("phone-tls-pin-value")}</label>
            <input
              id="${id}-pin"
              type="text"
              autocomplete="off"
              spellcheck="false"
              .value=${live(tls.slice(PIN.length))}
              ?readonly=${view.locked}
              aria-invalid=${view.refused ? "true" : nothing}
              aria-describedby=${notesId(id, view, look.help)}
              @input=${on.input}
              @change=${on.change}
              @keydown=${on.keydown}
            />
            ${view.refused ? notes(room, id, view, look.help) : nothing}
          </div>`
        : nothing
    }
    ${unencrypted} ${pinned && view.refused ? nothing : notes(room, id, view, look.help)}
  </fieldset>`;
}

interface TestLook {
  ask: Command;
  plain: WordKey;
  /** With a password that is not saved yet. */
  saving: WordKey;
  running: WordKey;
}

/** Tests what is saved: a password that is not yet, is saved first. */
export function testOf(room: Room, page: PageName, test: TestView, look: TestLook): TemplateResult {
  const { word, state, acts } = room;
  const keys: string[] = [look.plain, look.saving];
  const running = test.running || keys.includes(state.busy[page] ?? "");
  const typed = state.form[page].secret !== "";
  const key = typed ? look.saving : look.plain;
  return html`<div class="test">
    <div class="buttons">
      ${button(room, page, key, () => (typed ? acts.save(page, key, look.ask) : acts.ask(page, key, look.ask)))}
    </div>
    <div class="findings" aria-live="polite">
      ${
        running
          ? html`<p class="working"><span class="spinner" aria-hidden="true"></span>${word(look.running)}</p>`
          : nothing
      }
      ${
        test.findings.length
          ? html`<ul class="lines bare">
              ${test.findings.map(
                (finding) => html`<li>
                  ${finding.ok ? mark("ok", "ok", word("finding-ok")) : mark("bad", "bad", word("finding-bad"))}
                  <span><strong>${finding.what}</strong> ${finding.text} ${finding.mend ? html`<em>${finding.mend}</em>` : nothing}</span>
                </li>`,
              )}
            </ul>`
          : nothing
      }
    </div>
  </div>`;
}
