import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { wordsPlugin } from "./tools/words.mjs";

const fake = fileURLToPath(new URL("src/host.fake.ts", import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [wordsPlugin()],
  // The window's scheme serves the pages from its root; relative addresses work there and from any folder.
  base: "./",
  // One file of scripts: a second one would be asked for only after the first has come.
  resolve: { alias: mode === "fake" ? [{ find: /^\.\/host$/, replacement: fake }] : [] },
  build: { target: ["es2022", "safari16"], modulePreload: false, reportCompressedSize: true },
  // A limit is no assertion: on a busy machine a page takes its time.
  test: { environment: "jsdom", include: ["test/**/*.test.ts"], testTimeout: 60_000 },
}));
