import { run } from "./app";
// In a plain browser and for the pictures, the build takes `host.fake.ts` in its place.
import { host } from "./host";
import { guessLanguage } from "./words";

await run(host, document.body, guessLanguage(navigator.languages));
