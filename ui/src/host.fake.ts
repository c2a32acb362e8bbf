// The pages in a plain browser: `?fake=STATE&lang=de#PAGE` shows a state, and the buttons do something believable.
import type { Answer } from "./bindings/Answer";
import type { Command } from "./bindings/Command";
import type { FirstRunMove } from "./bindings/FirstRunMove";
import type { Language } from "./bindings/Language";
import type { Pages } from "./bindings/Pages";
import type { Problem } from "./bindings/Problem";
import { type FakeState, fakePages, isFakeState } from "./fakes";
import { fakeAnswer, fakeChanged } from "./fakes/settings";
import type { Host, Told } from "./host";
import { fieldOf, type SettingKey } from "./settings";

export function fakeHost(search: string): Host {
  const query = new URLSearchParams(search);
  const asked = query.get("fake") ?? "free";
  let language: Language = query.get("lang") === "de" ? "de" : "en";
  const state: FakeState = isFakeState(asked) ? asked : "free";
  let pages = fakePages(state, language);
  let hear: (told: Told) => void = () => {};
  const show = (next: Pages) => {
    pages = next;
    hear({ told: "pages", pages });
  };
  let now = state;
  const become = (next: FakeState) => {
    now = next;
    show(fakePages(next, language));
  };

  // A tool that looks at one state after the other need not load the page for each.
  addEventListener("fake", (event) => {
    const { detail } = event as CustomEvent<string>;
    if (isFakeState(detail)) become(detail);
  });

  return {
    async listen(listener) {
      hear = listener;
      if (state === "connecting") return;
      if (state === "gone") hear({ told: "gone", sentence: null });
      else if (state === "gone-other") hear({ told: "gone", sentence: otherVersion(language) });
      else hear({ told: "pages", pages });
    },
    async ask(command) {
      // Shown on request, but without waiting: a tool that looks at a page sees it whole.
      if (typeof command !== "object" || !("rules_show" in command || "rules_preview" in command))
        await soon();
      if (state === "failing") throw refusal(language);
      return answer(command);
    },
    async save() {
      await soon();
      return true;
    },
    async start() {
      await soon();
      become("free");
    },
    async choose() {
      become("key-reading");
      await soon();
      become("key-offered-new");
    },
  };

  function answer(command: Command): Answer {
    const say = (en: string, de: string) => (language === "de" ? de : en);
    const reply = fakeAnswer(command, now, say);
    const first = now.startsWith("fr-");
    if (command === "resume" || command === "one_person") become("free");
    else if (command === "put_back") become("taken-back");
    else if (command === "set_again") become("held");
    else if (command === "cancel_sign_in" || command === "sign_out")
      become(first ? "fr-sign-in" : "signed-out");
    else if (command === "test_phone") become(first ? "fr-tested" : "tested");
    else if (command === "cancel_test") become(first ? "fr-access" : "free");
    else if (command === "cancel_key")
      show({ ...pages, phone: { ...pages.phone, key: { state: "nothing" } } });
    else if (command === "doctor") become("examined");
    else if (command === "undo") show({ ...pages, changed: null });
    else if (typeof command !== "object") return reply;
    else if ("offer_key_file" in command) become("key-offered-new");
    else if ("offer_typed_key" in command) become("key-typed-refused");
    else if ("accept_key" in command) become("key-accepted");
    else if ("pause" in command) become("paused");
    else if ("first_run" in command) become(after(now, command.first_run));
    else if ("sign_in" in command && first) {
      become(command.sign_in.device_code ? "fr-code" : "fr-browser");
      // The person is quick there.
      void soon().then(() => now === "fr-browser" && become("fr-signed-in"));
    } else if ("sign_in" in command) become(command.sign_in.device_code ? "device-code" : "browser");
    else if ("secret_set" in command) show({ ...pages, phone: { ...pages.phone, password_stored: true } });
    else if ("secret_remove" in command)
      show({ ...pages, phone: { ...pages.phone, password_stored: false } });
    else if ("rules_back" in command) become("free");
    else if ("autostart" in command) {
      const autostart = { ...pages.startup.autostart, on: command.autostart.on, text: null };
      show({ ...pages, startup: { ...pages.startup, autostart } });
    } else if ("apply" in command && command.apply["person.language"]) {
      language = command.apply["person.language"] === "de" ? "de" : "en";
      become(now);
    } else if ("apply" in command) {
      const next = structuredClone(pages);
      for (const [key, value] of Object.entries(command.apply)) {
        if (value !== undefined) Object.assign(fieldOf(next, key as SettingKey), { value, refused: null });
      }
      show({ ...next, changed: fakeChanged(language) });
    }
    return reply;
  }
}

/** The first run's way here. */
const WAY = ["fr-welcome", "fr-sign-in", "fr-phone", "fr-access", "fr-ready"] as const;

function after(now: FakeState, made: FirstRunMove): FakeState {
  if (made === "finish") return "free";
  if (made === "again") return "fr-welcome";
  const at = WAY.findIndex((state) => FIRST_OF[state].some((name) => name === now));
  return WAY[Math.max(0, at + (made === "next" ? 1 : -1))] ?? "free";
}

const FIRST_OF: Record<(typeof WAY)[number], FakeState[]> = {
  "fr-welcome": ["fr-welcome"],
  "fr-sign-in": ["fr-sign-in", "fr-browser", "fr-code", "fr-consent", "fr-signed-in"],
  "fr-phone": ["fr-phone", "fr-phone-chosen", "fr-locked"],
  "fr-access": ["fr-access", "fr-access-refused", "fr-testing", "fr-tested"],
  "fr-ready": ["fr-ready", "fr-ready-trouble", "fr-no-tray", "fr-long"],
};

function refusal(language: Language): Problem {
  return language === "de"
    ? { code: "fake", sentence: "Das Programm lehnt ab.", mend: "Wählen Sie einen anderen Zustand." }
    : { code: "fake", sentence: "The program refuses.", mend: "Choose another state." };
}

function otherVersion(language: Language): string {
  return language === "de"
    ? "Das laufende Offhook hat eine andere Version als dieses Fenster, wie nach einer Aktualisierung. Beenden Sie es mit „Offhook beenden“ im Menü seines Symbols neben der Uhr, und starten Sie es dann hier neu."
    : "The Offhook that is running is of another version than this window, as after an update. Quit it with “Quit Offhook” in the menu of its icon beside the clock, then start it again here.";
}

function soon(): Promise<void> {
  return new Promise((done) => setTimeout(done, 400));
}

export const host: Host = fakeHost(location.search);
