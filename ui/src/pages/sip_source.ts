// SIP as a call source: the account of the person's own extension.
import { html, type TemplateResult } from "lit-html";
import type { OwnSignIn } from "../bindings/OwnSignIn";
import { choiceField, lineField } from "../controls";
import { certificateField, passwordField, testOf } from "../own_sign_in";
import { folded, type Room } from "../parts";
import type { SettingKey } from "../settings";
import type { WordKey } from "../words";

const MORE: SettingKey[] = [
  "lines.sip.transport",
  "lines.sip.domain",
  "lines.sip.calls_at",
  "lines.sip.dnd_state",
];

export function sipSource(room: Room, signIn: OwnSignIn): TemplateResult {
  const line = (key: SettingKey, label: WordKey, help?: WordKey) =>
    lineField(room, "sources", key, help ? { label, help } : { label });
  const more = html`
      ${choiceField(
        room,
        "sources",
        "lines.sip.transport",
        "phone-transport",
        [
          ["udp", "phone-transport-udp"],
          ["tcp", "phone-transport-tcp"],
        ],
        "phone-transport-help",
      )}
      ${line("lines.sip.domain", "phone-domain", "phone-domain-help")}
      ${line("lines.sip.calls_at", "phone-calls-at", "phone-calls-at-help")}
      ${line("lines.sip.dnd_state", "phone-dnd-state", "sources-sip-dnd-state-help")}
  `;
  return html`
    <div class="row">
      ${line("lines.sip.host", "phone-host", "sources-sip-host-help")}
      ${line("lines.sip.port", "phone-port", "phone-port-help")}
    </div>
    ${certificateField(room, "sources", "lines.sip.tls", { label: "phone-tls", off: "sources-sip-tls-off-help" })}
    <div class="row even">
      ${line("lines.sip.user", "phone-user")}
      ${passwordField(room, "sources", "sources-sip-password", {
        label: "phone-password",
        note: signIn.password_stored ? "phone-password-stored" : "phone-password-missing",
      })}
    </div>
    ${line("lines.sip.extension", "phone-extension", "phone-extension-sip-help")}
    ${folded(room, "sources", "phone-sip-more", MORE, more)}
    ${testOf(room, "sources", signIn.test, {
      ask: "test_sip",
      plain: "sources-sip-test",
      saving: "sources-sip-save-test",
      running: "sources-sip-testing",
    })}
  `;
}
