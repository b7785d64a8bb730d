interface ExactProps {
  value: number;
  /** As shown, perhaps rounded. */
  children: string;
  /** In full, where the page rounds it. */
  title?: string;
}

/** A figure that says itself exactly to those who ask: people point at it, programs read `value`. */
export function Exact({ value, children, title }: ExactProps) {
  return (
    <data value={value} title={title === children ? undefined : title}>
      {children}
    </data>
  );
}
