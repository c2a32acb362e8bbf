import { run } from "./app";
import { guessLanguage } from "./words";

const { host } = import.meta.env.MODE === "fake" ? await import("./host.fake") : await import("./host");
await run(host, document.body, guessLanguage(navigator.languages));
