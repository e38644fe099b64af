/** The parts that vega is made of, which have no types of their own. */
declare module "vega-view" {
  export { View } from "vega";
}
declare module "vega-parser" {
  export { parse } from "vega";
}
declare module "vega-dataflow" {
  export { transforms } from "vega";
}
declare module "vega-util" {
  export { extend } from "vega";
}
declare module "vega-transforms";
declare module "vega-view-transforms";
declare module "vega-encode";
declare module "vega-regression";
declare module "vega-geo";
declare module "vega-force";
declare module "vega-hierarchy";
declare module "vega-label";
declare module "vega-voronoi";
declare module "vega-wordcloud";
declare module "vega-crossfilter";
