import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PAGES } from "../src/state";
import { guessLanguage, KEYS, type WordKey, wordsOf } from "../src/words";
import { readWords } from "../tools/words.mjs";

const words = readWords();

describe("words.toml", () => {
  it("has the keys that the pages use, each once, in the same order", () => {
    expect(Object.keys(words)).toEqual([...KEYS]);
  });

  it.each(Object.entries(words))("%s is said in both languages, with the same places", (_key, texts) => {
    expect(Object.keys(texts).sort()).toEqual(["de", "en"]);
    const places = (text = "") => text.match(/\{\w+\}/g) ?? [];
    expect(texts["en"]?.trim()).toBeTruthy();
    expect(texts["de"]?.trim()).toBeTruthy();
    expect(places(texts["de"])).toEqual(places(texts["en"]));
  });

  it("has no word that no page uses", () => {
    const folder = join(import.meta.dirname, "../src");
    const files = [
      ...readdirSync(join(folder, "pages")).map((name) => `pages/${name}`),
      "parts.ts",
      "controls.ts",
    ];
    const sources = files.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    const built = PAGES.map((page) => `nav-${page}`);
    expect(KEYS.filter((key) => !sources.includes(`"${key}"`) && !built.includes(key as string))).toEqual([]);
  });
});

describe("a word", () => {
  it("is filled in, and shows its key when it is missing", () => {
    expect(wordsOf("de")("since", { time: "10:02" })).toBe("seit 10:02");
    expect(wordsOf("en")("since", { time: "10:02" })).toBe("since 10:02");
    expect(wordsOf("en")("no-such-word" as WordKey)).toBe("no-such-word");
  });

  it("is guessed to be German where German comes first", () => {
    expect(guessLanguage(["de-AT", "en"])).toBe("de");
    expect(guessLanguage(["en-GB", "de"])).toBe("en");
    expect(guessLanguage([])).toBe("en");
  });
});
