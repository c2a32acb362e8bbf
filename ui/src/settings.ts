// The settings that the pages can change: dotted key of `settings.toml` → where the view shows it.
import type { FieldView } from "./bindings/FieldView";
import type { Pages } from "./bindings/Pages";

/** What a page shows that is not there: nothing that could be edited. */
const NOWHERE: FieldView = { value: "", locked: true, refused: null };

const FIELDS = {
  "microsoft.tenant": (pages) => pages.account.tenant,
  "microsoft.client_id": (pages) => pages.account.client_id,
  "phone.kind": (pages) => pages.phone.kind,
  "phone.host": (pages) => pages.phone.host,
  "phone.port": (pages) => pages.phone.port,
  "phone.tls": (pages) => pages.phone.tls,
  "phone.user": (pages) => pages.phone.user,
  "phone.extension": (pages) => pages.phone.extension,
  "lines.baresip.enabled": (pages) => pages.phone.baresip_enabled,
  "lines.baresip.address": (pages) => pages.phone.baresip_address,
  "rules.profile": (pages) => pages.phone.profile,
  "rules.dnd_in_meetings": (pages) => pages.first_run?.meetings ?? NOWHERE,
  "person.language": (pages) => pages.first_run?.language ?? NOWHERE,
} as const satisfies Record<string, (pages: Pages) => FieldView>;

export type SettingKey = keyof typeof FIELDS;

export const SETTING_KEYS = Object.keys(FIELDS) as SettingKey[];

export function fieldOf(pages: Pages, key: SettingKey): FieldView {
  return FIELDS[key](pages);
}
