// Bundles the panel of notebooks, the page on disk and the served page: a script, a style sheet.
import { mkdir, stat } from 'node:fs/promises';
import { build, context } from 'esbuild';

const SHARED = {
  bundle: true,
  minify: true,
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'inline',
  logLevel: 'warning',
};
const WIDGET = '../nbmodel/widgets/static';
const PAGE = '../nbmodel/dashboard/static';
const BUNDLES = [
  { entryPoints: ['src/widget/panel.ts'], outfile: `${WIDGET}/panel.js`, format: 'esm' },
  { entryPoints: ['src/view/style.css'], outfile: `${WIDGET}/panel.css` },
  { entryPoints: ['src/widget/server.ts'], outfile: `${WIDGET}/server.js`, format: 'esm' },
  { entryPoints: ['src/widget/server.css'], outfile: `${WIDGET}/server.css` },
  { entryPoints: ['src/page/page.ts'], outfile: `${PAGE}/page.js`, format: 'iife' },
  { entryPoints: ['src/page/page.css'], outfile: `${PAGE}/page.css` },
  { entryPoints: ['src/live/live.ts'], outfile: `${PAGE}/live.js`, format: 'iife' },
].map((bundle) => ({ ...SHARED, ...bundle }));

process.chdir(import.meta.dirname);
await Promise.all([WIDGET, PAGE].map((folder) => mkdir(folder, { recursive: true })));

if (process.argv.includes('--watch')) {
  const contexts = await Promise.all(BUNDLES.map((bundle) => context(bundle)));
  await Promise.all(contexts.map((each) => each.watch()));
  console.log('watching; end with Ctrl+C');
} else {
  await Promise.all(BUNDLES.map((bundle) => build(bundle)));
  for (const { outfile } of BUNDLES) {
    const { size } = await stat(outfile);
    console.log(`${outfile.replace('../', '')}  ${(size / 1000).toFixed(0)} kB`);
  }
}
