// The account page, believable in each of its states.
import type { AccountPage } from "../bindings/AccountPage";
import type { FakeState } from "../fakes";
import { LONG } from "./first_run";
import { field, type Say } from "./say";

export function accountPage(state: FakeState, say: Say): AccountPage {
  const rights = (granted: boolean | null) => [
    {
      name: say("Set your presence", "Ihre Präsenz setzen"),
      needed_for: say("Phone → Teams: in a call", "Telefon → Teams: im Gespräch"),
      granted,
    },
    {
      name: say("Read your calendar", "Ihren Kalender lesen"),
      needed_for: say(
        "Calendar → phone; asked for later, and only when wanted",
        "Kalender → Telefon; wird später und nur auf Wunsch erfragt",
      ),
      granted: null,
    },
  ];
  const base: AccountPage = {
    step: { step: "signed_in", name: "Nora Lindqvist", address: "nora.lindqvist@example.com" },
    problem: null,
    rights: rights(true),
    admin_text: null,
    tenant: field("example.com"),
    client_id: field("5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11"),
  };
  switch (state) {
    case "signed-out":
      return { ...base, step: { step: "signed_out" }, rights: rights(null), client_id: field("") };
    case "waiting":
      return {
        ...base,
        step: {
          step: "waiting",
          text: say(
            "The keyring of this computer is locked, so Offhook cannot read your sign-in. Unlock it; Offhook tries again by itself.",
            "Der Schlüsselbund dieses Computers ist gesperrt, deshalb kann Offhook Ihre Anmeldung nicht lesen. Entsperren Sie ihn, Offhook versucht es von selbst noch einmal.",
          ),
        },
        rights: rights(null),
      };
    case "browser":
      return {
        ...base,
        step: {
          step: "browser",
          url: "https://login.example.com/organizations/oauth2/v2.0/authorize?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A41234&scope=Presence.ReadWrite%20offline_access&state=nq6y0",
        },
        rights: rights(null),
      };
    case "device-code":
      return {
        ...base,
        step: { step: "device_code", user_code: "H7QK4MNP2", url: "https://login.example.com/device" },
        rights: rights(null),
      };
    case "problem":
      return {
        ...base,
        step: { step: "signed_out" },
        problem: {
          code: "admin-consent",
          sentence: say(
            "Your organisation has not agreed yet that Offhook may read and set your presence.",
            "Ihre Organisation hat noch nicht zugestimmt, dass Offhook Ihren Status lesen und setzen darf.",
          ),
          mend: say(
            "Send the text below to your administrator, then sign in again.",
            "Senden Sie den Text unten an Ihre Administration und melden Sie sich danach noch einmal an.",
          ),
        },
        rights: rights(false),
        admin_text: say(
          "Hello,\n\nI would like to use Offhook to keep my phone and my Teams presence in agreement. Please grant consent once for the whole organisation:\n\nhttps://login.example.com/example.com/adminconsent?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11\n\nDelegated right: Presence.ReadWrite (the signed-in person's own presence only).",
          "Guten Tag,\n\nich möchte Offhook verwenden, um mein Telefon und meinen Teams-Status abzugleichen. Bitte stimmen Sie einmal für die ganze Organisation zu:\n\nhttps://login.example.com/example.com/adminconsent?client_id=5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11\n\nDelegiertes Recht: Presence.ReadWrite (nur der eigene Status der angemeldeten Person).",
        ),
      };
    case "long":
      return {
        ...base,
        step: {
          step: "signed_in",
          name: "Maximiliane Auguste Freifrau von und zu Oberschwarzach-Untermergentheim",
          address:
            "maximiliane.auguste.von.und.zu.oberschwarzach-untermergentheim@niederlassung-nord.example.com",
        },
        problem: { code: "long", sentence: say(LONG.en, LONG.de), mend: say(LONG.en, LONG.de) },
        tenant: field(`${"niederlassung-nord.".repeat(6)}example.com`, { refused: say(LONG.en, LONG.de) }),
      };
    case "locked":
      return {
        ...base,
        tenant: field("example.com", { locked: true }),
        client_id: field("5f0f3f0e-1c1c-4b64-9d5e-0a8d2f7c1b11", {
          locked: true,
          refused: null,
        }),
      };
    case "refused":
      return {
        ...base,
        step: { step: "signed_out" },
        rights: rights(null),
        client_id: field("5f0f3f0e-1c1c", {
          refused: say(
            "That is not an application ID: it has 13 characters instead of 36.",
            "Das ist keine Anwendungs-ID: Sie hat 13 Zeichen statt 36.",
          ),
        }),
      };
    default:
      return base;
  }
}
