import clsx from "clsx";
import { type ComponentProps } from "react";

import { controlClass } from "./control-styles";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={clsx(controlClass, className)} {...props} />;
}
