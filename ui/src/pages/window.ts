// The window around the pages.
import { html, nothing, type TemplateResult } from "lit-html";
import type { Acts } from "../app";
import type { Pages } from "../bindings/Pages";
import { button, type Room } from "../parts";
import { shape } from "../shapes";
import { KEY_PAGES, type PAGES, pageOf, SETTINGS_PAGES, type State } from "../state";
import { wordsOf } from "../words";
import { accountTemplate } from "./account";
import { calendarTemplate } from "./calendar";
import { diagnosticsTemplate } from "./diagnostics";
import { firstRunTemplate } from "./first_run";
import { connectingTemplate, goneTemplate } from "./gone";
import { dropAnywhere } from "./key";
import { nowTemplate } from "./now";
import { phoneTemplate } from "./phone";
import { rulesTemplate } from "./rules";
import { sourcesTemplate } from "./sources";
import { startupTemplate } from "./startup";

export function windowTemplate(state: State, acts: Acts): TemplateResult {
  const room = { state, acts, word: wordsOf(state.language) };
  if (state.told !== "pages" || !state.pages) {
    return state.told === "gone" ? goneTemplate(room) : connectingTemplate(room);
  }
  const open = state.pages.first_run;
  if (open && pageOf(state) === "first-run") return firstRunTemplate(room, state.pages, open);
  return html`<div class="window">
    ${navigation(room, state.pages)}
    <main>${page(room, state.pages)}</main>
    ${state.dragging && !KEY_PAGES.includes(pageOf(state)) ? dropAnywhere(room) : nothing}
    ${changed(room, state.pages)}
  </div>`;
}

function page(room: Room, pages: Pages): TemplateResult {
  switch (pageOf(room.state)) {
    case "first-run":
    case "now":
      return nowTemplate(room, pages.now);
    case "account":
      return accountTemplate(room, pages.account);
    case "phone":
      return phoneTemplate(room, pages.phone);
    case "sources":
      return sourcesTemplate(room, pages.sources);
    case "rules":
      return rulesTemplate(room);
    case "calendar":
      return calendarTemplate(room, pages.calendar);
    case "startup":
      return startupTemplate(room, pages.startup);
    case "diagnostics":
      return diagnosticsTemplate(room, pages.diagnostics);
  }
}

function navigation(room: Room, pages: Pages): TemplateResult {
  const { state, word, acts } = room;
  const again = () => acts.ask("first-run", "first-run-again", { first_run: "again" });
  const link = (name: (typeof PAGES)[number]) => html`<li>
    <a href="#${name}" aria-current=${name === pageOf(state) ? "page" : nothing}
      >${shape(name)}<span>${word(`nav-${name}`)}</span></a
    >
  </li>`;
  return html`<nav aria-label=${word("nav-label")}>
    <ul>
      ${link("now")}
    </ul>
    <h2 id="nav-settings">${word("nav-settings")}</h2>
    <ul aria-labelledby="nav-settings">
      ${SETTINGS_PAGES.map(link)}
    </ul>
    ${
      // While it is open it is resumed; else it begins anew.
      pages.first_run
        ? html`<a class="set-up" href="#first-run">${word("first-run-title")}</a>`
        : html`<div class="set-up">${button(room, "first-run", "first-run-again", again, { kind: "link" })}</div>`
    }
    <p class="version">${word("version", { version: pages.version })}</p>
  </nav>`;
}

/** The last change of settings, while it can be taken back. The region stays, so that readers hear what comes. */
function changed(room: Room, pages: Pages): TemplateResult {
  const { state, acts } = room;
  const line = pages.changed;
  const page = pageOf(state);
  return html`<div class="changed" role="status">
    ${
      line
        ? html`<span>${line.text}</span>
            ${line.undo ? button(room, page, "undo", () => acts.ask(page, "undo", "undo"), { kind: "link" }) : nothing}`
        : nothing
    }
  </div>`;
}
