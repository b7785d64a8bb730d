import { type LucideIcon } from "lucide-react";
import { type ReactNode } from "react";

interface StateMessageProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  /** It is the whole page, not a part of one. */
  isPage?: boolean;
}

/** Fills a place that has nothing to show, and says what to do next. */
export function StateMessage({ icon: Icon, title, children, actions, isPage = false }: StateMessageProps) {
  const Heading = isPage ? "h1" : "h2";
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-6 py-16 text-center">
      <span className="grid size-11 place-items-center rounded-xl border border-line bg-surface text-muted">
        <Icon aria-hidden className="size-5" />
      </span>
      <Heading className="text-base font-semibold text-balance">{title}</Heading>
      {children !== undefined && <div className="text-pretty text-muted">{children}</div>}
      {actions !== undefined && <div className="mt-1 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}
