import { pb } from "./pocketbase";
import { Realtime } from "./realtime";

export const realtime = new Realtime({
  subscribe: (topic, onEvent) =>
    // Events only say what changed; what it is now is asked for by the queries.
    pb.realtime.subscribe(topic, onEvent, topic.includes("/") ? { query: { fields: "id" } } : undefined),
  unsubscribe: (topic) => pb.realtime.unsubscribe(topic),
  onDisconnect: (listener) => {
    pb.realtime.onDisconnect = listener;
  },
});
