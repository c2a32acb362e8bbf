//! The words about appointments: status texts, the calendar page, reasons.

use super::Language;

texts! {
    CalendarText {
        Neutral: "Appointment" / "Termin";
        WholeDay: "all day" / "ganztägig";
        Days: "{from}–{to}" / "{from}–{to}";
        FromDay: "from {from}" / "ab {from}";
        UntilDay: "until {to}" / "bis {to}";
        Times: "{from}–{to}" / "{from}–{to} Uhr";
        FromTime: "from {from}" / "ab {from} Uhr";
        UntilTime: "until {to}" / "bis {to} Uhr";
        OneDay: "{n} day" / "{n} Tag";
        ManyDays: "{n} days" / "{n} Tage";
        Hours: "{n} h" / "{n} Std.";
        Minutes: "{n} min" / "{n} Min.";

        KindFree: "free" / "frei";
        KindElsewhere: "working elsewhere" / "an anderem Ort tätig";
        KindTentative: "tentative" / "mit Vorbehalt";
        KindBusy: "busy" / "gebucht";
        KindOutOfOffice: "out of office" / "außer Haus";
        KindUnknown: "“{word}”, which Offhook does not know" / "„{word}“, das Offhook nicht kennt";

        RuleKind: "appointment “{kind}”" / "Termin „{kind}“";
        RuleKeyword: "{keyword} at the end of the subject" / "{keyword} am Ende des Betreffs";
        RuleChat: "chat status for “{kind}”" / "Chatstatus für „{kind}“";
        RuleText: "status text from the appointment" / "Statustext aus dem Termin";
        RuleOver: "the appointment is over" / "der Termin ist vorbei";

        WhyDnd: "Do not disturb is on because of an appointment." /
            "„Nicht stören“ ist wegen eines Termins an.";
        WhyDndUntil: "Do not disturb is on because of an appointment, until {until}." /
            "„Nicht stören“ ist wegen eines Termins an, bis {until}.";
        WhyForward: "Calls go to {target} because of an appointment." /
            "Anrufe gehen wegen eines Termins an {target}.";
        WhyForwardUntil: "Calls go to {target} because of an appointment, until {until}." /
            "Anrufe gehen wegen eines Termins an {target}, bis {until}.";

        LightName: "Calendar" / "Kalender";
        LightNoRight: "Microsoft has not been allowed to show Offhook your calendar." /
            "Offhook darf Ihren Kalender bei Microsoft noch nicht lesen.";
        LightRead: "Read; {count} appointments from yesterday to the day after tomorrow." /
            "Gelesen; {count} Termine von gestern bis übermorgen.";

        ReasonForwardMissing: "Forwarding: wanted because of an appointment ({rule}), but no forward is prepared, so nothing is done." /
            "Umleitung: gewünscht wegen eines Termins ({rule}), aber es ist keine Umleitung vorbereitet; es geschieht nichts.";
        ReasonRings: "Calls ring through until {until}: an appointment says {keyword}." /
            "Anrufe klingeln bis {until} durch: Ein Termin sagt {keyword}.";

        DoesNothing: "does nothing" / "tut nichts";
        DoesDnd: "do not disturb" / "Nicht stören";
        DoesForward: "forwards calls" / "leitet Anrufe um";
        DoesRing: "calls ring through" / "Anrufe klingeln durch";
        DoesNoForward: "no forwarding" / "keine Umleitung";
        DoesChat: "chat status “{presence}”" / "Chatstatus „{presence}“";
        MessageName: "Status message in Teams" / "Statusmeldung in Teams";
        MessageWanted: "Status message in Teams: {value} is wanted {because}, but not set." /
            "Statusmeldung in Teams: {value} ist gewünscht {because}, wird aber nicht gesetzt.";
        MessageUnreadable: "Yours could not be put back afterwards, since Offhook can't read all of it." /
            "Ihre eigene ließe sich danach nicht zurücksetzen, weil Offhook sie nicht vollständig lesen kann.";
        PreviewMessage: "The status message in Teams becomes {value} ({rule}); yours comes back afterwards." /
            "Die Statusmeldung in Teams wird {value} ({rule}); danach steht dort wieder Ihre eigene.";
        DoesMessage: "the same as status message in Teams" / "dasselbe als Statusmeldung in Teams";
        DoesText: "status text “{text}”" / "Statustext „{text}“";
        BecauseKind: "It is shown as “{kind}”." / "Er wird als „{kind}“ angezeigt.";
        BecauseKeyword: "The subject ends in {keyword}." / "Der Betreff endet mit {keyword}.";
        BecauseSkipped: "You chose to have nothing done for this one." /
            "Sie haben gewählt, dass dieser nichts bewirkt.";
        BecauseOther: "Another appointment at the same time goes first: {what}." /
            "Ein anderer Termin zur selben Zeit geht vor: {what}.";
        ButNoForward: "No forward is prepared on the phone system, so nothing will be done." /
            "In der Telefonanlage ist keine Umleitung vorbereitet; es wird nichts geschehen.";
        ButCannot: "This phone system or this account can't do that." /
            "Diese Telefonanlage oder dieses Konto kann das nicht.";
        Today: "today" / "heute";
        Tomorrow: "tomorrow" / "morgen";
        DayAllDay: "{day}, all day" / "{day}, ganztägig";
        DayTimes: "{day}, {from}–{to}" / "{day}, {from}–{to} Uhr";
        RunningUntil: "now, until {to}" / "jetzt, bis {to}";

        NoteForwardPrepared: "Forwards to what you have prepared on the phone system ({target})." /
            "Leitet dorthin um, was Sie in der Telefonanlage vorbereitet haben ({target}).";
        NoteForwardNotPrepared: "You have prepared no forward of all calls on the phone system, so “forward calls” does nothing yet. Set one up there; it may stay switched off." /
            "Sie haben in der Telefonanlage keine Immer-Umleitung vorbereitet; „Anrufe umleiten“ tut daher noch nichts. Richten Sie dort eine ein; sie kann ausgeschaltet bleiben.";
        NoteForwardTo: "This phone system keeps no forward that is switched off: say below where calls are to go." /
            "Diese Telefonanlage merkt sich keine ausgeschaltete Umleitung: Tragen Sie unten ein, wohin Anrufe gehen sollen.";
        NoteInternal: "On this phone system Offhook forwards internal and external calls alike." /
            "In dieser Telefonanlage leitet Offhook interne und externe Anrufe gleich um.";
        NoteNoPhone: "No phone system is connected, so appointments change nothing yet." /
            "Es ist keine Telefonanlage verbunden; Termine ändern noch nichts.";
        NoteNoChat: "This phone system or this account has no chat status that Offhook can set." /
            "Diese Telefonanlage oder dieses Konto hat keinen Chatstatus, den Offhook setzen kann.";
        NoteNoText: "This phone system or this account has no status text that Offhook can set." /
            "Diese Telefonanlage oder dieses Konto hat keinen Statustext, den Offhook setzen kann.";

        TestName: "Calendar" / "Kalender";
        TestFine: "{count} appointments from yesterday to the day after tomorrow can be read." /
            "{count} Termine von gestern bis übermorgen sind lesbar.";
        TestFineBy: "Signed in with {way}; {count} appointments from yesterday to the day after tomorrow can be read." /
            "Anmeldung mit {way}; {count} Termine von gestern bis übermorgen sind lesbar.";

        NeedSignIn: "Sign in to Microsoft first." / "Melden Sie sich zuerst bei Microsoft an.";
        NeedConsent: "Microsoft has to be asked whether Offhook may read your calendar. Everything else goes on meanwhile." /
            "Microsoft muss noch gefragt werden, ob Offhook Ihren Kalender lesen darf. Alles andere läuft weiter.";
    }
}
