// Believable view models for a browser without a window, for tests and for screenshots. The resident program
// makes the real ones; nothing here decides anything.
import type { AccountPage } from "./bindings/AccountPage";
import type { FieldLine } from "./bindings/FieldLine";
import type { FieldView } from "./bindings/FieldView";
import type { Finding } from "./bindings/Finding";
import type { KeyOffer } from "./bindings/KeyOffer";
import type { Language } from "./bindings/Language";
import type { Light } from "./bindings/Light";
import type { NowPage } from "./bindings/NowPage";
import type { OfferedKey } from "./bindings/OfferedKey";
import type { Pages } from "./bindings/Pages";
import type { PhonePage } from "./bindings/PhonePage";
import { calendarPage } from "./fakes_calendar";
import { DESK_OF, FIRST_RUN_STATES, firstRunView, isFirstRunState, LONG } from "./fakes_first_run";
import { settingsPages } from "./fakes_settings";

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
  sources: ["free", "ringing", "sources-off", "locked", "refused"],
  rules: ["free", "locked"],
  calendar: [
    "free",
    "calendar-on",
    "calendar-exchange",
    "calendar-consent",
    "calendar-asking",
    "calendar-locked",
  ],
  startup: ["free", "hours", "autostart-elsewhere", "no-tray", "locked", "refused", "changed"],
  diagnostics: ["free", "examined", "testing", "attention"],
  // Without a view, so without a page.
  window: ["gone", "connecting"],
  // As `free`, but every command is refused.
  other: ["failing"],
} as const;

export type FakeState = (typeof FAKE_STATES)[keyof typeof FAKE_STATES][number];

export function isFakeState(name: string): name is FakeState {
  return Object.values(FAKE_STATES).some((names) => (names as readonly string[]).includes(name));
}

/** Today, so that only the time is shown. */
const SINCE = new Date(new Date().setHours(10, 2)).toISOString();

export function fakePages(state: FakeState, language: Language, words: Record<string, string>): Pages {
  const say = (en: string, de: string) => (language === "de" ? de : en);
  if (isFirstRunState(state)) {
    const pages = fakePages(DESK_OF[state], language, words);
    return { ...pages, first_run: firstRunView(state, pages, say) };
  }
  return {
    language,
    version: "0.1.0",
    words,
    first_run: null,
    now: nowPage(state, say),
    account: accountPage(state, say),
    phone: phonePage(state, say),
    rules_version: 1,
    calendar: calendarPage(state, say),
    ...settingsPages(state, say),
  };
}

export type Say = (en: string, de: string) => string;

export function field(value: string, more: Partial<FieldView> = {}): FieldView {
  return { value, locked: false, refused: null, ...more };
}

export function light(ok: boolean, text: string): Light {
  return { ok, since: SINCE, text };
}

function nowPage(state: FakeState, say: Say): NowPage {
  const dnd = (value: string, more: Partial<FieldLine> = {}): FieldLine => ({
    name: say("Do not disturb", "Nicht stören"),
    value,
    set: false,
    owner: null,
    text: "",
    ...more,
  });
  const forward = (value: string, more: Partial<FieldLine> = {}): FieldLine => ({
    ...dnd(value, more),
    name: say("Forwarding", "Umleitung"),
  });
  const base: NowPage = {
    state: "free",
    title: say("Free", "Frei"),
    why: say("Teams says available.", "Teams meldet: verfügbar."),
    waiting: false,
    attention: null,
    paused: null,
    question: null,
    put_back: null,
    can_set_again: false,
    fields: [dnd(say("off", "aus")), forward(say("none", "keine"))],
    reasons: [],
    teams: { text: say("Teams says: Available", "Teams meldet: Verfügbar"), colour: "neutral", ours: [] },
    calls: [],
    appointment:
      state === "held"
        ? say(
            "now, until 11:00 · Budget with Finance · do not disturb",
            "jetzt, bis 11:00 · Budget mit der Buchhaltung · Nicht stören",
          )
        : null,
    lights: [
      {
        name: "Microsoft",
        light: light(true, say("Signed in as Nora Lindqvist.", "Angemeldet als Nora Lindqvist.")),
        last: null,
      },
      {
        name: say("Phone system", "Telefonanlage"),
        light: light(true, say("Connected to pbx.example.com.", "Verbunden mit pbx.example.com.")),
        last: say(
          "Last trouble at 08:14: The phone system does not answer.",
          "Letzte Störung um 08:14: Die Telefonanlage antwortet nicht.",
        ),
      },
      {
        name: "baresip",
        light: light(true, say("Watching calls.", "Gespräche werden beobachtet.")),
        last: null,
      },
    ],
  };
  switch (state) {
    case "in-call":
      return {
        ...base,
        state: "in-call",
        title: say("In a call", "Im Gespräch"),
        why: say("On the phone since 10:02; Teams shows it.", "Am Telefon seit 10:02; Teams zeigt es an."),
        reasons: [
          say(
            "Do not disturb: not set; Teams only shows that you are on the phone.",
            "Nicht stören: nicht gesetzt; Teams zeigt nur an, dass Sie telefonieren.",
          ),
        ],
        teams: {
          text: say("Teams says: in a call", "Teams meldet: in einem Anruf"),
          colour: "red",
          ours: [
            say(
              "Offhook has Teams show “in a call” since 10:02, as long as that lasts; without renewal until 10:14.",
              "Offhook lässt Teams seit 10:02 „in einem Anruf“ zeigen, solange das dauert; ohne Erneuerung bis 10:14.",
            ),
          ],
        },
        calls: [
          { source: "baresip", state: "connected", text: say("talking · 10:02", "im Gespräch · 10:02") },
          {
            source: say("phone system", "Telefonanlage"),
            state: "held",
            text: say("on hold · 09:58", "gehalten · 09:58"),
          },
        ],
      };
    case "do-not-disturb":
    case "held":
      return {
        ...base,
        state: "do-not-disturb",
        title: say("Do not disturb", "Nicht stören"),
        why:
          state === "held"
            ? say(
                "Do not disturb is on, because Teams says in a meeting.",
                "„Nicht stören“ ist an, denn Teams meldet: in einer Besprechung.",
              )
            : say(
                "You switched do not disturb on at the phone.",
                "Sie haben „Nicht stören“ am Telefon eingeschaltet.",
              ),
        put_back:
          state === "held"
            ? {
                label: say(
                  "Put the phone back for this meeting",
                  "Telefon für diese Besprechung zurückstellen",
                ),
                help: say(
                  "The phone goes back to how it was. Once the present reason has ended, Offhook carries on as usual.",
                  "Das Telefon steht dann wieder wie zuvor. Ist der jetzige Anlass vorbei, macht Offhook weiter wie gewohnt.",
                ),
              }
            : null,
        fields: [
          state === "held"
            ? dnd(say("on", "an"), {
                set: true,
                owner: "offhook",
                text: say(
                  "Set by Offhook at 10:02, because Teams says “in a meeting”. Afterwards it goes back to: off.",
                  "Von Offhook um 10:02 gesetzt, weil Teams „in einer Besprechung“ meldet. Danach gilt wieder: aus.",
                ),
              })
            : dnd(say("on", "an"), { set: true, owner: "person", text: byPerson(say) }),
          forward("4711", { set: true, owner: "person", text: byPerson(say) }),
        ],
        teams: {
          text: say("Teams says: in a meeting", "Teams meldet: in einer Besprechung"),
          colour: "red",
          ours: [],
        },
      };
    case "taken-back":
      return {
        ...base,
        state: "busy",
        title: say("Busy", "Beschäftigt"),
        why: say("Teams says in a meeting.", "Teams meldet: in einer Besprechung."),
        can_set_again: true,
        reasons: [
          say(
            "Do not disturb: not set again; you took it back, and it stays yours until the present reason has ended.",
            "Nicht stören: nicht erneut gesetzt; Sie haben es zurückgenommen, und dabei bleibt es, bis der jetzige Anlass vorbei ist.",
          ),
        ],
        teams: {
          text: say("Teams says: in a meeting", "Teams meldet: in einer Besprechung"),
          colour: "red",
          ours: [],
        },
      };
    case "question":
      return {
        ...base,
        question: { microsoft: "Nora Lindqvist (nora.lindqvist@example.com)", phone: "Pat Berger, 23" },
      };
    case "starting":
      return {
        ...base,
        waiting: true,
        title: say("Starting…", "Wird gestartet …"),
        why: say("Offhook is finding out how things stand.", "Offhook stellt gerade fest, wie alles steht."),
        fields: [],
        teams: null,
        lights: [],
      };
    case "waiting":
      return {
        ...base,
        waiting: true,
        title: say("Waiting for the keyring…", "Warten auf den Schlüsselbund …"),
        why: say(
          "The keyring of this computer is locked. Unlock it; Offhook tries again by itself.",
          "Der Schlüsselbund dieses Computers ist gesperrt. Entsperren Sie ihn, Offhook versucht es von selbst noch einmal.",
        ),
        fields: [],
        teams: null,
        lights: base.lights.slice(1),
      };
    case "long":
      return {
        ...base,
        title: say("Calls forwarded", "Anrufe umgeleitet"),
        state: "forwarded",
        why: say(LONG.en, LONG.de),
        attention: { code: "long", sentence: say(LONG.en, LONG.de), mend: say(LONG.en, LONG.de) },
        fields: [dnd(say(LONG.en, LONG.de), { set: true, owner: "unknown", text: say(LONG.en, LONG.de) })],
        reasons: [say(LONG.en, LONG.de)],
        calls: [
          { source: "x".repeat(80), state: "ringing", text: say("ringing · 10:02", "klingelt · 10:02") },
        ],
        lights: base.lights.map((line) => ({
          ...line,
          name: `${line.name} telephone-exchange-of-the-northern-branch.intern.example.com`,
          light: light(false, say(LONG.en, LONG.de)),
          last: say(LONG.en, LONG.de),
        })),
      };
    case "forwarded":
      return {
        ...base,
        state: "forwarded",
        title: say("Calls forwarded", "Anrufe umgeleitet"),
        why: say("You forward your calls to 4711.", "Sie leiten Ihre Anrufe an 4711 um."),
        fields: [
          dnd(say("off", "aus")),
          forward("4711", { set: true, owner: "person", text: byPerson(say) }),
        ],
      };
    case "busy":
      return {
        ...base,
        state: "busy",
        title: say("Busy", "Beschäftigt"),
        why: say("Teams says in a meeting.", "Teams meldet: in einer Besprechung."),
        teams: {
          text: say("Teams says: in a meeting", "Teams meldet: in einer Besprechung"),
          colour: "red",
          ours: [],
        },
      };
    case "away":
      return {
        ...base,
        state: "away",
        title: say("Away", "Abwesend"),
        why: say("Teams says be right back.", "Teams meldet: gleich zurück."),
        teams: {
          text: say("Teams says: be right back", "Teams meldet: gleich zurück"),
          colour: "yellow",
          ours: [],
        },
      };
    case "paused":
      return {
        ...base,
        state: "paused",
        title: say("Paused", "Pause"),
        why: say("Offhook changes nothing until 11:00.", "Offhook ändert bis 11:00 nichts."),
        paused: "11:00",
      };
    case "signed-out":
      return {
        ...base,
        state: "signed-out",
        title: say("Signed out", "Abgemeldet"),
        why: say(
          "Sign in to Microsoft so that Offhook can see and set your Teams presence.",
          "Melden Sie sich bei Microsoft an, damit Offhook Ihren Teams-Status sehen und setzen kann.",
        ),
        fields: [],
        teams: null,
        lights: [],
      };
    case "attention":
      return {
        ...base,
        state: "busy",
        title: say("Busy", "Beschäftigt"),
        why: say("Teams says “Busy”.", "Teams meldet „Beschäftigt“."),
        attention: {
          code: "phone-wrong-password",
          sentence: say(
            "The phone system pbx.example.com refuses the password of the user “offhook”.",
            "Die Telefonanlage pbx.example.com weist das Kennwort des Benutzers „offhook“ zurück.",
          ),
          mend: say(
            "Enter the password again on the page “Phone”.",
            "Geben Sie das Kennwort auf der Seite „Telefon“ neu ein.",
          ),
        },
        teams: { text: say("Teams says: Busy", "Teams meldet: Beschäftigt"), colour: "red", ours: [] },
        lights: [
          ...base.lights.slice(0, 1),
          {
            name: say("Phone system", "Telefonanlage"),
            light: light(
              false,
              say(
                "Signing in failed; next try in 30 seconds.",
                "Anmeldung fehlgeschlagen, nächster Versuch in 30 Sekunden.",
              ),
            ),
            last: say("Last worked at 09:40.", "Zuletzt in Ordnung um 09:40."),
          },
          ...base.lights.slice(2),
        ],
      };
    default:
      return base;
  }
}

function byPerson(say: Say): string {
  return say(
    "Set by you or somebody else; Offhook leaves it alone.",
    "Von Ihnen oder jemand anderem gesetzt; Offhook lässt es so.",
  );
}

function accountPage(state: FakeState, say: Say): AccountPage {
  const rights = (granted: boolean | null) => [
    {
      name: say("Set your presence", "Ihre Präsenz setzen"),
      needed_for: say("Phone → Teams: in a call", "Telefon → Teams: im Gespräch"),
      granted,
    },
    {
      name: say("Read your calendar", "Ihren Kalender lesen"),
      needed_for: say(
        "Calendar → phone; asked for later, and only when wanted",
        "Kalender → Telefon; wird später und nur auf Wunsch erfragt",
      ),
      granted: null,
    },
  ];
  const base: AccountPage = {
    step: { step: "signed_in", name: "Nora Lindqvist", address: "nora.lindqvist@example.com" },
    problem: null,
    rights: rights(true),
    admin_text: null,
    tenant: field("example.com"),
    client_id: field("5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11"),
  };
  switch (state) {
    case "signed-out":
      return { ...base, step: { step: "signed_out" }, rights: rights(null), client_id: field("") };
    case "waiting":
      return {
        ...base,
        step: {
          step: "waiting",
          text: say(
            "The keyring of this computer is locked, so Offhook cannot read your sign-in. Unlock it; Offhook tries again by itself.",
            "Der Schlüsselbund dieses Computers ist gesperrt, deshalb kann Offhook Ihre Anmeldung nicht lesen. Entsperren Sie ihn, Offhook versucht es von selbst noch einmal.",
          ),
        },
        rights: rights(null),
      };
    case "browser":
      return {
        ...base,
        step: {
          step: "browser",
          url: "https://login.example.com/organizations/oauth2/v2.0/authorize?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A41234&scope=Presence.ReadWrite%20offline_access&state=nq6y0",
        },
        rights: rights(null),
      };
    case "device-code":
      return {
        ...base,
        step: { step: "device_code", user_code: "H7QK4MNP2", url: "https://login.example.com/device" },
        rights: rights(null),
      };
    case "problem":
      return {
        ...base,
        step: { step: "signed_out" },
        problem: {
          code: "admin-consent",
          sentence: say(
            "Your organisation has not agreed yet that Offhook may read and set your presence.",
            "Ihre Organisation hat noch nicht zugestimmt, dass Offhook Ihren Status lesen und setzen darf.",
          ),
          mend: say(
            "Send the text below to your administrator, then sign in again.",
            "Senden Sie den Text unten an Ihre Administration und melden Sie sich danach noch einmal an.",
          ),
        },
        rights: rights(false),
        admin_text: say(
          "Hello,\n\nI would like to use Offhook to keep my phone and my Teams presence in agreement. Please grant consent once for the whole organisation:\n\nhttps://login.example.com/example.com/adminconsent?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11\n\nDelegated right: Presence.ReadWrite (the signed-in person's own presence only).",
          "Guten Tag,\n\nich möchte Offhook verwenden, um mein Telefon und meinen Teams-Status abzugleichen. Bitte stimmen Sie einmal für die ganze Organisation zu:\n\nhttps://login.example.com/example.com/adminconsent?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11\n\nDelegiertes Recht: Presence.ReadWrite (nur der eigene Status der angemeldeten Person).",
        ),
      };
    case "long":
      return {
        ...base,
        step: {
          step: "signed_in",
          name: "Maximiliane Auguste Freifrau von und zu Oberschwarzach-Untermergentheim",
          address:
            "maximiliane.auguste.von.und.zu.oberschwarzach-untermergentheim@niederlassung-nord.example.com",
        },
        problem: { code: "long", sentence: say(LONG.en, LONG.de), mend: say(LONG.en, LONG.de) },
        tenant: field(`${"niederlassung-nord.".repeat(6)}example.com`, { refused: say(LONG.en, LONG.de) }),
      };
    case "locked":
      return {
        ...base,
        tenant: field("example.com", { locked: true }),
        client_id: field("5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11", {
          locked: true,
          refused: null,
        }),
      };
    case "refused":
      return {
        ...base,
        step: { step: "signed_out" },
        rights: rights(null),
        client_id: field("5f0f3f0e-1c1c", {
          refused: say(
            "That is not an application ID: it has 13 characters instead of 36.",
            "Das ist keine Anwendungs-ID: Sie hat 13 Zeichen statt 36.",
          ),
        }),
      };
    default:
      return base;
  }
}

function tested(say: Say): Finding[] {
  return [
    {
      what: say("Reaching the host", "Server erreichen"),
      ok: true,
      text: say("pbx.example.com answers in 3 ms.", "pbx.example.com antwortet in 3 ms."),
      mend: "",
    },
    {
      what: say("Signing in", "Anmelden"),
      ok: true,
      text: say("Asterisk 22, user “offhook”.", "Asterisk 22, Benutzer „offhook“."),
      mend: "",
    },
    {
      what: say("Reading do not disturb", "„Nicht stören“ lesen"),
      ok: false,
      text: say("The account may not read the database.", "Das Konto darf die Datenbank nicht lesen."),
      mend: say(
        "Add “system” to “read” of this user in manager.conf.",
        "Ergänzen Sie in manager.conf bei diesem Benutzer „system“ unter „read“.",
      ),
    },
  ];
}

function phonePage(state: FakeState, say: Say): PhonePage {
  const base: PhonePage = {
    kind: field("asterisk"),
    host: field("pbx.example.com"),
    port: field("0"),
    user: field("offhook"),
    login: field("internal"),
    extension: field("23"),
    tls: field("system"),
    password_stored: true,
    baresip_enabled: field("true"),
    baresip_address: field("127.0.0.1:4444"),
    light: light(true, say("Connected to pbx.example.com.", "Verbunden mit pbx.example.com.")),
    abilities: [
      {
        name: say("Do not disturb", "Nicht stören"),
        can: true,
        risk: false,
        text: say("Read and set.", "Lesen und setzen."),
      },
      {
        name: say("Call forwarding", "Rufumleitung"),
        can: true,
        risk: false,
        text: say("Read and set, always only.", "Lesen und setzen, nur „immer“."),
      },
      {
        name: say("Status text", "Statustext"),
        can: false,
        risk: false,
        text: say("Asterisk has none.", "Gibt es in Asterisk nicht."),
      },
      {
        name: say("Presence", "Präsenz"),
        can: null,
        risk: false,
        text: say("Shown after the first connection.", "Steht nach der ersten Verbindung fest."),
      },
      {
        name: say("Other people's phones", "Telefone anderer"),
        can: false,
        risk: true,
        text: say("This account cannot change them.", "Dieses Konto kann sie nicht ändern."),
      },
    ],
    testing: false,
    findings: [],
    profile: field("recommended"),
    key: { state: "nothing" },
    profiles: [
      {
        value: "recommended",
        label: say("Recommended", "Empfohlen"),
        help: say(
          "Do not disturb while Teams says so, while you present and in Teams calls. Meetings alone change nothing.",
          "„Nicht stören“, wenn Teams es meldet, beim Präsentieren und in Teams-Gesprächen. Besprechungen allein ändern nichts.",
        ),
      },
      {
        value: "starface-9",
        label: "STARFACE 9",
        help: say(
          "As STARFACE documents it. It has no row for “Do not disturb”, so it leaves that alone.",
          "Wie in der STARFACE-Dokumentation. Für „Nicht stören“ gibt es dort keine Zeile, es bleibt also unverändert.",
        ),
      },
      {
        value: "innovaphone",
        label: "innovaphone",
        help: say(
          "As innovaphone documents it, both ways.",
          "Wie in der innovaphone-Dokumentation, in beide Richtungen.",
        ),
      },
      {
        value: "procall",
        label: "ProCall",
        help: say(
          "As estos documents it: shows the state, changes little.",
          "Wie in der estos-Dokumentation: zeigt den Zustand, ändert wenig.",
        ),
      },
    ],
  };
  switch (state) {
    case "phone-none":
    case "signed-out":
    case "key-reading":
    case "key-refused":
    case "key-typed-refused":
    case "key-offered":
    case "key-offered-new":
    case "key-blocked":
    case "key-accepted":
      return {
        ...base,
        key: keyOffer(state, say),
        kind: field("none"),
        host: field(""),
        user: field(""),
        login: field("internal"),
        extension: field(""),
        password_stored: false,
        baresip_enabled: field("false"),
        light: null,
        abilities: [],
      };
    case "tested":
      return { ...base, findings: tested(say) };
    case "testing":
      return { ...base, testing: true, findings: tested(say).slice(0, 2) };
    case "long":
      return {
        ...base,
        host: field(`${"niederlassung-nord.".repeat(6)}example.com`, { refused: say(LONG.en, LONG.de) }),
        light: light(false, say(LONG.en, LONG.de)),
        findings: tested(say).map((finding) => ({ ...finding, text: say(LONG.en, LONG.de) })),
        abilities: base.abilities.map((ability) => ({ ...ability, text: say(LONG.en, LONG.de) })),
      };
    case "refused":
      return {
        ...base,
        host: field("pbx example", {
          refused: say(
            "A host name cannot contain a space.",
            "Ein Servername kann kein Leerzeichen enthalten.",
          ),
        }),
        port: field("99999", {
          refused: say("A port is a number from 0 to 65535.", "Ein Port ist eine Zahl von 0 bis 65535."),
        }),
        tls: field("pin:12:34", {
          refused: say(
            "A SHA-256 fingerprint has 64 hexadecimal digits; this one has 4.",
            "Ein SHA-256-Fingerabdruck hat 64 Hexadezimalziffern, dieser hat 4.",
          ),
        }),
        login: field("internal"),
        extension: field(""),
        password_stored: false,
        light: light(
          false,
          say(
            "Not connected: the settings are incomplete.",
            "Nicht verbunden: Die Einstellungen sind unvollständig.",
          ),
        ),
        abilities: base.abilities.map((ability) => ({ ...ability, can: null })),
      };
    case "locked":
      return {
        ...base,
        kind: field("asterisk", { locked: true }),
        host: field("pbx.example.com", { locked: true }),
        port: field("5039", { locked: true }),
        tls: field("system", { locked: true }),
        profile: field("starface-9", { locked: true }),
      };
    case "risk":
      return {
        ...base,
        tls: field("off"),
        abilities: base.abilities.map((ability) =>
          ability.risk
            ? {
                ...ability,
                can: true,
                text: say(
                  "This account could change other people's phones. Offhook changes only yours; ask your administrator for an account with fewer rights.",
                  "Dieses Konto könnte auch die Telefone anderer ändern. Offhook ändert nur Ihres; bitten Sie Ihre Administration um ein Konto mit weniger Rechten.",
                ),
              }
            : ability,
        ),
      };
    default:
      return base;
  }
}

function keyOffer(state: FakeState, say: Say): KeyOffer {
  const offered: OfferedKey = {
    number: 7,
    name: "pbx.example.com",
    kind: "Asterisk",
    address: "pbx.example.com:5039",
    issuer: "IT-Service Example GmbH",
    issued: say("15 January 2026", "15. Januar 2026"),
    valid_until: say("15 January 2028", "15. Januar 2028"),
    signer: {
      trust: "known",
      text: say(
        "Signed by your administrator, as expected.",
        "Von Ihrer Administration unterschrieben, wie erwartet.",
      ),
      public_key: "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w",
    },
    tls: say(
      "Only a phone system with the public key named in the file is accepted.",
      "Nur eine Telefonanlage mit dem in der Datei genannten öffentlichen Schlüssel wird angenommen.",
    ),
    key_id: "fdb663550485f093",
    microsoft: null,
    notes: [],
    blocked: null,
  };
  switch (state) {
    case "key-reading":
      return { state: "reading" };
    case "key-refused":
      return {
        state: "refused",
        about: "file",
        problem: {
          code: "PBXKEY_EXPIRED",
          sentence: say(
            "The key file was valid until 15 January 2026.",
            "Die Schlüsseldatei galt bis 15. Januar 2026.",
          ),
          mend: say("Ask your administrator for a new one.", "Bitten Sie Ihre Administration um eine neue."),
        },
      };
    case "key-typed-refused":
      return {
        state: "refused",
        about: "typed_key",
        problem: {
          code: "PBXKEY_BAD_FIELD",
          sentence: say(
            "The key is not complete, or has a sign that no key has.",
            "Der Schlüssel ist nicht vollständig oder enthält ein Zeichen, das kein Schlüssel hat.",
          ),
          mend: say(
            "It has 40 letters and digits in 8 groups of 5.",
            "Er hat 40 Buchstaben und Ziffern in 8 Gruppen zu 5.",
          ),
        },
      };
    case "key-offered":
      return { state: "offered", key: offered };
    case "key-offered-new":
      return {
        state: "offered",
        key: {
          ...offered,
          kind: null,
          issuer: null,
          valid_until: null,
          signer: {
            ...offered.signer,
            trust: "new",
            text: say(
              "Signed by somebody this computer does not know yet. When you agree, it takes only this signer's files for pbx.example.com from then on.",
              "Unterschrieben von jemandem, den dieser Rechner noch nicht kennt. Wenn Sie zustimmen, gelten für pbx.example.com künftig nur noch Dateien dieser Unterschrift.",
            ),
          },
          microsoft: {
            tenant: "00000000-0000-0000-0000-000000000001",
            client_id: "00000000-0000-0000-0000-000000000002",
            suggested: true,
          },
          notes: [
            say(
              "The kind of phone system is not named. Choose it on the phone page afterwards.",
              "Die Art der Telefonanlage ist nicht genannt. Wählen Sie sie anschließend auf der Telefonseite.",
            ),
            say(
              "It takes the place of the phone system at old.example.com; the password stored for that one is deleted.",
              "Sie ersetzt die Telefonanlage unter old.example.com; deren gespeichertes Kennwort wird gelöscht.",
            ),
          ],
        },
      };
    case "key-blocked":
      return {
        state: "offered",
        key: {
          ...offered,
          kind: "3CX",
          signer: {
            trust: "none",
            text: say(
              "Not signed: nothing proves who made this file.",
              "Nicht unterschrieben: Nichts belegt, wer diese Datei erstellt hat.",
            ),
            public_key: null,
          },
          blocked: {
            code: "phone-kind-not-yet",
            sentence: say("Offhook can't speak with 3CX yet.", "Mit 3CX kann Offhook noch nicht sprechen."),
            mend: say(
              "Newer versions may; choose another kind on the phone page if that fits as well.",
              "Neuere Ausgaben vielleicht; wählen Sie auf der Telefonseite eine andere Art, falls sie auch passt.",
            ),
          },
        },
      };
    case "key-accepted":
      return {
        state: "accepted",
        name: "pbx.example.com",
        next: [
          say(
            "Enter your user name and password for the phone system.",
            "Geben Sie Ihren Benutzernamen und Ihr Kennwort für die Telefonanlage ein.",
          ),
          say("Then test the connection.", "Prüfen Sie danach die Verbindung."),
        ],
      };
    default:
      return { state: "nothing" };
  }
}
