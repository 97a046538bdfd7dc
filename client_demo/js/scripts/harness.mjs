// Bundle harness/run.ts and run it with the arguments given.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compiling.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(root, "../node_modules/.harness/run.mjs");
await compile({
  absWorkingDir: root,
  entryPoints: ["harness/run.ts"],
  outfile: out,
});
const run = spawnSync(process.execPath, [out, ...process.argv.slice(2)], { stdio: "inherit" });
process.exit(run.status ?? 1);
