/** The AMD loader's description of the module being loaded; the bundler maps it to AMD's own "module". */
declare module 'amd-module' {
  const amdModule: { uri?: string } | undefined;
  export default amdModule;
}

/** Where webpack's runtime loads lazy chunks from: a global variable, which only `var` declares. */
// eslint-disable-next-line no-var
declare var __webpack_public_path__: string;
