/** The bundle has the traces of the plane; its types are those of all bundles of plotly. */
declare module 'plotly.js-cartesian-dist-min' {
  import * as plotly from 'plotly.js';
  export default plotly;
}
