import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';

const root = path.dirname(fileURLToPath(import.meta.url));
const src = path.join(root, 'src');
const dist = path.join(root, 'dist');

// Grafana hands these modules to every plugin at load time; bundling a second copy would break contexts and hooks.
const providedByGrafana = [
  'react',
  'react/jsx-runtime',
  'react-dom',
  'react-router',
  'rxjs',
  'lodash',
  'moment',
  '@emotion/css',
  '@emotion/react',
  'i18next',
  '@grafana/data',
  '@grafana/ui',
  '@grafana/runtime',
];

const { version } = readJSON(path.join(root, 'package.json'));
const buildDay = new Date(process.env.SOURCE_DATE_EPOCH ? Number(process.env.SOURCE_DATE_EPOCH) * 1000 : Date.now())
  .toISOString()
  .slice(0, 10);

function readJSON(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** The folders below src that hold a nested plugin's own plugin.json, such as "panels/budget". */
function nestedPlugins() {
  return fs
    .readdirSync(src, { recursive: true })
    .filter((file) => path.basename(file) === 'plugin.json')
    .map((file) => path.dirname(file))
    .sort();
}

function moduleFile(folder) {
  const candidates = ['module.tsx', 'module.ts'].map((name) => path.join(folder, name));
  const found = candidates.find((file) => fs.existsSync(file));
  if (!found) {
    throw new Error(`${path.relative(root, folder)} has a plugin.json but no module.ts or module.tsx: add one`);
  }
  return found;
}

function fillIn(content) {
  return content.toString().replaceAll('%VERSION%', version).replaceAll('%TODAY%', buildDay);
}

const manifest = (from) => ({ from, to: 'plugin.json', transform: fillIn });
const optional = (from, to) => ({ from, to, noErrorOnMissing: true });

/**
 * One compiler a plugin: Grafana serves a nested plugin under its own id, so everything that its module
 * loads lazily has to lie beside that module and not beside the app's.
 */
function compiler({ manifestFile, sources, output, files, keep }) {
  const { id } = readJSON(manifestFile);
  return {
    name: id,
    context: root,
    mode: 'production',
    target: ['web', 'es2022'],
    devtool: 'source-map',
    // The public path is set before the module's own imports run. The last file of the list is what is exported.
    entry: { module: [path.join(src, 'publicPath.ts'), moduleFile(sources)] },
    output: {
      path: output,
      filename: '[name].js',
      chunkFilename: '[name].[contenthash:16].js',
      library: { type: 'amd' },
      // Where Grafana serves plugins by default; src/publicPath.ts corrects it to where the module came from.
      publicPath: `public/plugins/${id}/`,
      uniqueName: id,
      // The plugin's Go binaries are built into the same folder by another tool.
      clean: { keep },
    },
    externals: [{ 'amd-module': 'module' }, ...providedByGrafana],
    resolve: { extensions: ['.tsx', '.ts', '.mjs', '.js'] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          loader: 'swc-loader',
          options: {
            jsc: {
              parser: { syntax: 'typescript', tsx: true },
              target: 'es2022',
              transform: { react: { runtime: 'automatic', development: false } },
            },
          },
        },
      ],
    },
    plugins: [new CopyPlugin({ patterns: [manifest(manifestFile), ...files] })],
    performance: { hints: false },
    stats: 'errors-warnings',
    cache: {
      type: 'filesystem',
      name: id,
      cacheDirectory: path.join(root, 'node_modules', '.cache', 'webpack'),
      buildDependencies: { config: [fileURLToPath(import.meta.url)] },
    },
  };
}

const nested = nestedPlugins();
const ownedByOthers = (file) => /^(gpx_|go_plugin)/.test(file) || nested.some((folder) => isWithin(file, folder));

/** True for the folder, what is in it and the folders on the way to it. */
function isWithin(file, folder) {
  const normal = file.split(path.sep).join('/').replace(/\/$/, '');
  return normal === folder || normal.startsWith(`${folder}/`) || folder.startsWith(`${normal}/`);
}

export default [
  compiler({
    manifestFile: path.join(root, 'plugin.json'),
    sources: src,
    output: dist,
    keep: ownedByOthers,
    files: [
      optional('README.md', '.'),
      optional('CHANGELOG.md', '.'),
      optional('LICENSE', '[name][ext]'),
      optional('dashboards/*.json', 'dashboards/[name][ext]'),
      optional('src/img', 'img'),
    ],
  }),
  ...nested.map((folder) =>
    compiler({
      manifestFile: path.join(src, folder, 'plugin.json'),
      sources: path.join(src, folder),
      output: path.join(dist, folder),
      keep: () => false,
      files: [optional(path.join(src, folder, 'img'), 'img'), optional(path.join(src, folder, 'README.md'), '.')],
    })
  ),
];
