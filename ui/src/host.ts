// The only file that speaks to the window. The pages know `Host`; in a plain browser `host.fake.ts` plays it.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import type { Answer } from "./bindings/Answer";
import type { Command } from "./bindings/Command";
import type { Pages } from "./bindings/Pages";

/** What the window tells the pages. */
export type Told =
  | { told: "pages"; pages: Pages }
  /** There is no resident program to speak to, or one that is not understood, as `sentence` says. */
  | { told: "gone"; sentence: string | null }
  | { told: "show"; page: string | null }
  /** Files are held over the window, or no longer. */
  | { told: "dragging"; over: boolean }
  /** Files were dropped; the window passes them on by itself. */
  | { told: "dropped" };

export interface Host {
  /** Hears everything from now on; the latest that was told before comes first. */
  listen(hear: (told: Told) => void): Promise<void>;
  /** Passes a command on. Rejects with a `Problem`. */
  ask(command: Command): Promise<Answer>;
  /** Starts the resident program. Rejects when it is not to be found. */
  start(): Promise<void>;
  /** Has the person choose a key file, and passes it on. Rejects with a `Problem`. */
  choose(): Promise<void>;
  /** Has the person choose where a text goes, and writes it there. False when they changed their mind. */
  save(name: string, text: string): Promise<boolean>;
}

/** What the window knew when it opened: the first page is drawn without a question. */
declare global {
  var offhookKnown: Told | undefined;
}

export const host: Host = {
  async listen(hear) {
    const { offhookKnown: known } = globalThis;
    if (known) hear(known);
    let fresh = false;
    await listen<Told>("told", ({ payload }) => {
      fresh ||= payload.told === "pages" || payload.told === "gone";
      hear(payload);
    });
    const before = await invoke<Told | null>("view");
    if (before && !fresh) hear(before);
  },
  ask: (command) => invoke("ask", { command }),
  start: () => invoke("start"),
  choose: () => invoke("choose"),
  save: (name, text) => invoke("save", { name, text }),
};
