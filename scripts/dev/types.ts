/** Writes the row types of the project in the working directory, which TypeScript needs before anything ran. */
import { join, resolve } from "node:path";
import { surveyProject } from "../../engine/project/read-project.js";
import { writeRowTypes } from "../../engine/project/row-types/row-types-file.js";

const root = resolve(".");
const { project } = await surveyProject(root);
writeRowTypes(project, join(root, ".stitchbook"));
