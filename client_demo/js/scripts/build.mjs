// Build the package into dist/: one module and one declaration file per source, as tsc makes them,
// and roomserver.js, everything in one minified file for `<script type="module">` without a build.
import { spawnSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
await rm(dist, { recursive: true, force: true });

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const run = spawnSync(process.execPath, [tsc, "--project", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
if (run.status !== 0) process.exit(run.status ?? 1);

const bundle = join(dist, "roomserver.js");
await esbuild.build({
  absWorkingDir: root,
  entryPoints: ["src/index.ts"],
  outfile: bundle,
  bundle: true,
  minify: true,
  conditions: ["source"],
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
console.log(`@roomserver/client: ${(gzipSync(await readFile(bundle)).length / 1024).toFixed(1)} KiB gzipped in one file`);
