// A key file on its way, believable in each of its states.
import type { KeyOffer } from "../bindings/KeyOffer";
import type { OfferedKey } from "../bindings/OfferedKey";
import type { FakeState } from "../fakes";
import type { Say } from "./say";

export function keyOffer(state: FakeState, say: Say): KeyOffer {
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
