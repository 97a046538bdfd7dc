// How this project's TypeScript is made runnable by Node, for tests and tools.
import * as esbuild from "esbuild";

/** Bundle entry points as ES modules that Node runs; `more` says which, and where to. */
export function compile(more) {
  return esbuild.build({
    bundle: true,
    conditions: ["source"],
    platform: "node",
    external: ["ws"],
    format: "esm",
    target: "node20",
    logLevel: "warning",
    ...more,
  });
}
