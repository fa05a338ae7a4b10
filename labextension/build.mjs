// Bundles the panel of notebooks, the page on disk and the served page: a script, a style sheet.
import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
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
process.chdir(import.meta.dirname);
const STYLES = { ...SHARED, entryPoints: ['src/view/style.css'], write: false };
const page = { format: 'iife', define: { NBM_STYLES: JSON.stringify({ digest: '', text: '' }) } };
const PAGES = [
  { entryPoints: ['src/page/page.ts'], outfile: `${PAGE}/page.js`, ...page },
  { entryPoints: ['src/page/page.css'], outfile: `${PAGE}/page.css` },
  { entryPoints: ['src/live/live.ts'], outfile: `${PAGE}/live.js`, ...page },
].map((bundle) => ({ ...SHARED, ...bundle }));

/** The bundles of the widgets, which hold the style sheet as a text. */
async function widgetsWith(rules) {
  const define = { NBM_STYLES: JSON.stringify(await marked(rules)) };
  return ['loader', 'panel', 'server'].map((name) => ({
    ...SHARED,
    entryPoints: [`src/widget/${name}.ts`],
    outfile: `${WIDGET}/${name}.js`,
    format: 'esm',
    define,
  }));
}

/** The style sheet with its digest, which it sets as a property; see src/widget/styles.ts. */
async function marked(rules) {
  const digest = createHash('sha256').update(rules).digest('hex').slice(0, 16);
  const mark = `:root {\n  --nbm-styles: ${digest};\n}\n`;
  // JupyterLab's own sheet imports the same rules, and this file tells which they are.
  await writeFile('style/digest.css', mark);
  return { digest, text: rules + mark };
}

await Promise.all([WIDGET, PAGE].map((folder) => mkdir(folder, { recursive: true })));

async function watch(bundles) {
  const contexts = await Promise.all(bundles.map((bundle) => context(bundle)));
  await Promise.all(contexts.map((each) => each.watch()));
  return contexts;
}

/** Bundle the widgets again after each change of a style, because a definition is constant. */
function followStyles() {
  let widgets = Promise.resolve([]);
  const rebuild = {
    name: 'styles',
    setup: ({ onEnd }) =>
      onEnd(({ outputFiles }) => {
        if (outputFiles?.length) {
          widgets = widgets.then(async (before) => {
            await Promise.all(before.map((each) => each.dispose()));
            return watch(await widgetsWith(outputFiles[0].text));
          });
        }
      }),
  };
  return watch([{ ...STYLES, plugins: [rebuild] }]);
}

if (process.argv.includes('--watch')) {
  await Promise.all([watch(PAGES), followStyles()]);
  console.log('watching; end with Ctrl+C');
} else {
  const { outputFiles } = await build(STYLES);
  const bundles = [...(await widgetsWith(outputFiles[0].text)), ...PAGES];
  await Promise.all(bundles.map((bundle) => build(bundle)));
  for (const { outfile } of bundles) {
    const { size } = await stat(outfile);
    console.log(`${outfile.replace('../', '')}  ${(size / 1000).toFixed(0)} kB`);
  }
}
