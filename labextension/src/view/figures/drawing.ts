/** Draws an attachment: a figure, an image, a page in a frame, or what it is. */

import { staticChart } from '../charts/charts';
import type { Attachment } from '../data/answers';
import { dateTime, size } from '../data/numbers';
import { RequestError } from '../data/source';
import { trans } from '../translation';
import { fill, h, icon, notice, skeleton } from '../ui/dom';
import { bytesOf, saveAttachment, textOf, type Load } from './content';
import { framed } from './frame';
import { readFigure } from './plotlyFigure';
import { FigureProblem } from './problem';

/** Height of a chart or a frame in pixels, and its limits. */
const HEIGHT = { usual: 380, least: 200, most: 720 };
const MAX_PIXELS = 50_000_000;

/** An attachment with a heading and a button to save it; `load` gives its content. */
export function drawAttachment(
  attachment: Attachment,
  load: Load,
  heading = attachment.title,
): HTMLElement {
  const body = h('div', { class: `nbm-figure-body nbm-figure-${attachment.kind}` });
  void show(attachment, load, body);
  return h(
    'figure',
    { class: 'nbm-figure', 'aria-label': attachment.title },
    h(
      'figcaption',
      { class: 'nbm-figure-head' },
      heading && h('strong', { title: attachment.name }, heading),
      h('span', { class: 'nbm-faint' }, origin(attachment)),
      h('span', { class: 'nbm-space' }),
      saveButton(attachment, load),
    ),
    body,
  );
}

/** When and by whom it was attached, if that was after the commit. */
function origin({ author, time }: Attachment): string {
  return author ? trans.__('attached by %1, %2', author, dateTime(time)) : '';
}

export function saveButton(attachment: Attachment, load: Load): HTMLElement {
  const label = trans.__('Download %1', attachment.name);
  const status = h('span', { class: 'nbm-faint', role: 'status' });
  const save = async (): Promise<void> => {
    try {
      saveAttachment(attachment.name, await load(attachment));
      status.textContent = '';
    } catch (error) {
      status.textContent = reasonOf(error);
    }
  };
  const button = h(
    'button',
    {
      type: 'button',
      class: 'nbm-button nbm-button-quiet',
      'aria-label': label,
      title: `${label} (${size(attachment.size)})`,
      onclick: () => void save(),
    },
    icon('download'),
  );
  return h('span', { class: 'nbm-figure-save' }, status, button);
}

async function show(attachment: Attachment, load: Load, body: HTMLElement): Promise<void> {
  fill(body, skeleton(6));
  try {
    const drawing = DRAWERS[attachment.kind](attachment, await load(attachment));
    fill(body, drawing);
  } catch (error) {
    const kind = error instanceof FigureProblem ? 'info' : 'warning';
    const next = error instanceof RequestError ? error.hint : trans.__('Download it to see it.');
    fill(body, notice(kind, reasonOf(error), next));
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RequestError) {
    return error.what;
  }
  return error instanceof Error ? error.message : String(error);
}

type Drawer = (attachment: Attachment, data: string) => HTMLElement;

const DRAWERS: Readonly<Record<Attachment['kind'], Drawer>> = {
  plotly: chart,
  image: picture,
  html: ({ title }, data) => framed(title, textOf(data)),
  other: ({ size: bytes }) => h('p', { class: 'nbm-faint' }, size(bytes)),
};

function chart({ title }: Attachment, data: string): HTMLElement {
  const figure = readFigure(textOf(data));
  const { least, most, usual } = HEIGHT;
  return staticChart(() => structuredClone({ data: figure.data, layout: figure.layout }), {
    height: Math.min(most, Math.max(least, figure.height ?? usual)),
    label: trans.__('Figure %1', title),
    summary: figure.names.join(', '),
  });
}

/** Types by the end of a name; nothing else becomes an image. */
const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  svg: 'image/svg+xml',
};

function picture({ name, title }: Attachment, data: string): HTMLElement {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()];
  if (!type) {
    throw new FigureProblem(trans.__('The browser does not show images of this type.'));
  }
  if (type === 'image/png' && pixelsOf(bytesOf(data.slice(0, 64))) > MAX_PIXELS) {
    throw new FigureProblem(trans.__('The image has too many pixels.'));
  }
  // As an image, an SVG runs no script and loads nothing.
  const image = h('img', { class: 'nbm-figure-image', alt: title, decoding: 'async' });
  image.addEventListener('error', () =>
    image.replaceWith(notice('info', trans.__('The browser cannot read this image.'))),
  );
  image.src = `data:${type};base64,${data}`;
  return image;
}

/** Width times height, from the header of a PNG (ISO/IEC 15948, 11.2.1); 0 for another file. */
function pixelsOf(head: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(head.buffer);
  const isPng = head.length >= 24 && view.getUint32(0) === 0x89504e47;
  return isPng ? view.getUint32(16) * view.getUint32(20) : 0;
}
