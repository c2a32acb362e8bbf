declare module "*/words.toml" {
  /** JSON: key → text. */
  const tables: Record<"en" | "de", string>;
  export default tables;
}
