// Bundles the page that stands in for Grafana's own: the shell of dev/host/web/src with Grafana's npm packages.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import CopyPlugin from 'copy-webpack-plugin';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const out = path.join(root, 'dev/out/host-web');
const modules = path.join(root, 'node_modules');
const fonts = path.join(modules, '@fontsource');

// @grafana/ui asks for its fonts under the names that Grafana's own build gives them.
const fontFiles = [
  ['inter/files/inter-latin-400-normal.woff2', 'inter/Inter-Regular.woff2'],
  ['inter/files/inter-latin-500-normal.woff2', 'inter/Inter-Medium.woff2'],
  ['inter/files/inter-latin-400-italic.woff2', 'inter/Inter-Italic.woff2'],
  ['inter/files/inter-latin-500-italic.woff2', 'inter/Inter-MediumItalic.woff2'],
  [
    'roboto-mono/files/roboto-mono-latin-400-normal.woff2',
    'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2',
  ],
];

/**
 * Grafana's repository has every icon; its npm package only those that its own components need. The rest of the Unicons
 * come from their own package, and Grafana's own drawings, which no package has, become a plain ring.
 */
class IconsPlugin {
  apply(compiler) {
    const { RawSource } = compiler.webpack.sources;
    const require = createRequire(import.meta.url);
    const { availableIconsIndex } = require('@grafana/data');
    const { icons, aliases } = require('@iconify-json/uil/icons.json');
    const ring = '<path fill="none" stroke="currentColor" stroke-width="2" d="M4 12a8 8 0 1 0 16 0a8 8 0 1 0-16 0"/>';
    const drawing = (name) => icons[name]?.body ?? icons[aliases?.[name]?.parent]?.body ?? ring;
    compiler.hooks.thisCompilation.tap('IconsPlugin', (compilation) => {
      compilation.hooks.processAssets.tap(
        { name: 'IconsPlugin', stage: compilation.constructor.PROCESS_ASSETS_STAGE_ADDITIONAL },
        () => {
          for (const name of Object.keys(availableIconsIndex)) {
            const folder = name.startsWith('gf-') ? 'custom' : 'unicons';
            const file = `img/icons/${folder}/${name}.svg`;
            if (!fs.existsSync(path.join(modules, '@grafana/ui/dist/public', file))) {
              const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">${drawing(name)}</svg>`;
              compilation.emitAsset(`public/build/${file}`, new RawSource(svg));
            }
          }
        }
      );
    });
  }
}

/** Writes index.html with the hashed name of the entry, so that a rebuilt page is never mixed with a cached one. */
class PagePlugin {
  apply(compiler) {
    compiler.hooks.thisCompilation.tap('PagePlugin', (compilation) => {
      compilation.hooks.processAssets.tap(
        { name: 'PagePlugin', stage: compilation.constructor.PROCESS_ASSETS_STAGE_SUMMARIZE },
        () => {
          const files = compilation.entrypoints
            .get('boot')
            .getFiles()
            .filter((file) => file.endsWith('.js'));
          const scripts = files.map((file) => `<script defer src="/${file}"></script>`).join('\n    ');
          const page = fs.readFileSync(path.join(here, 'index.html'), 'utf8').replace('<!-- scripts -->', scripts);
          compilation.emitAsset('index.html', new compiler.webpack.sources.RawSource(page));
        }
      );
    });
  }
}

export default {
  context: root,
  mode: 'production',
  target: ['web', 'es2022'],
  devtool: false,
  entry: { boot: path.join(here, 'src/boot.ts') },
  output: {
    path: out,
    filename: 'public/build/[name].[contenthash:16].js',
    chunkFilename: 'public/build/[name].[contenthash:16].js',
    publicPath: '/',
    uniqueName: 'burnline-preview-host',
    clean: true,
  },
  resolve: {
    extensions: ['.tsx', '.ts', '.mjs', '.js'],
    // Grafana's own start-up code sets these parts of the runtime, which the package does not export.
    alias: { 'grafana-runtime': path.join(modules, '@grafana/runtime/dist/esm') },
    fallback: { stream: false, fs: false, path: false },
  },
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
      // Grafana's packages are written for a bundler's rules: imports without file extensions, and the default export of
      // a CommonJS module that says it has one.
      { test: /\.m?js$/, type: 'javascript/auto', resolve: { fullySpecified: false } },
    ],
  },
  optimization: {
    splitChunks: { chunks: 'all' },
    // Minifying Grafana's packages triples the build and only saves bytes on loopback.
    minimize: false,
  },
  plugins: [
    new PagePlugin(),
    new IconsPlugin(),
    new CopyPlugin({
      patterns: [
        { from: path.join(modules, '@grafana/ui/dist/public/img/icons'), to: 'public/build/img/icons' },
        ...fontFiles.map(([from, to]) => ({ from: path.join(fonts, from), to: `public/fonts/${to}` })),
      ],
    }),
  ],
  performance: { hints: false },
  stats: 'errors-warnings',
  cache: {
    type: 'filesystem',
    name: 'burnline-preview-host',
    cacheDirectory: path.join(modules, '.cache', 'webpack'),
    buildDependencies: { config: [fileURLToPath(import.meta.url)] },
  },
};
