import clsx from "clsx";
import { CircleDot, Square, SquareCheck } from "lucide-react";

import { plainText } from "@/lib/text";
import { type Todo } from "@/lib/tools";

const states = {
  completed: { icon: SquareCheck, label: "Done", className: "text-success" },
  in_progress: { icon: CircleDot, label: "In progress", className: "text-accent" },
  pending: { icon: Square, label: "To do", className: "text-muted" },
};

export function TodoList({ todos }: { todos: readonly Todo[] }) {
  return (
    <ul className="grid gap-1 px-3 py-2.5 text-[0.8125rem]">
      {todos.map((todo, index) => {
        const { icon: Icon, label, className } = states[todo.status];
        return (
          <li key={index} className="flex items-start gap-2">
            <Icon role="img" aria-label={label} className={clsx("mt-0.5 size-4 shrink-0", className)} />
            <span dir="auto" className={clsx("min-w-0 wrap-anywhere", todo.status === "completed" && "text-muted line-through decoration-line-strong")}>
              {plainText(todo.text) || "–"}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
