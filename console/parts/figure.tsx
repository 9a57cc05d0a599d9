export function Figure({ title, value }: { readonly title: string; readonly value: string }) {
  return (
    <div>
      <div class="soft">{title}</div>
      <div class="figure number">{value}</div>
    </div>
  );
}
