/**
 * The object on which cells leave their variables for later cells. What TypeScript defines with a getter (imports, to
 * keep bindings live) is kept as a plain value, so that a later cell may assign to the name.
 */
export function createCellExports(): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  return new Proxy(values, {
    defineProperty: (_target, name, attributes) => {
      if (name === "__esModule") return true;
      return Reflect.defineProperty(values, name, {
        value: attributes.get === undefined ? attributes.value : attributes.get(),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    },
  });
}
