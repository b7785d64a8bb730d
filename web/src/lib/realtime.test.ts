import { beforeEach, describe, expect, it, vi } from "vitest";

import { Realtime, type RealtimeClient, type Watcher } from "./realtime";

/** Stands for the SDK: `subscribe` stays open until the test settles it. */
class FakeClient implements RealtimeClient {
  readonly pending: { topic: string; resolve: () => void; reject: () => void }[] = [];
  readonly handlers = new Map<string, Set<(event: unknown) => void>>();
  drop: (topics: string[]) => void = () => undefined;

  subscribe = (topic: string, onEvent: (event: unknown) => void) =>
    new Promise<() => Promise<void>>((resolve, reject) => {
      const handlers = this.handlers.get(topic) ?? new Set();
      this.handlers.set(topic, handlers.add(onEvent));
      this.pending.push({
        topic,
        resolve: () =>
          resolve(() => {
            handlers.delete(onEvent);
            return Promise.resolve();
          }),
        reject: () => reject(new Error("no connection")),
      });
    });

  unsubscribe = (topic: string) => {
    this.handlers.delete(topic);
    return Promise.resolve();
  };

  onDisconnect = (listener: (topics: string[]) => void) => {
    this.drop = listener;
  };

  settle(how: "resolve" | "reject" = "resolve") {
    for (const call of this.pending.splice(0)) call[how]();
    return vi.advanceTimersByTimeAsync(0);
  }

  emit(topic: string, event: unknown = {}) {
    for (const handler of [...(this.handlers.get(topic) ?? [])]) handler(event);
  }

  count(topic: string) {
    return this.handlers.get(topic)?.size ?? 0;
  }
}

const watcher = () => ({ onEvent: vi.fn(), onCatchUp: vi.fn() }) satisfies Watcher;

describe("Realtime", () => {
  let client: FakeClient;
  let realtime: Realtime;

  beforeEach(() => {
    vi.useFakeTimers();
    client = new FakeClient();
    realtime = new Realtime(client);
  });

  it("undoes a subscription that resolves after its page has gone", async () => {
    const gone = watcher();
    realtime.watch("sessions/*", gone)();
    expect(client.count("sessions/*")).toBe(1);
    await client.settle();
    expect([client.count("sessions/*"), client.count("PB_CONNECT")]).toEqual([0, 0]);
    client.emit("sessions/*");
    expect(gone.onEvent).not.toHaveBeenCalled();
  });

  it("works for a page that came, went and came again before the first answer", async () => {
    realtime.watch("sessions/*", watcher())();
    const stayed = watcher();
    realtime.watch("sessions/*", stayed);
    await client.settle();
    client.emit("sessions/*", { record: { id: "a" } });
    expect(stayed.onEvent).toHaveBeenCalledExactlyOnceWith({ record: { id: "a" } });
  });

  it("shares one subscription among all who watch a topic", async () => {
    const [a, b] = [watcher(), watcher()];
    const stopA = realtime.watch("sessions/*", a);
    realtime.watch("sessions/*", b);
    await client.settle();
    expect(client.count("sessions/*")).toBe(1);
    stopA();
    client.emit("sessions/*");
    expect([a.onEvent.mock.calls.length, b.onEvent.mock.calls.length]).toEqual([0, 1]);
  });

  it("lets everyone catch up on each connection, and says so in its status", async () => {
    const page = watcher();
    realtime.watch("sessions/*", page);
    expect(realtime.getStatus()).toBe("connecting");
    client.emit("PB_CONNECT");
    await client.settle();
    expect(realtime.getStatus()).toBe("live");
    client.drop(["sessions/*"]);
    expect(realtime.getStatus()).toBe("reconnecting");
    client.emit("PB_CONNECT");
    expect(page.onCatchUp).toHaveBeenCalledTimes(2);
  });

  it("lets a page catch up that joins an open connection", async () => {
    realtime.watch("sessions/*", watcher());
    client.emit("PB_CONNECT");
    await client.settle();
    const late = watcher();
    realtime.watch("messages/*", late);
    await client.settle();
    expect(late.onCatchUp).toHaveBeenCalledOnce();
  });

  it("tries again when the first connection fails, without doubling its listeners", async () => {
    const page = watcher();
    realtime.watch("sessions/*", page);
    await client.settle("reject");
    await vi.advanceTimersByTimeAsync(1_000);
    await client.settle("reject");
    await vi.advanceTimersByTimeAsync(2_000);
    await client.settle();
    client.emit("sessions/*");
    expect(page.onEvent).toHaveBeenCalledOnce();
  });

  it("polls while no events come through, and stops when they do", async () => {
    const page = watcher();
    realtime.watch("sessions/*", page);
    await vi.advanceTimersByTimeAsync(8_000);
    expect([realtime.getStatus(), page.onCatchUp.mock.calls.length]).toEqual(["polling", 1]);
    await vi.advanceTimersByTimeAsync(24_000);
    expect(page.onCatchUp).toHaveBeenCalledTimes(3);
    client.emit("PB_CONNECT");
    expect([realtime.getStatus(), page.onCatchUp.mock.calls.length]).toEqual(["live", 4]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.onCatchUp).toHaveBeenCalledTimes(4);
  });

  it("polls after a drop that lasts, and keeps doing so while attempts to get back fail", async () => {
    const page = watcher();
    realtime.watch("sessions/*", page);
    client.emit("PB_CONNECT");
    client.drop(["sessions/*"]);
    await vi.advanceTimersByTimeAsync(8_000);
    client.drop(["sessions/*"]);
    expect(realtime.getStatus()).toBe("polling");
    await vi.advanceTimersByTimeAsync(12_000);
    expect(page.onCatchUp).toHaveBeenCalledTimes(3);
  });

  it("does not poll in vain, for a server that is away or a page that nobody sees", async () => {
    let canPoll = false;
    realtime = new Realtime(client, { canPoll: () => canPoll });
    const page = watcher();
    const stop = realtime.watch("sessions/*", page);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(page.onCatchUp).not.toHaveBeenCalled();
    canPoll = true;
    await vi.advanceTimersByTimeAsync(12_000);
    expect(page.onCatchUp).toHaveBeenCalledOnce();
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(page.onCatchUp).toHaveBeenCalledOnce();
  });

  it("lets go of the connection while nobody sees the page, and catches up after", async () => {
    const page = watcher();
    realtime.watch("sessions/*", page);
    client.emit("PB_CONNECT");
    await client.settle();
    realtime.rest();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([client.count("sessions/*"), client.count("PB_CONNECT"), realtime.getStatus()]).toEqual([0, 0, "idle"]);
    expect(page.onCatchUp).toHaveBeenCalledOnce();

    realtime.resume();
    client.emit("PB_CONNECT");
    await client.settle();
    client.emit("sessions/*");
    expect([page.onCatchUp.mock.calls.length, page.onEvent.mock.calls.length, realtime.getStatus()]).toEqual([2, 1, "live"]);
  });

  it("connects what was asked for in the meantime when the page is seen again", async () => {
    realtime.rest();
    const page = watcher();
    realtime.watch("jobs/*", page);
    expect(client.pending).toHaveLength(0);
    realtime.resume();
    await client.settle();
    client.emit("jobs/*");
    expect(page.onEvent).toHaveBeenCalledOnce();
  });

  it("stops trying once nobody watches", async () => {
    const stop = realtime.watch("sessions/*", watcher());
    await client.settle("reject");
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.pending).toHaveLength(0);
  });
});
