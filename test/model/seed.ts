/** A seed that the test's name shows; `FC_SEED` repeats one. */
export function seeded(): { readonly seed: number; readonly name: (what: string) => string } {
  const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
  return { seed, name: (what) => `${what} (seed ${seed})` };
}
