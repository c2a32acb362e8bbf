// Believable view models for a browser without a window, for tests and for screenshots. The resident program
// makes the real ones; nothing here decides anything.
import type { Language } from "./bindings/Language";
import type { Pages } from "./bindings/Pages";
import { accountPage } from "./fakes/account";
import { calendarPage } from "./fakes/calendar";
import { DESK_OF, FIRST_RUN_STATES, firstRunView, isFirstRunState } from "./fakes/first_run";
import { nowPage } from "./fakes/now";
import { phonePage } from "./fakes/phone";
import { settingsPages } from "./fakes/settings";

export const FAKE_STATES = {
  now: [
    "free",
    "in-call",
    "do-not-disturb",
    "forwarded",
    "busy",
    "away",
    "paused",
    "signed-out",
    "attention",
    "starting",
    "waiting",
    "held",
    "taken-back",
    "question",
    "spoilt",
    "long",
  ],
  account: [
    "free",
    "signed-out",
    "waiting",
    "browser",
    "device-code",
    "problem",
    "locked",
    "refused",
    "long",
  ],
  phone: [
    "free",
    "phone-none",
    "tested",
    "testing",
    "refused",
    "locked",
    "risk",
    "starface",
    "innovaphone",
    "procall",
    "starface-more",
    "starface-listen",
    "innovaphone-more",
    "sip",
    "sip-more",
    "csta",
    "freepbx",
    "tapi",
    "command",
    "long",
    "key-reading",
    "key-refused",
    "key-typed-refused",
    "key-offered",
    "key-offered-new",
    "key-blocked",
    "key-accepted",
  ],
  "first-run": FIRST_RUN_STATES,
  sources: [
    "free",
    "ringing",
    "sources-off",
    "sources-sip",
    "sources-tapi",
    "sources-not-told",
    "locked",
    "refused",
  ],
  rules: ["free", "locked", "rules-changed", "rules-refused", "rules-cannot", "rules-long"],
  calendar: [
    "free",
    "calendar-on",
    "calendar-exchange",
    "calendar-ics",
    "calendar-file",
    "calendar-consent",
    "calendar-asking",
    "calendar-locked",
  ],
  startup: [
    "free",
    "hours",
    "proxy",
    "update",
    "autostart-elsewhere",
    "no-tray",
    "locked",
    "refused",
    "changed",
  ],
  diagnostics: ["free", "examined", "testing", "attention"],
  // Without a view, so without a page.
  window: ["gone", "gone-other", "connecting"],
  // As `free`, but every command is refused.
  other: ["failing"],
} as const;

export type FakeState = (typeof FAKE_STATES)[keyof typeof FAKE_STATES][number];

export function isFakeState(name: string): name is FakeState {
  return Object.values(FAKE_STATES).some((names) => (names as readonly string[]).includes(name));
}

export function fakePages(state: FakeState, language: Language): Pages {
  const say = (en: string, de: string) => (language === "de" ? de : en);
  if (isFirstRunState(state)) {
    const pages = fakePages(DESK_OF[state], language);
    return { ...pages, first_run: firstRunView(state, pages, say) };
  }
  return {
    language,
    twelve_hours: false,
    version: "0.1.0",
    first_run: null,
    now: nowPage(state, say),
    account: accountPage(state, say),
    phone: phonePage(state, say),
    // Another number for each state, so that the table is asked for anew.
    rules_version: (FAKE_STATES.rules as readonly string[]).indexOf(state) + 1,
    calendar: calendarPage(state, say),
    ...settingsPages(state, say),
  };
}
