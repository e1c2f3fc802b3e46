// Grafana may serve a plugin from a sub-path or a CDN, so the place of the lazy chunks is only known from where
// the module itself was loaded. Webpack reads the free variable __webpack_public_path__ for that.
import amdModule from 'amd-module';

if (amdModule?.uri) {
  __webpack_public_path__ = amdModule.uri.slice(0, amdModule.uri.lastIndexOf('/') + 1);
}
