import { defineConfig } from "vitest/config";
import { wordsPlugin } from "./tools/words.mjs";

export default defineConfig({
  plugins: [wordsPlugin()],
  // The window's scheme serves the pages from its root; relative addresses work there and from any folder.
  base: "./",
  build: { target: ["es2022", "safari16"], modulePreload: false, reportCompressedSize: true },
  test: { environment: "jsdom", include: ["test/**/*.test.ts"] },
});
