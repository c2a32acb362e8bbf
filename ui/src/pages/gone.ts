// There is no resident program to speak to. Its words come with the window.
import { html, nothing, type TemplateResult } from "lit-html";
import type { Room } from "../parts";
import { shape, stateShape } from "../shapes";

export function goneTemplate({ state, word, acts }: Room): TemplateResult {
  const starting = state.starting === "yes";
  return html`<main class="gone">
    ${stateShape(state.goneSentence ? "waiting" : "signed-out")}
    <h1 tabindex="-1">${word(state.goneSentence ? "gone-other-title" : "gone-title")}</h1>
    <p>${state.goneSentence ?? word("gone-help")}</p>
    ${
      state.starting === "failed"
        ? html`<p class="refused" role="alert">${shape("bad", "bad")}<span>${word("gone-failed")}</span></p>`
        : nothing
    }
    ${
      starting
        ? html`<p class="working" role="status"><span class="spinner" aria-hidden="true"></span>${word("gone-starting")}</p>`
        : html`<button type="button" class="primary" @click=${acts.start}>${word("gone-start")}</button>`
    }
  </main>`;
}

export function connectingTemplate({ word }: Room): TemplateResult {
  return html`<main class="gone">
    <h1 class="off-screen">Offhook</h1>
    <p class="working" role="status">
      <span class="spinner" aria-hidden="true"></span>${word("gone-connecting")}
    </p>
  </main>`;
}
