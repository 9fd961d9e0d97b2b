export function PageHeading({ title }: { title: string }) {
  return <h1 className="font-semibold text-2xl">{title}</h1>
}
