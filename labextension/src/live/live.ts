/**
 * The page of `nbmodel dashboard`: the panel, drawn from what the notebook's output holds, with
 * the notebook's kernel behind it.
 */

import panel from '../widget/panel';
import { Channel } from './channel';
import { Model } from './model';
import './live.css';

interface Output {
  data: Record<string, unknown>;
}

interface Shown {
  comm: string;
  traits: Record<string, unknown>;
}

/** Milliseconds between two questions for news, while somebody looks. */
const NEWS = 5000;
const MIME = 'application/vnd.nbmodel.panel+json';

function main(): void {
  const config = read('#jupyter-config-data') as { baseUrl: string; kernelId: string };
  const outputs = document.querySelectorAll(
    'script[type="application/vnd.voila.cell-output+json"]',
  );
  outputs.forEach((script) => {
    const shown = (JSON.parse(script.textContent ?? '') as Output).data[MIME] as Shown | undefined;
    if (shown && script.parentElement) {
      draw(script.parentElement, config, shown);
    }
  });
  document.getElementById('loading')?.remove();
  history.replaceState(null, '', location.pathname); // the token is kept by a cookie from here on
  addEventListener('pagehide', () => {
    const path = `${config.baseUrl}voila/api/shutdown/${encodeURIComponent(config.kernelId)}`;
    const token = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
    void fetch(path, { method: 'POST', keepalive: true, headers: { 'X-XSRFToken': token } });
  });
  addEventListener('pageshow', (event) => {
    if (event.persisted) {
      location.reload(); // its kernel has ended when it was left
    }
  });
}

function read(selector: string): unknown {
  return JSON.parse(document.querySelector(selector)?.textContent ?? '{}');
}

function draw(
  el: HTMLElement,
  { baseUrl, kernelId }: { baseUrl: string; kernelId: string },
  { comm, traits }: Shown,
): void {
  const channel: Channel = new Channel(baseUrl, kernelId, comm, () => model.end());
  const model: Model = new Model(traits, () => channel);
  channel.listen((content) => model.answered(content));
  panel.render({ model, el });
  // The notebook ran before there was a viewer, and runs no cell while there is one: the kernel
  // looks at the registry whenever it is asked for its state, and tells what changed.
  const look = () => {
    if (document.visibilityState === 'visible') {
      channel.send({ id: 'news', verb: 'state', args: {} });
    }
  };
  look();
  setInterval(look, NEWS);
}

main();
