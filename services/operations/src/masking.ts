/**
 * Takes secrets out of texts that come from elsewhere: error messages, pasted texts, values of settings. Account IDs,
 * ARNs and resource IDs stay, because without them nothing can be repaired; keys and tokens never do. What the doctor
 * knows to be secret never gets this far: no snapshot has a field for it.
 */
const HIDDEN = '[hidden]';

const secretName =
  /(secret|token|passw(or)?d|passphrase|credential|private_?key|encryption_?key|api_?key|access_?key|session_?key|signature|authorization)/i;
/** Names that contain a word above and yet hold nothing secret. */
const harmlessName =
  /(token_?use|token_?url|token_?endpoint|secret_?name|secret_?arn|key_?template|has_?secret)$/i;

/** Whether the value of a setting with this name is withheld from every output. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !harmlessName.test(name);
}

const rules: readonly (readonly [RegExp, string])[] = [
  // PEM blocks, also when they were cut off.
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, HIDDEN],
  // JSON Web Tokens, with or without their signature.
  [/\beyJ[A-Za-z0-9_-]{5,}(\.[A-Za-z0-9_-]*){0,4}/g, HIDDEN],
  // Parameters of presigned addresses, encoded or not.
  [/(X-Amz-(?:Security-Token|Signature|Credential)(?:=|%3D))[^&\s"']+/gi, `$1${HIDDEN}`],
  [/(\bBearer\s+)[^\s"',;]+/gi, `$1${HIDDEN}`],
  // Access key IDs keep their kind: ASIA is temporary, AKIA is not.
  [/\b(A[SK]IA)[A-Z0-9]{8,}\b/g, `$1${HIDDEN}`],
];

/** Words in a name whose value is secret, whatever the value looks like. */
const secretWord =
  /secret_?access_?key|secret_?key|client_?secret|session_?token|security_?token|access_?token|refresh_?token|id_?token|bearer[_-]?token|passw(?:or)?d|encryption_?key|api_?key|private_?key/gi;
/** The end of such a name with its value: `=value`, `: value` and `": "value"`. */
const valueBehind = /([A-Za-z0-9_]{0,64}["']?\s{0,8}[:=]\s{0,8})(?:"[^"]*"|'[^']*'|[^\s,;&}]+)/y;

function maskNamed(text: string): string {
  let masked = '';
  let at = 0;
  for (const { index, 0: word } of text.matchAll(secretWord)) {
    if (index < at) continue;
    valueBehind.lastIndex = index + word.length;
    const value = valueBehind.exec(text);
    if (value === null) continue;
    masked += `${text.slice(at, value.index)}${value[1] ?? ''}${HIDDEN}`;
    at = valueBehind.lastIndex;
  }
  return masked + text.slice(at);
}

/**
 * Runs that look random: 40 characters is a secret access key, session tokens are longer. Names of roles and sessions can
 * look the same, so what stands in an ARN is left alone.
 */
const arnOrRandomRun = /(\barn:aws[a-z-]*:[^\s"'<>()&]*)|[A-Za-z0-9+/=]{40,}/g;

function maskForeign(text: string): string {
  const known = rules.reduce((masked, [pattern, replacement]) => masked.replace(pattern, replacement), text);
  return maskNamed(known).replace(arnOrRandomRun, (run, arn: string | undefined) =>
    arn === undefined && /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9+=]/.test(run) ? HIDDEN : run,
  );
}

/** @param keep texts that the caller gave himself, such as paths of files; they stay as they are */
export function mask(text: string, keep: readonly string[] = []): string {
  const [spared, ...others] = keep.filter((one) => one !== '');
  return spared === undefined
    ? maskForeign(text)
    : text
        .split(spared)
        .map((part) => mask(part, others))
        .join(spared);
}
