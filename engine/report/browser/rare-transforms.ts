/** The transforms that few charts need: maps, trees, forces, labels. */
import { extend } from "vega-util";
import { transforms } from "vega-dataflow";
import * as maps from "vega-geo";
import * as forces from "vega-force";
import * as trees from "vega-hierarchy";
import * as labels from "vega-label";
import * as cells from "vega-voronoi";
import * as clouds from "vega-wordcloud";
import * as filters from "vega-crossfilter";

extend(transforms, maps, forces, trees, labels, cells, clouds, filters);
