// MicroSIP: the lines that make it report its calls, shown before they are written.
import { html, type TemplateResult } from "lit-html";
import type { MicrosipLine } from "../bindings/MicrosipLine";
import type { MicrosipView } from "../bindings/MicrosipView";
import { button, mark, type Part, type Room } from "../parts";
import { shape } from "../shapes";

export function microsip(room: Room): TemplateResult {
  const { word, acts, state } = room;
  const view = state.fetched.microsip;
  return html`<section class="card source" aria-labelledby="microsip" data-source="microsip-lines">
    <h2 id="microsip">${word("microsip-title")}</h2>
    <p class="quiet">${word("microsip-help")}</p>
    ${
      view
        ? opened(room, view)
        : html`<div class="buttons">
            ${button(room, "sources", "microsip-show", () => acts.fetch("sources", "microsip-show", "microsip"))}
          </div>`
    }
  </section>`;
}

function opened(room: Room, view: MicrosipView): TemplateResult {
  const { word, acts } = room;
  return html`<div class="access">
    <p class="line" role="status">${standing(room, view)}</p>
    <p class="quiet">${word("microsip-file", { file: view.file })}</p>
    <dl class="codes">${view.lines.map((line) => lineOf(room, line))}</dl>
    <div class="buttons">
      ${
        view.written || view.foreign
          ? ""
          : button(room, "sources", "microsip-write", () =>
              acts.fetch("sources", "microsip-write", "microsipWrite"),
            )
      }
      ${view.ours ? button(room, "sources", "microsip-out", () => acts.fetch("sources", "microsip-out", "microsipOut")) : ""}
      ${button(room, "sources", "microsip-hide", () => acts.hide("microsip"))}
    </div>
  </div>`;
}

function standing({ word }: Room, view: MicrosipView): Part {
  if (view.foreign)
    return html`${mark("bad", "warn", word("sources-hook-note"))}<span>${word("microsip-foreign")}</span>`;
  if (view.written)
    return html`${mark("ok", "ok", word("sources-hook-note"))}<span>${word("microsip-written")}</span>`;
  return html`${mark("info", "quiet", word("sources-hook-note"))}<span>${word("microsip-not-written")}</span>`;
}

function lineOf({ word }: Room, line: MicrosipLine): TemplateResult {
  return html`<dt>${line.key}</dt>
    <dd>
      <code tabindex="0">${line.value}</code>
      ${line.foreign ? html`<p class="refused">${shape("bad", "bad")}<span>${word("microsip-now", { now: line.now ?? "" })}</span></p>` : ""}
    </dd>`;
}
