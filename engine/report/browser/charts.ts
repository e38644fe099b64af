/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What runs in a report's page: turns its drawn charts into live ones. Bundled by ../browser-runtime.ts. */
import { extend } from "vega-util";
import { transforms } from "vega-dataflow";
import * as transformsOfTables from "vega-transforms";
import * as transformsOfViews from "vega-view-transforms";
import * as encoders from "vega-encode";
import * as regressions from "vega-regression";
import { startCharts } from "./live-chart.js";

extend(transforms, transformsOfTables, transformsOfViews, encoders, regressions);
startCharts();
