import { pb } from "@/lib/pocketbase";

/** The signed-in client. A hook, so that a component's tests can put another in its place. */
export function usePocketBase() {
  return pb;
}
