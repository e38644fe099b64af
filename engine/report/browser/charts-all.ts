/** The same as charts.ts, with the transforms that few charts need. */
import "./rare-transforms.js";
import "./charts.js";
