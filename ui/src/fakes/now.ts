// The page Now, believable in each of its states.
import type { FieldLine } from "../bindings/FieldLine";
import type { NowPage } from "../bindings/NowPage";
import type { FakeState } from "../fakes";
import { LONG } from "./first_run";
import { light, type Say } from "./say";

export function nowPage(state: FakeState, say: Say): NowPage {
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
  const calendar: NowPage["lights"][number] = {
    name: say("Calendar", "Kalender"),
    light: light(
      true,
      say(
        "Read; 14 appointments from yesterday to the day after tomorrow.",
        "Gelesen; 14 Termine von gestern bis übermorgen.",
      ),
    ),
    last: null,
  };
  switch (state) {
    case "in-call":
      return {
        ...base,
        state: "in-call",
        title: say("In a call", "Im Gespräch"),
        why: say("On the phone since 10:02; Teams has been told.", "Am Telefon seit 10:02; Teams weiß es."),
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
        lights: state === "held" ? [...base.lights, calendar] : base.lights,
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
    case "spoilt":
      return {
        ...base,
        attention: {
          code: "settings-restored",
          sentence: say(
            "The settings could not be read; Offhook goes on with the last ones that could.",
            "Die Einstellungen waren nicht lesbar; Offhook macht mit den letzten lesbaren weiter.",
          ),
          mend: say(
            "Your file was kept as settings.toml.unreadable-1; what was changed in it last is not in force.",
            "Ihre Datei wurde als settings.toml.unreadable-1 aufgehoben; was zuletzt darin geändert wurde, gilt nicht.",
          ),
        },
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
            "Enter the password again on the page “Phone system”.",
            "Geben Sie das Kennwort auf der Seite „Telefonanlage“ neu ein.",
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
