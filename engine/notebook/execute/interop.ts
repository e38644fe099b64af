/**
 * The namespace of an ES module as `require` gives it: with `__esModule` where it has a default export, which is what
 * code compiled with `esModuleInterop` expects, and with the `module.exports` that a package names itself.
 *
 * @see https://nodejs.org/api/modules.html#loading-ecmascript-modules-using-require
 */
export function toCommonJs(namespace: object): unknown {
  if ("module.exports" in namespace) return namespace["module.exports"];
  if (!("default" in namespace) || "__esModule" in namespace) return namespace;
  const exports: object = Object.create(null);
  for (const name of Object.keys(namespace)) {
    Object.defineProperty(exports, name, { enumerable: true, get: () => Reflect.get(namespace, name) });
  }
  return Object.defineProperty(exports, "__esModule", { value: true });
}
