//! What the doctor says of each thing it has looked at and found in order; faults have their own sentences.

use super::Language;

texts! {
    /// `{…}` is filled in.
    DoctorText {
        Fine: "In order." / "In Ordnung.";
        Settings: "Settings" / "Einstellungen";
        SettingsForced: "In order. Set by your organisation: {count}." /
            "In Ordnung. Von Ihrer Organisation festgelegt: {count}.";
        Secrets: "Stored sign-in and passwords" / "Gespeicherte Anmeldung und Kennwörter";
        SecretsKeyring: "The system's keyring answers." / "Der Schlüsselbund des Systems antwortet.";
        SecretsFile: "In a file of the data folder, as set; only your user can read it." /
            "In einer Datei des Datenordners, wie eingestellt; nur Ihr Benutzer kann sie lesen.";

        Proxy: "Proxy to {host}" / "Proxy zu {host}";
        ProxyFine: "{proxy} takes the connection." / "{proxy} nimmt die Verbindung an.";
        ProxyNone: "None is set; the connection is direct." / "Keiner eingestellt; die Verbindung ist direkt.";
        Name: "Name {host}" / "Name {host}";
        NameFine: "The network knows it." / "Im Netz bekannt.";
        Tls: "Encryption to {host}" / "Verschlüsselung zu {host}";
        TlsFine: "The certificate is accepted." / "Das Zertifikat wird anerkannt.";
        Answer: "Answer of {host}" / "Antwort von {host}";
        AnswerFine: "It is what Microsoft answers." / "Sie ist, wie Microsoft antwortet.";
        Clock: "Clock of this computer" / "Uhr dieses Rechners";
        ClockFine: "It agrees with {host}." / "Sie stimmt mit {host} überein.";

        SignIn: "Sign-in at Microsoft" / "Anmeldung bei Microsoft";
        SignInFine: "Signed in." / "Angemeldet.";
        SignInStored: "A sign-in is stored. Whether Microsoft still takes it shows when Offhook runs." /
            "Eine Anmeldung ist gespeichert. Ob Microsoft sie noch annimmt, zeigt sich, wenn Offhook läuft.";
        Right: "Right: {right}" / "Recht: {right}";
        RightFine: "Granted." / "Erteilt.";
        RightUsed: "Granted, and used just now: Teams says {says}." /
            "Erteilt und eben genutzt: Teams meldet {says}.";

        PhoneNone: "None is set up." / "Keine eingerichtet.";
        CallsBy: "Calls by {source}" / "Gespräche von {source}";
        Reached: "It takes the connection." / "Die Verbindung wird angenommen.";
        HookDoor: "Reports by web request" / "Meldungen per Web-Anfrage";
        HookDoorFine: "Taken at port {port} of this computer alone." /
            "Werden an Port {port} nur dieses Rechners angenommen.";

        Notifications: "Notifications" / "Hinweise";
        NotificationsFine: "{name} shows them." / "{name} zeigt sie an.";
        Tray: "Icon in the tray" / "Symbol im Infobereich";
        TrayFine: "This desktop shows it." / "Dieser Desktop zeigt es an.";
        Start: "Start at sign-in" / "Start bei der Anmeldung";
        StartOn: "This computer starts Offhook when you sign in." /
            "Dieser Rechner startet Offhook, wenn Sie sich anmelden.";
        StartOff: "Offhook is started by hand; the page “Notifications and start-up” has a switch for it." /
            "Offhook wird von Hand gestartet; ein Schalter dafür ist auf der Seite „Hinweise und Start“.";
        StartForcedOn: "Your organisation has this computer start Offhook when you sign in, and it does." /
            "Ihre Organisation lässt Offhook starten, wenn Sie sich anmelden, und so ist es eingerichtet.";
        StartForcedOff: "Your organisation does not have Offhook start by itself, and it does not." /
            "Ihre Organisation lässt Offhook nicht von selbst starten, und so ist es.";
        NoDesktop: "Started without a desktop: neither icon nor notifications, as wanted." /
            "Ohne Desktop gestartet: weder Symbol noch Hinweise, wie gewünscht.";
        Desktop: "Desktop" / "Desktop";
    }
}
