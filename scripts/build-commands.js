// Bundles the commands and the engine's threads into CommonJS chunks, for `code-cache.ts` to load. Plain JavaScript, as build.js is.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Packages that are bundled with all that they need: one file is found and read quicker than hundreds. The rest stays where it is installed. */
const bundledPackages = /^(?:@uwdata\/flechette|consola|d3-[a-z-]+|fastest-levenshtein|gray-matter|highlight\.js|hyparquet|liquidjs|marked(?:-alert|-footnote)?|p-retry|picomatch|tinyglobby|vega(?:-interpreter|-lite)?|yaml|zod)(?:\/|$)/;

const choosePackages = {
  name: "choose-packages",
  setup(build) {
    build.onResolve({ filter: /^[a-z@]/ }, async ({ path, importer, kind, resolveDir, pluginData }) => {
      if (kind === "entry-point" || path.startsWith("node:") || pluginData === "found") return undefined;
      if (!importer.includes("/node_modules/") && !bundledPackages.test(path)) return { path, external: true };
      if (path !== "vega-canvas") return undefined;
      // Its build for Node waits for a package `canvas`, which may be there or not: CommonJS can't wait, and charts must not differ.
      const found = await build.resolve(path, { kind, resolveDir, pluginData: "found" });
      return { path: join(dirname(found.path), "vega-canvas.browser.js") };
    });
  },
};

/**
 * Bundles each entry into `dist/chunks/`, with what they share, and writes what starts it: `dist/NAME.cjs`, and
 * `dist/NAME.js` for those who start it as a module.
 *
 * @param entries - name -> source file
 */
export async function buildCommands(esbuild, { common, dist, entries, define }) {
  const { outputFiles, metafile } = await esbuild.build({
    ...common,
    packages: "bundle",
    plugins: [choosePackages],
    entryPoints: Object.entries(entries).map(([out, file]) => ({ in: file, out })),
    outdir: dist,
    format: "esm",
    splitting: true,
    entryNames: "chunks/[name]-[hash]",
    chunkNames: "chunks/[name]-[hash]",
    define,
    metafile: true,
    write: false,
  });
  // A chunk's code is known by its name, but for what is done to it here.
  rmSync(join(dist, "code-cache"), { recursive: true, force: true });
  mkdirSync(join(dist, "chunks"), { recursive: true });
  await Promise.all(outputFiles.map(async ({ path, text }) => writeFileSync(toChunkName(path), await toCommonJs(esbuild, text))));
  for (const [name, file] of Object.entries(entries)) {
    const [main] = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === file);
    const hashbang = name === "stitchbook" ? "#!/usr/bin/env node\n" : "";
    writeFileSync(join(dist, `${name}.cjs`), `${hashbang}"use strict";\nrequire("./load.cjs").load(${JSON.stringify(name)}, ${JSON.stringify(toChunkName(basename(main)))});\n`, { mode: 0o755 });
    writeFileSync(join(dist, `${name}.js`), `${hashbang}import "./${name}.cjs";\n`, { mode: 0o755 });
  }
}

function toChunkName(path) {
  return path.replace(/\.js$/, ".cjs");
}

/** esbuild splits modules only; a chunk by itself it can turn into CommonJS. */
async function toCommonJs(esbuild, text) {
  // Of a CommonJS package that is loaded late esbuild would export the default alone.
  const { code } = await esbuild.transform(text.replace(/^export default (require_\w+\(\));$/m, "module.exports = $1;"), {
    format: "cjs",
    platform: "node",
    target: "node20",
    // What is loaded by hand can't load modules by itself; `require` does.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "__fileUrl" },
    banner: text.includes("import.meta.url") ? 'const __fileUrl = require("node:url").pathToFileURL(__filename).href;' : "",
  });
  return loadLate(code.replace(/\brequire\("(\.\/[^"]+)\.js"\)/g, 'require("$1.cjs")'));
}

/** Modules of Node that take some milliseconds to load, and that most commands never use, are loaded when they are. */
function loadLate(code) {
  const found = [...code.matchAll(/^var (import_\w+) = require\("(node:(?:child_process|worker_threads|readline))"\);$/gm)];
  return found.reduce(
    (text, [whole, name, module]) => text.replace(whole, () => `let ${name};`).replace(new RegExp(`\\b${name}\\.`, "g"), () => `(${name} ??= require("${module}")).`),
    code,
  );
}
