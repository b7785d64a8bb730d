import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";

import { type SessionSort } from "@/lib/session-sort";
import { type SessionRow } from "@/types/records";

import { useNewcomers } from "./use-newcomers";

const rows = (...times: number[]) => times.map((at) => ({ id: String(at), updatedAt: at, createdAt: at }) as SessionRow);

function watch(sort: SessionSort) {
  return renderHook(({ head, isAtTop }) => useNewcomers(head, sort, isAtTop), { initialProps: { head: rows(3, 2, 1), isAtTop: true } });
}

it("counts what came above while the top was out of sight, and forgets it at the top", () => {
  const { result, rerender } = watch("-updatedAt");
  rerender({ head: rows(3, 2, 1), isAtTop: false });
  expect(result.current).toBe(0);
  rerender({ head: rows(5, 4, 3), isAtTop: false });
  expect(result.current).toBe(2);
  rerender({ head: rows(5, 4, 3), isAtTop: true });
  rerender({ head: rows(6, 5, 4), isAtTop: false });
  expect(result.current).toBe(1);
});

it("says nothing where new sessions do not come to the top", () => {
  const { result, rerender } = watch("-cost");
  rerender({ head: rows(9, 8, 7), isAtTop: false });
  expect(result.current).toBe(0);
});
