// What the believable view models are made of.
import type { FieldView } from "../bindings/FieldView";
import type { Light } from "../bindings/Light";

/** Today, so that only the time is shown. */
const SINCE = new Date(new Date().setHours(10, 2)).toISOString();

export type Say = (en: string, de: string) => string;

export function field(value: string, more: Partial<FieldView> = {}): FieldView {
  return { value, locked: false, refused: null, ...more };
}

export function light(ok: boolean, text: string): Light {
  return { ok, since: SINCE, text };
}
