export interface ServerSentEvent {
  event: string;
  data: string;
}

/**
 * The events of a stream, as they come. Source: WHATWG HTML, "Server-sent events", 9.2.6; ids and
 * reconnection times are left out, because an answer that was cut off is asked for anew.
 */
export async function* serverSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // A CR at the end may be the first half of a CRLF.
      const lines = (rest + (value ?? "")).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else if (line.startsWith("event:")) {
          event = valueOf(line);
        } else if (line.startsWith("data:")) {
          data.push(valueOf(line));
        }
      }
      if (done) return;
    }
  } finally {
    // The reader may have had enough of it.
    await reader.cancel().catch(() => undefined);
  }
}

function valueOf(line: string): string {
  return line.slice(line.indexOf(":") + 1).replace(/^ /, "");
}
