// A key file: dropped, chosen or typed, shown, and used only when the person says so. Part of the phone page and of the
// first run.
import { html, nothing, type TemplateResult } from "lit-html";
import { live } from "lit-html/directives/live.js";
import type { KeyOffer } from "../bindings/KeyOffer";
import type { KeyPart } from "../bindings/KeyPart";
import type { OfferedKey } from "../bindings/OfferedKey";
import { button, mark, type Part, problemBox, type Room } from "../parts";
import { shape } from "../shapes";
import type { KeyDraft, PageName } from "../state";
import type { WordKey } from "../words";

/** The whole part; it must not stand inside another form. `alone`: once a key is in use, nothing asks for another. */
export function keyTemplate(room: Room, page: PageName, offer: KeyOffer, alone = false): TemplateResult {
  const done = offer.state === "offered" || (alone && offer.state === "accepted" && !room.state.dragging);
  return html`<div class="key">
    <div aria-live="polite">${outcome(room, page, offer)}</div>
    ${done ? nothing : ways(room, page, offer)}
  </div>`;
}

/** What became of the last file, or of what was typed. */
function outcome(room: Room, page: PageName, offer: KeyOffer): Part {
  const { word, acts } = room;
  switch (offer.state) {
    case "nothing":
      return nothing;
    case "reading":
      return html`<p class="working"><span class="spinner" aria-hidden="true"></span>${word("key-reading")}</p>`;
    case "refused":
      // Beside its field, where it is about one.
      return about(offer, "typed_name", "typed_key")
        ? nothing
        : problemBox(word("key-refused"), offer.problem, true);
    case "offered":
      return offered(room, page, offer.key);
    case "accepted":
      return html`<div class="box ok" data-key="accepted">
        ${shape("ok", "ok")}
        <div>
          <strong>${word("key-accepted", { name: offer.name })}</strong>
          ${offer.next.map((sentence) => html`<p>${sentence}</p>`)}
          <div class="buttons">${button(room, page, "key-dismiss", () => acts.ask(page, "key-dismiss", "cancel_key"))}</div>
        </div>
      </div>`;
  }
}

function about(offer: KeyOffer, ...parts: KeyPart[]): boolean {
  return offer.state === "refused" && parts.includes(offer.about);
}

/** Everything the file says, before anything is done with it. */
function offered(room: Room, page: PageName, key: OfferedKey): TemplateResult {
  const { state, word, acts } = room;
  const takes = key.microsoft !== null && (state.key.microsoft ?? key.microsoft.suggested);
  const line = (label: WordKey, value: string | null, otherwise: WordKey = "key-not-said") =>
    html`<div><dt>${word(label)}</dt><dd>${value ?? html`<span class="quiet">${word(otherwise)}</span>`}</dd></div>`;
  const { trust, text, public_key } = key.signer;
  const signerMark = {
    none: mark("no", "quiet", word("key-signer-none")),
    new: mark("unknown", "warn", word("key-signer-new")),
    known: mark("ok", "ok", word("key-signer-known")),
  }[trust];
  return html`<section class="offer" aria-labelledby="key-offer" data-key="offered" data-number=${key.number}>
    <h2 id="key-offer">${word("key-offer")}</h2>
    <p class="quiet">${word("key-nothing-yet")}</p>
    <dl class="facts">
      ${line("key-name", key.name)} ${line("key-kind", key.kind)} ${line("key-address", key.address)}
      ${line("key-issuer", key.issuer)} ${line("key-issued", key.issued)}
      ${line("key-valid-until", key.valid_until, "key-no-end")} ${line("key-id", key.key_id)}
    </dl>
    <ul class="lines bare">
      <li data-trust=${trust}>
        ${signerMark}<span>${text}${public_key ? html` <code class="long">${public_key}</code>` : nothing}</span>
      </li>
      <li>${mark("lock", "quiet", word("key-tls"))}<span>${key.tls}</span></li>
      ${key.notes.map((note) => html`<li>${mark("info", "warn", word("key-note"))}<span>${note}</span></li>`)}
    </ul>
    ${key.blocked ? problemBox(word("key-refused"), key.blocked) : nothing}
    ${key.blocked ? nothing : microsoft(room, key, takes)}
    <div class="buttons">
      ${
        key.blocked
          ? nothing
          : button(
              room,
              page,
              "key-use",
              () => acts.ask(page, "key-use", { accept_key: { number: key.number, microsoft: takes } }),
              { kind: "primary" },
            )
      }
      ${button(room, page, "key-cancel", () => acts.ask(page, "key-cancel", "cancel_key"))}
    </div>
  </section>`;
}

function microsoft({ word, acts }: Room, { microsoft }: OfferedKey, takes: boolean): Part {
  if (!microsoft) return nothing;
  const help = word("key-microsoft-help", {
    tenant: microsoft.tenant ?? "–",
    client: microsoft.client_id ?? "–",
  });
  return html`<div class="field">
    <label class="choice">
      <input
        type="checkbox"
        id="key-takes-microsoft"
        .checked=${live(takes)}
        aria-describedby="key-takes-microsoft-notes"
        @change=${(event: Event) => acts.editKey({ microsoft: (event.target as HTMLInputElement).checked })}
      />
      <span>${word("key-microsoft")}</span>
    </label>
    <div class="notes" id="key-takes-microsoft-notes"><p>${help}</p></div>
  </div>`;
}

/** The three ways in: drop, choose, type. */
function ways(room: Room, page: PageName, offer: KeyOffer): TemplateResult {
  const { state, word, acts } = room;
  const typing =
    state.key.name !== "" || state.key.key !== "" || about(offer, "typed_name", "typed_key", "typed");
  return html`<div class="drop ${state.dragging ? "over" : ""}" data-key="drop">
      ${shape("key")}
      <p role="status">${word(state.dragging ? "key-drop-over" : "key-drop")}</p>
      ${button(room, page, "key-choose", () => acts.choose(page, "key-choose"))}
    </div>
    <details ?open=${typing}>
      <summary>${word("key-typed")}</summary>
      <form
        class="typed"
        novalidate
        @submit=${(event: Event) => {
          event.preventDefault();
          const { name, key } = state.key;
          acts.ask(page, "key-check", { offer_typed_key: { name, key } });
        }}
      >
        ${typedField(room, offer, "name", "typed_name", "key-typed-name", "key-typed-name-help")}
        ${typedField(room, offer, "key", "typed_key", "key-typed-key", "key-typed-key-help")}
        <div class="buttons">${button(room, page, "key-check", null, { type: "submit" })}</div>
      </form>
    </details>`;
}

function typedField(
  { state, word, acts }: Room,
  offer: KeyOffer,
  field: Exclude<keyof KeyDraft, "microsoft">,
  part: KeyPart,
  label: WordKey,
  help: WordKey,
): TemplateResult {
  const id = `key-typed-${field}-field`;
  const problem = offer.state === "refused" && offer.about === part ? offer.problem : null;
  return html`<div class="field wide">
    <label for=${id}>${word(label)}</label>
    <input
      id=${id}
      type="text"
      autocomplete="off"
      autocapitalize="off"
      spellcheck="false"
      .value=${live(state.key[field])}
      aria-invalid=${problem ? "true" : nothing}
      aria-describedby="${id}-notes"
      @input=${(event: Event) => acts.editKey({ [field]: (event.target as HTMLInputElement).value })}
    />
    <div class="notes" id="${id}-notes">
      ${
        problem
          ? html`<p class="refused" role="alert" data-code=${problem.code}>
              ${shape("bad", "bad")}<span>${problem.sentence} ${problem.mend}</span>
            </p>`
          : nothing
      }
      <p>${word(help)}</p>
    </div>
  </div>`;
}

/** Over pages without a place for it: the whole window takes the file. */
export function dropAnywhere({ word }: Room): TemplateResult {
  return html`<div class="drop-anywhere" role="status"><p>${shape("key")}${word("key-drop-over")}</p></div>`;
}
