"""Scripts inside of the pages that the groups `faces` and `overview` measure, on the page's clock.

An element counts as visible after the first frame with it was painted: an observer sees the
change, the next frame paints it, and a task after that frame reads the clock. Times are in seconds
since the navigation began.
"""

from __future__ import annotations

# Every page has it: `whenPainted(find)` resolves with the moment at which `find()` is painted.
PAINTED = """
window.whenPainted = find => new Promise(done => {
  const watch = {subtree: true, childList: true, attributes: true, characterData: true};
  const look = () => {
    if (!find()) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => done(performance.now() / 1000), 0));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, watch);
  look();
});
window.count = (selector, within = document) => within.querySelectorAll(selector).length;
"""

# From the moment at which JupyterLab says that it is restored, the panel being shown then.
SIDE_PANEL = """
window.sidePanelFilled = (async () => {
  while (!window.jupyterapp?.restored) await new Promise(done => setTimeout(done, 5));
  await window.jupyterapp.restored;
  const ready = performance.now() / 1000;
  void window.jupyterapp.commands.execute('nbmodel:reveal');
  const filled = await whenPainted(() => count('#nbmodel-models [role=treeitem]') >= 20);
  return filled - ready;
})();
"""

# From the command that runs the cell to the overview's tiles below it.
RUN_PANEL = """async () => {
  const {commands, shell} = window.jupyterapp;
  const {content} = shell.currentWidget;
  const at = content.model.sharedModel.cells.length;
  content.model.sharedModel.insertCell(at, {cell_type: 'code', source: '%model_panel'});
  content.activeCellIndex = at;
  const begin = performance.now() / 1000;
  const painted = whenPainted(() => count('.nbm-tile', content.node) >= 20);
  void commands.execute('notebook:run-cell');
  return await painted - begin;
}"""

# From the next key's event to rows that are not the ones there were.
AWAIT_ROWS = """() => {
  const table = document.querySelector('.nbm-table');
  const lines = () => [...table.querySelectorAll("tr[data-commit]")];
  const rows = () => lines().map(line => line.dataset.commit).join();
  const before = rows();
  window.rowsPainted = new Promise(done => addEventListener('keydown', async event => {
    const painted = await whenPainted(() => rows() !== before);
    done(painted - event.timeStamp / 1000);
  }, {once: true, capture: true}));
}"""

# The moment at which another line than those there are is in the side panel.
AWAIT_LINE = """() => {
  const lines = () => count('#nbmodel-models [role=treeitem]');
  const before = lines();
  window.linePainted = whenPainted(() => lines() > before);
}"""

# The moment at which the table has rows, and the charts of the metrics are drawn. Whoever looks
# has to choose their tab: that is done as soon as there is one.
CHARTS = """
window.chartsDrawn = (async () => {
  const tab = () => document.querySelector('[role=tab][data-name=metrics]');
  await whenPainted(tab);
  tab().click();
  return whenPainted(
    () => count('tr[data-commit]') >= 20 && count('.nbm-chart')
      && count('.nbm-chart .main-svg .trace') >= count('.nbm-chart'));
})();
"""

# The moment at which the table has rows.
ROWS = """
window.rowsDrawn = whenPainted(() => count('tr[data-commit]') >= 10);
"""

# Chromium's own counts (Layout Instability, Largest Contentful Paint; W3C drafts).
SHIFTS = """
window.shifted = 0;
window.moved = [];
new PerformanceObserver(list => list.getEntries().forEach(entry => {
  if (entry.hadRecentInput) return;
  window.shifted += entry.value;
  window.moved.push([entry.value, ...entry.sources.map(({node}) => node?.className)]);
})).observe({type: 'layout-shift', buffered: true});
window.largestPaint = 0;
new PerformanceObserver(list => {
  window.largestPaint = list.getEntries().at(-1).startTime / 1000;
}).observe({type: 'largest-contentful-paint', buffered: true});
"""

# The moments at which the tiles of the overview are there, and each says its health.
TILES = """
window.tilesDrawn = whenPainted(() => count('.nbm-tile') >= 10);
window.healthDrawn = whenPainted(
  () => count('.nbm-tile') >= 10 && count('.nbm-tile') === count('.nbm-tile[data-health]'));
"""

# Resolves after two seconds without a change of the document.
QUIET = """() => new Promise(done => {
  const later = () => setTimeout(done, 2000);
  let timer = later();
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = later();
  }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
})"""

# From a click on the tab to that many rows.
OPEN_TIMELINE = """async rows => {
  const begin = performance.now() / 1000;
  const painted = whenPainted(() => count('.nbm-events tbody tr') >= rows);
  document.querySelector('[role=tab][data-name=timeline]').click();
  return await painted - begin;
}"""
