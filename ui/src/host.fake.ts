// The pages in a plain browser: `?fake=STATE&lang=de#PAGE` shows a state, and the buttons do something believable.
import allWords from "../words.toml";
import type { Command } from "./bindings/Command";
import type { Language } from "./bindings/Language";
import type { Pages } from "./bindings/Pages";
import type { Problem } from "./bindings/Problem";
import { type FakeState, fakePages, isFakeState } from "./fakes";
import type { Host, Told } from "./host";
import { fieldOf, SETTING_KEYS } from "./settings";

export function fakeHost(search: string): Host {
  const query = new URLSearchParams(search);
  const asked = query.get("fake") ?? "free";
  const language: Language = query.get("lang") === "de" ? "de" : "en";
  const state: FakeState = isFakeState(asked) ? asked : "free";
  let pages = fakePages(state, language, allWords[language]);
  let hear: (told: Told) => void = () => {};
  const show = (next: Pages) => {
    pages = next;
    hear({ told: "pages", pages });
  };
  const become = (next: FakeState) => show(fakePages(next, language, allWords[language]));

  return {
    async listen(listener) {
      hear = listener;
      if (state === "connecting") return;
      hear(state === "gone" ? { told: "gone", sentence: null } : { told: "pages", pages });
    },
    async ask(command) {
      await soon();
      if (state === "failing") throw refusal(language);
      answer(command);
    },
    async start() {
      await soon();
      become("free");
    },
  };

  function answer(command: Command): void {
    if (command === "resume") become("free");
    else if (command === "cancel_sign_in" || command === "sign_out") become("signed-out");
    else if (command === "test_phone") become("tested");
    else if (typeof command !== "object") return;
    else if ("pause" in command) become("paused");
    else if ("sign_in" in command) become(command.sign_in.device_code ? "device-code" : "browser");
    else if ("secret_set" in command) show({ ...pages, phone: { ...pages.phone, password_stored: true } });
    else if ("apply" in command) {
      const next = structuredClone(pages);
      for (const key of SETTING_KEYS) {
        const value = command.apply[key];
        if (value !== undefined) Object.assign(fieldOf(next, key), { value, refused: null });
      }
      show(next);
    }
  }
}

function refusal(language: Language): Problem {
  return language === "de"
    ? { code: "fake", sentence: "Das Programm lehnt ab.", mend: "Wählen Sie einen anderen Zustand." }
    : { code: "fake", sentence: "The program refuses.", mend: "Choose another state." };
}

function soon(): Promise<void> {
  return new Promise((done) => setTimeout(done, 400));
}

export const host: Host = fakeHost(location.search);
