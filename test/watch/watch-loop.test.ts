import { describe, expect, test } from "vitest";
import { WatchLoop, type WatchState } from "../../engine/watch/watch-loop.js";
import { createRandom } from "../plan/seeded-random.js";
import { VirtualClock } from "./virtual-clock.js";

/** A folder of one file, rounds that take a while, and a loop between them. */
function createWorld({ roundMs = 40, losesEvents = false }: { readonly roundMs?: number; readonly losesEvents?: boolean } = {}) {
  const clock = new VirtualClock();
  const states: WatchState[] = [];
  let file: string | null = "start";
  let seen: string | null = file;
  let built: string | null = file;
  let lastEventMs = -Infinity;
  const rounds: { readonly overtaken: boolean }[] = [];
  let current: { overtaken: boolean; end: () => void } | null = null;
  const loop = new WatchLoop({
    findChanges: async () => (file === seen ? [] : [{ path: "a", kind: "changed" }]),
    run: () =>
      new Promise((resolve) => {
        seen = file;
        const begun = file;
        const timer = clock.timer(roundMs, () => finish(true));
        const finish = (isWhole: boolean): void => {
          timer.cancel();
          if (isWhole) built = begun;
          rounds.push({ overtaken: current?.overtaken ?? false });
          current = null;
          resolve();
        };
        current = { overtaken: false, end: () => finish(false) };
      }),
    overtake: () => {
      if (current === null) throw new Error("nothing runs");
      const overtaken = current;
      if (overtaken.overtaken) return;
      overtaken.overtaken = true;
      clock.timer(3, overtaken.end);
    },
    stop: () => current?.end(),
    timer: clock.timer,
    now: clock.now,
    onState: (state) => states.push(state),
  });
  return {
    clock, loop, states, rounds,
    get built() {
      return built;
    },
    write(content: string | null): void {
      file = content;
      // As chokidar does, within 50 ms of an event.
      if (losesEvents && clock.now() - lastEventMs < 50) return;
      lastEventMs = clock.now();
      loop.stir();
    },
  };
}

describe("a loop of rounds", () => {
  test("runs once for a save, and is idle again", async () => {
    const world = createWorld();
    world.write("one");
    await world.clock.advance(500);
    expect(world.built).toBe("one");
    expect(world.rounds).toHaveLength(1);
    expect(world.states).toEqual(["settling", "running", "idle"]);
  });

  test("runs once for a burst, and for a file that is removed and made again", async () => {
    const world = createWorld();
    for (let index = 0; index < 20; index += 1) {
      world.write(index % 2 === 0 ? null : `part ${index}`);
      await world.clock.advance(5);
    }
    await world.clock.advance(500);
    expect(world.built).toBe("part 19");
    expect(world.rounds).toHaveLength(1);
  });

  test("stops a round that a change overtakes, and starts again", async () => {
    const world = createWorld({ roundMs: 10_000 });
    world.write("one");
    await world.clock.advance(100);
    world.write("two");
    await world.clock.advance(400);
    expect(world.rounds).toEqual([{ overtaken: true }]);
    await world.clock.advance(10_500);
    expect(world.built).toBe("two");
    expect(world.rounds).toHaveLength(2);
  });

  test("does nothing for a change that is taken back before it has settled", async () => {
    const world = createWorld();
    world.write("one");
    world.write("start");
    await world.clock.advance(500);
    expect(world.rounds).toHaveLength(0);
    expect(world.loop.state).toBe("idle");
  });

  test("builds anew what was cut short, though the change that overtook it was taken back", async () => {
    const world = createWorld({ roundMs: 10_000 });
    world.write("one");
    await world.clock.advance(100);
    world.write("two");
    await world.clock.advance(1);
    world.write("one");
    await world.clock.advance(11_000);
    expect(world.rounds[0]).toEqual({ overtaken: true });
    expect(world.built).toBe("one");
    expect(world.loop.state).toBe("idle");
  });

  test("runs when asked, at once or after the round that runs", async () => {
    const world = createWorld();
    world.loop.again();
    await world.clock.advance(10);
    world.loop.again();
    await world.clock.advance(500);
    expect(world.rounds).toHaveLength(2);
  });

  test("does not wait for ever for a writer that never pauses", async () => {
    const world = createWorld({ roundMs: 1 });
    for (let index = 0; index < 700; index += 1) {
      world.write(`line ${index}`);
      await world.clock.advance(10);
    }
    expect(world.rounds.length).toBeGreaterThan(0);
  });

  test("ends when it is closed, also in the midst of a round", async () => {
    const world = createWorld({ roundMs: 10_000 });
    world.write("one");
    await world.clock.advance(100);
    const closed = world.loop.close();
    await world.clock.advance(10);
    await closed;
    world.write("two");
    await world.clock.advance(1_000);
    expect(world.rounds).toHaveLength(1);
    expect(world.loop.state).toBe("closed");
  });
});

type Save = { readonly kind: "chunked" | "atomic" | "burst"; readonly gapMs: number; readonly count: number };

describe.each([false, true])("140 saves, events lost: %s", (losesEvents) => {
  test("the final state is built each time, with at most one round too many", async () => {
    const random = createRandom(7);
    for (let index = 0; index < 70; index += 1) {
      const world = createWorld({ losesEvents, roundMs: 5 + random.int(400) });
      const kind = (["chunked", "atomic", "burst"] as const)[index % 3] ?? "burst";
      const save: Save = { kind, gapMs: kind === "chunked" ? 15 + random.int(200) : random.int(8), count: 2 + random.int(12) };
      for (let part = 1; part <= save.count; part += 1) {
        if (save.kind === "atomic") world.write(null);
        world.write(`part ${part}`);
        await world.clock.advance(save.gapMs);
      }
      await world.clock.advance(3_000);
      expect({ save, built: world.built, state: world.loop.state }).toEqual({ save, built: `part ${save.count}`, state: "idle" });
      expect(world.rounds.length, JSON.stringify(save)).toBeLessThanOrEqual(2);
      expect(world.rounds.length).toBeGreaterThan(0);
    }
  });
});
