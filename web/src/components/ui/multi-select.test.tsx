import { fireEvent, render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import { MultiSelect } from "./multi-select";

const props = { label: "Agent", value: [], onChange: () => undefined };

describe("MultiSelect", () => {
  it("is no empty list before its options are there, and the list afterwards", () => {
    const { rerender } = render(<MultiSelect {...props} options={[]} isLoading />);
    fireEvent.click(screen.getByRole("button", { name: "Agent" }));

    expect(screen.getByRole("status").textContent).toBe("Loading…");
    expect(screen.queryByRole("listbox")).toBeNull();

    rerender(<MultiSelect {...props} options={[{ value: "pi", label: "Pi" }]} />);
    expect(screen.getByRole("listbox", { name: "Agent" })).toBeDefined();
    expect(screen.getByRole("option", { name: "Pi" })).toBeDefined();
  });

  it("says when there is nothing to choose from", () => {
    render(<MultiSelect {...props} options={[]} />);
    fireEvent.click(screen.getByRole("button", { name: "Agent" }));

    expect(screen.getByRole("status").textContent).toBe("Nothing to choose from yet");
  });
});
