import { type Storage } from "../api/get-storage";
import { collectionLabel } from "../words";

import { AmountTable } from "./amount-table";

export function CollectionsTable({ collections }: Pick<Storage, "collections">) {
  return (
    <AmountTable
      caption="Rows and size by kind"
      columns={["Kind", "Rows"]}
      lines={collections.map(({ name, rows, bytes }) => ({ key: name, label: collectionLabel(name), counts: [rows], bytes }))}
    />
  );
}
