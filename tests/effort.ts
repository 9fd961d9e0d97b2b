/** How much a long-running test does: what `npm test` has time for, or what `npm run test:deep` (DEEP=1) takes its time for. */
export const effort = (usual: number, deep: number): number => (process.env.DEEP === '1' ? deep : usual)
