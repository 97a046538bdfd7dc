// Bundle src/ into dist/: index.html plus assets named after their content, so that a server
// may let browsers keep them for ever. The page itself must stay uncached.
import { readFile, rm, writeFile, mkdir, copyFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

// One page load of a modest photo, and everything that a room needs without a second request.
const BUDGET_BYTES = 80_000;

await rm(dist, { recursive: true, force: true });
const result = await esbuild.build({
  absWorkingDir: root,
  entryPoints: { app: "src/main.tsx", style: "src/styles/main.css" },
  outdir: "dist/assets",
  entryNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  splitting: true,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  conditions: ["source"],
  jsx: "automatic",
  jsxImportSource: "preact",
  metafile: true,
  logLevel: "warning",
});

const outputs = Object.keys(result.metafile.outputs).map((path) => basename(path));
const script = outputs.find((name) => /^app-.*\.js$/.test(name));
const style = outputs.find((name) => /^style-.*\.css$/.test(name));
if (!script || !style) throw new Error(`expected one script and one style, got ${outputs.join(", ")}`);

const page = await readFile(join(root, "src/index.html"), "utf8");
await mkdir(dist, { recursive: true });
const preloads = partsOf(script).map((name) => `<link rel="modulepreload" href="/assets/${name}">`);
await writeFile(
  join(dist, "index.html"),
  page.replace("{{script}}", script).replace("{{style}}", style).replace("{{parts}}", preloads.join("\n    ")),
);
await copyFile(join(root, "src/icon.svg"), join(dist, "assets/icon.svg"));

const first = await weight([script, style, ...partsOf(script)]);
const all = await weight(outputs);
console.log(`web client: ${(first / 1000).toFixed(1)} kB gzipped to enter a room, ${(all / 1000).toFixed(1)} kB with every dialog`);
if (first > BUDGET_BYTES) throw new Error(`expected at most ${BUDGET_BYTES} bytes gzipped to enter a room, got ${first}`);

/** What a script loads at once, not only when it is asked for. */
function partsOf(name, found = new Set()) {
  const { imports } = result.metafile.outputs[`dist/assets/${name}`];
  for (const { path, kind } of imports) {
    const part = basename(path);
    if (kind !== "import-statement" || found.has(part)) continue;
    found.add(part);
    partsOf(part, found);
  }
  return [...found];
}

async function weight(names) {
  const sizes = names.map(async (name) => gzipSync(await readFile(join(dist, "assets", name))).length);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
