/** Addresses and ranges of `IpAddress`: IPv4 and IPv6, with or without a prefix length. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

export function parseIpAddress(text: string): IpAddress | undefined {
  const four = parseFour(text);
  if (four !== undefined) return { bits: 32, value: four };
  const six = parseSix(text);
  return six === undefined ? undefined : { bits: 128, value: six };
}

function parseFour(text: string): bigint | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function parseSix(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const [left = [], right = []] = groups;
  const count = left.length + right.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return undefined;
  const zeros = Array.from({ length: 8 - count }, () => '0');
  const all = [...left, ...zeros, ...right];
  if (!all.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

/** Whether an address lies in a range; `undefined` when the text is no range. Without a prefix length, one address. */
export function parseIpRange(text: string): ((address: IpAddress) => boolean) | undefined {
  const [base = '', length, ...more] = text.split('/');
  const address = parseIpAddress(base);
  if (address === undefined || more.length > 0) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? address.bits : Number(length);
  if (prefix > address.bits) return undefined;
  const shift = BigInt(address.bits - prefix);
  return (asked) => asked.bits === address.bits && asked.value >> shift === address.value >> shift;
}
