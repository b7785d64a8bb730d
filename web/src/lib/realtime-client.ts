import { auth } from "./auth";
import { pb } from "./pocketbase";
import { Realtime } from "./realtime";

export const realtime = new Realtime(
  {
    subscribe: (topic, onEvent) =>
      // Events only say what changed; what it is now is asked for by the queries.
      pb.realtime.subscribe(topic, onEvent, topic.includes("/") ? { query: { fields: "id" } } : undefined),
    unsubscribe: (topic) => pb.realtime.unsubscribe(topic),
    onDisconnect: (listener) => {
      pb.realtime.onDisconnect = (topics) => {
        listener(topics);
        // A dropped stream is the first sign of a server that went away, or of a sign-in that ended.
        if (topics.length > 0) auth.check();
      };
    },
  },
  {
    canPoll: () => {
      const state = auth.getState();
      return document.visibilityState === "visible" && state.status === "signed-in" && state.offlineSince === null;
    },
  },
);

realtime.subscribeStatus(() => {
  if (realtime.getStatus() === "live") auth.noticeServer();
});
