import { expect, test } from "vitest";

import { serverSentEvents } from "./server-sent-events";

async function eventsOf(...chunks: string[]): Promise<string[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
  const found: string[] = [];
  for await (const { event, data } of serverSentEvents(body)) found.push(`${event}|${data}`);
  return found;
}

test("an event ends with an empty line, wherever the chunks end", async () => {
  expect(await eventsOf("event: del", "ta\nda", "ta: {\"text\":\"a\"}\n", "\nevent: done\ndata: {}\n\n")).toEqual(['delta|{"text":"a"}', "done|{}"]);
});

test("comments and events without data are passed over", async () => {
  expect(await eventsOf(": waiting\n\nevent: nothing\n\ndata: x\n\n")).toEqual(["message|x"]);
});

test("several lines of data are one text, and all line ends count", async () => {
  expect(await eventsOf("data: a\r", "\ndata:b\r\n\r\n", "data: c\n\n")).toEqual(["message|a\nb", "message|c"]);
});

test("an event that was cut off is not one", async () => {
  expect(await eventsOf("data: whole\n\ndata: ha")).toEqual(["message|whole"]);
});
