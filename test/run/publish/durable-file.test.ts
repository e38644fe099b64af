import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileWriteError, isTemporaryName, removeStrayTemporaries, temporaryPathFor, writeDurably } from "../../../engine/run/publish/durable-file.js";
import { fileSystem, type FileSystem } from "../../../engine/run/publish/file-system.js";
import { interruptingFileSystem, systemError } from "../interrupting-file-system.js";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stitchbook-durable-"));
  file = join(folder, "state.json");
});
afterEach(() => rm(folder, { recursive: true }));

async function expectRefusal(fs: FileSystem, reason: string): Promise<void> {
  await writeFile(file, "earlier");
  const error = await writeDurably(file, "the new content", fs).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FileWriteError);
  expect(error).toMatchObject({ path: file, message: expect.stringContaining(`${file} could not be written: ${reason}`), hint: expect.stringMatching(/\.$/) });
  expect(await readFile(file, "utf8")).toBe("earlier");
  expect(await readdir(folder)).toEqual(["state.json"]);
}

describe("writeDurably", () => {
  it("writes text and bytes, over an earlier file too, and leaves nothing else", async () => {
    await writeDurably(file, "grün");
    expect(await readFile(file, "utf8")).toBe("grün");
    const bytes = new Uint8Array(3_000_000).fill(7);
    await writeDurably(file, bytes);
    expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
    await writeDurably(file, "");
    expect(await readFile(file, "utf8")).toBe("");
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  it("syncs the bytes before the rename and the folder after it", async () => {
    const calls: string[] = [];
    await writeDurably(file, "content", interruptingFileSystem((name) => void calls.push(name)));
    expect(calls).toEqual(["open", "handle.write", "handle.sync", "handle.close", "stat", "rename", "open", "handle.sync", "handle.close"]);
  });

  it.each(["open", "handle.write", "handle.sync", "handle.close", "rename"])("leaves the earlier file when the disk is full at %s", async (call) => {
    const fs = interruptingFileSystem((name) => {
      if (name === call) throw systemError("ENOSPC");
    });
    await expectRefusal(fs, "no space is left on the disk (ENOSPC)");
  });

  it("notices a disk that takes a part of the bytes and reports success", async () => {
    const stat: FileSystem["stat"] = new Proxy(fileSystem.stat, {
      apply: async (target, self, args) => Object.assign(await Reflect.apply(target, self, args), { size: 3 }),
    });
    await expectRefusal({ ...fileSystem, stat }, "no space is left on the disk (ENOSPC)");
  });

  it("goes on after short writes until all is written", async () => {
    const open: FileSystem["open"] = async (...args) => {
      const handle = await fileSystem.open(...args);
      return new Proxy(handle, {
        get(target, key) {
          if (key !== "write") return bound(target, key);
          return (bytes: Buffer, offset: number) => target.write(bytes, offset, Math.min(5, bytes.length - offset));
        },
      });
    };
    await writeDurably(file, "a text of more than five bytes", { ...fileSystem, open });
    expect(await readFile(file, "utf8")).toBe("a text of more than five bytes");
  });

  it("says what else went wrong", async () => {
    const readOnly = interruptingFileSystem((name) => {
      if (name === "open") throw systemError("EACCES");
    });
    await expectRefusal(readOnly, "permission denied (EACCES)");
    await mkdir(join(folder, "taken"));
    await expect(writeDurably(join(folder, "taken"), "x")).rejects.toThrow("a folder stands where a file is expected");
    expect((await readdir(folder)).sort()).toEqual(["state.json", "taken"]);
  });

  it("works on file systems that can't sync folders", async () => {
    let opened = 0;
    const fs = interruptingFileSystem((name) => {
      if (name === "open" && (opened += 1) === 2) throw systemError("EISDIR");
    });
    await writeDurably(file, "content", fs);
    expect(await readFile(file, "utf8")).toBe("content");
  });

  it("takes the longest names a file system has", async () => {
    for (const name of ["x".repeat(255), "ü".repeat(127)]) {
      await writeDurably(join(folder, name), "content");
      expect(await readdir(folder)).toContain(name);
    }
  });
});

describe("stray temporary files", () => {
  it("are removed by their pattern only", async () => {
    const stray = temporaryPathFor(file);
    const kept = [".state.json.tmp", "state.json", ".hidden.stitchbook-x.tmp"];
    await Promise.all([stray, ...kept.map((name) => join(folder, name))].map((path) => writeFile(path, "")));
    await removeStrayTemporaries(folder);
    expect((await readdir(folder)).sort()).toEqual(kept.sort());
    await removeStrayTemporaries(join(folder, "missing"));
  });

  it("have names that fit the pattern", () => {
    expect(isTemporaryName(".a.csv.stitchbook-0123456789abcdef.tmp")).toBe(true);
    expect(temporaryPathFor("data/a.csv")).toMatch(/^data\/\.a\.csv\.stitchbook-[0-9a-f]{16}\.tmp$/);
  });
});

function bound(target: object, key: string | symbol): unknown {
  const member: unknown = Reflect.get(target, key, target);
  return typeof member === "function" ? (...args: unknown[]): unknown => Reflect.apply(member, target, args) : member;
}
