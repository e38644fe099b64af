import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { pinnedPackages } from "../../../engine/notebook/jupyter/pinned-packages.js";

it("is the Jupyter that the tests are run with", () => {
  const tested = readFileSync(new URL("../../requirements.txt", import.meta.url), "utf8").trim().split("\n");
  expect(tested).toEqual(expect.arrayContaining([...pinnedPackages]));
});
