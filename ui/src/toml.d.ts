declare module "*/words.toml" {
  const table: Record<"en" | "de", Record<string, string>>;
  export default table;
}
