import { expect, test, vi } from "vitest";

import { Downloads } from "./downloads";

function made(answer: () => Promise<Response>) {
  const save = vi.fn<(name: string, content: Blob) => void>();
  const say = vi.fn();
  const fetched = vi.fn<(path: string, options?: { signal?: AbortSignal }) => Promise<Response>>(answer);
  return { downloads: new Downloads({ answered: fetched, save, say }), save, say, fetched };
}

const headers = { "X-Export-Sessions": "1200", "Content-Disposition": "attachment; filename=\"a.zip\"; filename*=UTF-8''%C3%A4.zip" };

test("a file is saved whole under the server's name, and its progress is told", async () => {
  const { downloads, save } = made(() => Promise.resolve(new Response("0123456789", { headers })));
  const seen: string[] = [];
  downloads.subscribe(() => seen.push(downloads.getRunning().map(({ about, received }) => `${about}:${received}`).join()));

  await downloads.start("/api/export?all=true");

  expect(save).toHaveBeenCalledOnce();
  expect(save.mock.calls[0]?.[0]).toBe("ä.zip");
  expect(await save.mock.calls[0]?.[1].text()).toBe("0123456789");
  expect(seen[0]).toBe(":0");
  expect(seen).toContain("1,200 sessions:10");
  expect(seen.at(-1)).toBe("");
});

test("what breaks off is not saved, and can be tried again", async () => {
  const broken = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array([1])),
    pull: (controller) => controller.error(new TypeError("network")),
  });
  const { downloads, save, say, fetched } = made(() => Promise.resolve(new Response(broken, { headers })));

  await downloads.start("/api/export?all=true");

  expect(save).not.toHaveBeenCalled();
  expect(say.mock.calls[0]?.[0]).toMatch(/^Nothing was saved\. The connection broke off/);
  const { action } = say.mock.calls[0]?.[1] as { action: { onPress: () => void } };
  action.onPress();
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("who stops a download gets neither a file nor a complaint", async () => {
  const { downloads, save, say, fetched } = made(() => new Promise(() => undefined));
  fetched.mockImplementation(
    (_, options) => new Promise((_resolve, reject) => options?.signal?.addEventListener("abort", () => reject(new DOMException("stopped", "AbortError")))),
  );

  const done = downloads.start("/api/export?all=true");
  downloads.stop(downloads.getRunning()[0]?.id ?? 0);
  await done;

  expect(downloads.getRunning()).toEqual([]);
  expect(save).not.toHaveBeenCalled();
  expect(say).not.toHaveBeenCalled();
});
