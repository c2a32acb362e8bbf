//! Every sentence a person reads, in German and English, side by side.
//!
//! The pages' fixed words stand beside the pages, in `ui/words.toml`.

mod answers;
mod problems;
pub mod settings;

use crate::effect::Notice;
use crate::fault::{Code, Fault};
pub use answers::{complaint, probe_step};
pub use keys::{KeyText, date, key_fault, typed_key_fault};
pub use offhook_protocol::pages::Language;
use offhook_protocol::problem::Problem;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Declares texts as `name: "English" / "Deutsch";`, so that neither language can lack one.
macro_rules! texts {
    ($(#[$meta:meta])* $enum:ident { $($(#[$vmeta:meta])* $name:ident: $en:literal / $de:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $enum { $($(#[$vmeta])* $name,)* }

        impl $enum {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::De) => $de,)*
                }
            }

            /// The text with each `{name}` replaced.
            pub fn with(self, language: Language, values: &[(&str, &str)]) -> String {
                $crate::text::fill(self.text(language), values)
            }
        }
    };
}

// After the macro that they use.
mod calendar;
mod doctor;
mod keys;
mod table;
pub use calendar::CalendarText;
pub use doctor::DoctorText;
pub use table::TableText;

texts! {
    /// The words of the tray's "Teams says" line.
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "kebab-case")]
    Says {
        Available: "available" / "verfügbar";
        /// ProCall's word for available.
        Present: "present" / "anwesend";
        Busy: "busy" / "beschäftigt";
        DoNotDisturb: "do not disturb" / "nicht stören";
        UrgentOnly: "urgent interruptions only" / "nur dringende Unterbrechungen";
        Presenting: "presenting" / "präsentiert";
        Focusing: "focusing" / "konzentriert";
        InACall: "in a call" / "in einem Anruf";
        InAConference: "in a conference call" / "in einer Telefonkonferenz";
        InConversation: "in a conversation" / "im Gespräch";
        InAMeeting: "in a meeting" / "in einer Besprechung";
        Meeting: "meeting" / "Besprechung";
        BeRightBack: "be right back" / "gleich zurück";
        Away: "away" / "abwesend";
        Inactive: "inactive" / "inaktiv";
        Offline: "offline" / "offline";
        OfflineUnknown: "offline/not known" / "offline/nicht bekannt";
        Unknown: "not known" / "unbekannt";
        OutOfOffice: "out of office" / "außer Haus";
    }
}

texts! {
    /// Everything else. `{…}` is filled in.
    Text {
        StateSignedOut: "Signed out" / "Abgemeldet";
        StatePaused: "Paused" / "Pausiert";
        StateInCall: "In a call" / "Im Gespräch";
        StateDoNotDisturb: "Do not disturb" / "Nicht stören";
        StateForwarded: "Calls forwarded" / "Anrufe umgeleitet";
        StateBusy: "Busy" / "Beschäftigt";
        StateAway: "Away" / "Abwesend";
        StateFree: "Free" / "Frei";

        StateStarting: "Starting…" / "Wird gestartet …";
        StateWaiting: "Waiting for the keyring…" / "Warten auf den Schlüsselbund …";

        WhyFree: "Nothing is going on." / "Es liegt nichts an.";
        WhyStarting: "Offhook is finding out how things stand." / "Offhook stellt gerade fest, wie alles steht.";
        WhySignedOut: "Sign in to Microsoft so that phone and Teams can agree." /
            "Melden Sie sich bei Microsoft an, damit Telefon und Teams übereinstimmen.";
        WhyPausedUntil: "You paused Offhook until {until}." / "Sie haben Offhook bis {until} pausiert.";
        WhyPaused: "You paused Offhook." / "Sie haben Offhook pausiert.";
        WhyOutsideHours: "It is outside your working hours." / "Es ist außerhalb Ihrer Arbeitszeit.";
        WhyInCallTold: "On the phone since {since}; Teams has been told." /
            "Am Telefon seit {since}; Teams weiß es.";
        WhyInCall: "On the phone since {since}." / "Am Telefon seit {since}.";
        WhyTeamsCall: "Teams says you are {says}." / "Teams meldet: {says}.";
        WhyDndOurs: "Do not disturb is on, because Teams says {says}." /
            "„Nicht stören“ ist an, denn Teams meldet: {says}.";
        WhyDndPerson: "You switched do not disturb on at the phone." /
            "Sie haben „Nicht stören“ am Telefon eingeschaltet.";
        WhyForwardOurs: "Calls go to {target}, because Teams says {says}." /
            "Anrufe gehen an {target}, denn Teams meldet: {says}.";
        WhyForwardPerson: "You forward your calls to {target}." / "Sie leiten Ihre Anrufe an {target} um.";
        WhyPresenceAppointment: "For an appointment Offhook has set your presence on the phone system: {value}." /
            "Wegen eines Termins hat Offhook Ihre Präsenz in der Telefonanlage gesetzt: {value}.";
        WhyPresenceOurs: "Offhook has set your presence on the phone system: {value}." /
            "Offhook hat Ihre Präsenz in der Telefonanlage gesetzt: {value}.";
        WhyPresencePerson: "Your presence on the phone system: {value}." /
            "Ihre Präsenz in der Telefonanlage: {value}.";
        WhyTeamsSays: "Teams says {says}." / "Teams meldet: {says}.";

        FieldDnd: "Do not disturb" / "Nicht stören";
        FieldForward: "Forwarding" / "Umleitung";
        FieldPresence: "Presence on the phone system" / "Präsenz in der Telefonanlage";
        FieldNote: "Note on the phone system" / "Notiz in der Telefonanlage";
        FieldTeams: "Your status in Teams" / "Ihr Status in Teams";

        ValueOn: "on" / "an";
        ValueOff: "off" / "aus";
        ValueNone: "none" / "keine";
        ValueUnset: "not set" / "nicht gesetzt";
        ValueLeave: "left alone" / "unverändert";
        ValueRemoved: "unset" / "aufgehoben";
        ValueUnknown: "not known yet" / "noch nicht bekannt";

        CauseTeams: "because of Teams" / "wegen Teams";
        CauseCalendar: "because of an appointment" / "wegen eines Termins";
        CauseCall: "because of a call" / "wegen eines Gesprächs";
        CausePerson: "because of what you set" / "wegen Ihrer Einstellung";
        CauseOtherProgram: "because of another program" / "wegen eines anderen Programms";
        Because: "{cause} ({rule})" / "{cause} ({rule})";
        EndsWithCause: "When that ends it goes back to" / "Danach gilt wieder";
        EndsAt: "At {until}, or when that ends before, it goes back to" /
            "Ab {until}, oder sobald der Anlass vorher endet, gilt wieder";

        ReasonHold: "{field}: {value} since {since}, set by Offhook {because}. {end}: {before}." /
            "{field}: {value} seit {since}, von Offhook gesetzt {because}. {end}: {before}.";
        ReasonHoldWriting: "{field}: {value} is being set {because}. {end}: {before}." /
            "{field}: {value} wird gerade gesetzt {because}. {end}: {before}.";
        ReasonHoldChanging: "{field}: {earlier} is being changed to {value} {because}. {end}: {before}." /
            "{field}: {earlier} wird gerade zu {value} geändert {because}. {end}: {before}.";
        ReasonHoldReleasing: "{field}: going back to {before}." / "{field}: geht zurück auf {before}.";

        ReasonMet: "{field}: {value}, as the rules want {because}; it was so already, so Offhook set nothing and puts nothing back." /
            "{field}: {value}, wie es die Regeln wollen {because}; so war es schon, Offhook hat nichts gesetzt und stellt nichts zurück.";
        ReasonComing: "{field}: {value} is wanted {because} and about to be set." /
            "{field}: {value} ist gewünscht {because} und wird gleich gesetzt.";
        ReasonTriedAgain: "{field}: {value} is wanted {because}; setting it failed, and Offhook tries again." /
            "{field}: {value} ist gewünscht {because}; das Setzen ist fehlgeschlagen, Offhook versucht es erneut.";
        NotCapability: "{field}: {value} is wanted {because}, but not set; this phone system or this account can't do it." /
            "{field}: {value} ist gewünscht {because}, wird aber nicht gesetzt; diese Telefonanlage oder dieses Konto kann das nicht.";
        NotPerson: "{field}: {value} is wanted {because}, but not set again; you took it back, and it stays yours until the present reason has ended." /
            "{field}: {value} ist gewünscht {because}, wird aber nicht erneut gesetzt; Sie haben es zurückgenommen, und dabei bleibt es, bis der jetzige Anlass vorbei ist.";
        NotPaused: "{field}: {value} is wanted {because}, but not set now." /
            "{field}: {value} ist gewünscht {because}, wird aber jetzt nicht gesetzt.";
        NotEcho: "{field}: {value} would be set {because}, but Teams only shows that you are on the phone." /
            "{field}: {value} würde gesetzt {because}, doch Teams zeigt nur an, dass Sie telefonieren.";
        NotOtherWriter: "{field}: {value} is wanted {because}, but not set; another program writes it, too. Offhook tries again when you resume it or change a rule." /
            "{field}: {value} ist gewünscht {because}, wird aber nicht gesetzt; ein anderes Programm schreibt es ebenfalls. Offhook versucht es wieder, wenn Sie es fortsetzen oder eine Regel ändern.";
        NotRight: "{field}: {value} is wanted {because}, but not set; the right for it was not granted." /
            "{field}: {value} ist gewünscht {because}, wird aber nicht gesetzt; das Recht dazu wurde nicht erteilt.";

        ReasonPerson: "{field}: {value} since {since}, set by you or somebody else; Offhook leaves it alone." /
            "{field}: {value} seit {since}, von Ihnen oder jemand anderem gesetzt; Offhook lässt es so.";
        ReasonPersonOrConnector: "{field}: {value} since {since}. Whether you or the phone system's own connector set it can't be known, so Offhook leaves it alone." /
            "{field}: {value} seit {since}. Ob Sie oder der Connector der Telefonanlage das gesetzt haben, lässt sich nicht erkennen; Offhook lässt es so.";
        ReasonOtherProgram: "{field}: {value} since {since}, perhaps set by another program; Offhook does not write it until you resume it or change a rule." /
            "{field}: {value} seit {since}, vielleicht von einem anderen Programm gesetzt; Offhook schreibt es nicht, bis Sie es fortsetzen oder eine Regel ändern.";
        ReasonAtRest: "{field}: {value}; nothing is to be set." / "{field}: {value}; es ist nichts zu setzen.";
        ReasonNotReadable: "{field}: this phone system or this account can't read it, so Offhook leaves it alone." /
            "{field}: Diese Telefonanlage oder dieses Konto kann das nicht lesen; Offhook lässt es so.";
        ReasonUnconfirmed: "{field}: nothing is to be set; how it stands can't be read there." /
            "{field}: Es ist nichts zu setzen; wie es dort steht, ist nicht lesbar.";
        ReasonNotRead: "{field}: not read yet." / "{field}: noch nicht gelesen.";
        ReasonNoPhone: "No phone system is set up, so nothing is set there." /
            "Es ist keine Telefonanlage eingerichtet; dort wird nichts gesetzt.";
        ReasonPhoneAway: "The phone system can't be reached; what is wanted is judged anew when it is back." /
            "Die Telefonanlage ist nicht erreichbar; was gewünscht ist, wird neu beurteilt, sobald sie wieder da ist.";

        ReasonSession: "Teams: “{value}” since {since} {because}; renewed while that lasts, cleared with it, at the latest {until}." /
            "Teams: „{value}“ seit {since} {because}; wird erneuert, solange es dauert, und endet damit, spätestens {until}.";
        ReasonSessionEnding: "Teams: “{value}” is being cleared; it ends at the latest {until}." /
            "Teams: „{value}“ wird gerade aufgehoben und endet spätestens {until}.";
        ReasonPreferred: "Teams: “{value}” is your own status since {since} {because}, at the latest until {until}. What it was before can't be read, so it is removed afterwards, not put back." /
            "Teams: „{value}“ ist seit {since} Ihr eigener Status {because}, längstens bis {until}. Was vorher galt, lässt sich nicht lesen; er wird danach entfernt, nicht zurückgesetzt.";
        ReasonPreferredKept: "Teams: your own status “{value}”, set for you earlier, stays until the phone system has been read, at the latest until {until}." /
            "Teams: Ihr eigener Status „{value}“, früher für Sie gesetzt, bleibt, bis die Telefonanlage gelesen ist, längstens bis {until}.";
        ReasonPreferredEnding: "Teams: your own status “{value}” is being removed; it ends at the latest {until}." /
            "Teams: Ihr eigener Status „{value}“ wird gerade entfernt und endet spätestens {until}.";
        ReasonTeamsNothing: "Teams: Offhook tells it nothing." / "Teams: Offhook meldet dort nichts.";
        TeamsWanted: "Teams should show “{value}” {because}, but is not told." /
            "Teams soll „{value}“ zeigen {because}, erfährt es aber nicht.";
        TeamsNoRight: "The right to set your presence was not granted." /
            "Das Recht, Ihre Präsenz zu setzen, wurde nicht erteilt.";
        TeamsComing: "It is about to be set." / "Es wird gleich gesetzt.";
        WhyOutsideHoursUntil: "It is outside your working hours, until {until}." /
            "Es ist außerhalb Ihrer Arbeitszeit, bis {until}.";
        WhyWatching: "This desk only watches." / "Dieser Platz schaut nur zu.";
        WhyLeaving: "Offhook is going to sleep or ending." / "Offhook geht schlafen oder wird beendet.";
        WhyDndOther: "Do not disturb is on; another program writes it, too." /
            "„Nicht stören“ ist an; ein anderes Programm schreibt es ebenfalls.";
        WhyForwardOther: "Calls go to {target}; another program writes that, too." /
            "Anrufe gehen an {target}; ein anderes Programm schreibt das ebenfalls.";

        PreviewUnknown: "{field}: nothing is known of Teams, so what is there is kept." /
            "{field}: Von Teams ist nichts bekannt; was gilt, bleibt.";
        PreviewSet: "{field}: {value} ({rule})." / "{field}: {value} ({rule}).";
        PreviewMet: "{field}: {value} ({rule}); it is so already, so nothing is set and nothing is put back." /
            "{field}: {value} ({rule}); so ist es schon, es wird nichts gesetzt und nichts zurückgestellt.";
        PreviewLeave: "{field}: left alone ({rule}); what Offhook set before goes back." /
            "{field}: unverändert ({rule}); was Offhook vorher gesetzt hat, geht zurück.";
        PreviewUnset: "{field}: unset ({rule}); what Offhook set, now or in an earlier run, is removed, and what you set stays." /
            "{field}: aufgehoben ({rule}); was Offhook jetzt oder in einem früheren Lauf gesetzt hat, wird entfernt, Ihre eigene Einstellung bleibt.";
        PreviewSession: "Teams shows “{value}” ({rule}), {minutes} minutes at a time and renewed while it lasts." /
            "Teams zeigt „{value}“ ({rule}), jeweils {minutes} Minuten und erneuert, solange es dauert.";
        PreviewPreferred: "Your own status in Teams becomes “{value}” ({rule}), for {minutes} minutes; what it was before can't be read." /
            "Ihr eigener Status in Teams wird „{value}“ ({rule}), für {minutes} Minuten; was vorher galt, lässt sich nicht lesen.";
        PreviewTeamsNothing: "Teams is told nothing." / "Teams erfährt nichts.";
        PreviewPaused: "Not done while you pause Offhook." / "Das unterbleibt, solange Sie Offhook pausieren.";
        PreviewOutsideHours: "Not done outside your working hours." / "Das unterbleibt außerhalb Ihrer Arbeitszeit.";
        PreviewWatching: "Not done: this desk only watches." / "Das unterbleibt: Dieser Platz schaut nur zu.";
        PreviewCannot: "Not done: this phone system or this account can't do it." /
            "Das unterbleibt: Diese Telefonanlage oder dieses Konto kann das nicht.";
        PreviewEcho: "Teams only shows that you are on the phone, so that is no cause." /
            "Teams zeigt nur an, dass Sie telefonieren; das ist kein Anlass.";

        RuleAnythingElse: "anything else" / "alles andere";
        RuleCall: "a call on {source}" / "ein Gespräch an {source}";
        RulePaused: "paused" / "pausiert";
        RuleOwn: "your own rule" / "Ihre eigene Regel";
        RulePhone: "{table}: {state} on the phone" / "{table}: {state} am Telefon";
        RuleSignedOut: "signed out" / "abgemeldet";
        RuleTeamsUnreachable: "Teams can't be read" / "Teams ist nicht lesbar";
        RuleOutsideHours: "outside your working hours" / "außerhalb Ihrer Arbeitszeit";
        RuleWatching: "this desk only watches" / "dieser Platz schaut nur zu";
        RuleLeaving: "Offhook is ending" / "Offhook wird beendet";

        PhoneStateDnd: "do not disturb" / "Nicht stören";
        PhoneStatePresence: "presence “{presence}”" / "Präsenz „{presence}“";

        CallDialling: "dialling" / "wählt";
        CallRinging: "ringing" / "klingelt";
        CallConnected: "talking" / "im Gespräch";
        CallHeld: "on hold" / "gehalten";
        CallConference: "in a conference" / "in einer Konferenz";

        HeardUp: "connected" / "verbunden";
        HeardDown: "connection lost" / "Verbindung verloren";
        HeardEnded: "hung up" / "aufgelegt";
        HeardReset: "all calls ended" / "alle Gespräche beendet";
        HeardDndOn: "do not disturb switched on" / "„Nicht stören“ eingeschaltet";
        HeardDndOff: "do not disturb switched off" / "„Nicht stören“ ausgeschaltet";
        CountsYes: "counts as a call" / "zählt als Gespräch";
        CountsRinging: "only rings, so it does not count" / "klingelt nur und zählt deshalb nicht";
        CountsSoon: "counts after two seconds" / "zählt nach zwei Sekunden";
        CountsOutgoing: "outgoing and not answered yet, so it does not count" /
            "abgehend und noch nicht angenommen, zählt deshalb nicht";

        Changed: "Changed: {what}." / "Geändert: {what}.";
        PutBack: "Put back: {what}." / "Zurückgenommen: {what}.";
        PutBackPartly: "Put back: {what}. The rest was changed again since and stays as it is." /
            "Zurückgenommen: {what}. Der Rest wurde inzwischen erneut geändert und bleibt, wie er ist.";

        AutostartElsewhere: "This system starts another Offhook: {what}. Switching on makes it start this one." /
            "Dieses System startet ein anderes Offhook: {what}. Durch Einschalten startet es dieses.";
        AutostartSwitchedOff: "An entry is there, but it was switched off in the system's own settings." /
            "Ein Eintrag ist da, er wurde aber in den Einstellungen des Systems ausgeschaltet.";
        AutostartEveryone: "Set up for everyone on this computer. Switching off applies to you alone." /
            "Für alle auf diesem Computer eingerichtet. Ausschalten gilt nur für Sie.";
        AutostartUnknown: "Offhook can't see or change this here." /
            "Das kann Offhook hier weder sehen noch ändern.";

        NoticeButton: "Open" / "Öffnen";
        NoticeTestTitle: "This is a test" / "Das ist ein Test";
        NoticeTestBody: "Notifications of Offhook look like this." / "So sehen Hinweise von Offhook aus.";
        NoticeNoTrayTitle: "Offhook is running" / "Offhook läuft";
        NoticeNoTrayBody: "This desktop shows no tray icons. Start Offhook again to open its window." /
            "Dieser Desktop zeigt keine Symbole im Infobereich. Starten Sie Offhook noch einmal, um das Fenster zu öffnen.";
        TestNotification: "Notification" / "Hinweis";
        TestNotificationSent: "Handed to the desktop. If you don't see it, the desktop keeps it back (quiet hours, for example)." /
            "An den Desktop übergeben. Wenn Sie nichts sehen, hält der Desktop es zurück (zum Beispiel in der Ruhezeit).";
        TestSignIn: "Sign-in and presence" / "Anmeldung und Präsenz";
        TestSignInFine: "Signed in; Teams says: {says}." / "Angemeldet; Teams meldet: {says}.";

        LightMicrosoft: "Microsoft Teams" / "Microsoft Teams";
        LightPhone: "Phone system" / "Telefonanlage";
        LightHook: "Reports by other programs" / "Meldungen anderer Programme";
        LightOk: "Connected." / "Verbunden.";
        LightSeldom: "Connected. Teams is read about every {seconds} s: Microsoft limits how often all desks of your organisation may ask together." / "Verbunden. Teams wird etwa alle {seconds} s gelesen: Microsoft begrenzt, wie oft alle Arbeitsplätze Ihrer Organisation zusammen fragen dürfen.";
        LightTrying: "Connecting…" / "Verbindung wird aufgebaut…";
        LightSignedOut: "Not signed in." / "Nicht angemeldet.";
        LightListening: "Listening." / "Bereit.";

        MenuOpen: "Open Offhook" / "Offhook öffnen";
        MenuPause: "Pause" / "Pause";
        MenuPause15: "15 minutes" / "15 Minuten";
        MenuPause60: "1 hour" / "1 Stunde";
        MenuPauseTomorrow: "Until tomorrow" / "Bis morgen";
        MenuPauseOn: "Until I resume" / "Bis auf Weiteres";
        MenuSetAgain: "Let Offhook set it again" / "Offhook wieder setzen lassen";
        MenuResume: "Resume" / "Fortsetzen";
        MenuSignIn: "Sign in to Microsoft…" / "Bei Microsoft anmelden…";
        MenuSignInAgain: "Sign in again…" / "Neu anmelden…";
        MenuSignInWaiting: "Waiting for the browser… (cancel)" / "Warten auf den Browser… (abbrechen)";
        MenuSignedIn: "Signed in as {name}" / "Angemeldet als {name}";
        MenuSettings: "Settings…" / "Einstellungen…";
        MenuDiagnostics: "Help and diagnostics…" / "Hilfe und Diagnose…";
        MenuQuit: "Quit Offhook" / "Offhook beenden";
        MenuTeamsSays: "Teams says: {says}" / "Teams meldet: {says}";

        TeamsOurs: "Offhook has Teams show “{says}” since {since}, as long as that lasts; without renewal until {until}." /
            "Offhook lässt Teams seit {since} „{says}“ zeigen, solange das dauert; ohne Erneuerung bis {until}.";
        FieldOurs: "Set by Offhook at {since}, {why}. Afterwards it goes back to: {before}." /
            "Von Offhook um {since} gesetzt, {why}. Danach gilt wieder: {before}.";
        FieldBeingSet: "Is being set, {why}." / "Wird gerade gesetzt, {why}.";
        FieldGoingBack: "Is going back to: {before}." / "Geht gerade zurück auf: {before}.";
        FieldOtherProgram: "Perhaps set by another program; Offhook does not write it until you resume it or change a rule." /
            "Vielleicht von einem anderen Programm gesetzt; Offhook schreibt es nicht, bis Sie es fortsetzen oder eine Regel ändern.";
        FieldPersons: "Set by you or somebody else; Offhook leaves it alone." /
            "Von Ihnen oder jemand anderem gesetzt; Offhook lässt es so.";
        BecauseTeams: "because Teams says “{says}”" / "weil Teams „{says}“ meldet";
        BecauseCalendar: "because of an appointment" / "wegen eines Termins";
        BecauseCall: "because you are in a call" / "weil Sie telefonieren";
        BecausePerson: "because you chose so" / "weil Sie es so gewählt haben";
        PresenceAvailable: "available" / "verfügbar";
        PresenceAway: "away" / "abwesend";
        PresenceExtendedAway: "away for longer" / "länger abwesend";
        PresenceBusy: "busy" / "beschäftigt";
        PresenceMeeting: "in a meeting" / "in einer Besprechung";
        PresenceDnd: "do not disturb" / "nicht stören";
        PresenceOnThePhone: "on the phone" / "am Telefon";
        PutBackMeeting: "Put the phone back for this meeting" / "Telefon für diese Besprechung zurückstellen";
        PutBackAppointment: "Put the phone back for this appointment" / "Telefon für diesen Termin zurückstellen";
        PutBackCall: "Put the phone back for this call" / "Telefon für dieses Gespräch zurückstellen";
        PutBackPresenting: "Put the phone back while I present" / "Telefon für diese Präsentation zurückstellen";
        PutBackNow: "Put the phone back for now" / "Telefon vorerst zurückstellen";
        PutBackHelp: "The phone goes back to how it was. Once the present reason has ended, Offhook carries on as usual." /
            "Das Telefon steht dann wieder wie zuvor. Ist der jetzige Anlass vorbei, macht Offhook weiter wie gewohnt.";
        LastWorked: "Last worked at {time}." / "Zuletzt in Ordnung um {time}.";
        LastFailed: "Last trouble at {time}: {what}" / "Letzte Störung um {time}: {what}";

        StageWelcome: "Welcome" / "Willkommen";
        StageMicrosoft: "Microsoft" / "Microsoft";
        StagePhone: "Phone system" / "Telefonanlage";
        StageReady: "Ready" / "Fertig";
        JobPhoneTeams: "Phone → Teams" / "Telefon → Teams";
        JobPhoneTeamsText: "While you are on the phone, Teams shows “In a call”." /
            "Solange Sie telefonieren, zeigt Teams „In einem Anruf“.";
        JobTeamsPhone: "Teams → phone" / "Teams → Telefon";
        JobTeamsPhoneText: "When you present or want no disturbance, your phone keeps quiet too." /
            "Wenn Sie präsentieren oder nicht gestört werden möchten, bleibt auch Ihr Telefon still.";
        JobCalendar: "Calendar → phone" / "Kalender → Telefon";
        JobCalendarText: "Appointments can silence or forward your phone. Asked for later, and only if you want it." /
            "Termine können Ihr Telefon stumm schalten oder umleiten. Wird später und nur auf Wunsch erfragt.";
        CheckSignIn: "Sign-in" / "Anmeldung";
        CheckNoPhone: "None chosen. Calls of a softphone still reach Teams." /
            "Keine gewählt. Gespräche eines Softphones erreichen Teams trotzdem.";
        PlacePanel: "Offhook's handset is in your desktop's panel, usually at the right of its top or bottom edge. Click it to see what is going on." /
            "Der Hörer von Offhook ist in der Leiste Ihrer Arbeitsfläche, meist rechts am oberen oder unteren Rand. Ein Klick darauf zeigt, was gerade gilt.";
        PlaceTaskbar: "Offhook's handset is at the bottom right, beside the clock. If you do not see it, click the arrow there and drag it out." /
            "Der Hörer von Offhook ist unten rechts neben der Uhr. Falls Sie ihn nicht sehen, klicken Sie dort auf den Pfeil und ziehen ihn heraus.";
        PlaceMenuBar: "Offhook's handset is at the top right, in the menu bar. A crowded menu bar may hide it." /
            "Der Hörer von Offhook ist oben rechts in der Menüleiste. Ist sie voll, kann er verdeckt sein.";
        PlaceNowhere: "This desktop has no place for such icons. Offhook runs all the same; start it again from your programs whenever you want this window." /
            "Diese Arbeitsfläche hat keinen Platz für solche Symbole. Offhook läuft trotzdem; starten Sie es einfach noch einmal, wenn Sie dieses Fenster sehen möchten.";

        NoticeTitle: "Offhook" / "Offhook";

        AbilityDnd: "Do not disturb" / "Nicht stören";
        AbilityForward: "Forwarding" / "Umleitung";
        AbilityPresence: "Presence" / "Präsenz";
        AbilityNote: "Note" / "Notiz";
        AbilityCalls: "Calls of your extension" / "Gespräche Ihrer Nebenstelle";
        AbilityReadWrite: "Can be read and set." / "Kann gelesen und gesetzt werden.";
        AbilityDndPresence: "Can be read and set, as the presence that colleagues see. Whether it also stops calls is decided on the phone system; ask your administrator." /
            "Kann gelesen und gesetzt werden, als Präsenz, die andere sehen. Ob auch keine Anrufe mehr kommen, entscheidet die Anlage; fragen Sie Ihre Administration.";
        AbilityPresenceWords: "Can be read and set. The phone system knows: {words}; for anything else the nearest of these is shown." /
            "Kann gelesen und gesetzt werden. Die Anlage kennt: {words}; für alles andere wird das Nächstliegende davon gezeigt.";
        AbilityUnconfirmed: "Can be set. Nothing tells whether it had an effect, so Offhook goes by what it has set itself." /
            "Kann gesetzt werden. Ob es gewirkt hat, ist nicht lesbar; Offhook richtet sich nach dem, was es selbst gesetzt hat.";
        AbilityReadOnly: "Can be read, not set; rules for it are left out." /
            "Kann gelesen, aber nicht gesetzt werden; Regeln dafür entfallen.";
        AbilityNothing: "Not available here; rules for it are left out." /
            "Hier nicht verfügbar; Regeln dafür entfallen.";
        AbilityCallsYes: "Reported by the phone system itself." / "Meldet die Telefonanlage selbst.";
        AbilityCallsNo: "Not reported by the phone system." / "Meldet die Telefonanlage nicht.";
        AbilityOthers: "Other people's phones" / "Telefone anderer";
        AbilityOthersYes: "This account could also change other people's phones. Ask your administrator for a narrower one." /
            "Dieses Konto könnte auch die Telefone anderer verändern. Bitten Sie Ihre Administration um ein engeres.";
        AbilityOthersNo: "This account can't change other people's phones." /
            "Dieses Konto kann die Telefone anderer nicht verändern.";

        RightPresenceRead: "Read your presence" / "Ihre Präsenz lesen";
        RightPresenceReadFor: "Teams → phone: do not disturb, forwarding, presence" /
            "Teams → Telefon: Nicht stören, Umleitung, Präsenz";
        RightPresenceWrite: "Set your presence" / "Ihre Präsenz setzen";
        RightPresenceWriteFor: "Phone → Teams: in a call" / "Telefon → Teams: im Gespräch";
        RightCalendar: "Read your calendar" / "Ihren Kalender lesen";
        RightCalendarFor: "Calendar → phone; asked for later, and only if you want it" /
            "Kalender → Telefon; wird später und nur auf Wunsch erfragt";

        UpdateWaiting: "Offhook has not asked for newer versions yet." /
            "Offhook hat noch nicht nach neueren Versionen gefragt.";
        UpdateNewer: "Offhook {version} is there." / "Offhook {version} ist da.";
        UpdateNone: "This is the newest version." / "Das ist die neueste Version.";

        BrowserDone: "Thank you. You can close this window; Offhook goes on by itself." /
            "Danke. Sie können dieses Fenster schließen; Offhook macht von selbst weiter.";
        BrowserNotDone: "You are not signed in. You can close this window and try again in Offhook." /
            "Sie sind nicht angemeldet. Sie können dieses Fenster schließen und es in Offhook erneut versuchen.";
        BrowserNotFurther: "Offhook was not given this further right. You stay signed in, and everything else goes on. You can close this window and ask again in Offhook." /
            "Offhook hat dieses weitere Recht nicht erhalten. Sie bleiben angemeldet, und alles andere läuft weiter. Sie können dieses Fenster schließen und in Offhook erneut danach fragen.";
        BrowserStray: "This page does not belong to a sign-in that Offhook has started." /
            "Diese Seite gehört nicht zu einer Anmeldung, die Offhook begonnen hat.";

        ProfileRecommended: "Recommended" / "Empfohlen";
        ProfileRecommendedHelp: "Do not disturb when Teams says do not disturb, presenting, focusing or in a call. Busy and meetings are left alone." /
            "„Nicht stören“, wenn Teams „Nicht stören“, Präsentieren, Konzentration oder einen Anruf meldet. Beschäftigt und Besprechungen bleiben unverändert.";
        ProfileStarface: "As STARFACE 9" / "Wie STARFACE 9";
        ProfileStarfaceHelp: "Busy, meetings and calls set do not disturb. Teams' own “Do not disturb” is left alone, as in STARFACE's table. Do not disturb on the phone shows as a call in Teams." /
            "Beschäftigt, Besprechungen und Anrufe setzen „Nicht stören“. Teams' eigenes „Nicht stören“ bleibt wie in STARFACEs Tabelle unbeachtet. „Nicht stören“ am Telefon erscheint in Teams als Gespräch.";
        ProfileInnovaphone: "As the innovaphone connector" / "Wie der innovaphone-Connector";
        ProfileInnovaphoneHelp: "Teams sets the presence on the phone system, and your presence there sets your own status in Teams. That status can be removed again, but not put back to what it was." /
            "Teams setzt die Präsenz in der Telefonanlage, und Ihre Präsenz dort setzt Ihren eigenen Status in Teams. Dieser kann wieder entfernt, aber nicht auf den alten Wert zurückgesetzt werden.";
        ProfileProcall: "As estos ProCall" / "Wie estos ProCall";
        ProfileProcallHelp: "Do not disturb and presenting set do not disturb; calls set the presence; everything else only shows in the tray." /
            "„Nicht stören“ und Präsentieren setzen „Nicht stören“; Anrufe setzen die Präsenz; alles andere zeigt nur das Symbol.";

        AdminText: "Hello, I would like to use Offhook, which keeps my phone and my Microsoft Teams status in agreement. It needs your consent for the application {client} in the tenant {tenant} with the delegated rights {rights}, for my account only. Consent page: {url}" /
            "Guten Tag, ich möchte Offhook nutzen, das mein Telefon und meinen Status in Microsoft Teams in Übereinstimmung hält. Dafür braucht die Anwendung {client} im Mandanten {tenant} Ihre Zustimmung zu den delegierten Rechten {rights}, nur für mein Konto. Seite für die Zustimmung: {url}";
    }
}

impl Says {
    /// Its name in rule tables, for example `in-a-meeting`.
    pub fn name(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            Ok(_) | Err(_) => String::new(),
        }
    }
}

/// A problem in the person's language: the one place where a code becomes a sentence.
pub fn problem(code: Code, detail: Option<&str>, language: Language) -> Problem {
    let [name, en, en_mend, de, de_mend] = problems::texts(code);
    let (sentence, mend) = match language {
        Language::En => (en, en_mend),
        Language::De => (de, de_mend),
    };
    // Where the sentence names a thing that nobody named, the kind of thing stands in for it.
    let detail = detail.unwrap_or(match language {
        Language::En => "(not named)",
        Language::De => "(nicht genannt)",
    });
    let named = detail_named(code, detail, language);
    let fill = |text: &str| fill(text, &[("what", &named)]);
    Problem {
        code: name.to_owned(),
        sentence: fill(sentence),
        mend: fill(mend),
    }
}

/// Where the detail is a setting, its name in place of its key.
fn detail_named(code: Code, detail: &str, language: Language) -> Cow<'_, str> {
    let table = if code == Code::PhoneNotConfigured {
        "phone"
    } else if code == Code::SipNotConfigured {
        "lines.sip"
    } else {
        return Cow::Borrowed(detail);
    };
    let key = detail.strip_prefix("phone.").unwrap_or(detail);
    Cow::Owned(settings::part_name(table, key, language))
}

impl Fault {
    pub fn problem(&self, language: Language) -> Problem {
        problem(self.code, self.detail.as_deref(), language)
    }
}

impl Notice {
    /// Title and body of the notification.
    pub fn texts(&self, language: Language) -> (String, String) {
        let problem = problem(self.code, self.detail.as_deref(), language);
        (Text::NoticeTitle.text(language).to_owned(), problem.to_string())
    }
}

impl Code {
    /// The stable name that programs may test for.
    pub fn name(self) -> &'static str {
        problems::texts(self)[0]
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(text: &str) -> Vec<&str> {
        let mut holes: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        holes.sort_unstable();
        holes
    }

    #[test]
    fn what_a_phone_system_lacks_is_called_as_on_its_page() {
        let said = |code, detail| problem(code, Some(detail), Language::De).sentence;
        let phone = |detail| said(Code::PhoneNotConfigured, detail);
        assert!(phone("user").ends_with("ungültig: Benutzername."));
        assert!(phone("star_off").ends_with("ungültig: Codes für „Nicht stören“."));
        assert!(phone("phone.kind").ends_with("ungültig: Art der Telefonanlage."));
        assert!(phone("commands.dnd_on").ends_with("ungültig: Befehle."));
        // No page shows these.
        assert!(phone("uci").ends_with("ungültig: phone.uci."));
        assert!(said(Code::SipNotConfigured, "host").ends_with("ungültig: Server."));
        assert!(said(Code::HostNotFound, "user").contains("Der Name user ist"));
    }

    #[test]
    fn both_languages_fill_in_the_same_things() {
        let texts = Text::ALL.iter().map(|text| {
            (
                format!("{text:?}"),
                [Language::De, Language::En].map(|l| text.text(l)),
            )
        });
        let table = TableText::ALL.iter().map(|text| {
            (
                format!("{text:?}"),
                [Language::De, Language::En].map(|l| text.text(l)),
            )
        });
        let calendar = CalendarText::ALL.iter().map(|text| {
            (
                format!("{text:?}"),
                [Language::De, Language::En].map(|l| text.text(l)),
            )
        });
        let doctor = DoctorText::ALL.iter().map(|text| {
            (
                format!("{text:?}"),
                [Language::De, Language::En].map(|l| text.text(l)),
            )
        });
        for (name, [one, other]) in texts.chain(table).chain(calendar).chain(doctor) {
            assert_eq!(holes(one), holes(other), "{name}");
            assert!(!one.is_empty() && !other.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_problem_has_a_name_and_a_sentence_in_both_languages() {
        let mut names = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let [name, en, en_mend, de, de_mend] = problems::texts(*code);
            assert!(names.insert(name), "{name} twice");
            assert!(en.ends_with('.') && de.ends_with('.'), "{name}");
            assert_eq!(en_mend.is_empty(), de_mend.is_empty(), "{name}");
            let both = |a: &'static str, b: &'static str| [holes(a), holes(b)].concat();
            assert_eq!(both(en, en_mend).len(), both(de, de_mend).len(), "{name}");
        }
    }
}
