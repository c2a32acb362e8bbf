// State is told by shape first, colour second. Every shape is decoration beside words, so readers skip it.
import { svg, type TemplateResult } from "lit-html";
import type { CallState } from "./bindings/CallState";
import type { Colour } from "./bindings/Colour";
import type { State } from "./bindings/State";

type Drawing = TemplateResult<2>;

const HANDSET = svg`<path fill="currentColor" d="M22.600 13.500c1.300-.5 2.700.1 3.300 1.400l3.400 7.500c.5 1.100.2 2.400-.7 3.200l-3.900 3.300c2.300 4.600 6 8.400 10.600 10.800l3.400-3.900c.8-.9 2.100-1.200 3.200-.7l7.500 3.400c1.300.6 1.900 2 1.400 3.300l-1.900 5.200c-.6 1.700-2.200 2.800-4 2.700C27.900 48.800 15.200 36 14.300 19c-.1-1.800 1-3.400 2.700-4z"/>`;

/** Drawn into the badge, a circle of radius 12 around 50,50. */
const BADGES: Record<State | "waiting", Drawing> = {
  free: svg`<path class="mark" d="m44.500 50.500 4 4 7.500-8.500"/>`,
  "in-call": svg`<circle class="spot" cx="50" cy="50" r="4"/><path class="mark" d="M43.700 44.500a8.500 8.500 0 0 0 0 11M56.300 44.500a8.500 8.500 0 0 1 0 11"/>`,
  "do-not-disturb": svg`<path class="mark wide" d="M44 50h12"/>`,
  forwarded: svg`<path class="mark" d="M43.500 54v-1.500a4.500 4.500 0 0 1 4.500-4.500h8m-4-4.500 4.500 4.500-4.500 4.500"/>`,
  busy: svg`<path class="spot" d="M50 43.500 56.500 50 50 56.500 43.500 50z"/>`,
  away: svg`<path class="mark" d="M50 43.500V50l4.500 3.500"/>`,
  paused: svg`<path class="mark" d="M46.800 45v10M53.200 45v10"/>`,
  waiting: svg`<path class="mark" d="M44.500 50h.01M50 50h.01M55.500 50h.01"/>`,
  "signed-out": svg`<path class="mark" d="m45.500 45.500 9 9m0-9-9 9"/>`,
};

/** The one mapped state, large; or that there is none yet. */
export function stateShape(state: State | "waiting"): Drawing {
  return svg`<svg class="state ${state}" viewBox="0 0 64 64" aria-hidden="true" focusable="false">
    <rect class="tile" x="1" y="1" width="60" height="60" rx="15" />${HANDSET}
    <circle class="gap" cx="50" cy="50" r="14.500" /><circle class="badge" cx="50" cy="50" r="12" />${BADGES[state]}</svg>`;
}

const SMALL = {
  ok: svg`<circle cx="10" cy="10" r="8.200"/><path d="m6.300 10.300 2.500 2.500 4.900-5.400"/>`,
  tick: svg`<path d="m4.500 10.500 3.700 3.700 7.300-8.200"/>`,
  key: svg`<circle cx="6.500" cy="13.500" r="3.500"/><path d="m9 11 7.500-7.500M13 7l2.500 2.500"/>`,
  bad: svg`<path d="M10 2.300 18.400 17H1.600z"/><path d="M10 7.800v4M10 14.400v.2"/>`,
  unknown: svg`<circle cx="10" cy="10" r="8.2" stroke-dasharray="3 2.6"/><path d="M7.8 8a2.200 2.200 0 1 1 3.300 1.900c-.7.4-1.100.8-1.100 1.600M10 14.200v.1"/>`,
  no: svg`<circle cx="10" cy="10" r="8.200"/><path d="M6.500 10h7"/>`,
  info: svg`<circle cx="10" cy="10" r="8.200"/><path d="M10 9.300v4.500M10 6.200v.2"/>`,
  lock: svg`<rect x="4" y="9" width="12" height="8.500" rx="2"/><path d="M6.800 9V6.300a3.200 3.200 0 0 1 6.400 0V9"/>`,
  copy: svg`<rect x="7" y="7" width="10" height="10.500" rx="2"/><path d="M13 4.500a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2"/>`,
  undo: svg`<path d="M4 8.500h8.500a4.200 4.200 0 0 1 0 8.400H9M7.500 5 4 8.500 7.500 12"/>`,
  pause: svg`<path d="M7.200 4.500v11M12.800 4.500v11"/>`,
  now: svg`<path d="M2 10.500h3.500L8 4.500l4 11 2.500-5H18"/>`,
  account: svg`<circle cx="10" cy="6.800" r="3.700"/><path d="M2.900 17.500c.9-3.400 3.700-5 7.100-5s6.200 1.600 7.100 5"/>`,
  phone: svg`<path d="M6.800 2.800c.6-.2 1.200 0 1.500.6l1.300 2.900c.2.5.1 1-.3 1.400L7.700 9c.9 1.500 2 2.600 3.600 3.500l1.300-1.600c.4-.4.900-.5 1.400-.3l2.800 1.300c.6.3.9.9.7 1.500l-.7 2.200c-.3.9-1.100 1.400-2 1.400C8.300 16.600 3.500 11.600 3 5.400c0-.9.5-1.700 1.400-2z"/>`,
  sources: svg`<circle cx="10" cy="10" r="2"/><path d="M6.300 6.300a5.200 5.200 0 0 0 0 7.400M13.700 6.300a5.200 5.200 0 0 1 0 7.400M3.600 3.600a9 9 0 0 0 0 12.800M16.400 3.600a9 9 0 0 1 0 12.800"/>`,
  rules: svg`<path d="M2.500 5.500h6M2.500 14.500h6M14 3l3.500 2.500L14 8M14 12l3.500 2.500L14 17M8.500 5.500h9M8.500 14.500h9"/>`,
  calendar: svg`<rect x="3" y="4.500" width="14" height="12.500" rx="2"/><path d="M3 8.500h14M7 2.500v4M13 2.500v4"/>`,
  startup: svg`<path d="M10 2v7"/><path d="M5.800 4.800a7 7 0 1 0 8.400 0"/>`,
  diagnostics: svg`<path d="M4 3v5a4 4 0 0 0 8 0V3M8 12v1.500a4 4 0 0 0 8 0V11"/><circle cx="16" cy="9" r="1.800"/>`,
  dialling: svg`<path d="M3 10h12m-4.500-4.500L15 10l-4.500 4.500"/>`,
  ringing: svg`<path d="M10 2.500c-3 0-4.700 2.200-4.700 5v3.300L3.500 14h13l-1.800-3.200V7.500c0-2.800-1.700-5-4.700-5zM8 16.500a2.100 2.100 0 0 0 4 0"/>`,
  connected: svg`<circle cx="10" cy="10" r="3.200" fill="currentColor"/><path d="M4.800 4.800a7.400 7.400 0 0 0 0 10.400M15.200 4.800a7.400 7.400 0 0 1 0 10.400"/>`,
  held: svg`<circle cx="10" cy="10" r="8.200"/><path d="M8 7v6M12 7v6"/>`,
  conference: svg`<circle cx="7" cy="7.500" r="2.700"/><circle cx="14.200" cy="8.500" r="2.100"/><path d="M1.800 16c.6-2.700 2.600-4 5.200-4s4.600 1.300 5.200 4M14 12.700c2.200 0 3.700 1 4.200 3.100"/>`,
  neutral: svg`<circle cx="10" cy="10" r="6.500"/>`,
  red: svg`<circle cx="10" cy="10" r="6.500" fill="currentColor"/><path class="cut" d="M6.800 10h6.400"/>`,
  yellow: svg`<circle cx="10" cy="10" r="6.500"/><path d="M10 6v4l2.600 2"/>`,
} as const satisfies Record<CallState | Colour | string, Drawing>;

export type Shape = keyof typeof SMALL;

/** A small shape; `tone` gives it a colour on top. */
export function shape(name: Shape, tone: "ok" | "bad" | "warn" | "quiet" | "none" = "none"): Drawing {
  return svg`<svg class="shape ${tone === "none" ? "" : tone}" viewBox="0 0 20 20" aria-hidden="true" focusable="false">${SMALL[name]}</svg>`;
}
