// What Grafana hands to every plugin at load time. The plugin must get the very instances that the page uses: two copies
// of React, of a router or of @grafana/runtime would each have state of their own.
import * as emotionCSS from '@emotion/css';
import * as emotionReact from '@emotion/react';
import * as grafanaData from '@grafana/data';
import * as grafanaRuntime from '@grafana/runtime';
import * as grafanaUI from '@grafana/ui';
import i18next from 'i18next';
import * as lodash from 'lodash';
import moment from 'moment';
import * as react from 'react';
import * as reactJSX from 'react/jsx-runtime';
import * as reactDOM from 'react-dom';
import * as reactDOMClient from 'react-dom/client';
import * as reactInlineSVG from 'react-inlinesvg';
import * as reactRouter from 'react-router-dom-v5-compat';
import * as rxjs from 'rxjs';
import * as rxjsOperators from 'rxjs/operators';

const withDefault = (module: object, value: unknown) => ({ ...module, default: value, __esModule: true });

export const sharedModules = new Map<string, unknown>([
  ['@emotion/css', emotionCSS],
  ['@emotion/react', emotionReact],
  ['@grafana/data', grafanaData],
  ['@grafana/runtime', grafanaRuntime],
  ['@grafana/ui', grafanaUI],
  ['i18next', i18next],
  ['lodash', lodash],
  ['moment', withDefault(moment, moment)],
  ['react', react],
  ['react/jsx-runtime', reactJSX],
  ['react-dom', reactDOM],
  ['react-dom/client', reactDOMClient],
  ['react-inlinesvg', reactInlineSVG],
  // Grafana exposes version 6 of the router under this name, from the compatibility package.
  ['react-router', reactRouter],
  ['rxjs', rxjs],
  ['rxjs/operators', rxjsOperators],
]);
