import { expect, test } from "vitest";
import { rememberLatest } from "../../engine/project/remember-latest.js";

test("what was made of the latest content of a name is not made again", () => {
  const recall = rememberLatest<object>();
  const made: string[] = [];
  const make = (name: string, digest: string) => recall(name, digest, () => {
    made.push(`${name} ${digest}`);
    return {};
  });
  const first = make("a", "1");
  expect(make("a", "1")).toBe(first);
  make("b", "1");
  make("a", "2");
  // Only the latest is kept.
  expect(make("a", "1")).not.toBe(first);
  expect(made).toEqual(["a 1", "b 1", "a 2", "a 1"]);
});

test("of very many names those are kept that were made last", () => {
  const recall = rememberLatest<number>();
  let count = 0;
  const make = (index: number) => recall(String(index), "", () => (count += 1));
  for (let index = 0; index < 3000; index += 1) make(index);
  make(2999);
  expect(count).toBe(3000);
  make(0);
  expect(count).toBe(3001);
});
