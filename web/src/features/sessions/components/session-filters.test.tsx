import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";

import { SessionFilters } from "./session-filters";

it("waits for a pause in typing", async () => {
  const onFilter = vi.fn();
  render(<SessionFilters filter={{}} onFilter={onFilter} />);
  await userEvent.type(screen.getByLabelText("Filter by title"), "login");
  expect(onFilter).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(onFilter).toHaveBeenCalledExactlyOnceWith({ q: "login" }));
});

it("follows the address when it changes by itself", () => {
  const { rerender } = render(<SessionFilters filter={{ q: "login" }} onFilter={vi.fn()} />);
  rerender(<SessionFilters filter={{}} onFilter={vi.fn()} />);
  expect(screen.getByLabelText<HTMLInputElement>("Filter by title").value).toBe("");
});

it("names an agent it does not know", () => {
  render(<SessionFilters filter={{ source: "aider" }} onFilter={vi.fn()} />);
  expect(screen.getByLabelText<HTMLSelectElement>("Agent").selectedOptions[0]?.text).toBe("aider");
});
