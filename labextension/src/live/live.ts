/**
 * The page of `nbmodel dashboard`: the panel, drawn from the notebook's output and connected to the
 * notebook's kernel.
 */

import { trans } from '../view/translation';
import type { NextStep } from '../widget/connection';
import panel from '../widget/panel';
import { Channel } from './channel';
import { Model } from './model';
import './live.css';

interface Output {
  data: Record<string, unknown>;
}

interface Widget {
  comm: string;
  traits: Record<string, unknown>;
}

/** Milliseconds between two requests for changes, while the page is visible. */
const NEWS = 5000;
const MIME = 'application/vnd.nbmodel.panel+json';

const RELOAD: NextStep = {
  get sentence() {
    return trans.__('Its server or its kernel has ended: reload the page.');
  },
  get label() {
    return trans.__('Reload the page');
  },
  find: () => () => location.reload(),
};

function main(): void {
  const config = read('#jupyter-config-data') as { baseUrl: string; kernelId: string };
  const outputs = document.querySelectorAll(
    'script[type="application/vnd.voila.cell-output+json"]',
  );
  outputs.forEach((script) => {
    const widget = (JSON.parse(script.textContent ?? '') as Output).data[MIME] as
      Widget | undefined;
    if (widget && script.parentElement) {
      draw(script.parentElement, config, widget);
    }
  });
  document.getElementById('loading')?.remove();
  history.replaceState(null, '', location.pathname + location.hash); // from here on a cookie holds the token
  addEventListener('pagehide', () => {
    const path = `${config.baseUrl}voila/api/shutdown/${encodeURIComponent(config.kernelId)}`;
    const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
    void fetch(path, { method: 'POST', keepalive: true, headers: { 'X-XSRFToken': token } });
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) {
      location.reload(); // its kernel ended when the user left the page
    }
  });
}

function read(selector: string): unknown {
  return JSON.parse(document.querySelector(selector)?.textContent ?? '{}');
}

function draw(
  el: HTMLElement,
  { baseUrl, kernelId }: { baseUrl: string; kernelId: string },
  { comm, traits }: Widget,
): void {
  const channel: Channel = new Channel(baseUrl, kernelId, comm, () => model.end());
  const model: Model = new Model(traits, () => channel);
  panel.render({ model, el, nextStep: RELOAD, inAddress: true });
  // The notebook ran before the page was opened and runs no further cell. The kernel compares the
  // registry whenever its state is requested, and reports changes.
  const look = () => {
    if (document.visibilityState === 'visible') {
      channel.send({ id: 'news', verb: 'state', args: {} });
    }
  };
  look();
  setInterval(look, NEWS);
}

main();
