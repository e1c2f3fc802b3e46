// @grafana/runtime reads window.grafanaBootData when it is first imported, so the settings come before everything else.
import type { GrafanaBootConfig } from '@grafana/runtime';

type BootData = GrafanaBootConfig['bootData'];

declare global {
  interface Window {
    grafanaBootData?: BootData;
    __grafana_public_path__?: string;
  }
}

function chosenTheme(): 'light' | 'dark' {
  const asked = new URLSearchParams(window.location.search).get('theme');
  if (asked === 'light' || asked === 'dark') {
    window.sessionStorage.setItem('theme', asked);
    return asked;
  }
  return window.sessionStorage.getItem('theme') === 'light' ? 'light' : 'dark';
}

function showFailure(error: unknown) {
  const message = document.createElement('p');
  message.setAttribute('role', 'alert');
  message.textContent = `The preview did not start: ${error instanceof Error ? error.message : String(error)}`;
  document.getElementById('reactRoot')?.replaceChildren(message);
}

async function boot() {
  const response = await fetch('/bootdata');
  if (!response.ok) {
    throw new Error(`/bootdata answered ${response.status}. Is the preview host the one that served this page?`);
  }
  const data: BootData = await response.json();
  data.user.theme = chosenTheme();
  window.grafanaBootData = data;
  window.__grafana_public_path__ = '/public/';
  const { start } = await import('./start');
  await start();
}

boot().catch((error: unknown) => {
  showFailure(error);
  throw error;
});
