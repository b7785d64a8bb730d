import { useEffect, useRef, useState } from "react";

import { usePocketBase } from "@/hooks/use-pocketbase";
import { saveFile } from "@/lib/save-file";
import { type SessionFilter } from "@/lib/session-filter";
import { type SessionSort } from "@/lib/session-sort";

import { readExport } from "./api/read-export";
import { exportFile, type ExportFormat } from "./export-format";
import { type Selection, sizeOf } from "./selection";

export interface ExportProgress {
  done: number;
  total: number;
}

interface ExportOf {
  selection: Selection;
  filter: SessionFilter;
  sort: SessionSort;
  total: number;
}

/** Makes a file of the sessions of a selection and saves it; leaving the page cancels. */
export function useExport() {
  const client = usePocketBase();
  const [progress, setProgress] = useState<ExportProgress>();
  const [error, setError] = useState<Error>();
  const controller = useRef<AbortController>(undefined);
  const cancel = () => controller.current?.abort();
  useEffect(() => cancel, []);

  const start = async (format: ExportFormat, { selection, filter, sort, total }: ExportOf) => {
    cancel();
    const { signal } = (controller.current = new AbortController());
    const size = sizeOf(selection, total);
    setError(undefined);
    setProgress({ done: 0, total: size });
    try {
      const rows = await readExport(client, { selection, filter, sort, signal, onProgress: (done) => setProgress({ done, total: size }) });
      const { name, blob } = exportFile(rows, format, Date.now());
      saveFile(name, blob);
    } catch (failure) {
      if (!signal.aborted) setError(failure as Error);
    } finally {
      if (controller.current.signal === signal) setProgress(undefined);
    }
  };
  return { progress, error, start, cancel, dismiss: () => setError(undefined) };
}
