// The microphone as a call source: which programs' use of it is a call.
import { html, nothing } from "lit-html";
import type { SeenApp } from "../bindings/SeenApp";
import { toggle } from "../controls";
import type { Part, Room } from "../parts";
import type { WordKey } from "../words";

const KEY = "lines.microphone.apps";

const KINDS: Record<SeenApp["kind"], WordKey | null> = {
  teams: "microphone-teams",
  browser: "microphone-browser",
  other: null,
};

export function atMicrophone(room: Room, apps: SeenApp[]): Part {
  const { word, state, acts } = room;
  const field = state.pages?.fields[KEY];
  if (field === undefined || state.pages?.fields["lines.microphone.enabled"]?.value !== "true")
    return nothing;
  const choose = (id: string, on: boolean) => {
    const others = apps.filter((app) => app.chosen && app.id !== id).map((app) => app.id);
    acts.set("sources", KEY, [...others, ...(on ? [id] : [])].join(","));
  };
  return html`<fieldset class="apps">
    <legend>${word("microphone-apps")}</legend>
    ${apps.length ? nothing : html`<p class="quiet">${word("microphone-none")}</p>`}
    ${apps.map((app, n) => {
      const note = KINDS[app.kind];
      return toggle(room, `microphone-app-${n}`, {
        label: app.in_use ? word("microphone-in-use", { name: app.id }) : app.id,
        ...(note ? { help: word(note) } : {}),
        on: app.chosen,
        locked: field.locked,
        refused: null,
        set: (on) => choose(app.id, on),
      });
    })}
  </fieldset>`;
}
