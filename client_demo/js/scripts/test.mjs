// Compile tests/*.test.ts of the package in the working directory with esbuild and run them with
// Node's own test runner (Node 20 cannot read TypeScript by itself).
import { spawnSync } from "node:child_process";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "./compiling.mjs";

const root = process.cwd();
const workspace = join(dirname(fileURLToPath(import.meta.url)), "../..");
const out = join(workspace, "node_modules/.tests", basename(root));
const tests = (await readdir(join(root, "tests"))).filter((name) => name.endsWith(".test.ts"));

await rm(out, { recursive: true, force: true });
await compile({
  absWorkingDir: root,
  entryPoints: tests.map((name) => `tests/${name}`),
  outdir: out,
  outExtension: { ".js": ".mjs" },
});
const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
process.exit(run.status ?? 1);
