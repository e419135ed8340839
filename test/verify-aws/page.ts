import { format, resolveConfig } from 'prettier';
import { code, table } from '../reference/markdown.ts';
import { FACTS, type Fact } from './facts.ts';

const probeOf = ({ probe }: Fact): string =>
  typeof probe === 'string' ? code(probe) : `none: ${probe.notTried}`;

/** `docs/operations/unverified-facts.md`, whole. @param path of the file, whose folders say how it is formatted */
export async function factsPage(path: string): Promise<string> {
  const text = [
    '# Facts that nobody has verified',
    '',
    'Stepcast takes these for true. No page of AWS says them, or nobody here has seen them in an account. `npm run verify:aws` tries',
    'them in an account of yours, by the probe that is named, and says of each what it expected, what it saw, and whether that confirms',
    'it. [verify-aws.md](verify-aws.md) says what it does and what it costs.',
    '',
    'Written by `npm run docs:facts` from `test/verify-aws/facts.ts`; a test fails until it has run.',
    '',
    table(
      ['fact', 'claim', 'what rests on it', 'probe'],
      FACTS.map((fact) => [fact.id, fact.claim, fact.restsOnIt, probeOf(fact)]),
    ),
    '',
  ].join('\n');
  return format(text, { ...(await resolveConfig(path)), parser: 'markdown' });
}
