// Makes one file of the compiled library: to load it file by file takes three times as long. Types stay where they are; Lambda code is in assets/.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const lib = resolve(import.meta.dirname, '../lib');

/** Paths of assets are written from the file that names them. */
const directories = {
  name: 'directories',
  setup: ({ onLoad }) => onLoad({ filter: /-function\.js$/ }, ({ path }) => ({
    contents: readFileSync(path, 'utf8').replaceAll('__dirname', `require("path").join(__dirname, ${JSON.stringify(relative(lib, dirname(path)))})`),
    loader: 'js',
  })),
};

await build({
  entryPoints: [join(lib, 'index.js')],
  outfile: join(lib, 'index.js'),
  allowOverwrite: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs'],
  sourcemap: true,
  plugins: [directories],
  logLevel: 'warning',
});

for (const entry of readdirSync(lib, { recursive: true })) {
  if (/\.js(\.map)?$/.test(entry) && !/^index\.js/.test(entry)) rmSync(join(lib, entry));
}
