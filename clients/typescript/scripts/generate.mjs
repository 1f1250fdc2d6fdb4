// Writes src/api.ts out of the server's OpenAPI document; with --check only compares.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const HEAD = "// Written by `npm run generate` out of docs/openapi.json. Not to be edited.\n\n";
const target = new URL("../src/api.ts", import.meta.url);
const document = JSON.parse(await readFile(new URL("../../../docs/openapi.json", import.meta.url), "utf8"));

/** What every failure is answered with is said once, in errors.ts; titles repeat the names of what they stand at. */
function slimmed(value, isProperties = false) {
  if (Array.isArray(value)) return value.map((item) => slimmed(item));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => isProperties || name !== "title" || typeof inner !== "string")
      .map(([name, inner]) => [name, slimmed(inner, name === "properties" && !isProperties)]),
  );
}

const slim = slimmed(document);
for (const operations of Object.values(slim.paths)) {
  for (const operation of Object.values(operations)) {
    operation.responses = Object.fromEntries(
      Object.entries(operation.responses).filter(([status]) => status.startsWith("2")),
    );
  }
}
const written = HEAD + astToString(await openapiTS(slim, { defaultNonNullable: false }));
if (!process.argv.includes("--check")) {
  await writeFile(target, written);
} else if ((await readFile(target, "utf8")) !== written) {
  console.error("src/api.ts is out of date: run `npm run generate`.");
  process.exitCode = 1;
}
