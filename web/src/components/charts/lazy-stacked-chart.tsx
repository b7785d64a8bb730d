import { lazy, Suspense } from "react";

import { Skeleton } from "@/components/ui/skeleton";

import { type StackedChartProps } from "./chart-line";

const StackedChart = lazy(() => import("./stacked-chart").then((module) => ({ default: module.StackedChart })));

export function LazyStackedChart(props: StackedChartProps) {
  return (
    <div className="h-72">
      <Suspense fallback={<Skeleton className="h-full" />}>
        <StackedChart {...props} />
      </Suspense>
    </div>
  );
}
