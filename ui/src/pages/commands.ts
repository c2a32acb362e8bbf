// A phone system of the person's own commands: each a program with its arguments, or a web request.
import { html, type TemplateResult } from "lit-html";
import { type Room, textField } from "../parts";
import type { SettingKey } from "../settings";
import type { WordKey } from "../words";

const DND: [SettingKey, WordKey, WordKey?][] = [
  ["phone.commands.dnd_on", "phone-command-on"],
  ["phone.commands.dnd_off", "phone-command-off"],
  ["phone.commands.dnd_read", "phone-command-read", "phone-command-read-help"],
  ["phone.commands.dnd_shows", "phone-command-shows", "phone-command-shows-help"],
];

const FORWARD: [SettingKey, WordKey, WordKey?][] = [
  ["phone.commands.forward_on", "phone-command-on", "phone-command-target-help"],
  ["phone.commands.forward_off", "phone-command-off"],
  ["phone.commands.forward_read", "phone-command-read", "phone-command-read-target-help"],
];

export function commandFields(room: Room): TemplateResult {
  const { word } = room;
  const fields = (list: [SettingKey, WordKey, WordKey?][]) =>
    list.map(([key, label, help]) =>
      textField(room, "phone", key, { label, wide: true, ...(help ? { help } : {}) }),
    );
  return html`
    <p class="quiet">${word("phone-command-help")}</p>
    <fieldset class="plain">
      <legend>${word("phone-command-dnd")}</legend>
      ${fields(DND)}
    </fieldset>
    <fieldset class="plain">
      <legend>${word("phone-command-forward")}</legend>
      ${fields(FORWARD)}
    </fieldset>
  `;
}
