/** The static page: the panel over the data that the page holds. */

import { notice } from '../view/ui/dom';
import { EmbeddedSource } from '../view/offline/embedded';
import { dateTime } from '../view/data/numbers';
import { drawApp } from '../view/app';
import { readBlock, readData } from './data';

/** Draw the page; `data-nbmodel` of its root element reports the result. */
async function draw(): Promise<void> {
  const { documentElement, body } = document;
  try {
    const data = await readData(document);
    const source = new EmbeddedSource(data, (id) => readBlock(document, id));
    const registry = { ...data.registry, readOnly: true };
    const [rows, home] = await Promise.all([source.ask('rows', {}), source.ask('home', {})]);
    drawApp(body, source, {
      opening: { home: true },
      inAddress: true,
      face: 'page',
      initial: { registry, rows, home },
      note: `Copy of ${dateTime(data.exported)}, nbmodel ${registry.nbmodel}`,
    });
    documentElement.dataset['nbmodel'] = 'drawn';
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    body.append(notice('error', what, 'Write it again with nbmodel dashboard --static FILE.'));
    documentElement.dataset['nbmodel'] = 'failed';
    throw error;
  }
}

void draw();
