// The first run's believable view models: each is the rest of the desk at that step.
import type { Finding } from "../bindings/Finding";
import type { FirstRun } from "../bindings/FirstRun";
import type { FirstRunStep } from "../bindings/FirstRunStep";
import type { Pages } from "../bindings/Pages";

export const FIRST_RUN_STATES = [
  "fr-welcome",
  "fr-sign-in",
  "fr-browser",
  "fr-code",
  "fr-consent",
  "fr-signed-in",
  "fr-phone",
  "fr-phone-chosen",
  "fr-access",
  "fr-access-refused",
  "fr-testing",
  "fr-tested",
  "fr-ready",
  "fr-ready-trouble",
  "fr-no-tray",
  "fr-locked",
  "fr-long",
] as const;

export type FirstRunState = (typeof FIRST_RUN_STATES)[number];

export function isFirstRunState(name: string): name is FirstRunState {
  return (FIRST_RUN_STATES as readonly string[]).includes(name);
}

/** The state of the other pages on which a step stands. */
export const DESK_OF = {
  "fr-welcome": "signed-out",
  "fr-sign-in": "signed-out",
  "fr-browser": "browser",
  "fr-code": "device-code",
  "fr-consent": "problem",
  "fr-signed-in": "free",
  "fr-phone": "phone-none",
  "fr-phone-chosen": "free",
  "fr-access": "free",
  "fr-access-refused": "refused",
  "fr-testing": "testing",
  "fr-tested": "tested",
  "fr-ready": "free",
  "fr-ready-trouble": "signed-out",
  "fr-no-tray": "free",
  "fr-locked": "locked",
  "fr-long": "long",
} as const satisfies Record<FirstRunState, string>;

type Say = (en: string, de: string) => string;

export function firstRunView(state: FirstRunState, pages: Pages, say: Say): FirstRun {
  const step = stepOf(state);
  const signedIn = pages.account.step.step === "signed_in";
  const connected = state === "fr-tested" || step === "ready";
  const trouble = state === "fr-ready-trouble";
  const stage = (name: string, current: boolean, done: boolean) => ({ name, current, done });
  const long = state === "fr-long" ? say(LONG.en, LONG.de) : "";
  const checks: Finding[] = [
    {
      what: say("Sign-in", "Anmeldung"),
      ok: !trouble,
      text: trouble
        ? say("Not signed in.", "Nicht angemeldet.")
        : say("Signed in as Nora Lindqvist.", "Angemeldet als Nora Lindqvist."),
      mend: "",
    },
    {
      what: say("Phone system", "Telefonanlage"),
      ok: !trouble,
      text:
        long ||
        (trouble
          ? say(
              "No password for the phone system is stored.",
              "Für die Telefonanlage ist kein Kennwort hinterlegt.",
            )
          : say("Connected.", "Verbunden.")),
      mend: trouble ? say("Enter it one step back.", "Tragen Sie es einen Schritt zurück ein.") : "",
    },
  ];
  return {
    step,
    stages: [
      stage(say("Welcome", "Willkommen"), step === "welcome", step !== "welcome"),
      stage("Microsoft", step === "microsoft", signedIn),
      stage(
        say("Phone system", "Telefonanlage"),
        step === "phone" || step === "access",
        connected && !trouble,
      ),
      stage(say("Ready", "Fertig"), step === "ready", false),
    ],
    can_go_back: step !== "welcome",
    onward: onwardOf(step, signedIn, connected, state),
    language: { value: "auto", locked: state === "fr-locked", refused: null },
    jobs: [
      {
        name: say("Phone → Teams", "Telefon → Teams"),
        text: say(
          "While you are on the phone, Teams shows “In a call”.",
          "Solange Sie telefonieren, zeigt Teams „In einem Anruf“.",
        ),
        right: say("Set your presence", "Ihre Präsenz setzen"),
      },
      {
        name: say("Teams → phone", "Teams → Telefon"),
        text: say(
          "When you present or want no disturbance, your phone keeps quiet too.",
          "Wenn Sie präsentieren oder nicht gestört werden möchten, bleibt auch Ihr Telefon still.",
        ),
        right: say("Read your presence", "Ihre Präsenz lesen"),
      },
      {
        name: say("Calendar → phone", "Kalender → Telefon"),
        text: say(
          "Appointments can silence or forward your phone. Asked for later, and only if you want it.",
          "Termine können Ihr Telefon stumm schalten oder umleiten. Wird später und nur auf Wunsch erfragt.",
        ),
        right: say("Read your calendar", "Ihren Kalender lesen"),
      },
    ],
    checks,
    meetings: trouble ? null : { value: "false", locked: state === "fr-locked", refused: null },
    place:
      state === "fr-no-tray"
        ? say(
            "This desktop has no place for such icons. Offhook runs all the same; start it again from your programs whenever you want this window.",
            "Diese Arbeitsfläche hat keinen Platz für solche Symbole. Offhook läuft trotzdem; starten Sie es einfach noch einmal, wenn Sie dieses Fenster sehen möchten.",
          )
        : say(
            "Offhook's handset is in your desktop's panel, usually at the right of its top or bottom edge. Click it to see what is going on.",
            "Der Hörer von Offhook ist in der Leiste Ihrer Arbeitsfläche, meist rechts am oberen oder unteren Rand. Ein Klick darauf zeigt, was gerade gilt.",
          ),
    has_tray: state !== "fr-no-tray",
  };
}

/** What a long sentence and a long word do to a page. */
export const LONG = {
  en: "The phone system telephone-exchange-of-the-northern-branch.intern.example.com answers, but only after a while, and it says that the account may read nothing at all before somebody who looks after it has allowed that.",
  de: "Die Telefonanlage telefonvermittlung-der-niederlassung-nord.intern.example.com antwortet, aber erst nach einer Weile, und teilt mit, dass das Konto nichts lesen darf, bevor jemand aus der Administration es erlaubt hat.",
};

function stepOf(state: FirstRunState): FirstRunStep {
  switch (state) {
    case "fr-welcome":
      return "welcome";
    case "fr-sign-in":
    case "fr-browser":
    case "fr-code":
    case "fr-consent":
    case "fr-signed-in":
      return "microsoft";
    case "fr-phone":
    case "fr-phone-chosen":
    case "fr-locked":
      return "phone";
    case "fr-access":
    case "fr-access-refused":
    case "fr-testing":
    case "fr-tested":
      return "access";
    case "fr-ready":
    case "fr-ready-trouble":
    case "fr-no-tray":
    case "fr-long":
      return "ready";
  }
}

function onwardOf(step: FirstRunStep, signedIn: boolean, connected: boolean, state: FirstRunState) {
  switch (step) {
    case "welcome":
      return "next";
    case "microsoft":
      return signedIn ? "next" : "later";
    case "phone":
      return state === "fr-phone" ? "later" : "next";
    case "access":
      return connected ? "next" : "later";
    case "ready":
      return "finish";
  }
}
