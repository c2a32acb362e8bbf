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

/** How an entry is refused of which not all can be listed that fits. */
export function unlike(example: string, say: Say): string {
  return say(
    `This can't be used here; it looks like this, for example: ${example}.`,
    `So ist das hier nicht verwendbar; es sieht zum Beispiel so aus: ${example}.`,
  );
}
