/** The examples of the README as one module: imports first, every example but the first in a block of its own. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const README = new URL("../../README.md", import.meta.url);

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** `client` is where the client is imported from. */
export function examples(client: string): string {
  const blocks = [...readFileSync(README, "utf8").matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
  const imports = blocks.flatMap((code) => code.match(/^import .*$/gm) ?? []);
  const bodies = blocks.map((code) => code.replace(/^import .*$/gm, ""));
  const scoped = bodies.map((code, index) => (index === 0 ? code : `{\n${code}}\n`));
  return [...imports, ...scoped].join("\n").replaceAll('"@pluggably/client"', JSON.stringify(client));
}
