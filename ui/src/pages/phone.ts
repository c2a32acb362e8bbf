// "Phone system": where it is, how to sign in to it, and what it can do.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { Ability } from "../bindings/Ability";
import type { Command } from "../bindings/Command";
import type { Finding } from "../bindings/Finding";
import type { PhonePage } from "../bindings/PhonePage";
import type { SecretName } from "../bindings/SecretName";
import {
  button,
  confirmed,
  failure,
  folded,
  mark,
  notes,
  notesId,
  type Part,
  type Room,
  seen,
  textField,
} from "../parts";
import { fieldOf, type SettingKey } from "../settings";
import { isChanged, pageOf, shown } from "../state";
import type { WordKey } from "../words";
import { commandFields } from "./commands";
import { keyTemplate } from "./key";
import { lightLine } from "./now";

export function phoneTemplate(room: Room, told: PhonePage): TemplateResult {
  const { word, acts, state } = room;
  const view = edited(room, told);
  const kind = shown(state.form.phone, "phone.kind", view.kind);
  return html`
    <h1 tabindex="-1">${word("phone-title")}</h1>
    ${keyFile(room, view)}
    <form
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        acts.save("phone", "save");
      }}
    >
      <fieldset class="card">
        <legend>${word("phone-system")}</legend>
        ${
          view.light
            ? html`<ul class="lines bare">${lightLine(room, { name: null, light: view.light })}</ul>`
            : nothing
        }
        ${kindField(room, view, kind)}
        ${kind === "none" ? html`<p class="quiet">${word("phone-kind-none-help")}</p>` : access(room, view)}
        ${kind === "none" ? nothing : test(room, view)}
      </fieldset>
      ${kind === "none" ? nothing : abilities(room, view.abilities)}
      ${failure(room, "phone")}
      ${footer(room)}
    </form>
  `;
}

/** The fields as the form shows them now. */
export function edited({ state }: Room, view: PhonePage): PhonePage {
  return {
    ...view,
    kind: seen(state, "phone", "phone.kind", view.kind),
    tls: seen(state, "phone", "phone.tls", view.tls),
  };
}

/** Open where there is nothing yet, and wherever something is going on. */
function keyFile(room: Room, view: PhonePage): TemplateResult {
  const { state, word } = room;
  const open = view.kind.value === "none" || view.key.state !== "nothing" || state.dragging;
  return html`<details class="card" ?open=${open}>
    <summary>${word("key-title")}</summary>
    <p class="quiet">${word("key-intro")}</p>
    ${keyTemplate(room, "phone", view.key)}
  </details>`;
}

export function kindField(room: Room, view: PhonePage, kind: string): TemplateResult {
  const { word, acts } = room;
  const known = new Map<string, WordKey>([
    ["none", "phone-kind-none"],
    ["asterisk", "phone-kind-asterisk"],
    ["innovaphone", "phone-kind-innovaphone"],
    ["starface", "phone-kind-starface"],
    ["procall", "phone-kind-procall"],
    ["freepbx", "phone-kind-freepbx"],
    ["csta", "phone-kind-csta"],
    ["command", "phone-kind-command"],
    ["sip", "phone-kind-sip"],
    ...(view.lines ? [["tapi", "phone-kind-tapi"] as [string, WordKey]] : []),
  ]);
  // A kind that this page has no word for stays choosable under its own name.
  const values = [...new Set([...known.keys(), view.kind.value])];
  const label = (value: string) => {
    const key = known.get(value);
    return key ? word(key) : value;
  };
  return html`<div class="field">
    <label for="phone-kind">${word("phone-kind")}</label>
    <select
      id="phone-kind"
      ?disabled=${view.kind.locked}
      aria-invalid=${view.kind.refused ? "true" : nothing}
      aria-describedby=${notesId("phone-kind", view.kind)}
      @change=${(event: Event) =>
        acts.edit("phone", "phone.kind", view.kind, (event.target as HTMLSelectElement).value)}
    >
      ${values.map((value) => html`<option value=${value} .selected=${live(value === kind)}>${label(value)}</option>`)}
    </select>
    ${notes(room, "phone-kind", view.kind)}
  </div>`;
}

function access(room: Room, view: PhonePage): TemplateResult {
  const kind = shown(room.state.form.phone, "phone.kind", view.kind);
  if (kind === "tapi") return account(room, view);
  // Commands name their own addresses.
  if (!hasHost(kind)) return html`${account(room, view)} ${encryption(room, view)}`;
  return html`
    <div class="row">${hostField(room)} ${portField(room)}</div>
    ${encryption(room, view)} ${account(room, view)}
  `;
}

/** Whether one host is to be named for that kind. */
export function hasHost(kind: string): boolean {
  return kind !== "none" && kind !== "command" && kind !== "tapi";
}

export function hostField(room: Room): Part {
  return textField(room, "phone", "phone.host", { label: "phone-host", help: "phone-host-help" });
}

export function portField(room: Room): Part {
  return textField(room, "phone", "phone.port", {
    label: "phone-port",
    help: "phone-port-help",
    numeric: true,
  });
}

/** The person's own access: user, password, and the extension where the user is another. */
export function account(room: Room, view: PhonePage): TemplateResult {
  const { state, word, acts } = room;
  const kind = shown(state.form.phone, "phone.kind", view.kind);
  if (kind === "tapi") return html`${telephoneLine(room, view)}`;
  return html`
    <div class="row even">
      ${kind === "command" ? nothing : textField(room, "phone", "phone.user", { label: "phone-user" })}
      <div class="field">
        <label for="phone-password">${word("phone-password")}</label>
        <input
          id="phone-password"
          type="password"
          autocomplete="off"
          aria-describedby="phone-password-notes"
          .value=${live(state.form.phone.secret)}
          @input=${(event: Event) => acts.editSecret("phone", (event.target as HTMLInputElement).value)}
        />
        <div class="notes" id="phone-password-notes">
          <p>${word(view.password_stored ? "phone-password-stored" : "phone-password-missing")}</p>
        </div>
      </div>
    </div>
    ${removal(room, view)}
    ${ownFields(room, kind)}
  `;
}

/** Takes what is stored for signing in out of the keyring, at the phone system the settings name. */
function removal(room: Room, view: PhonePage): Part {
  // In the first run there is something to enter, and nothing to clear away.
  if (!view.password_stored || pageOf(room.state) !== "phone") return nothing;
  const secrets: SecretName[] = view.login.value === "oauth" ? ["phone", "phone-client"] : ["phone"];
  const remove = () =>
    room.acts.ask(
      "phone",
      "phone-password-remove-yes",
      ...secrets.map((secret): Command => ({ secret_remove: { secret } })),
    );
  const words = {
    ask: "phone-password-remove",
    question: "phone-password-remove-question",
    yes: "phone-password-remove-yes",
    no: "phone-password-remove-no",
  } as const;
  return confirmed(room, "phone", words, remove);
}

/** One of the telephone lines of this computer. They are known as soon as something asks for them. */
function telephoneLine(room: Room, view: PhonePage): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const kept = fieldOf(state.pages, "phone.line");
  const field = seen(state, "phone", "phone.line", kept);
  const now = shown(state.form.phone, "phone.line", kept);
  const lines = view.lines?.lines ?? [];
  const gone = now !== "" && !lines.some((line) => line.id === now);
  const choice = (id: string, name: string) =>
    html`<option value=${id} .selected=${live(id === now)}>${name}</option>`;
  return html`<p class="quiet">${word("phone-tapi-intro")}</p>
    <div class="field">
      <label for="phone-line">${word("phone-line")}</label>
      <select
        id="phone-line"
        ?disabled=${field.locked}
        aria-invalid=${field.refused ? "true" : nothing}
        aria-describedby=${notesId("phone-line", field, "phone-tapi-line-help")}
        @change=${(event: Event) =>
          acts.edit("phone", "phone.line", kept, (event.target as HTMLSelectElement).value)}
      >
        ${choice("", word("phone-tapi-only"))} ${lines.map((line) => choice(line.id, line.name))}
        ${gone ? choice(now, word("sources-line-gone", { number: now })) : nothing}
      </select>
      ${notes(room, "phone-line", field, "phone-tapi-line-help")}
    </div>`;
}

/** What a kind of phone system has of its own. */
function ownFields(room: Room, kind: string): Part {
  if (kind === "starface") return html`${loginField(room)} ${starfaceFields(room)}`;
  if (kind === "innovaphone") return innovaphoneFields(room);
  if (kind === "command") return commandFields(room);
  if (kind === "csta") return cstaFields(room);
  if (kind === "procall") {
    return textField(room, "phone", "phone.extension", { label: "phone-line", help: "phone-line-help" });
  }
  const extension = textField(room, "phone", "phone.extension", {
    label: "phone-extension",
    help: kind === "sip" ? "phone-extension-sip-help" : "phone-extension-help",
  });
  return kind === "sip" ? html`${extension} ${sipFields(room)}` : extension;
}

const SIP_KEYS: SettingKey[] = [
  "phone.transport",
  "phone.domain",
  "phone.calls_at",
  "phone.dnd_state",
  "phone.dnd_on",
  "phone.dnd_off",
  "phone.unconfirmed",
  "phone.forward_on",
  "phone.forward_off",
];

/** What differs between SIP servers. Without encryption the way matters, too. */
function sipFields(room: Room): TemplateResult {
  const code = (key: SettingKey, label: WordKey, help?: WordKey) =>
    textField(room, "phone", key, help ? { label, help } : { label });
  return folded(
    room,
    "phone",
    "phone-sip-more",
    SIP_KEYS,
    html`
    ${selectField(room, "phone.transport", "phone-transport", "phone-transport-help", [
      ["udp", "phone-transport-udp"],
      ["tcp", "phone-transport-tcp"],
    ])}
    ${code("phone.domain", "phone-domain", "phone-domain-help")}
    ${code("phone.calls_at", "phone-calls-at", "phone-calls-at-help")}
    ${code("phone.dnd_state", "phone-dnd-state", "phone-dnd-state-help")}
    <div class="row even">${code("phone.dnd_on", "phone-dnd-on")} ${code("phone.dnd_off", "phone-dnd-off")}</div>
    ${selectField(room, "phone.unconfirmed", "phone-unconfirmed", "phone-unconfirmed-help", [
      ["false", "phone-unconfirmed-no"],
      ["true", "phone-unconfirmed-yes"],
    ])}
    <div class="row even">
      ${code("phone.forward_on", "phone-forward-on")} ${code("phone.forward_off", "phone-forward-off")}
    </div>
  `,
  );
}

/** The own device, and how the link begins. */
function cstaFields(room: Room): TemplateResult {
  return html`
    ${textField(room, "phone", "phone.extension", { label: "phone-device", help: "phone-device-help" })}
    ${folded(
      room,
      "phone",
      "phone-innovaphone-more",
      ["phone.session"],
      selectField(room, "phone.session", "phone-session", "phone-session-help", [
        ["application", "phone-session-application"],
        ["none", "phone-session-none"],
      ]),
    )}
  `;
}

/** Name and password are enough; the rest is what an administrator may have prepared. */
function innovaphoneFields(room: Room): TemplateResult {
  const keys: SettingKey[] = ["phone.interface", "phone.app", "phone.alien_calls", "phone.activities"];
  return folded(
    room,
    "phone",
    "phone-innovaphone-more",
    keys,
    html`
    ${selectField(room, "phone.interface", "phone-interface", "phone-interface-help", [
      ["myapps", "phone-interface-myapps"],
      ["soap", "phone-interface-soap"],
    ])}
    ${textField(room, "phone", "phone.app", { label: "phone-app", help: "phone-app-help" })}
    ${selectField(room, "phone.alien_calls", "phone-alien-calls", "phone-alien-calls-help", [
      ["false", "phone-alien-calls-no"],
      ["true", "phone-alien-calls-yes"],
    ])}
    ${selectField(room, "phone.activities", "phone-activities", "phone-activities-help", [
      ["documented", "phone-activities-documented"],
      ["any", "phone-activities-any"],
    ])}
  `,
  );
}

/** Who checks the password: it decides whether the password itself is sent. */
function loginField(room: Room): Part {
  return selectField(room, "phone.login", "phone-login", "phone-login-help", [
    ["internal", "phone-login-internal"],
    ["active-directory", "phone-login-directory"],
    ["oauth", "phone-login-oauth"],
  ]);
}

/** Codes for whom the phone system's own interfaces do not let switch do not disturb. */
function starfaceFields(room: Room): TemplateResult {
  const code = (key: SettingKey, label: WordKey) => textField(room, "phone", key, { label });
  const codes = html`
    <p class="quiet">${room.word("phone-star-help")}</p>
    <div class="row even">
      ${code("phone.star_on", "phone-dnd-on")} ${code("phone.star_off", "phone-dnd-off")}
    </div>
  `;
  const chat = html`
    ${selectField(room, "phone.chat", "phone-chat", "phone-chat-help", [
      ["false", "phone-chat-no"],
      ["true", "phone-chat-yes"],
    ])}
    ${textField(room, "phone", "phone.chat_domain", { label: "phone-chat-domain", help: "phone-chat-domain-help" })}
  `;
  const listen = textField(room, "phone", "phone.listen", {
    label: "phone-listen",
    help: "phone-listen-help",
  });
  return html`
    ${folded(room, "phone", "phone-star-more", ["phone.star_on", "phone.star_off"], codes)}
    ${folded(room, "phone", "phone-chat-more", ["phone.chat", "phone.chat_domain"], chat)}
    ${folded(room, "phone", "phone-listen-more", ["phone.listen"], listen)}
  `;
}

function selectField(
  room: Room,
  key: SettingKey,
  label: WordKey,
  help: WordKey,
  choices: [string, WordKey][],
): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const kept = fieldOf(state.pages, key);
  const field = seen(state, "phone", key, kept);
  const now = shown(state.form.phone, key, kept);
  return html`<div class="field">
    <label for=${label}>${word(label)}</label>
    <select
      id=${label}
      ?disabled=${field.locked}
      aria-invalid=${field.refused ? "true" : nothing}
      aria-describedby=${notesId(label, field, help)}
      @change=${(event: Event) => acts.edit("phone", key, kept, (event.target as HTMLSelectElement).value)}
    >
      ${choices.map(
        ([value, name]) =>
          html`<option value=${value} .selected=${live(value === now)}>${word(name)}</option>`,
      )}
    </select>
    ${notes(room, label, field, help)}
  </div>`;
}

const PIN = "pin:";

export function encryption(room: Room, view: PhonePage): TemplateResult {
  const { state, word, acts } = room;
  const now = shown(state.form.phone, "phone.tls", view.tls);
  const pinned = now.startsWith(PIN);
  const pin = pinned ? now.slice(PIN.length) : "";
  const set = (value: string) => acts.edit("phone", "phone.tls", view.tls, value);
  const choice = (value: string, chosen: boolean, label: WordKey) => html`<label class="choice">
    <input
      type="radio"
      name="phone-tls"
      value=${value}
      .checked=${live(chosen)}
      ?disabled=${view.tls.locked}
      @change=${() => set(value)}
    />
    <span>${word(label)}</span>
  </label>`;
  return html`<fieldset class="choices" aria-describedby=${notesId("phone-tls", view.tls)}>
    <legend>${word("phone-tls")}</legend>
    ${choice("system", now === "system", "phone-tls-system")} ${choice(PIN, pinned, "phone-tls-pin")}
    ${
      pinned
        ? html`<div class="field wide within">
            <label for="phone-tls-pin">${word("phone-tls-pin-value")}</label>
            <input
              id="phone-tls-pin"
              type="text"
              autocomplete="off"
              spellcheck="false"
              ?readonly=${view.tls.locked}
              aria-invalid=${view.tls.refused ? "true" : nothing}
              aria-describedby=${notesId("phone-tls", view.tls)}
              .value=${live(pin)}
              @input=${(event: Event) => set(PIN + (event.target as HTMLInputElement).value.trim())}
            />
            ${view.tls.refused ? notes(room, "phone-tls", view.tls) : nothing}
          </div>`
        : nothing
    }
    ${choice("off", now === "off", "phone-tls-off")}
    ${now === "off" ? html`<p class="quiet within">${word("phone-tls-off-help")}</p>` : nothing}
    ${pinned && view.tls.refused ? nothing : notes(room, "phone-tls", view.tls)}
  </fieldset>`;
}

function abilities({ word }: Room, list: Ability[]): Part {
  if (list.length === 0) return nothing;
  return html`<section aria-labelledby="abilities">
    <h2 id="abilities">${word("phone-abilities")}</h2>
    <ul class="lines">
      ${list.map(
        (ability) => html`<li class=${ability.risk && ability.can ? "risk" : nothing}>
          ${abilityMark(ability, word)}
          <span><strong>${ability.name}</strong> ${ability.text}</span>
        </li>`,
      )}
    </ul>
  </section>`;
}

function abilityMark({ can, risk }: Ability, word: Room["word"]): TemplateResult {
  if (can === null) return mark("unknown", "quiet", word("phone-can-unknown"));
  if (risk) return can ? mark("bad", "warn", word("phone-risk")) : mark("ok", "ok", word("phone-risk-none"));
  return can ? mark("ok", "ok", word("phone-can")) : mark("no", "quiet", word("phone-cannot"));
}

/** Tests what is saved: what is not yet, is saved first. */
export function test(room: Room, view: PhonePage): TemplateResult {
  const { word, state, acts } = room;
  const testing = view.testing || ["phone-test", "phone-save-test"].includes(state.busy.phone ?? "");
  const press = isChanged(state.form.phone)
    ? button(room, "phone", "phone-save-test", () => acts.save("phone", "phone-save-test", "test_phone"))
    : button(room, "phone", "phone-test", () => acts.ask("phone", "phone-test", "test_phone"));
  const cancel = html`<button
    type="button"
    class="plain"
    data-word="phone-test-cancel"
    @click=${() => acts.interrupt("phone", "cancel_test")}
  >
    ${word("phone-test-cancel")}
  </button>`;
  const found = html`<h2>${word("phone-findings")}</h2>
    <ul class="lines bare">${view.findings.map((finding) => findingLine(finding, word))}</ul>`;
  return html`<div class="test">
    <div class="buttons">${testing ? cancel : press}</div>
    <div class="findings" aria-live="polite">
      ${
        testing
          ? html`<p class="working"><span class="spinner" aria-hidden="true"></span>${word("phone-testing")}</p>`
          : nothing
      }
      ${view.findings.length ? found : nothing}
    </div>
  </div>`;
}

function findingLine(finding: Finding, word: Room["word"]): TemplateResult {
  return html`<li>
    ${finding.ok ? mark("ok", "ok", word("finding-ok")) : mark("bad", "bad", word("finding-bad"))}
    <span><strong>${finding.what}</strong> ${finding.text} ${finding.mend ? html`<em>${finding.mend}</em>` : nothing}</span>
  </li>`;
}

function footer(room: Room): Part {
  if (!isChanged(room.state.form.phone)) return nothing;
  return html`<footer class="actions">
    <span class="quiet" role="status">${room.word("unsaved")}</span>
    ${button(room, "phone", "discard", () => room.acts.discard("phone"))}
    ${button(room, "phone", "save", null, { kind: "primary", type: "submit" })}
  </footer>`;
}
