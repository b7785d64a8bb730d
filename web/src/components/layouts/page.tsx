import clsx from "clsx";
import { type ReactNode } from "react";

interface PageProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  isNarrow?: boolean;
}

/** A page that scrolls as a whole. Lists bring their own scroll area instead. */
export function Page({ title, description, actions, children, isNarrow = false }: PageProps) {
  return (
    <div className="h-full overflow-y-auto">
      <div className={clsx("mx-auto grid w-full grid-cols-[minmax(0,1fr)] gap-5 px-4 py-5 md:px-8 md:py-7", isNarrow ? "max-w-3xl" : "max-w-6xl")}>
        <PageHeader title={title} description={description} actions={actions} />
        {children}
      </div>
    </div>
  );
}

export function PageHeader({ title, description, actions }: Pick<PageProps, "title" | "description" | "actions">) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
      <div className="min-w-0">
        <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
        {description !== undefined && <p className="mt-0.5 text-muted">{description}</p>}
      </div>
      {actions}
    </div>
  );
}

interface SectionProps {
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string;
}

export function Section({ title, description, children, className }: SectionProps) {
  return (
    <section aria-label={title} className={clsx("card min-w-0 p-4 md:p-5", className)}>
      <h2 className="text-[0.9375rem] font-semibold">{title}</h2>
      {description !== undefined && <p className="mt-0.5 text-[0.8125rem] text-pretty text-muted">{description}</p>}
      <div className="mt-4">{children}</div>
    </section>
  );
}
