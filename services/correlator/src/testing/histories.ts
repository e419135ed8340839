import fc from 'fast-check';

/**
 * Which history: mostly of a dozen to fifty records, one in twenty of up to several hundred. Small ones have as many ways
 * to go wrong, and ten of them take no longer than a large one.
 */
export const histories = fc.record({
  seed: fc.integer(),
  maxDepth: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 11, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.constant(2) },
    { weight: 1, arbitrary: fc.constant(3) },
  ),
});
