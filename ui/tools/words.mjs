// The words of the pages at build and test time, from the one file they are kept in.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";

const file = join(import.meta.dirname, "../words.toml");

/** @returns {Record<string, Record<string, string>>} key → language → text */
export function readWords() {
  return /** @type {Record<string, Record<string, string>>} */ (parse(readFileSync(file, "utf8")));
}

/**
 * `import tables from "../words.toml"` is language → JSON of key → text: text is read sooner than a literal of that size,
 * and only one of the two is read.
 * @returns {import("vite").Plugin}
 */
export function wordsPlugin() {
  return {
    name: "words",
    enforce: "pre",
    load(id) {
      if (!id.endsWith("/words.toml")) return null;
      this.addWatchFile(id);
      const words = Object.entries(readWords());
      const table = Object.fromEntries(
        ["en", "de"].map((language) => [
          language,
          JSON.stringify(Object.fromEntries(words.map(([key, texts]) => [key, texts[language]]))),
        ]),
      );
      return `export default ${JSON.stringify(table)};`;
    },
  };
}
