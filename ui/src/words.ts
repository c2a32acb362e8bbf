// Every word the pages use. The texts are in `words.toml`; the resident program sends those of the person's language.

import goneWords from "../words.toml?gone";
import type { Language } from "./bindings/Language";

export const KEYS = [
  "nav-label",
  "nav-now",
  "nav-account",
  "nav-phone",
  "version",
  "working",
  "since",
  "copy",
  "copied",
  "save",
  "discard",
  "unsaved",
  "locked",
  "failed",
  "no-answer",
  "gone-title",
  "gone-help",
  "gone-start",
  "gone-starting",
  "gone-failed",
  "gone-connecting",
  "now-attention",
  "now-pause",
  "now-pause-help",
  "now-pause-15",
  "now-pause-60",
  "now-pause-tomorrow",
  "now-pause-resumed",
  "now-paused",
  "now-paused-until",
  "now-resume",
  "now-reasons",
  "now-reasons-none",
  "now-teams",
  "now-teams-none",
  "now-calls",
  "now-calls-none",
  "now-lights",
  "now-lights-none",
  "light-ok",
  "light-bad",
  "account-title",
  "account-intro",
  "account-sign-in",
  "account-sign-in-help",
  "account-device-code",
  "account-waiting",
  "account-browser",
  "account-browser-help",
  "account-browser-address",
  "account-cancel",
  "account-code",
  "account-code-help",
  "account-code-address",
  "account-code-code",
  "account-signed-in",
  "account-sign-out",
  "account-sign-out-help",
  "account-rights",
  "account-right-granted",
  "account-right-missing",
  "account-right-unknown",
  "account-admin",
  "account-admin-help",
  "account-registration",
  "account-registration-help",
  "account-tenant",
  "account-tenant-help",
  "account-client-id",
  "account-client-id-help",
  "phone-title",
  "phone-system",
  "phone-kind",
  "phone-kind-none",
  "phone-kind-none-help",
  "phone-kind-asterisk",
  "phone-host",
  "phone-host-help",
  "phone-port",
  "phone-port-help",
  "phone-tls",
  "phone-tls-system",
  "phone-tls-pin",
  "phone-tls-off",
  "phone-tls-off-help",
  "phone-tls-pin-value",
  "phone-user",
  "phone-password",
  "phone-password-stored",
  "phone-password-missing",
  "phone-extension",
  "phone-extension-help",
  "phone-softphone",
  "phone-baresip",
  "phone-baresip-help",
  "phone-baresip-address",
  "phone-profile",
  "phone-abilities",
  "phone-can",
  "phone-cannot",
  "phone-can-unknown",
  "phone-risk",
  "phone-risk-none",
  "phone-test",
  "phone-save-test",
  "phone-testing",
  "phone-findings",
  "finding-ok",
  "finding-bad",
] as const;

export type WordKey = (typeof KEYS)[number];

/** A word by its key, with the page's values in its places. */
export type Word = (key: WordKey, values?: Record<string, string>) => string;

/** The words that came with a view. A missing one shows its key: ugly, findable, never an empty button. */
export function wordsOf(texts: { [key in string]?: string }): Word {
  return (key, values = {}) =>
    (texts[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** The few words for the time without a resident program. */
export function goneWordsOf(language: Language): Word {
  return wordsOf(goneWords[language]);
}

/** For the time before the first view has told the person's language. */
export function guessLanguage(languages: readonly string[]): Language {
  return languages[0]?.toLowerCase().startsWith("de") ? "de" : "en";
}
