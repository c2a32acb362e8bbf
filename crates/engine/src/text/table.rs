//! The words of the rule table.

use super::Language;

texts! {
    TableText {
        StatesTitle: "When Teams says" / "Wenn Teams meldet";
        StatesHelp: "What the phone does for each state of Teams. The activity goes before the availability; what no row knows does what “anything else” says." /
            "Was das Telefon bei jedem Zustand von Teams tut. Die Aktivität geht vor der Verfügbarkeit; was keine Zeile kennt, tut, was bei „alles andere“ steht.";
        StatesHead: "Teams says" / "Teams meldet";
        CallsTitle: "When you are on the phone" / "Wenn Sie telefonieren";
        CallsHelp: "What Teams is told while a watched line is in a call. It is renewed while the call lasts and ends with it, after a crash within five minutes." /
            "Was Teams erfährt, solange eine beobachtete Leitung im Gespräch ist. Es wird erneuert, solange das Gespräch dauert, und endet mit ihm, nach einem Absturz binnen fünf Minuten.";
        CallsHead: "The line reports" / "Die Leitung meldet";
        PhoneTitle: "When you set something on the phone" / "Wenn Sie am Telefon etwas einstellen";
        PhoneHelp: "Whether Teams is told of what you set on the phone yourself, and as what. What Offhook set there is never told." /
            "Ob Teams erfährt, was Sie selbst am Telefon einstellen, und als was. Was Offhook dort gesetzt hat, wird nie gemeldet.";
        PhoneHead: "You set" / "Sie setzen";

        Dnd: "Do not disturb" / "Nicht stören";
        DndHelp: "“Off” and “left alone” both end do not disturb that Offhook set, and never one that you set." /
            "„Aus“ und „unverändert“ beenden beide das „Nicht stören“, das Offhook gesetzt hat, und nie Ihr eigenes.";
        Forward: "Forward to" / "Umleiten an";
        ForwardHelp: "A number or an address; empty leaves forwarding alone." /
            "Eine Nummer oder Adresse; leer bleibt die Umleitung unverändert.";
        Presence: "Presence on the phone system" / "Präsenz in der Telefonanlage";
        PresenceHelp: "“Left alone” puts back what was there before. “Unset” does so, too, and removes a presence that an earlier run of Offhook left there." /
            "„Unverändert“ stellt wieder her, was vorher galt. „Aufheben“ tut das auch und entfernt eine Präsenz, die ein früherer Lauf von Offhook dort gelassen hat.";
        Note: "Note" / "Notiz";
        NoteHelp: "A text of at most 280 characters; empty leaves the note alone." /
            "Ein Text von höchstens 280 Zeichen; leer bleibt die Notiz unverändert.";
        Icon: "Colour" / "Farbe";
        IconHelp: "The colour of the “Teams says” line." / "Die Farbe der Zeile „Teams meldet“.";
        Says: "Words" / "Worte";
        SaysHelp: "The words of the “Teams says” line." / "Die Worte der Zeile „Teams meldet“.";
        ToTeams: "Teams shows" / "Teams zeigt";
        CallsToTeamsHelp: "Only what Microsoft takes from another program." /
            "Nur, was Microsoft von einem anderen Programm annimmt.";
        PhoneToTeamsHelp: "“For now” is set beside what Teams finds itself and renewed while it lasts. “Your own status” is as if you had picked it in Teams; it can be removed again, but what it was before can't be read." /
            "„Vorübergehend“ gilt neben dem, was Teams selbst feststellt, und wird erneuert, solange es dauert. „Eigener Status“ ist, als hätten Sie ihn in Teams gewählt; er lässt sich wieder entfernen, doch was vorher galt, lässt sich nicht lesen.";
        Minutes: "Minutes" / "Minuten";
        MinutesHelp: "For how long at a time: 5 to 240 minutes for now, 5 minutes to 7 days as your own status. After a crash Teams may show it for that long." /
            "Für wie lange jeweils: vorübergehend 5 bis 240 Minuten, als eigener Status 5 Minuten bis 7 Tage. Nach einem Absturz kann Teams es so lange zeigen.";

        On: "on" / "an";
        Off: "off" / "aus";
        Leave: "left alone" / "unverändert";
        Unset: "unset" / "aufheben";
        Nothing: "nothing" / "nichts";
        Neutral: "neutral" / "neutral";
        Red: "red" / "rot";
        Yellow: "yellow" / "gelb";
        ByName: "Teams' own word" / "Teams' eigenes Wort";
        Session: "for now: {pair}" / "vorübergehend: {pair}";
        Preferred: "your own status: {pair}" / "eigener Status: {pair}";
        PairAvailable: "Available" / "Verfügbar";
        PairInACall: "Busy, in a call" / "Beschäftigt, in einem Anruf";
        PairInAConference: "Busy, in a conference call" / "Beschäftigt, in einer Telefonkonferenz";
        PairAway: "Away" / "Abwesend";
        PairPresenting: "Do not disturb, presenting" / "Nicht stören, präsentiert";
        PairBusy: "Busy" / "Beschäftigt";
        PairDoNotDisturb: "Do not disturb" / "Nicht stören";
        PairBeRightBack: "Be right back" / "Bin gleich zurück";
        PairOffline: "Appear offline" / "Als offline anzeigen";

        AnythingElse: "anything else" / "alles andere";
        AvailableInactive: "available, but inactive" / "verfügbar, aber inaktiv";
        OffWork: "off work" / "nicht bei der Arbeit";
        GroupAvailable: "Available" / "Verfügbar";
        GroupBusy: "Busy, in calls and meetings" / "Beschäftigt, in Anrufen und Besprechungen";
        GroupDnd: "Do not disturb" / "Nicht stören";
        GroupAway: "Away" / "Abwesend";
        GroupOffline: "Not there" / "Nicht da";
        GroupElse: "Everything else" / "Alles Übrige";
        ACall: "a call" / "ein Gespräch";
        AConference: "a conference" / "eine Konferenz";

        RowInherited: "This profile has no row for it: it does what the availability's row says, else what “anything else” says." /
            "Dieses Profil hat keine Zeile dafür: Es gilt die Zeile der Verfügbarkeit, sonst „alles andere“.";
        RowEnding: "Never sets anything on the phone; it ends what another state set." /
            "Setzt am Telefon nie etwas; es beendet, was ein anderer Zustand gesetzt hat.";
        SummaryNone: "As the profile {profile}, without changes." / "Wie das Profil {profile}, ohne Änderungen.";
        SummaryOne: "As the profile {profile}, with one change of yours." /
            "Wie das Profil {profile}, mit einer Änderung von Ihnen.";
        SummaryMany: "As the profile {profile}, with {count} changes of yours." /
            "Wie das Profil {profile}, mit {count} Änderungen von Ihnen.";
        CannotColumn: "This phone system or this account can't set it; rules for it are left out." /
            "Diese Telefonanlage oder dieses Konto kann das nicht setzen; Regeln dafür entfallen.";
        CannotCell: "Left out: this phone system or this account can't do it." /
            "Entfällt: Diese Telefonanlage oder dieses Konto kann das nicht.";
        NotePhoneUnknown: "The phone system is not connected, so what it can do is not known now." /
            "Die Telefonanlage ist nicht verbunden; was sie kann, ist gerade nicht bekannt.";
        NoteNoPhone: "No phone system is set up, so nothing is set on the phone." /
            "Es ist keine Telefonanlage eingerichtet; am Telefon wird nichts gesetzt.";
        NoteUnset: "“Unset” can't tell a presence that the phone system's own connector set from one that you set; such a presence stays." /
            "„Aufheben“ kann eine Präsenz, die der Connector der Telefonanlage gesetzt hat, nicht von Ihrer eigenen unterscheiden; eine solche Präsenz bleibt.";
        NotePreferred: "What your own status in Teams was before can't be read, so it can be removed but not put back. How long it may last is not documented by Microsoft; what is refused is reported." /
            "Was Ihr eigener Status in Teams vorher war, lässt sich nicht lesen; er kann entfernt, aber nicht zurückgesetzt werden. Wie lange er gelten darf, hat Microsoft nicht dokumentiert; eine Ablehnung wird gemeldet.";
        NoteAvailable: "Teams lets “Available” fade to “Away” after some minutes, whatever was asked for." /
            "Teams lässt „Verfügbar“ nach einigen Minuten zu „Abwesend“ werden, was auch verlangt wurde.";

        ComparedMine: "your rules now" / "Ihre Regeln jetzt";
        ComparedThen: "{profile}, with your changes" / "{profile}, mit Ihren Änderungen";
        ComparedOwnNone: "You have no changes of your own." / "Sie haben keine eigenen Änderungen.";
        ComparedOwn: "Of your own changes {kept} stay; {same} say the same as that profile and are dropped." /
            "Von Ihren eigenen Änderungen bleiben {kept}; {same} entsprechen jenem Profil und entfallen.";
    }
}
