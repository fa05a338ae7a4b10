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
const styles = await stylesOf('src/view/style.css');
const widget = { format: 'esm', define: { NBM_STYLES: JSON.stringify(styles) } };
const page = { format: 'iife', define: { NBM_STYLES: JSON.stringify({ digest: '', text: '' }) } };
const BUNDLES = [
  { entryPoints: ['src/widget/panel.ts'], outfile: `${WIDGET}/panel.js`, ...widget },
  { entryPoints: ['src/widget/server.ts'], outfile: `${WIDGET}/server.js`, ...widget },
  { entryPoints: ['src/page/page.ts'], outfile: `${PAGE}/page.js`, ...page },
  { entryPoints: ['src/page/page.css'], outfile: `${PAGE}/page.css` },
  { entryPoints: ['src/live/live.ts'], outfile: `${PAGE}/live.js`, ...page },
].map((bundle) => ({ ...SHARED, ...bundle }));

/** The style sheet with its digest, which it sets as a property; see src/widget/styles.ts. */
async function stylesOf(path) {
  const { outputFiles } = await build({ ...SHARED, entryPoints: [path], write: false });
  const rules = outputFiles[0].text;
  const digest = createHash('sha256').update(rules).digest('hex').slice(0, 16);
  const mark = `:root {\n  --nbm-styles: ${digest};\n}\n`;
  // JupyterLab's own sheet imports the same rules, and this file tells which they are.
  await writeFile('style/digest.css', mark);
  return { digest, text: rules + mark };
}

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
