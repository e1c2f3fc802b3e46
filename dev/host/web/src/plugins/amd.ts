import { sharedModules } from './shared';

type Factory = (...dependencies: unknown[]) => unknown;
type Define = (...parts: [string, string[], Factory] | [string[], Factory] | [Factory]) => void;

const loading = new Map<string, Promise<Record<string, unknown>>>();

/** Loads an AMD module once. The path is the one that Grafana's settings give, relative to the server's root. */
export function loadModule(path: string): Promise<Record<string, unknown>> {
  const known = loading.get(path);
  if (known) {
    return known;
  }
  const fresh = fetchModule(`/${path}`);
  loading.set(path, fresh);
  return fresh;
}

async function fetchModule(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(`${url} answered ${response.status}: is the plugin built?`);
  }
  const code = await response.text();
  // Chunks that the module loads later find their place from this address.
  const module = { uri: url, id: url, exports: {} as Record<string, unknown> };
  const calls: string[] = [];
  const define: Define & { amd?: object } = (...parts) => {
    const factory = parts[parts.length - 1] as Factory;
    const names = parts.flatMap((part) => (Array.isArray(part) ? part : []));
    calls.push(url);
    const result = factory(...names.map((name) => resolve(name, module, url)));
    if (result !== undefined) {
      module.exports = result as Record<string, unknown>;
    }
  };
  define.amd = {};
  // The code is the plugin's own, from the server that served this page: what a script element would run, with a
  // "define" that knows which module it belongs to.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  new Function('define', `${code}\n//# sourceURL=${url}`)(define);
  if (calls.length === 0) {
    throw new Error(`${url} is not an AMD module: it does not call define()`);
  }
  return module.exports;
}

function resolve(name: string, module: { exports: Record<string, unknown> }, url: string): unknown {
  switch (name) {
    case 'module':
      return module;
    case 'exports':
      return module.exports;
  }
  const shared = sharedModules.get(name);
  if (shared === undefined) {
    throw new Error(`${url} asks for the module "${name}", which Grafana does not provide: bundle it`);
  }
  return shared;
}
