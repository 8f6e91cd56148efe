/** How often a property is tried: as often as somebody waits for before a commit. The gate has more time, and says by EFFORT how many times as often. */
export const tries = (usual: number): number => usual * Number(process.env.EFFORT ?? 1);
