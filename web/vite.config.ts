import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { compress } from "./tooling/compress.ts";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const built = at("../src/pluggably/web");

export default defineConfig({
  // Addresses relative to the page's <base>, which the gateway sets to where it is served.
  base: "./",
  plugins: [react(), tailwind(), compress(built)],
  resolve: {
    alias: {
      "@pluggably/client": at("../clients/typescript/src/index.ts"),
      // Its form for browsers has the browser parse HTML with styles in it, which the page's policy reports.
      "hast-util-from-html-isomorphic": at("./node_modules/hast-util-from-html-isomorphic/lib/index.js"),
    },
  },
  build: {
    outDir: built,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false }, // it would be an inline script
    assetsInlineLimit: 0, // the policy of the page allows no data: addresses for fonts and styles
  },
  test: { include: ["src/**/*.test.ts"] },
});
