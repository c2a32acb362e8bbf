// Desk phones: their names, and for each make of phone what to enter where.
import { html, type TemplateResult } from "lit-html";
import type { PhoneAccess } from "../bindings/PhoneAccess";
import type { PhoneMake } from "../bindings/PhoneMake";
import { lineField } from "../controls";
import { button, copyable, mark, type Part, type Room } from "../parts";
import type { WordKey } from "../words";

/** What each make calls the place, and what is to be known about it. */
const MAKES: Record<string, { name: string; help: WordKey }> = {
  snom: { name: "Snom", help: "phones-snom-help" },
  yealink: { name: "Yealink", help: "phones-yealink-help" },
  grandstream: { name: "Grandstream", help: "phones-grandstream-help" },
  poly: { name: "Poly", help: "phones-poly-help" },
};

/** `on`: the source runs, so that its phones have addresses. */
export function deskPhones(room: Room, on: boolean): Part {
  return html`${lineField(room, "sources", "lines.deskphone.phones", {
    label: "phones-names",
    help: "phones-names-help",
  })}
  ${on ? addresses(room) : html`<p class="quiet">${room.word("phones-off")}</p>`}`;
}

function addresses(room: Room): TemplateResult {
  const { word, acts, state } = room;
  const access = state.fetched.phones;
  if (access) return opened(room, access);
  return html`<div class="buttons">
    ${button(room, "sources", "phones-show", () => acts.fetch("sources", "phones-show", "phones"))}
    <span class="quiet">${word("phones-show-help")}</span>
  </div>`;
}

function opened(room: Room, access: PhoneAccess): TemplateResult {
  const { word, acts } = room;
  return html`<div class="access">
    <p class="line">
      ${mark("info", "quiet", word("sources-hook-note"))}<span>${word("phones-secret", { address: access.address })}</span>
    </p>
    ${access.phones.map(
      (phone) => html`<h3>${phone.name}</h3>
        ${phone.makes.map((make) => makeOf(room, make))}`,
    )}
    <div class="buttons">
      ${button(room, "sources", "phones-hide", () => acts.hide("phones"))}
      ${button(room, "sources", "phones-new", () => acts.fetch("sources", "phones-new", "newPhones"))}
      <span class="quiet">${word("phones-new-help")}</span>
    </div>
  </div>`;
}

function makeOf(room: Room, { make, entries }: PhoneMake): Part {
  const known = MAKES[make];
  return html`<details data-make=${make}>
    <summary>${known?.name ?? make}</summary>
    ${known ? html`<p class="quiet">${room.word(known.help)}</p>` : ""}
    <dl class="codes">
      ${entries.map(
        ({ field, value }) => html`<dt>${field}</dt>
          <dd>${copyable(room, value, "line")}</dd>`,
      )}
    </dl>
  </details>`;
}
