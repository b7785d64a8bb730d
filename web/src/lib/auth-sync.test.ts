import { beforeEach, describe, expect, it, vi } from "vitest";

import { makeMe } from "@/testing/factories";
import { type Me } from "@/types/api";

import { AuthSync, renewalDelay } from "./auth-sync";
import { ApiError } from "./errors";

const MINUTE = 60_000;

describe("renewalDelay", () => {
  it.each([
    ["an hour", 60 * MINUTE, 55 * MINUTE],
    ["ten minutes", 10 * MINUTE, 8 * MINUTE],
    ["a moment", 5_000, 30_000],
    ["nothing, for a clock that runs ahead", -10 * MINUTE, 30_000],
    ["a month", 30 * 24 * 60 * MINUTE, 12 * 60 * MINUTE],
  ])("for a token that lives %s", (_, life, delay) => {
    expect(renewalDelay(1_000_000 + life, 1_000_000)).toBe(delay);
  });
});

describe("AuthSync", () => {
  const fetchMe = vi.fn<() => Promise<Me>>();
  const onToken = vi.fn();
  let sync: AuthSync;

  beforeEach(() => {
    vi.useFakeTimers({ now: 0 });
    vi.spyOn(Math, "random").mockReturnValue(0);
    fetchMe.mockReset().mockImplementation(() => Promise.resolve(makeMe({ tokenExpiresAt: Date.now() + 60 * MINUTE })));
    onToken.mockReset();
    sync = new AuthSync({ fetchMe, onToken });
  });

  it("signs in, hands over the token, and renews before it ends", async () => {
    await sync.renew();
    expect(sync.getState().status).toBe("signed-in");
    expect(onToken).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(55 * MINUTE - 1);
    expect(fetchMe).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(fetchMe).toHaveBeenCalledTimes(2);
  });

  it("asks once for many who ask at the same time", async () => {
    await Promise.all([sync.renew(), sync.renew(), sync.renew()]);
    expect(fetchMe).toHaveBeenCalledTimes(1);
  });

  it("renews a token that ran out during sleep before a request may use it", async () => {
    await sync.renew();
    sync.stop();
    vi.setSystemTime(2 * 60 * MINUTE);
    await sync.ensureToken();
    expect(onToken).toHaveBeenCalledTimes(2);
  });

  it("does not renew for each request when the browser's clock is wrong", async () => {
    fetchMe.mockImplementation(() => Promise.resolve(makeMe({ tokenExpiresAt: Date.now() - 60 * MINUTE })));
    await sync.renew();
    await sync.ensureToken();
    await sync.ensureToken();
    expect(fetchMe).toHaveBeenCalledTimes(1);
  });

  it("fails a request whose token cannot be renewed, rather than let it go as a guest", async () => {
    await sync.renew();
    sync.stop();
    vi.setSystemTime(2 * 60 * MINUTE);
    fetchMe.mockRejectedValue(new ApiError("unreachable"));
    await expect(sync.ensureToken()).rejects.toMatchObject({ kind: "unreachable" });
    fetchMe.mockRejectedValue(new ApiError("signed-out"));
    await expect(sync.ensureToken()).rejects.toMatchObject({ kind: "signed-out" });
  });

  it("retries an unreachable server by itself, each time later", async () => {
    fetchMe.mockRejectedValue(new ApiError("unreachable"));
    await sync.renew();
    expect(sync.getState()).toMatchObject({ status: "unreachable", retryAt: 1_000 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sync.getState()).toMatchObject({ status: "unreachable", retryAt: 3_000 });
    fetchMe.mockResolvedValue(makeMe({ tokenExpiresAt: 60 * MINUTE }));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sync.getState().status).toBe("signed-in");
  });

  it("keeps the pages while the server is away for a moment", async () => {
    await sync.renew();
    fetchMe.mockRejectedValueOnce(new ApiError("unreachable"));
    await sync.renew();
    expect(sync.getState()).toMatchObject({ status: "signed-in", offlineSince: 0, isOnlyDatabase: false });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sync.getState()).toMatchObject({ status: "signed-in", offlineSince: null });
  });

  it("tells a sidecar that misses its database from a server that is away, and notices a change", async () => {
    await sync.renew();
    fetchMe.mockRejectedValueOnce(new ApiError("unavailable")).mockRejectedValueOnce(new ApiError("unreachable"));
    await sync.renew();
    expect(sync.getState()).toMatchObject({ offlineSince: 0, isOnlyDatabase: true });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sync.getState()).toMatchObject({ offlineSince: 0, isOnlyDatabase: false });
  });

  it.each(["signed-out", "forbidden"] as const)("does not retry when the answer is %s", async (kind) => {
    fetchMe.mockRejectedValue(new ApiError(kind));
    await sync.renew();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    expect(sync.getState()).toMatchObject({ status: "signed-out", error: { kind } });
    expect(fetchMe).toHaveBeenCalledTimes(1);
  });

  it("keeps saying since when the server is missed, and asks every few seconds", async () => {
    await sync.renew();
    fetchMe.mockRejectedValue(new ApiError("unreachable"));
    vi.setSystemTime(60_000);
    await sync.renew();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(sync.getState()).toMatchObject({ offlineSince: 60_000 });
    const asked = fetchMe.mock.calls.length;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fetchMe).toHaveBeenCalledTimes(asked + 1);
  });

  it("asks at once when the live connection is back before the next try", async () => {
    await sync.renew();
    fetchMe.mockRejectedValueOnce(new ApiError("unreachable"));
    await sync.renew();
    sync.noticeServer();
    await vi.advanceTimersByTimeAsync(0);
    expect(sync.getState()).toMatchObject({ offlineSince: null });
  });

  it("checks once for many refused requests, and not again and again", async () => {
    await sync.renew();
    await vi.advanceTimersByTimeAsync(60_000);
    for (let refused = 0; refused < 10; refused++) sync.check();
    await vi.advanceTimersByTimeAsync(0);
    expect(fetchMe).toHaveBeenCalledTimes(2);
    for (let refused = 0; refused < 10; refused++) sync.check();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(fetchMe).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(fetchMe).toHaveBeenCalledTimes(3);
  });

  it("goes through the portal when the sign-in of a page in use has ended", async () => {
    const onLost = vi.fn(() => true);
    sync = new AuthSync({ fetchMe, onToken, onLost });
    await sync.renew();
    fetchMe.mockRejectedValue(new ApiError("signed-out"));
    await sync.renew();
    expect(onLost).toHaveBeenCalledOnce();
    expect(sync.getState().status).toBe("loading");
  });

  it("says that nobody is signed in when the portal was no help, and on a first visit", async () => {
    const onLost = vi.fn(() => false);
    sync = new AuthSync({ fetchMe, onToken, onLost });
    await sync.renew();
    fetchMe.mockRejectedValue(new ApiError("signed-out"));
    await sync.renew();
    expect(sync.getState().status).toBe("signed-out");
    await sync.renew();
    expect(onLost).toHaveBeenCalledOnce();
  });

  it("asks again when a tab without a sign-in is shown again", async () => {
    fetchMe.mockRejectedValueOnce(new ApiError("signed-out"));
    await sync.renew();
    sync.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(sync.getState().status).toBe("signed-in");
  });
});
