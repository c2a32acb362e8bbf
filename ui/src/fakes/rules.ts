// The rule table, believable, and what is told of it on request.
import type { Answer } from "../bindings/Answer";
import type { Choice } from "../bindings/Choice";
import type { Command } from "../bindings/Command";
import type { RulesCell } from "../bindings/RulesCell";
import type { RulesColumn } from "../bindings/RulesColumn";
import type { RulesCompared } from "../bindings/RulesCompared";
import type { RulesPage } from "../bindings/RulesPage";
import type { RulesRow } from "../bindings/RulesRow";
import type { RulesTable } from "../bindings/RulesTable";
import type { Situation } from "../bindings/Situation";
import type { Wished } from "../bindings/Wished";
import type { FakeState } from "../fakes";
import { LONG } from "./first_run";
import { field, type Say } from "./say";

export function fakeRulesAnswer(command: Command, state: FakeState, say: Say): Answer | null {
  if (typeof command !== "object") return null;
  if ("rules_show" in command) return { rules: rulesPage(state, say) };
  if ("rules_compare" in command) return { compared: compared(command.rules_compare.to, say) };
  if ("rules_preview" in command) return { preview: wishes(command.rules_preview, say) };
  return null;
}

export function rulesPage(state: FakeState, say: Say): RulesPage {
  const changed = state === "rules-changed" || state === "rules-refused";
  const summary = changed
    ? say(
        "As the profile “Recommended”, with 2 changes of yours.",
        "Wie das Profil „Empfohlen“, mit 2 Änderungen von Ihnen.",
      )
    : say("As the profile “Recommended”, without changes.", "Wie das Profil „Empfohlen“, ohne Änderungen.");
  return {
    profile: field("recommended", { locked: state === "locked" }),
    profiles: profiles(say),
    in_meetings: field("false"),
    summary,
    back: changed ? "rules" : null,
    tables: [states(state, say), calls(say), phone(state, say)],
    notes: [
      state === "rules-long"
        ? say(LONG.en, LONG.de)
        : say(
            "No phone system is set up, so nothing is set on the phone.",
            "Es ist keine Telefonanlage eingerichtet; am Telefon wird nichts gesetzt.",
          ),
    ],
    imagined_teams: STATES.map(([word, en, de]) => choice(`Busy/${word}`, say(en, de))),
    imagined_presences: [
      choice("available", say("available", "verfügbar")),
      choice("dnd", say("do not disturb", "nicht stören")),
    ],
  };
}

function choice(value: string, label: string, help = ""): Choice {
  return { value, label, help };
}

function profiles(say: Say): Choice[] {
  return [
    choice(
      "recommended",
      say("Recommended", "Empfohlen"),
      say("Quiet when you ask for quiet.", "Ruhe, wenn Sie Ruhe wünschen."),
    ),
    choice("starface-9", "STARFACE 9", say("As its handbook has it.", "Wie im Handbuch beschrieben.")),
    choice("innovaphone", "innovaphone", say("As its handbook has it.", "Wie im Handbuch beschrieben.")),
    choice("procall", "ProCall", say("As its handbook has it.", "Wie im Handbuch beschrieben.")),
  ];
}

/** Word, English, German, heading, do not disturb. */
const STATES: [string, string, string, [string, string], string][] = [
  ["Available", "available", "verfügbar", ["Available", "Verfügbar"], "leave"],
  [
    "Busy",
    "busy",
    "beschäftigt",
    ["Busy, in calls and meetings", "Beschäftigt, in Anrufen und Besprechungen"],
    "leave",
  ],
  [
    "InACall",
    "in a call",
    "in einem Anruf",
    ["Busy, in calls and meetings", "Beschäftigt, in Anrufen und Besprechungen"],
    "on",
  ],
  [
    "InAMeeting",
    "in a meeting",
    "in einer Besprechung",
    ["Busy, in calls and meetings", "Beschäftigt, in Anrufen und Besprechungen"],
    "leave",
  ],
  ["DoNotDisturb", "do not disturb", "nicht stören", ["Do not disturb", "Nicht stören"], "on"],
  ["Focusing", "focusing", "konzentriert", ["Do not disturb", "Nicht stören"], "on"],
  ["AvailableInactive", "available, but inactive", "verfügbar, aber inaktiv", ["Away", "Abwesend"], "leave"],
  ["Offline", "offline", "offline", ["Not there", "Nicht da"], "leave"],
  ["anything-else", "anything else", "alles andere", ["Everything else", "Alles Übrige"], "leave"],
];

function column(name: string, label: string, help: string, choices: Choice[]): RulesColumn {
  return { name, label, help, entry: choices.length ? "choice" : "text", choices, cannot: null };
}

function cell(key: string, value: string, more: Partial<RulesCell> = {}): RulesCell {
  return {
    key,
    value,
    text: value,
    only: null,
    range: null,
    inherited: false,
    differs: false,
    profile: null,
    locked: false,
    moot: false,
    refused: null,
    cannot: null,
    ...more,
  };
}

function row(key: string, label: string, cells: RulesCell[], more: Partial<RulesRow> = {}): RulesRow {
  const differs = cells.some((cell) => cell.differs);
  return {
    key,
    label,
    group: "",
    summary: "",
    word: null,
    note: null,
    inherited: false,
    differs,
    cells,
    ...more,
  };
}

function states(state: FakeState, say: Say): RulesTable {
  const on = say("on", "an");
  const left = say("left alone", "unverändert");
  const words = (value: string) => (value === "on" ? on : left);
  const dnd = [choice("on", on), choice("off", say("off", "aus")), choice("leave", left)];
  const presence = [choice("leave", left), choice("dnd", say("do not disturb", "nicht stören"))];
  const cannot = say(
    "This phone system or this account can't set it; rules for it are left out.",
    "Diese Telefonanlage oder dieses Konto kann das nicht setzen; Regeln dafür entfallen.",
  );
  const columns = [
    column(
      "dnd",
      say("Do not disturb", "Nicht stören"),
      say("On, off or left alone.", "An, aus oder unverändert."),
      dnd,
    ),
    column(
      "forward",
      say("Forward to", "Umleiten an"),
      say("Empty leaves it alone.", "Leer bleibt sie unverändert."),
      [],
    ),
    column("presence", say("Presence on the phone system", "Präsenz in der Telefonanlage"), "…", presence),
    column("note", say("Note", "Notiz"), say("Empty leaves it alone.", "Leer bleibt sie unverändert."), []),
  ].map((column) =>
    state === "rules-cannot" && column.name === "presence" ? { ...column, cannot } : column,
  );
  const rows = STATES.map(([word, en, de, group, value]) => {
    const key = `rules.states.${word}`;
    const changed = state === "rules-changed" || state === "rules-refused";
    const own = changed && word === "Busy";
    const ends = word === "Offline";
    const quiet = {
      text: words(own ? "on" : value),
      ...(own ? { differs: true, profile: words(value) } : {}),
    };
    const forward: Partial<RulesCell> =
      own && state === "rules-refused"
        ? {
            refused: say(
              "This is not possible here; allowed: 0123456789.",
              "Das ist hier nicht möglich; erlaubt: 0123456789.",
            ),
          }
        : own
          ? { value: "4711", text: "4711", differs: true, profile: left }
          : {};
    const cells = [
      cell(`${key}.dnd`, own ? "on" : value, {
        ...quiet,
        locked: state === "locked" && word === "DoNotDisturb",
        only: ends ? ["off", "leave"] : null,
      }),
      cell(`${key}.forward`, "", { text: left, moot: ends, ...forward }),
      cell(`${key}.presence`, state === "rules-cannot" && word === "Focusing" ? "dnd" : "leave", {
        cannot:
          state === "rules-cannot" && word === "Focusing"
            ? say(
                "Left out: this phone system or this account can't do it.",
                "Entfällt: Diese Telefonanlage oder dieses Konto kann das nicht.",
              )
            : null,
      }),
      cell(`${key}.note`, "", { text: left, moot: ends }),
    ];
    return row(key, state === "rules-long" ? say(LONG.en, LONG.de) : say(en, de), cells, {
      group: say(...group),
      summary:
        state === "rules-long"
          ? say(LONG.en, LONG.de)
          : own
            ? say("Forward to: 4711", "Umleiten an: 4711")
            : "",
      word: word === "anything-else" ? null : word,
      note: ends
        ? say(
            "Never sets anything on the phone; it ends what another state set.",
            "Setzt am Telefon nie etwas; es beendet, was ein anderer Zustand gesetzt hat.",
          )
        : null,
    });
  });
  return {
    name: "states",
    title: say("When Teams says", "Wenn Teams meldet"),
    help: say(
      "What the phone does for each state of Teams.",
      "Was das Telefon bei jedem Zustand von Teams tut.",
    ),
    head: say("Teams says", "Teams meldet"),
    columns,
    rows,
  };
}

function pairs(say: Say): Choice[] {
  return [
    choice("nothing", say("nothing", "nichts")),
    choice("Busy/InACall", say("Busy, in a call", "Beschäftigt, in einem Anruf")),
  ];
}

function calls(say: Say): RulesTable {
  const shows = column(
    "teams",
    say("Teams shows", "Teams zeigt"),
    say("Only what Microsoft takes.", "Nur, was Microsoft annimmt."),
    pairs(say),
  );
  const one = (name: string, label: string) =>
    row(`rules.calls.${name}`, label, [cell(`rules.calls.${name}.teams`, "Busy/InACall")]);
  return {
    name: "calls",
    title: say("When you are on the phone", "Wenn Sie telefonieren"),
    help: say("What Teams is told during a call.", "Was Teams während eines Gesprächs erfährt."),
    head: say("The line reports", "Die Leitung meldet"),
    columns: [shows],
    rows: [
      one("call", say("a call", "ein Gespräch")),
      one("conference", say("a conference", "eine Konferenz")),
    ],
  };
}

function phone(state: FakeState, say: Say): RulesTable {
  const shows = column("teams", say("Teams shows", "Teams zeigt"), "…", pairs(say));
  const minutes: RulesColumn = { ...column("minutes", say("Minutes", "Minuten"), "…", []), entry: "number" };
  const refused = say(
    "This is not possible here; allowed: 5–240.",
    "Das ist hier nicht möglich; erlaubt: 5–240.",
  );
  const one = (name: string, label: string, told: boolean) =>
    row(`rules.phone.${name}`, label, [
      cell(`rules.phone.${name}.teams`, told ? "Busy/InACall" : "nothing"),
      cell(`rules.phone.${name}.minutes`, told ? "5" : "", {
        range: told ? [5, 240] : null,
        moot: !told,
        refused: state === "rules-refused" && told ? refused : null,
      }),
    ]);
  return {
    name: "phone",
    title: say("When you set something on the phone", "Wenn Sie am Telefon etwas einstellen"),
    help: say("Whether Teams is told of it.", "Ob Teams davon erfährt."),
    head: say("You set", "Sie setzen"),
    columns: [shows, minutes],
    rows: [
      one("dnd-on", say("do not disturb", "nicht stören"), true),
      one("presence-away", say("presence: away", "Präsenz: abwesend"), false),
    ],
  };
}

function compared(to: string, say: Say): RulesCompared {
  const changes = STATES.slice(1, 4).map(([word, en, de]) => ({
    key: `rules.states.${word}.dnd`,
    row: say(en, de),
    column: say("Do not disturb", "Nicht stören"),
    from: say("left alone", "unverändert"),
    to: say("on", "an"),
  }));
  return {
    from: say("your rules now", "Ihre Regeln jetzt"),
    to: say(`“${to}”, with your changes`, `„${to}“, mit Ihren Änderungen`),
    changes: to === "procall" ? [] : changes,
    own: say("You have no changes of your own.", "Sie haben keine eigenen Änderungen."),
  };
}

function wishes({ activity, calls, paused, appointments }: Situation, say: Say): Wished[] {
  const busy = appointments.some((one) => one.startsWith("busy") || one.endsWith("(DND)"));
  const quiet = busy || activity === "DoNotDisturb";
  const idle = paused
    ? say(" Not done while you pause Offhook.", " Das unterbleibt, solange Sie Offhook pausieren.")
    : "";
  const dnd = busy
    ? say("Do not disturb: on (calendar: “busy”).", "Nicht stören: an (Kalender: „gebucht“).")
    : quiet
      ? say(
          "Do not disturb: on (recommended: do not disturb).",
          "Nicht stören: an (Empfohlen: nicht stören).",
        )
      : say(
          "Do not disturb: left alone (recommended: in a meeting).",
          "Nicht stören: unverändert (Empfohlen: in einer Besprechung).",
        );
  const told = calls
    ? say(
        "Teams shows “Busy, in a call”, renewed while it lasts.",
        "Teams zeigt „Beschäftigt, in einem Anruf“, erneuert, solange es dauert.",
      )
    : say("Teams is told nothing.", "Teams erfährt nichts.");
  return [
    {
      field: "dnd",
      wish: "",
      cause: busy ? "calendar" : "teams",
      rule: "",
      sentence: dnd + (quiet ? idle : ""),
      not_done: quiet && paused ? "paused" : null,
    },
    {
      field: "teams",
      wish: "",
      cause: calls ? "call" : null,
      rule: "",
      sentence: told + (calls ? idle : ""),
      not_done: calls && paused ? "paused" : null,
    },
  ];
}
