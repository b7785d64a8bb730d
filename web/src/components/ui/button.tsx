import clsx from "clsx";
import { type ComponentProps } from "react";

type Variant = "primary" | "secondary" | "ghost" | "danger";

const variants: Record<Variant, string> = {
  primary: "bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border border-line bg-surface hover:bg-hover",
  ghost: "text-muted hover:bg-hover hover:text-ink",
  danger: "border border-danger/40 text-danger hover:bg-danger-soft",
};

export function buttonClass(variant: Variant = "secondary", isIcon = false): string {
  return clsx(
    "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-lg text-[0.8125rem] font-medium whitespace-nowrap transition-colors",
    "pointer-coarse:h-10 disabled:opacity-60 aria-busy:opacity-60 [&_svg]:size-4 [&_svg]:shrink-0",
    isIcon ? "w-8 pointer-coarse:w-10" : "px-3",
    variants[variant],
  );
}

interface ButtonProps extends ComponentProps<"button"> {
  variant?: Variant;
  isIcon?: boolean;
}

export function Button({ variant, isIcon, className, type = "button", ...props }: ButtonProps) {
  return <button type={type} className={clsx(buttonClass(variant, isIcon), className)} {...props} />;
}
