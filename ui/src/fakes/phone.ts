// The phone page, believable in each of its states.
import type { Finding } from "../bindings/Finding";
import type { PhonePage } from "../bindings/PhonePage";
import type { FakeState } from "../fakes";
import { LONG } from "./first_run";
import { keyOffer } from "./key";
import { field, light, type Say, unlike } from "./say";

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

export function phonePage(state: FakeState, say: Say): PhonePage {
  const base: PhonePage = {
    kind: field("asterisk"),
    host: field("pbx.example.com"),
    port: field("0"),
    user: field("offhook"),
    login: field("internal"),
    extension: field("23"),
    tls: field("system"),
    password_stored: true,
    lines: null,
    light: light(true, say("Connected to pbx.example.com.", "Verbunden mit pbx.example.com.")),
    abilities: [
      {
        name: say("Do not disturb", "Nicht stören"),
        can: true,
        risk: false,
        text: readAndSet(say),
      },
      {
        name: say("Forwarding", "Umleitung"),
        can: true,
        risk: false,
        text: readAndSet(say),
      },
      {
        name: say("Note", "Notiz"),
        can: false,
        risk: false,
        text: nothingHere(say),
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
        text: say(
          "This account can't change other people's phones.",
          "Dieses Konto kann die Telefone anderer nicht verändern.",
        ),
      },
    ],
    testing: false,
    findings: [],
    key: { state: "nothing" },
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
        host: field("pbx example", { refused: unlike("pbx.example.com", say) }),
        port: field("99999", {
          refused: say(
            "This is not possible here; allowed: 0–65535.",
            "Das ist hier nicht möglich; erlaubt: 0–65535.",
          ),
        }),
        tls: field("pin:12:34", { refused: unlike("9F86D081884C7D65…", say) }),
        login: field("internal"),
        extension: field(""),
        password_stored: false,
        light: light(
          false,
          say(
            "The phone system is not set up completely. Missing or not valid: host. Complete it on the phone page.",
            "Die Telefonanlage ist nicht vollständig eingerichtet. Es fehlt oder ist ungültig: Server. Ergänzen Sie es auf der Telefonseite.",
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
                  "This account could also change other people's phones. Ask your administrator for a narrower one.",
                  "Dieses Konto könnte auch die Telefone anderer verändern. Bitten Sie Ihre Administration um ein engeres.",
                ),
              }
            : ability,
        ),
      };
    case "starface":
    case "starface-listen":
      return {
        ...base,
        kind: field("starface"),
        user: field("nora"),
        extension: field(""),
        light: light(
          true,
          say("Connected to STARFACE 10 as Nora Lindqvist.", "Verbunden mit STARFACE 10 als Nora Lindqvist."),
        ),
        abilities: abilities(base, [readAndSet(say), readAndSet(say), readAndSet(say), null], say),
      };
    case "starface-more":
      return {
        ...base,
        kind: field("starface"),
        user: field("nora"),
        login: field("oauth"),
        extension: field(""),
        light: light(
          false,
          say(
            "The secret of the phone system's OAuth client offhook is missing or not accepted.",
            "Das Geheimnis des OAuth-Clients offhook der Telefonanlage fehlt oder wird nicht angenommen.",
          ),
        ),
        abilities: base.abilities.map((ability) => ({ ...ability, can: null })),
      };
    case "sip":
    case "sip-more":
      return {
        ...base,
        kind: field("sip"),
        user: field("1001"),
        extension: field(""),
        light: light(true, say("Connected.", "Verbunden.")),
        abilities: abilities(
          base,
          [
            say(
              "Can be set. Nothing tells whether it had an effect, so Offhook goes by what it has set itself.",
              "Kann gesetzt werden. Ob es gewirkt hat, ist nicht lesbar; Offhook richtet sich nach dem, was es selbst gesetzt hat.",
            ),
            null,
            null,
            null,
          ],
          say,
        ),
      };
    case "csta":
      return {
        ...base,
        kind: field("csta"),
        extension: field("2101"),
        light: light(true, say("Connected.", "Verbunden.")),
        abilities: abilities(base, [readAndSet(say), readAndSet(say), null, null], say),
      };
    case "freepbx":
      return {
        ...base,
        kind: field("freepbx"),
        extension: field("201"),
        light: light(true, say("Connected.", "Verbunden.")),
        abilities: abilities(base, [readAndSet(say), readAndSet(say), null, null], say),
      };
    case "tapi":
      return {
        ...base,
        kind: field("tapi"),
        lines: {
          key: "phone.line",
          lines: [{ id: "65537", name: say("Desk phone 21", "Tischtelefon 21"), driver: "Example TSP" }],
        },
        light: light(true, say("Connected.", "Verbunden.")),
        abilities: abilities(base, [readAndSet(say), readAndSet(say), null, null], say),
      };
    case "command":
      return {
        ...base,
        kind: field("command"),
        host: field(""),
        user: field(""),
        extension: field(""),
        light: light(true, say("Connected.", "Verbunden.")),
        abilities: abilities(base, [readAndSet(say), null, null, null], say),
      };
    case "innovaphone":
    case "innovaphone-more":
      return {
        ...base,
        kind: field("innovaphone"),
        user: field("nora.lindqvist"),
        extension: field(""),
        light: light(
          true,
          say("Connected over myApps as Nora Lindqvist.", "Über myApps verbunden als Nora Lindqvist."),
        ),
        abilities: abilities(
          base,
          [
            say(
              "Can be read and set, as the presence that colleagues see. Whether it also stops calls is decided on the phone system; ask your administrator.",
              "Kann gelesen und gesetzt werden, als Präsenz, die andere sehen. Ob auch keine Anrufe mehr kommen, entscheidet die Anlage; fragen Sie Ihre Administration.",
            ),
            null,
            readAndSet(say),
            readAndSet(say),
          ],
          say,
        ),
      };
    case "procall":
      return {
        ...base,
        kind: field("procall"),
        user: field("nora@example.com"),
        extension: field(""),
        light: light(
          true,
          say(
            "Connected to the UCServer as Nora Lindqvist.",
            "Verbunden mit dem UCServer als Nora Lindqvist.",
          ),
        ),
        abilities: abilities(base, [readAndSet(say), readAndSet(say), readAndSet(say), readAndSet(say)], say),
      };
    default:
      return base;
  }
}

function readAndSet(say: Say): string {
  return say("Can be read and set.", "Kann gelesen und gesetzt werden.");
}

function nothingHere(say: Say): string {
  return say(
    "Not available here; rules for it are left out.",
    "Hier nicht verfügbar; Regeln dafür entfallen.",
  );
}

/** What each can be done with, in the order of `base`; `null`: not at all. */
function abilities({ abilities }: PhonePage, texts: (string | null)[], say: Say): PhonePage["abilities"] {
  const able = abilities.slice(0, texts.length).map((ability, at) => {
    const text = texts[at];
    return { ...ability, can: typeof text === "string", text: text ?? nothingHere(say) };
  });
  return [...able, ...abilities.slice(texts.length)];
}
