// Believable view models of the settings pages.
import type { Answer } from "../bindings/Answer";
import type { ChangedLine } from "../bindings/ChangedLine";
import type { Command } from "../bindings/Command";
import type { DiagnosticsPage } from "../bindings/DiagnosticsPage";
import type { FieldView } from "../bindings/FieldView";
import type { Finding } from "../bindings/Finding";
import type { Language } from "../bindings/Language";
import type { Pages } from "../bindings/Pages";
import type { SeenApp } from "../bindings/SeenApp";
import type { SourcesPage } from "../bindings/SourcesPage";
import type { SourceView } from "../bindings/SourceView";
import type { StartupPage } from "../bindings/StartupPage";
import type { FakeState } from "../fakes";
import { calendarFields } from "./calendar";
import { fakeRulesAnswer } from "./rules";
import { field, light, type Say, unlike } from "./say";

type SettingsPages = Pick<Pages, "sources" | "startup" | "diagnostics" | "fields" | "changed">;

export function settingsPages(state: FakeState, say: Say): SettingsPages {
  return {
    sources: sourcesPage(state, say),
    startup: startupPage(state, say),
    diagnostics: diagnosticsPage(state, say),
    fields: fields(state, say),
    changed: state === "changed" ? { text: say("Changed: icon.", "Geändert: Symbol."), undo: true } : null,
  };
}

export function fakeChanged(language: Language): ChangedLine {
  return { text: language === "de" ? "Geändert: Sprache." : "Changed: language.", undo: true };
}

function fields(state: FakeState, say: Say): Record<string, FieldView> {
  const all: Record<string, FieldView> = {
    ...calendarFields(state),
    "person.language": field("auto"),
    "person.icon": field("colour"),
    "person.start_hidden": field("true"),
    "person.pause_outside_hours": field(state === "hours" || state === "refused" ? "true" : "false"),
    "person.work_days": field("mon,tue,wed,thu,fri"),
    "person.work_from": field("08:00"),
    "person.work_to": field("18:00"),
    "update.feed": field(state === "update" ? "https://example.com/offhook/feed" : "", {
      locked: state === "update",
    }),
    "update.check": field("true"),
    "network.proxy": field("system"),
    "network.proxy_address": field(""),
    "network.proxy_user": field(""),
    "network.no_proxy": field(""),
    "network.root_file": field(""),
    "notify.sign_in": field("true"),
    "notify.phone": field("true"),
    "notify.rule": field("true"),
    "notify.teams_keeps": field("true"),
    "notify.microsoft": field("false"),
    "notify.others": field("false"),
    "calls.outgoing_counts": field("true"),
    "rules.dnd_in_meetings": field("false"),
    "rules.profile": field("recommended"),
    "lines.phone.enabled": field("true"),
    "lines.hook.enabled": field(state === "sources-off" ? "false" : "true"),
    "lines.baresip.enabled": field(state === "sources-off" ? "false" : "true"),
    "lines.baresip.address": field("127.0.0.1:4444"),
    "lines.tapi.enabled": field("true"),
    "lines.tapi.lines": field("65537,131073"),
    "lines.microphone.enabled": field(state === "sources-off" ? "false" : "true"),
    "lines.microphone.apps": field("microsip.exe"),
    "lines.deskphone.enabled": field(state === "sources-off" ? "false" : "true"),
    "lines.deskphone.address": field("0.0.0.0:47311"),
    "lines.deskphone.phones": field("desk"),
    "lines.sip.enabled": field(state === "sources-off" ? "false" : "true"),
    "lines.sip.host": field("pbx.example.com"),
    "lines.sip.port": field("0"),
    "lines.sip.tls": field("system"),
    "lines.sip.transport": field("udp"),
    "lines.sip.user": field("1001"),
    "lines.sip.extension": field(""),
    "lines.sip.domain": field(""),
    "lines.sip.calls_at": field(""),
    "lines.sip.dnd_state": field("*76{extension}"),
    "log.level": field("info"),
    ...phoneFields(state, say),
  };
  if (state === "locked") {
    for (const key of [
      "person.language",
      "notify.others",
      "lines.hook.enabled",
      "calls.outgoing_counts",
      "rules.dnd_in_meetings",
      "rules.profile",
    ]) {
      all[key] = field(all[key]?.value ?? "", { locked: true });
    }
  }
  if (state === "sources-sip") {
    const no = (example: string) => unlike(example, say);
    all["lines.sip.tls"] = field("pin:12:34", { refused: no("9F86D081884C7D65…") });
    all["lines.sip.calls_at"] = field("alle da", { refused: no("*76{extension}") });
  }
  if (state === "proxy") {
    all["network.proxy"] = field("named");
    all["network.proxy_address"] = field("proxy.example.com:8080", { locked: true });
    all["network.proxy_user"] = field("ada");
    all["network.no_proxy"] = field("example.com,10.0.0.0/8");
  }
  if (state === "refused") {
    const refused = say(
      "This is not possible here; allowed: 08:01–23:59.",
      "Das ist hier nicht möglich; erlaubt: 08:01–23:59.",
    );
    all["person.work_to"] = field("18:00", { refused });
    const address = say(
      "This is not possible here; allowed: 127.0.0.1:4444.",
      "Das ist hier nicht möglich; erlaubt: 127.0.0.1:4444.",
    );
    all["lines.baresip.address"] = field("127.0.0.1:4444", { refused: address });
  }
  return all;
}

/** What only some kinds of phone systems have. Where one is refused, what was folded away shows. */
function phoneFields(state: FakeState, say: Say): Record<string, FieldView> {
  const no = (example: string) => unlike(example, say);
  const but = (when: FakeState, value: string, example: string) =>
    state === when ? field(value, { refused: no(example) }) : field("");
  return {
    "phone.interface": field("myapps"),
    "phone.app": but("innovaphone-more", "my-pbx-app-".repeat(12), "abc"),
    "phone.alien_calls": field("false"),
    "phone.activities": field("documented"),
    "phone.star_on": field("*41"),
    "phone.star_off": but("starface-more", "aus", "*41"),
    "phone.chat": field(state === "starface-more" ? "true" : "false"),
    "phone.chat_domain": but("starface-more", "meine anlage", "pbx.example.com"),
    "phone.listen": but("starface-listen", "0.0.0.0:47312", "192.168.1.20:47312"),
    "phone.session": field("application"),
    "phone.transport": field("udp"),
    "phone.domain": field(""),
    "phone.calls_at": but("sip-more", "alle da", "*76{extension}"),
    "phone.dnd_state": field("*76{extension}"),
    "phone.dnd_on": field("*78"),
    "phone.dnd_off": field("*79"),
    "phone.unconfirmed": field("false"),
    "phone.forward_on": field("*72"),
    "phone.forward_off": field("*73"),
    "phone.line": field("65537"),
    "phone.commands.dnd_on": field("/usr/local/bin/phone dnd on"),
    "phone.commands.dnd_off": field("/usr/local/bin/phone dnd off"),
    "phone.commands.dnd_read": field("/usr/local/bin/phone dnd"),
    "phone.commands.dnd_shows": field("on"),
    "phone.commands.forward_on": field(""),
    "phone.commands.forward_off": field(""),
    "phone.commands.forward_read": field(""),
  };
}

function sourcesPage(state: FakeState, say: Say): SourcesPage {
  const off = state === "sources-off";
  const ready = say("Listening.", "Bereit.");
  const phone: SourceView = {
    id: "phone",
    name: say("Phone system", "Telefonanlage"),
    help: say(
      "The phone system itself reports the calls of your extension, if it can.",
      "Die Telefonanlage meldet die Gespräche Ihrer Nebenstelle selbst, wenn sie das kann.",
    ),
    switch: "lines.phone.enabled",
    address: null,
    light:
      state === "sources-not-told"
        ? light(
            false,
            say(
              "The phone system can't report calls to Offhook: it could not listen at 192.168.1.20:47312. It goes on asking for them. Check the address on the page of the phone system: it must be one of this computer's own, with a port that no other program uses.",
              "Die Telefonanlage kann Offhook keine Gespräche melden: Unter 192.168.1.20:47312 ließ sich kein Zugang öffnen. Offhook fragt weiter selbst nach. Prüfen Sie die Adresse auf der Seite der Telefonanlage: Sie muss zu diesem Computer gehören, und kein anderes Programm darf den Port belegen.",
            ),
          )
        : light(true, ready),
    last: say("hung up · 09:58:41", "aufgelegt · 09:58:41"),
    calls: [],
    lines: null,
  };
  const hook: SourceView = {
    id: "hook",
    name: say("Reports by other programs", "Meldungen anderer Programme"),
    help: say(
      "Any program may report its calls, by a command or a web request on this computer.",
      "Jedes Programm kann seine Gespräche melden: mit einem Befehl oder einer Web-Anfrage auf diesem Computer.",
    ),
    switch: "lines.hook.enabled",
    address: null,
    light: off ? null : light(true, ready),
    last: null,
    calls: [],
    lines: null,
  };
  const baresip: SourceView = {
    id: "baresip",
    name: "baresip",
    help: say(
      "Needs baresip's ctrl_tcp module. Only one program at a time can be connected to it.",
      "Braucht in baresip das Modul ctrl_tcp. Mit ihm kann immer nur ein Programm verbunden sein.",
    ),
    switch: "lines.baresip.enabled",
    address: "lines.baresip.address",
    light: off
      ? null
      : light(
          state !== "refused",
          state === "refused"
            ? say("Nothing answers at 127.0.0.1:4444.", "Bei 127.0.0.1:4444 antwortet nichts.")
            : ready,
        ),
    last: null,
    calls: [],
    lines: null,
  };
  const tapi: SourceView = {
    id: "tapi",
    name: say("Windows telephony (TAPI)", "Windows-Telefonie (TAPI)"),
    help: say(
      "Needs the TAPI driver of your phone system or softphone, and a line of it that tells of calls: some drivers only dial.",
      "Braucht den TAPI-Treiber Ihrer Telefonanlage oder Ihres Softphones und darin eine Leitung, die Gespräche meldet: Manche Treiber können nur wählen.",
    ),
    switch: "lines.tapi.enabled",
    address: null,
    light: light(true, ready),
    last: null,
    calls: [],
    lines: {
      key: "lines.tapi.lines",
      lines: [
        { id: "65537", name: say("Desk phone 21", "Tischtelefon 21"), driver: "Example TSP" },
        { id: "65538", name: say("Reception", "Empfang"), driver: "" },
      ],
    },
  };
  const deskphone: SourceView = {
    id: "deskphone",
    name: say("Desk phones", "Tischtelefone"),
    help: say(
      "Phones of Snom, Yealink, Grandstream and Poly call an address on this computer when a call begins or ends.",
      "Telefone von Snom, Yealink, Grandstream und Poly rufen eine Adresse auf diesem Computer auf, wenn ein Gespräch beginnt oder endet.",
    ),
    switch: "lines.deskphone.enabled",
    address: "lines.deskphone.address",
    light: off ? null : light(true, ready),
    last: null,
    calls: [],
    lines: null,
  };
  const sip: SourceView = {
    id: "sip",
    name: say("SIP account", "SIP-Konto"),
    help: say(
      "For phone systems that report no calls in another way: Offhook signs in with the SIP account of your own extension.",
      "Für Telefonanlagen, die Gespräche nicht anders melden: Offhook meldet sich mit dem SIP-Konto Ihrer Nebenstelle an.",
    ),
    switch: "lines.sip.enabled",
    address: null,
    light: off ? null : light(true, ready),
    last: null,
    calls: [],
    lines: null,
  };
  const signIn = {
    password_stored: true,
    test: {
      running: false,
      findings: off
        ? []
        : [
            {
              what: say("Calls", "Gespräche"),
              ok: true,
              text: say("The phone system tells of them.", "Die Anlage meldet sie."),
              mend: "",
            },
          ],
    },
  };
  const microphone: SourceView = {
    id: "microphone",
    name: say("Microphone in use", "Mikrofon in Benutzung"),
    help: say(
      "For any softphone: a program that you choose below and that uses the microphone counts as a call.",
      "Für jedes Softphone: Benutzt ein Programm, das Sie unten auswählen, das Mikrofon, zählt das als Gespräch.",
    ),
    switch: "lines.microphone.enabled",
    address: null,
    light: off ? null : light(true, ready),
    last: null,
    calls: [],
    lines: null,
  };
  const apps: SeenApp[] = off
    ? []
    : [
        { id: "microsip.exe", chosen: true, in_use: true, kind: "other" },
        { id: "ms-teams.exe", chosen: false, in_use: false, kind: "teams" },
      ];
  if (state === "sources-tapi")
    return { sources: [phone, hook, tapi], apps: [], microsip: false, sip: signIn };
  if (state === "sources-sip") {
    const failed = {
      what: say("Signing in", "Anmeldung"),
      ok: false,
      text: say(
        "pbx.example.com refuses user or password.",
        "pbx.example.com weist Benutzer oder Kennwort zurück.",
      ),
      mend: say("Enter them again.", "Geben Sie beide neu ein."),
    };
    const card = { ...sip, light: light(false, failed.text) };
    return {
      sources: [card],
      apps: [],
      microsip: false,
      sip: { password_stored: false, test: { running: false, findings: [failed] } },
    };
  }
  if (state !== "ringing")
    return { sources: [phone, hook, baresip, sip, deskphone, microphone], apps, microsip: !off, sip: signIn };
  const rings = {
    state: "ringing",
    text: say("ringing · 10:02:13", "klingelt · 10:02:13"),
    counts: false,
    note: say("only rings, so it does not count", "klingelt nur und zählt deshalb nicht"),
  } as const;
  const talks = {
    state: "connected",
    text: say("talking · 09:47:05", "im Gespräch · 09:47:05"),
    counts: true,
    note: say("counts as a call", "zählt als Gespräch"),
  } as const;
  return {
    apps,
    microsip: true,
    sip: signIn,
    sources: [
      { ...phone, calls: [rings], last: rings.text },
      hook,
      { ...baresip, calls: [talks], last: talks.text },
      tapi,
      {
        id: "microsip",
        name: "microsip",
        help: say("Reports its calls to Offhook by itself.", "Meldet seine Gespräche selbst an Offhook."),
        switch: null,
        address: null,
        light: null,
        last: say("hung up · 09:12:30", "aufgelegt · 09:12:30"),
        calls: [],
        lines: null,
      },
    ],
  };
}

function startupPage(state: FakeState, say: Say): StartupPage {
  const autostart = { on: true, can: true, text: null, refused: null, locked: false };
  const newest = say("Offhook 1.3.0 is there.", "Offhook 1.3.0 ist da.");
  const newer = { text: newest, page: "https://example.com/offhook" };
  const network = {
    proxy_password: state === "proxy",
    network: [],
    update: state === "update" ? newer : null,
  };
  if (state === "locked") return { autostart: { ...autostart, locked: true }, tray: true, ...network };
  if (state === "autostart-elsewhere") {
    const text = say(
      "This system starts another Offhook: /opt/offhook-0.9/offhook. Switching on makes it start this one.",
      "Dieses System startet ein anderes Offhook: /opt/offhook-0.9/offhook. Durch Einschalten startet es dieses.",
    );
    return { autostart: { ...autostart, on: false, text }, tray: true, ...network };
  }
  if (state === "refused") {
    const refused = say(
      "The system did not take the change: Permission denied. Set it in the start-up settings of your system.",
      "Das System hat die Änderung nicht angenommen: Permission denied. Stellen Sie es in den Autostart-Einstellungen Ihres Systems ein.",
    );
    return { autostart: { ...autostart, on: false, refused }, tray: true, ...network };
  }
  return { autostart, tray: state !== "no-tray", ...network };
}

function diagnosticsPage(state: FakeState, say: Say): DiagnosticsPage {
  const attention = state === "attention";
  const finding = (ok: boolean, what: string, text: string, mend = ""): Finding => ({ ok, what, text, mend });
  const fine = say("In order.", "In Ordnung.");
  const phone = attention
    ? light(false, say("Nothing answers at pbx.example.com.", "Bei pbx.example.com antwortet nichts."))
    : light(true, say("Connected.", "Verbunden."));
  return {
    lights: [
      { name: "Microsoft Teams", last: null, light: light(true, say("Connected.", "Verbunden.")) },
      { name: say("Phone system", "Telefonanlage"), last: null, light: phone },
      ...(state === "examined"
        ? [
            {
              name: say("Calendar", "Kalender"),
              last: say(
                "Last trouble at 08:14: Microsoft does not answer.",
                "Letzte Störung um 08:14: Microsoft antwortet nicht.",
              ),
              light: light(
                true,
                say(
                  "Read; 14 appointments from yesterday to the day after tomorrow.",
                  "Gelesen; 14 Termine von gestern bis übermorgen.",
                ),
              ),
            },
          ]
        : []),
      { name: "baresip", last: null, light: light(true, say("Listening.", "Bereit.")) },
    ],
    examining: state === "testing",
    findings:
      state === "examined"
        ? [
            finding(true, say("Settings", "Einstellungen"), fine),
            finding(true, say("Stored sign-in and passwords", "Gespeicherte Anmeldung und Kennwörter"), fine),
            finding(
              false,
              say("Phone system", "Telefonanlage"),
              say("Nothing answers at pbx.example.com.", "Bei pbx.example.com antwortet nichts."),
              say(
                "Check address and port, and whether the service is running.",
                "Prüfen Sie Adresse und Port und ob der Dienst läuft.",
              ),
            ),
          ]
        : [],
    examined: state === "examined" ? "10:04" : null,
    notification: {
      running: false,
      findings:
        state === "examined"
          ? [
              finding(
                true,
                say("Notification", "Hinweis"),
                say("Handed to the desktop.", "An den Desktop übergeben."),
              ),
            ]
          : [],
    },
    sign_in: { running: state === "testing", findings: [] },
    phone: { running: false, findings: [] },
    log_forced: attention ? "offhook_connect=trace" : null,
    data_dir: "/home/nora/.local/state/offhook",
  };
}

/** What a command that only asks is told. */
export function fakeAnswer(command: Command, state: FakeState, say: Say): Answer {
  const rules = fakeRulesAnswer(command, state, say);
  if (rules) return rules;
  if (command === "hook_access") {
    return {
      hook_access: {
        address: "http://127.0.0.1:41873/v1/call",
        token: "Zm9vYmFyYmF6cXV4LW5vdC1hLXJlYWwtdG9rZW4tMTI",
        examples: [
          "offhookctl call answer --source my-phone --id 1",
          "offhookctl call hangup --source my-phone --id 1",
          `curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{"v":1,"event":"answer","source":"my-phone","callId":"1"}' http://127.0.0.1:41873/v1/call`,
        ],
      },
    };
  }
  if (command === "log") {
    return {
      log: [
        {
          level: "info",
          text: "2026-11-22T09:00:01.120331Z  INFO offhook_connect::driver: the machine was asleep",
        },
        {
          level: "debug",
          text: "2026-11-22T09:00:01.120912Z DEBUG offhook_connect::driver: to do effect=ReadTeams",
        },
        {
          level: "warn",
          text: "2026-11-22T09:00:11.000102Z  WARN offhook_connect::graph: no answer; trying again",
        },
        { level: null, text: "  with a second line" },
      ],
    };
  }
  if (command === "report") return { text: ["Offhook 0.1.0", "linux x86_64"] };
  return "done";
}
