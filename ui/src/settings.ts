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
  "phone.login": (pages) => pages.phone.login,
  "phone.star_on": (pages) => pages.fields["phone.star_on"] ?? NOWHERE,
  "phone.star_off": (pages) => pages.fields["phone.star_off"] ?? NOWHERE,
  "phone.chat": (pages) => pages.fields["phone.chat"] ?? NOWHERE,
  "phone.listen": (pages) => pages.fields["phone.listen"] ?? NOWHERE,
  "phone.chat_domain": (pages) => pages.fields["phone.chat_domain"] ?? NOWHERE,
  "phone.extension": (pages) => pages.phone.extension,
  "phone.interface": (pages) => pages.fields["phone.interface"] ?? NOWHERE,
  "phone.app": (pages) => pages.fields["phone.app"] ?? NOWHERE,
  "phone.alien_calls": (pages) => pages.fields["phone.alien_calls"] ?? NOWHERE,
  "phone.activities": (pages) => pages.fields["phone.activities"] ?? NOWHERE,
  "phone.session": (pages) => pages.fields["phone.session"] ?? NOWHERE,
  "phone.commands.dnd_on": (pages) => pages.fields["phone.commands.dnd_on"] ?? NOWHERE,
  "phone.commands.dnd_off": (pages) => pages.fields["phone.commands.dnd_off"] ?? NOWHERE,
  "phone.commands.dnd_read": (pages) => pages.fields["phone.commands.dnd_read"] ?? NOWHERE,
  "phone.commands.dnd_shows": (pages) => pages.fields["phone.commands.dnd_shows"] ?? NOWHERE,
  "phone.commands.forward_on": (pages) => pages.fields["phone.commands.forward_on"] ?? NOWHERE,
  "phone.commands.forward_off": (pages) => pages.fields["phone.commands.forward_off"] ?? NOWHERE,
  "phone.commands.forward_read": (pages) => pages.fields["phone.commands.forward_read"] ?? NOWHERE,
  "phone.line": (pages) => pages.fields["phone.line"] ?? NOWHERE,
  "phone.transport": (pages) => pages.fields["phone.transport"] ?? NOWHERE,
  "phone.domain": (pages) => pages.fields["phone.domain"] ?? NOWHERE,
  "phone.calls_at": (pages) => pages.fields["phone.calls_at"] ?? NOWHERE,
  "phone.dnd_state": (pages) => pages.fields["phone.dnd_state"] ?? NOWHERE,
  "phone.dnd_on": (pages) => pages.fields["phone.dnd_on"] ?? NOWHERE,
  "phone.unconfirmed": (pages) => pages.fields["phone.unconfirmed"] ?? NOWHERE,
  "phone.forward_on": (pages) => pages.fields["phone.forward_on"] ?? NOWHERE,
  "phone.forward_off": (pages) => pages.fields["phone.forward_off"] ?? NOWHERE,
  "phone.dnd_off": (pages) => pages.fields["phone.dnd_off"] ?? NOWHERE,
  "rules.profile": (pages) => pages.fields["rules.profile"] ?? NOWHERE,
  "rules.dnd_in_meetings": (pages) =>
    pages.first_run?.meetings ?? pages.fields["rules.dnd_in_meetings"] ?? NOWHERE,
  "person.language": (pages) => pages.first_run?.language ?? pages.fields["person.language"] ?? NOWHERE,
} as const satisfies Record<string, (pages: Pages) => FieldView>;

type FormKey = keyof typeof FIELDS;

export const FORM_KEYS = Object.keys(FIELDS) as FormKey[];

/** Settings that apply at once, and whose fields the view has by their key. */
type OwnKey =
  | `person.${string}`
  | `notify.${string}`
  | `lines.${string}`
  | `calendar.${string}`
  | `rules.${string}`
  | `network.${string}`
  | `update.${string}`
  | "calls.outgoing_counts"
  | "log.level";

export type SettingKey = FormKey | OwnKey;

export function fieldOf(pages: Pages, key: SettingKey): FieldView {
  return isFormKey(key) ? FIELDS[key](pages) : (pages.fields[key] ?? NOWHERE);
}

/** A cell of the rule table: its value comes with the table, not with the other views. */
export function isRule(key: string): boolean {
  return /^rules\.(states|calls|phone)\./.test(key);
}

function isFormKey(key: string): key is FormKey {
  return Object.hasOwn(FIELDS, key);
}
