// Believable calendar pages for a browser without a window.
import type { AppointmentLine } from "../bindings/AppointmentLine";
import type { CalendarPage } from "../bindings/CalendarPage";
import type { FieldView } from "../bindings/FieldView";
import type { FakeState } from "../fakes";
import { field, light, type Say } from "./say";

export function calendarPage(state: FakeState, say: Say): CalendarPage {
  const on: CalendarPage = {
    light: light(
      true,
      say(
        "Read; 14 appointments from yesterday to the day after tomorrow.",
        "Gelesen; 14 Termine von gestern bis übermorgen.",
      ),
    ),
    need: "nothing",
    asking: false,
    password_stored: false,
    test: { running: false, findings: [] },
    problem: null,
    admin_text: null,
    next: appointments(say),
    notes: [
      say(
        "On this phone system Offhook forwards internal and external calls alike.",
        "In dieser Telefonanlage leitet Offhook interne und externe Anrufe gleich um.",
      ),
    ],
    asks_target: true,
    asks_internal: false,
  };
  switch (state) {
    case "calendar-on":
    case "held":
    case "long":
    case "rules-changed":
    case "calendar-file":
      return on;
    case "calendar-exchange":
      return {
        ...on,
        password_stored: true,
        test: {
          running: false,
          findings: [
            {
              what: say("Calendar", "Kalender"),
              ok: true,
              text: say(
                "Signed in with NTLM; 14 appointments from yesterday to the day after tomorrow can be read.",
                "Anmeldung mit NTLM; 14 Termine von gestern bis übermorgen sind lesbar.",
              ),
              mend: "",
            },
          ],
        },
      };
    case "calendar-ics":
      return {
        ...on,
        light: light(
          false,
          say(
            "What is read (cloud.example.com) is a web page and no calendar; often it is a page to sign in on.",
            "Was gelesen wird (cloud.example.com), ist eine Webseite und kein Kalender; oft ist es eine Anmeldeseite.",
          ),
        ),
        test: {
          running: false,
          findings: [
            {
              what: say("Calendar", "Kalender"),
              ok: false,
              text: say(
                "What is read (cloud.example.com) is a web page and no calendar; often it is a page to sign in on.",
                "Was gelesen wird (cloud.example.com), ist eine Webseite und kein Kalender; oft ist es eine Anmeldeseite.",
              ),
              mend: say(
                "Enter the calendar's own address on the page “Calendar”: it is called “iCal address”, “ICS” or “subscribe” there.",
                "Tragen Sie auf der Seite „Kalender“ die Adresse des Kalenders selbst ein: Sie heißt dort „iCal-Adresse“, „ICS“ oder „Abonnieren“.",
              ),
            },
          ],
        },
        next: [],
      };
    case "calendar-consent":
    case "calendar-asking":
      return {
        ...on,
        light: light(
          false,
          say(
            "Microsoft has not been allowed to show Offhook your calendar.",
            "Offhook darf Ihren Kalender bei Microsoft noch nicht lesen.",
          ),
        ),
        need: "consent",
        asking: state === "calendar-asking",
        problem:
          state === "calendar-asking"
            ? null
            : {
                code: "admin-consent-needed",
                sentence: say(
                  "Your organisation wants an administrator to approve this.",
                  "Ihre Organisation verlangt dafür die Zustimmung der Administration.",
                ),
                mend: say("Send them the text below.", "Senden Sie ihr den Text unten."),
              },
        admin_text: say(
          "Hello, I would like to use Offhook… Consent page: https://login.example/adminconsent",
          "Guten Tag, ich möchte Offhook nutzen … Seite für die Zustimmung: https://login.example/adminconsent",
        ),
        next: [],
      };
    default:
      return { ...on, light: null, need: "off", next: [], notes: [] };
  }
}

function appointments(say: Say): AppointmentLine[] {
  const line = (more: Partial<AppointmentLine>): AppointmentLine => ({
    id: "a1",
    time: say("now, until 11:00", "jetzt, bis 11:00"),
    title: say("Budget with Finance", "Budget mit der Buchhaltung"),
    running: true,
    skipped: false,
    can_skip: true,
    action: say("do not disturb", "Nicht stören"),
    why: say("It is shown as “busy”.", "Er wird als „gebucht“ angezeigt."),
    ...more,
  });
  return [
    line({}),
    line({
      id: "a2",
      time: say("today, 13:00–14:00", "heute, 13:00–14:00 Uhr"),
      title: say("Customer on the line (No DND)", "Kunde ruft an (Keine Ruhe)"),
      running: false,
      action: say("calls ring through", "Anrufe klingeln durch"),
      why: say("The subject ends in (No DND).", "Der Betreff endet mit (Keine Ruhe)."),
    }),
    line({
      id: "a3",
      time: say("tomorrow, all day", "morgen, ganztägig"),
      title: say("Trade fair", "Messe"),
      running: false,
      skipped: true,
      action: say("does nothing", "tut nichts"),
      why: say(
        "You chose to have nothing done for this one.",
        "Sie haben gewählt, dass dieser nichts bewirkt.",
      ),
    }),
  ];
}

const SOURCE_OF: Partial<Record<FakeState, string>> = {
  "calendar-exchange": "ews",
  "calendar-ics": "ics",
  "calendar-file": "ics",
};

export function calendarFields(state: FakeState): Record<string, FieldView> {
  const locked = state === "calendar-locked";
  const flag = (on: boolean) => field(String(on), { locked });
  const on = state.startsWith("calendar-");
  return {
    "calendar.enabled": flag(on),
    "calendar.source": field(SOURCE_OF[state] ?? "graph", { locked }),
    "calendar.address": field("mail.example.com", { locked }),
    "calendar.user": field("EXAMPLE\\ada", { locked }),
    "calendar.ics": field(
      state === "calendar-file" ? "C:\\Users\\ada\\work.ics" : "https://cloud.example.com/ada/work",
      { locked },
    ),
    "calendar.ics_user": field("ada", { locked }),
    "calendar.tls": field(state === "calendar-exchange" ? "pin:12:34" : "system", { locked }),
    "calendar.free": field("none", { locked }),
    "calendar.elsewhere": field("none", { locked }),
    "calendar.tentative": field("none", { locked }),
    "calendar.busy": field("dnd", { locked }),
    "calendar.oof": field("forward", { locked }),
    "calendar.forward_to": field("+49301234567", { locked }),
    "calendar.forward_when_off": flag(on),
    "calendar.chat_status": flag(on),
    "calendar.change_during": flag(false),
    "calendar.title": flag(on),
    "calendar.no_text_when_free": flag(true),
    "calendar.join_titles": flag(false),
    "calendar.show_start": flag(false),
    "calendar.show_end": flag(on),
    "calendar.show_duration": flag(false),
    "calendar.leads": flag(false),
    "calendar.keep_on_stop": flag(false),
    "calendar.ignore_away": flag(false),
    "calendar.teams_message": flag(false),
    "calendar.forward_internal": flag(true),
  };
}
