import * as zlib from "node:zlib";

type Decompress = (input: Uint8Array) => Uint8Array;

/** Zstandard, which Node has from 22.15 on; null where it does not. */
export const zstdDecompress: Decompress | null = findZstd();

function findZstd(): Decompress | null {
  const found: unknown = Reflect.get(zlib, "zstdDecompressSync");
  if (typeof found !== "function") return null;
  return (input) => {
    const output: unknown = Reflect.apply(found, zlib, [input]);
    if (!(output instanceof Uint8Array)) throw new Error("Internal error: zstdDecompressSync gave no bytes");
    return output;
  };
}

/** Whether an error came from the operating system, and so says nothing about a file's content. */
export function isSystemError(error: Error): boolean {
  return "syscall" in error;
}
