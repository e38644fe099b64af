import type { CorpusProgram } from "./program.js";

const like = (name: string, cells: readonly string[], displayed?: readonly string[]): CorpusProgram => ({
  name,
  cells,
  expect: displayed === undefined ? { kind: "like-module" } : { kind: "like-module", displayed },
});

const prints = (name: string, cells: readonly string[], lines: readonly string[]): CorpusProgram => ({ name, cells, expect: { kind: "prints", lines } });

/** How cells share variables, and what they show. */
export const sharingPrograms: readonly CorpusProgram[] = [
  like("a shorthand property of an earlier variable", ["const a = 1;\nconst b = 'x';", "console.log({ a, b, c: 3 });"]),
  like("shorthands in nested functions and arguments", ["const floor = 2;", "const f = () => () => ({ floor, deep: { floor } });\nfunction g({ floor }: { floor: number }) { return { floor }; }\nconsole.log(f()(), g({ floor: 9 }), [{ floor }], ((floor) => ({ floor }))(5));"]),
  like("the shorthand of the prototype's name", ["const __proto__ = { own: 1 };", "const o = { __proto__ };\nconsole.log(Object.keys(o), Object.getPrototypeOf(o) === Object.prototype);"]),
  like("names with leading underscores", ["const _a = 1, __b = 2, ___c = 3;\nlet __later;\nfunction __f() { return __later; }", "__later = 'set';\nconsole.log(_a, __b, ___c, __f(), { __b });"]),
  like("shadowed shared variables", ["let x = 1;\nconst inner = () => { let x = 10; const add = (y: number) => { x += y; return x; }; return add(1); };\n{ let x = 100; var readBlock = () => x; }\nconst outer = () => x;", "x = 2;\nfor (let x = 0; x < 1; x++) console.log(x);\nconsole.log(inner(), readBlock(), outer(), ((x: number) => ({ x }))(7));"]),
  like("lazy values of an earlier cell", ["let cache: Map<string, number> | undefined;\nfunction get() { return (cache ??= new Map([['a', 1]])); }", "console.log(cache);\nget().set('b', 2);", "console.log(cache?.size, get().get('b'));\ncache = undefined;\nconsole.log(get().size);"]),
  like("shorthand methods beside shorthand properties", ["const n = 3;", "const o = { n, get() { return { n: this.n, outer: n }; }, async later() { return { n }; } };\nconsole.log(o.get(), await o.later());"]),
  like("an assignment pattern with shorthands", ["let m = 1;\nlet k = 2;", "({ m } = { m: 5 });\n({ k = 8 } = {} as { k?: number });\nconsole.log(m, k);", "({ m, k } = { m: k, k: m });\nconsole.log(m, k);"]),
  like("a renaming pattern over an earlier object", ["const o = { x: 1, y: { z: 2 }, list: [3] };", "const { x: first, y: { z: second }, list: [third] } = o;\nconsole.log(first, second, third);", "for (const { x: each } of [o]) console.log(each);\nconst f = ({ x: p }: typeof o) => p;\nconsole.log(f(o));"]),
  like("renaming in an assignment to earlier variables", ["const o = { x: 1, y: 2 };\nlet p = 0, q = 0;", "({ x: p, y: q } = o);\n[p, q] = [q, p];\nconsole.log(p, q);"]),
  like("closures see later assignments", ["let n = 0;\nconst get = () => n;\nfunction inc() { n++; }", "n = 5;\nconsole.log(get());", "inc();\nconsole.log(n, get());", "n += 1; n++; ++n;\nconsole.log(get());"]),
  like("closures see later assignments by patterns and loops", ["let a = 1, b = 2;\nvar c = 3;\nlet last: number | undefined;\nclass Reader { all() { return [a, b, c, last]; } }\nconst reader = new Reader();", "[a, b] = [b, a];\n({ c } = { c: 9 });\nfor (last of [1, 2, 3]) { /* counts */ }", "console.log(reader.all());"]),
  like("functions assign what later cells read", ["let total = 0;\nconst add = (x: number) => { total += x; return total; };", "[1, 2, 3].forEach(add);\nconsole.log(total);", "console.log(add(10), total);"]),
  like("a variable that a function and the cell itself change", ["let state = 'new';\nconst set = (s: string) => { state = s; };\nset('set');\nconsole.log(state);\nstate = 'direct';\nconsole.log(state);", "set('later');\nconsole.log(state);"]),
  like("destructured variables shared with functions", ["let { a, b: [c] } = { a: 1, b: [2] };\nlet [d = 4] = [] as number[];\nconst sum = () => a + c + d;", "a = 10; c = 20; d = 30;\nconsole.log(sum());"]),
  like("timers and promises of an earlier cell", ["let ready = false;\nconst soon = new Promise<void>((resolve) => setTimeout(() => { ready = true; resolve(); }, 1));", "console.log(ready);\nawait soon;\nconsole.log(ready);"]),
  like("operators on earlier variables", ["let x = 1;\nlet s = 'a';\nlet o: { v?: number } = {};", "x++; x **= 3; s += x;\no.v ??= 4;\nconsole.log(x--, x, s, o, typeof x, -x);"]),
  like("a hot loop over an earlier array", ["const rows = Array.from({ length: 1000 }, (_, i) => i);", "let sum = 0;\nfor (const row of rows) sum += row;\nrows.forEach((row) => { sum -= row / 2; });\nconsole.log(sum);"]),
  prints("a redeclared constant", ["const a = 1;\nconst old = () => a;", "const a = 'two';\nconsole.log(a, old());", "console.log(a.length);"], ["two 1", "3"]),
  prints("a redeclared variable whose initial value uses the old one", ["let rows = [1, 2, 3];\nconst count = () => rows.length;", "let rows2 = count();\nvar rows = [count()];\nconsole.log(rows, rows2);"], ["[ 3 ] 3"]),
  prints("a redeclared function and class", ["function f() { return 1; }\nclass C { v = 1; }\nconst c = new C();", "function f() { return 'two'; }\nclass C { v = 'two'; }", "console.log(f().length, new C().v.length, c.v);"], ["3 3 1"]),
  prints("a variable declared again without a value", ["let x: number | undefined = 1;\nlet y = 2;\nconst get = () => y;", "let x: string | undefined;\nlet y: string | undefined;\nconst read = () => y;", "console.log(x, y, read());"], ["undefined undefined undefined"]),
  prints("an import that replaces a variable", ["const join = 1;", "import { join } from 'node:path';\nconsole.log(join('a', 'b'));", "const sep = join('c', 'd');\nconsole.log(sep);"], ["a/b", "c/d"]),
  like("exports are plain declarations", ["export const x = 1;\nexport let y = 2;\nexport function f() { return x + y; }\nexport class K { v = x; }\nexport enum E { A = 4 }\nexport type T = number;\nexport interface I { t: T }", "y = 5;\nconst i: I = { t: x };\nconsole.log(f(), new K().v, E.A, i, { x });"]),
  like("export default of a named function", ["export default function main() { return 'main'; }", "console.log(main());"]),
  prints("export default of anonymous things", ["const before = 1\nexport default { before }", "export default class {}", "export default function () { return 1; }", "export default async () => before;\nconsole.log(before);"], ["1"]),
  like("export lists", ["const a = 1;\nlet b = 2;\ntype T = string;\nexport { a as renamed, b };\nexport type { T };", "const t: T = 'x';\nexport { t as again };\nconsole.log(a, b, t);"]),
  like("displayed last expressions", ["const a = [1, 2];", "a", "a.map((x) => x * 2);", "({ a })", "if (a.length > 1) { console.log('no value'); }", "a.length // a comment\n", "null", "function f() {}"], ["[ 1, 2 ]", "[ 2, 4 ]", "{ a: [ 1, 2 ] }", "2"]),
  like("a displayed awaited value and an assignment", ["let x = 0;", "await Promise.resolve('done')", "x = 7", "x"], ["'done'", "7", "7"]),
  like("cells of comments and nothing", ["//| label: nothing", "", "/* only\n a comment */", "const a = 1;\n// trailing", ";", "console.log(a);"]),
  like("option lines before code", ["//| label: chart\n//| caption: A chart\nconst a = 1;\na + 1"], ["2"]),
  like("types, interfaces and aliases over cells", ["interface Row { date: string; value: number }\ntype Rows = readonly Row[];", "interface Extra extends Row { note?: string }", "const rows: Rows = [{ date: 'd', value: 1 }];\nconst extra: Extra = { ...rows[0]!, note: 'n' };\nconsole.log(rows, extra);"]),
  like("inferred types that are hard to write", ["function make() { class Hidden { n = 1; twice() { return this.n * 2; } } return new Hidden(); }\nconst hidden = make();\nconst sym = Symbol('s');\nconst bag = { [sym]: 1, nested: { f: <T,>(t: T) => [t] } };", "console.log(hidden.twice(), bag[sym], bag.nested.f('x'));"]),
  like("names of functions and classes", ["const arrow = () => 1;\nconst Anonymous = class {};\nfunction named() {}\nlet changing = () => 2;\nconst use = () => changing;", "console.log(arrow.name, Anonymous.name, named.name, changing.name, use().name);"]),
];
