/** What the compiler says of a text. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { ROOT } from "./readme.js";

/** The errors in a module that stands two folders below the client's own. */
export function problems(module: string, types: string[] = []): string[] {
  const folder = mkdtempSync(join(ROOT, "build", "types-"));
  try {
    const file = join(folder, "module.ts");
    writeFileSync(file, module);
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types,
    });
    const lines = module.split("\n");
    return ts.getPreEmitDiagnostics(program).map((found) => {
      const line = found.file?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0;
      return `${ts.flattenDiagnosticMessageText(found.messageText, "\n")} in ${lines[line]?.slice(-80)}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
