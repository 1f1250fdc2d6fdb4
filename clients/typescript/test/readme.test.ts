/** The README's examples, as their reader's compiler sees them. They run in `gateway.test.ts`. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { examples } from "./readme.js";
import { problems } from "./types.js";

test("the examples of the README are right in the eyes of the compiler", () => {
  assert.deepEqual(problems(examples("../../src/index.js"), ["node"]), []);
});

test("an event that there is none of is seen by the compiler", () => {
  const wrong = examples("../../src/index.js").replace('"delta"', '"delt"');
  assert.match(problems(wrong, ["node"]).join("\n"), /no overlap/);
});
