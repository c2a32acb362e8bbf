// "Notifications and start-up".
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { StartupPage } from "../bindings/StartupPage";
import { choiceField, lineField, switchField, toggle } from "../controls";
import { button, copyable, failure, mark, notes, notesId, type Part, problemBox, type Room } from "../parts";
import { fieldOf, type SettingKey } from "../settings";
import { shape } from "../shapes";
import { shown } from "../state";
import type { WordKey } from "../words";

const NOTICES: [SettingKey, WordKey, WordKey][] = [
  ["notify.sign_in", "startup-notify-sign-in", "startup-notify-sign-in-help"],
  ["notify.phone", "startup-notify-phone", "startup-notify-phone-help"],
  ["notify.rule", "startup-notify-rule", "startup-notify-rule-help"],
  ["notify.teams_keeps", "startup-notify-teams", "startup-notify-teams-help"],
  ["notify.microsoft", "startup-notify-microsoft", "startup-notify-microsoft-help"],
  ["notify.others", "startup-notify-others", "startup-notify-others-help"],
];

const DAYS: [string, WordKey][] = [
  ["mon", "startup-mon"],
  ["tue", "startup-tue"],
  ["wed", "startup-wed"],
  ["thu", "startup-thu"],
  ["fri", "startup-fri"],
  ["sat", "startup-sat"],
  ["sun", "startup-sun"],
];

export function startupTemplate(room: Room, view: StartupPage): TemplateResult {
  const { word } = room;
  return html`
    <h1 tabindex="-1">${word("startup-title")}</h1>
    ${failure(room, "startup")}
    <section class="card" aria-labelledby="start">
      <h2 id="start">${word("startup-start")}</h2>
      ${autostart(room, view)}
      ${switchField(room, "startup", "person.start_hidden", {
        label: word("startup-hidden"),
        help: word("startup-hidden-help"),
      })}
    </section>
    <section class="card" aria-labelledby="notices">
      <h2 id="notices">${word("startup-notices")}</h2>
      <p class="quiet">${word("startup-notices-help")}</p>
      ${NOTICES.map(([key, label, help]) =>
        switchField(room, "startup", key, { label: word(label), help: word(help) }),
      )}
    </section>
    <section class="card" aria-labelledby="looks">
      <h2 id="looks">${word("startup-looks")}</h2>
      ${choiceField(room, "startup", "person.language", "startup-language", [
        ["auto", "startup-language-auto"],
        ["de", "startup-language-de"],
        ["en", "startup-language-en"],
      ])}
      ${choiceField(
        room,
        "startup",
        "person.icon",
        "startup-icon",
        [
          ["colour", "startup-icon-colour"],
          ["one-colour", "startup-icon-one"],
          ["light", "startup-icon-light"],
          ["dark", "startup-icon-dark"],
        ],
        "startup-icon-help",
      )}
      ${
        !view.tray
          ? html`<p class="line" data-tray="none">${mark("info", "quiet", word("startup-note"))}<span>${word("startup-no-tray")}</span></p>`
          : nothing
      }
    </section>
    ${hours(room)} ${network(room, view)} ${updates(room, view)}
  `;
}

/** Only where somebody has named a place to ask. */
function updates(room: Room, view: StartupPage): Part {
  const { state, word } = room;
  if (!state.pages || !fieldOf(state.pages, "update.feed").value) return nothing;
  return html`<section class="card" aria-labelledby="update">
    <h2 id="update">${word("update-title")}</h2>
    ${switchField(room, "startup", "update.check", { label: word("update-check"), help: word("update-check-help") })}
    ${
      view.update
        ? html`<p class="line">${shape("info", "quiet")}<span>${view.update.text}</span></p>
            ${view.update.page ? copyable(room, view.update.page, "line") : nothing}`
        : nothing
    }
  </section>`;
}

/** The way to Microsoft: a proxy, and the organisation's own certificates. */
function network(room: Room, view: StartupPage): Part {
  const { state, word } = room;
  if (!state.pages) return nothing;
  const chosen = shown(state.form.startup, "network.proxy", fieldOf(state.pages, "network.proxy"));
  return html`<section class="card" aria-labelledby="network">
    <h2 id="network">${word("network-title")}</h2>
    <p class="quiet">${word("network-help")}</p>
    ${view.network.map((problem) => problemBox(word("failed"), problem))}
    ${choiceField(
      room,
      "startup",
      "network.proxy",
      "network-proxy",
      [
        ["system", "network-proxy-system"],
        ["off", "network-proxy-off"],
        ["named", "network-proxy-named"],
      ],
      "network-proxy-help",
    )}
    ${chosen === "named" ? proxy(room, view) : nothing}
    ${lineField(room, "startup", "network.root_file", { label: "network-root-file", help: "network-root-file-help" })}
  </section>`;
}

function proxy(room: Room, view: StartupPage): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const user = shown(state.form.startup, "network.proxy_user", fieldOf(state.pages, "network.proxy_user"));
  const secret = state.form.startup.secret;
  return html`
    ${lineField(room, "startup", "network.proxy_address", { label: "network-proxy-address", help: "network-proxy-address-help" })}
    ${lineField(room, "startup", "network.no_proxy", { label: "network-no-proxy", help: "network-no-proxy-help" })}
    ${lineField(room, "startup", "network.proxy_user", { label: "network-proxy-user", help: "network-proxy-user-help" })}
    ${
      user
        ? html`<div class="field">
              <label for="proxy-password">${word("network-proxy-password")}</label>
              <input
                id="proxy-password"
                type="password"
                autocomplete="off"
                aria-describedby="proxy-password-notes"
                .value=${live(secret)}
                @input=${(event: Event) => acts.editSecret("startup", (event.target as HTMLInputElement).value)}
              />
              <div class="notes" id="proxy-password-notes">
                <p>${word(view.proxy_password ? "network-password-stored" : "network-password-missing")}</p>
              </div>
            </div>
            ${
              secret
                ? html`<div class="buttons">
                    ${button(room, "startup", "network-password-save", () => acts.save("startup", "network-password-save"))}
                  </div>`
                : nothing
            }`
        : nothing
    }
  `;
}

function autostart(room: Room, { autostart }: StartupPage): TemplateResult {
  const { word, acts } = room;
  return html`${toggle(room, "autostart", {
    label: word("startup-autostart"),
    ...(autostart.text ? { help: autostart.text } : {}),
    on: autostart.on,
    locked: autostart.locked,
    fixed: !autostart.can,
    refused: autostart.refused,
    set: (on) => acts.ask("startup", "autostart", { autostart: { on } }),
  })}`;
}

/** Outside of them Offhook pauses by itself. */
function hours(room: Room): Part {
  const { state, word, acts } = room;
  if (!state.pages) return nothing;
  const key: SettingKey = "person.work_days";
  const view = fieldOf(state.pages, key);
  const on = shown(
    state.form.startup,
    "person.pause_outside_hours",
    fieldOf(state.pages, "person.pause_outside_hours"),
  );
  const chosen = shown(state.form.startup, key, view).split(",");
  const choose = (day: string, wanted: boolean) => {
    const days = DAYS.map(([name]) => name).filter((name) => (name === day ? wanted : chosen.includes(name)));
    acts.set("startup", key, days.join(","));
  };
  const days = html`<fieldset class="choices across days" aria-describedby=${notesId("days", view)}>
    <legend>${word("startup-days")}</legend>
    ${DAYS.map(
      ([day, name]) => html`<label class="choice">
        <input
          type="checkbox"
          name="days"
          value=${day}
          .checked=${live(chosen.includes(day))}
          ?disabled=${view.locked}
          @change=${(event: Event) => choose(day, (event.target as HTMLInputElement).checked)}
        />
        <span>${word(name)}</span>
      </label>`,
    )}
    ${notes(room, "days", view)}
  </fieldset>`;
  return html`<section class="card" aria-labelledby="hours">
    <h2 id="hours">${word("startup-hours")}</h2>
    ${switchField(room, "startup", "person.pause_outside_hours", {
      label: word("startup-hours-pause"),
      help: word("startup-hours-help"),
    })}
    ${
      on === "true"
        ? html`${days}
            <div class="times">
              ${lineField(room, "startup", "person.work_from", { label: "startup-from", short: true, time: true })}
              ${lineField(room, "startup", "person.work_to", { label: "startup-to", short: true, time: true })}
            </div>`
        : nothing
    }
  </section>`;
}
