// "Account": who is signed in to Microsoft, or how to.
import { html, nothing, type TemplateResult } from "lit-html";
import type { AccountPage } from "../bindings/AccountPage";
import type { RightLine } from "../bindings/RightLine";
import { button, copyable, failure, mark, type Part, problemBox, type Room, textField } from "../parts";
import { isChanged } from "../state";

export function accountTemplate(room: Room, view: AccountPage): TemplateResult {
  const { word } = room;
  return html`
    <h1 tabindex="-1">${word("account-title")}</h1>
    ${
      // While it waits, the step says the same.
      view.problem && view.step.step !== "waiting" ? problemBox(word("now-attention"), view.problem) : nothing
    }
    ${failure(room, "account")}
    <div class="card step" data-step=${view.step.step}>${signIn(room, view)}</div>
    ${forAdministrator(room, view)}
    ${
      view.rights.length
        ? html`<section aria-labelledby="rights">
            <h2 id="rights">${word("account-rights")}</h2>
            <ul class="lines">${view.rights.map((right) => rightLine(room, right))}</ul>
          </section>`
        : nothing
    }
    ${registration(room, view)}
  `;
}

/** The text to send where consent is missing. */
export function forAdministrator(room: Room, { admin_text }: AccountPage): Part {
  if (admin_text === null) return nothing;
  return html`<section aria-labelledby="admin">
    <h2 id="admin">${room.word("account-admin")}</h2>
    <p class="quiet">${room.word("account-admin-help")}</p>
    ${copyable(room, admin_text, "text")}
  </section>`;
}

/** Where the sign-in stands, and what can be done about it. */
export function signIn(room: Room, { step }: AccountPage): TemplateResult {
  const { word, acts } = room;
  const cancel = () =>
    button(room, "account", "account-cancel", () => acts.ask("account", "account-cancel", "cancel_sign_in"));
  const openAgain = () =>
    button(room, "account", "account-open-again", () =>
      acts.ask("account", "account-open-again", "open_sign_in"),
    );
  switch (step.step) {
    case "signed_out":
      return html`
        <p>${word("account-intro")}</p>
        <div class="buttons">
          ${button(
            room,
            "account",
            "account-sign-in",
            () => acts.ask("account", "account-sign-in", { sign_in: { device_code: false } }),
            { kind: "primary" },
          )}
          ${button(
            room,
            "account",
            "account-device-code",
            () => acts.ask("account", "account-device-code", { sign_in: { device_code: true } }),
            { kind: "link" },
          )}
        </div>
        <p class="quiet">${word("account-sign-in-help")}</p>
      `;
    case "waiting":
      return html`${working(word("account-waiting"))}<p>${step.text}</p>`;
    case "browser":
      return html`
        ${working(word("account-browser"))}
        <p>${word("account-browser-help")}</p>
        <div class="buttons">${openAgain()} ${cancel()}</div>
        <p class="quiet after">${word("account-browser-address")}</p>
        ${copyable(room, step.url, "line")}
      `;
    case "device_code":
      return html`
        ${working(word("account-code"))}
        <p>${word("account-code-help")}</p>
        <dl class="codes">
          <dt>${word("account-code-address")}</dt>
          <dd>${copyable(room, step.url, "line")}</dd>
          <dt>${word("account-code-code")}</dt>
          <dd>${copyable(room, step.user_code, "code")}</dd>
        </dl>
        <div class="buttons">${openAgain()} ${cancel()}</div>
      `;
    case "signed_in":
      return html`
        <div class="person">
          ${mark("ok", "ok", word("account-signed-in"))}
          <div>
            <p><strong>${step.name}</strong></p>
            <p class="quiet">${step.address}</p>
          </div>
          ${button(room, "account", "account-sign-out", () => acts.ask("account", "account-sign-out", "sign_out"))}
        </div>
        <p class="quiet">${word("account-sign-out-help")}</p>
      `;
  }
}

function working(text: string): TemplateResult {
  return html`<p class="working" role="status"><span class="spinner" aria-hidden="true"></span><strong>${text}</strong></p>`;
}

function rightLine({ word }: Room, right: RightLine): TemplateResult {
  return html`<li>
    ${rightMark(right.granted, word)}
    <span><strong>${right.name}</strong> <span class="under quiet">${right.needed_for}</span></span>
  </li>`;
}

function rightMark(granted: boolean | null, word: Room["word"]): TemplateResult {
  if (granted === null) return mark("unknown", "quiet", word("account-right-unknown"));
  return granted
    ? mark("ok", "ok", word("account-right-granted"))
    : mark("bad", "bad", word("account-right-missing"));
}

/** Folded away once it is filled in: most people never need it. */
export function registration(room: Room, view: AccountPage): Part {
  const { word, acts, state } = room;
  const changed = isChanged(state.form.account);
  const refused = view.client_id.refused || view.tenant.refused;
  const open = changed || !view.client_id.value || refused;
  return html`<details ?open=${open}>
    <summary>${word("account-registration")}</summary>
    <form
      class="card"
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault();
        acts.save("account", "save");
      }}
    >
      <p class="quiet">${word("account-registration-help")}</p>
      ${textField(room, "account", "microsoft.tenant", { label: "account-tenant", help: "account-tenant-help" })}
      ${textField(room, "account", "microsoft.client_id", {
        label: "account-client-id",
        help: "account-client-id-help",
        wide: true,
      })}
      ${
        changed
          ? html`<div class="buttons">
              ${button(room, "account", "save", null, { kind: "primary", type: "submit" })}
              ${button(room, "account", "discard", () => acts.discard("account"))}
            </div>`
          : nothing
      }
    </form>
  </details>`;
}
