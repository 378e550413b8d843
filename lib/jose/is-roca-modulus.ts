/** Primes modulo which the weak generator could only reach few residues. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];
const GENERATOR = 65537;

/** For each prime, what the powers of 65537 leave. */
const residues = PRIMES.map((prime) => {
  const reached = new Set<number>();
  for (let power = 1; !reached.has(power); power = (power * GENERATOR) % prime) reached.add(power);
  return { prime: BigInt(prime), reached };
});

/**
 * Whether the modulus has the fingerprint of CVE-2017-15361 (ROCA): primes of the form `k * M + (65537^a mod M)`, whose
 * product can be factored. An honest modulus looks so once in some hundred million.
 */
export function isRocaModulus(modulus: Uint8Array): boolean {
  const value = BigInt(`0x${Buffer.from(modulus).toString('hex')}`);
  return residues.every(({ prime, reached }) => reached.has(Number(value % prime)));
}
