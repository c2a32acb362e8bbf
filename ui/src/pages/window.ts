// The window around the pages.
import { html, nothing, type TemplateResult } from "lit-html";
import type { Acts } from "../app";
import type { Pages } from "../bindings/Pages";
import type { Room } from "../parts";
import { shape } from "../shapes";
import { PAGES, type State } from "../state";
import { goneWordsOf, wordsOf } from "../words";
import { accountTemplate } from "./account";
import { connectingTemplate, goneTemplate } from "./gone";
import { nowTemplate } from "./now";
import { phoneTemplate } from "./phone";

export function windowTemplate(state: State, acts: Acts): TemplateResult {
  if (state.told !== "pages" || !state.pages) {
    const room = { state, acts, word: goneWordsOf(state.language) };
    return state.told === "gone" ? goneTemplate(room) : connectingTemplate(room);
  }
  const room = { state, acts, word: wordsOf(state.pages.words) };
  return html`<div class="window">
    ${navigation(room, state.pages)}
    <main>${page(room, state.pages)}</main>
  </div>`;
}

function page(room: Room, pages: Pages): TemplateResult {
  switch (room.state.page) {
    case "now":
      return nowTemplate(room, pages.now);
    case "account":
      return accountTemplate(room, pages.account);
    case "phone":
      return phoneTemplate(room, pages.phone);
  }
}

function navigation({ state, word }: Room, pages: Pages): TemplateResult {
  return html`<nav aria-label=${word("nav-label")}>
    <ul>
      ${PAGES.map(
        (name) => html`<li>
          <a href="#${name}" aria-current=${name === state.page ? "page" : nothing}
            >${shape(name)}<span>${word(`nav-${name}`)}</span></a
          >
        </li>`,
      )}
    </ul>
    <p class="version">${word("version", { version: pages.version })}</p>
  </nav>`;
}
