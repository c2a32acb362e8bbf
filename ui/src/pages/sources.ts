// "Call sources": who reports calls, and what rings there right now.
import { html, nothing, type TemplateResult } from "lit-html";
import type { HookAccess } from "../bindings/HookAccess";
import type { SourceCall } from "../bindings/SourceCall";
import type { SourcesPage } from "../bindings/SourcesPage";
import type { SourceView } from "../bindings/SourceView";
import { lineField, linesField, switchField } from "../controls";
import { button, copyable, failure, mark, type Part, type Room } from "../parts";
import type { SettingKey } from "../settings";
import { shape } from "../shapes";
import { deskPhones } from "./desk_phones";
import { atMicrophone } from "./microphone";
import { microsip } from "./microsip";
import { lightLine } from "./now";
import { sipSource } from "./sip_source";

export function sourcesTemplate(room: Room, view: SourcesPage): TemplateResult {
  const { word } = room;
  return html`
    <h1 tabindex="-1">${word("sources-title")}</h1>
    <p class="quiet">${word("sources-intro")}</p>
    ${failure(room, "sources")}
    ${view.sources.map((source) => sourceCard(room, source, view))}
    ${view.microsip ? microsip(room) : nothing}
    <section class="card" aria-labelledby="counting">
      <h2 id="counting">${word("sources-counting")}</h2>
      ${switchField(room, "sources", "calls.outgoing_counts", {
        label: word("sources-outgoing"),
        help: word("sources-outgoing-help"),
      })}
    </section>
  `;
}

function sourceCard(room: Room, source: SourceView, { apps, sip }: SourcesPage): TemplateResult {
  const { word } = room;
  const id = `source-${source.id.replaceAll(/[^a-zA-Z0-9]/g, "-")}`;
  return html`<section class="card source" aria-labelledby=${id} data-source=${source.id}>
    <h2 id=${id}>${source.name}</h2>
    ${
      source.switch
        ? switchField(room, "sources", source.switch as SettingKey, {
            label: word("sources-watch", { name: source.name }),
            help: source.help,
          })
        : html`<p class="quiet">${source.help}</p>`
    }
    ${
      source.light
        ? html`<ul class="lines bare">${lightLine(room, { name: null, light: source.light })}</ul>`
        : nothing
    }
    ${source.address ? lineField(room, "sources", source.address as SettingKey, { label: "sources-address" }) : nothing}
    ${source.id === "fritzbox" ? own(room) : nothing}
    ${source.lines && source.light ? linesField(room, "sources", source.lines) : nothing}
    ${source.id === "microphone" ? atMicrophone(room, apps) : nothing}
    ${source.id === "sip" && source.light ? sipSource(room, sip) : nothing}
    ${source.id === "deskphone" ? deskPhones(room, source.light !== null) : nothing}
    ${source.light || !source.switch ? ringing(room, source) : nothing}
    ${source.id === "hook" && source.light ? hook(room) : nothing}
  </section>`;
}

/** It tells of everybody's calls: which of them are the person's. */
function own(room: Room): Part {
  return html`${lineField(room, "sources", "lines.fritzbox.numbers", {
    label: "sources-numbers",
    help: "sources-numbers-help",
  })}
  ${lineField(room, "sources", "lines.fritzbox.extensions", {
    label: "sources-extensions",
    help: "sources-extensions-help",
  })}`;
}

/** What is up there, as it comes and goes; also what does not count. */
function ringing({ word }: Room, source: SourceView): TemplateResult {
  return html`<div class="ringing" role="status" aria-label=${word("sources-live", { name: source.name })}>
    ${
      source.calls.length
        ? html`<ul class="lines">${source.calls.map(callLine)}</ul>`
        : html`<p class="line quiet">${shape("no", "quiet")}<span>${word("sources-quiet")}</span></p>`
    }
    ${source.last ? html`<p class="quiet">${word("sources-last", { what: source.last })}</p>` : nothing}
  </div>`;
}

function callLine(call: SourceCall): TemplateResult {
  return html`<li class="call">
    ${shape(call.state, call.counts ? "bad" : "quiet")}
    <span><strong>${call.text}</strong> <span class="quiet">${call.note}</span></span>
  </li>`;
}

function hook(room: Room): Part {
  const { word, acts, state } = room;
  const access = state.fetched.hook;
  if (access) return hookAccess(room, access);
  return html`<div class="buttons">
    ${button(room, "sources", "sources-hook-show", () => acts.fetch("sources", "sources-hook-show", "hook"))}
    <span class="quiet">${word("sources-hook-help")}</span>
  </div>`;
}

function hookAccess(room: Room, access: HookAccess): TemplateResult {
  const { word, acts } = room;
  return html`<div class="access">
    <p class="line">${mark("info", "quiet", word("sources-hook-note"))}<span>${word("sources-hook-secret")}</span></p>
    <dl class="codes">
      <dt>${word("sources-hook-address")}</dt>
      <dd>${copyable(room, access.address, "line")}</dd>
      <dt>${word("sources-hook-token")}</dt>
      <dd>${copyable(room, access.token, "line")}</dd>
      <dt>${word("sources-hook-example")}</dt>
      ${access.examples.map((example) => html`<dd>${copyable(room, example, "line")}</dd>`)}
    </dl>
    <div class="buttons">${button(room, "sources", "sources-hook-hide", () => acts.hide("hook"))}</div>
  </div>`;
}
