/* global URLSearchParams, document, location, crypto, TextEncoder, mqtt */
// Signs in as ?user=…&password=… at ?sandbox=…, uploads the photo that is chosen, and shows every message about it.
const given = new URLSearchParams(location.search);
const sandbox = given.get('sandbox') ?? 'http://127.0.0.1:4200';
const place = await fetch(`${sandbox}/sandbox.json`).then(
  (answer) => answer.json(),
  (error) => {
    document
      .querySelector('#messages')
      .append(
        `No sandbox answers at ${sandbox}: start it with "npm start", or name its address as ?sandbox=…`,
      );
    throw error;
  },
);
const { region, endpoints, bucket, topicNamespace } = place;

async function cognito(endpoint, target, body) {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const answer = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async (text) => hex(await crypto.subtle.digest('SHA-256', bytes(text)));
const escape = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

async function hmac(key, text) {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  return crypto.subtle.sign('HMAC', imported, bytes(text));
}

/** Signature Version 4 in the query. S3 signs the session token with the rest; AWS IoT Core wants it added after signing. */
async function presign(method, url, service, keys) {
  const { origin, host, pathname } = new URL(url);
  const at = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const token = { 'X-Amz-Security-Token': keys.SessionToken };
  const query = (fields) =>
    Object.entries(fields)
      .map(([name, value]) => `${name}=${escape(value)}`)
      .toSorted()
      .join('&');
  const signed = query({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${keys.AccessKeyId}/${scope}`,
    'X-Amz-Date': at,
    'X-Amz-Expires': '300',
    'X-Amz-SignedHeaders': 'host',
    ...(service === 's3' ? token : {}),
  });
  const body = service === 's3' ? 'UNSIGNED-PAYLOAD' : await sha256('');
  const canonical = [method, pathname, signed, `host:${host}`, '', 'host', body].join('\n');
  let key = bytes(`AWS4${keys.SecretKey}`);
  for (const part of scope.split('/')) key = await hmac(key, part);
  const text = ['AWS4-HMAC-SHA256', at, scope, await sha256(canonical)].join('\n');
  const rest = service === 's3' ? '' : `&${query(token)}`;
  return `${origin}${pathname}?${signed}&X-Amz-Signature=${hex(await hmac(key, text))}${rest}`;
}

async function follow(photo) {
  const { AuthenticationResult } = await cognito(
    endpoints.cognitoIdp,
    'AWSCognitoIdentityProviderService.InitiateAuth',
    {
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: place.userPoolClientId,
      AuthParameters: {
        USERNAME: given.get('user') ?? 'alice',
        PASSWORD: given.get('password') ?? 'Alice-in-the-sandbox-1',
      },
    },
  );
  const idToken = AuthenticationResult.IdToken;
  const Logins = { [`cognito-idp.${region}.amazonaws.com/${place.userPoolId}`]: idToken };
  const ask = (operation, body) =>
    cognito(endpoints.cognitoIdentity, `AWSCognitoIdentityService.${operation}`, { ...body, Logins });
  const { IdentityId } = await ask('GetId', { IdentityPoolId: place.identityPoolId });
  const { Credentials: keys } = await ask('GetCredentialsForIdentity', { IdentityId });
  const headers = { authorization: `Bearer ${idToken}` };
  await fetch(`${endpoints.provisioner}/v1/provision`, { method: 'POST', headers });

  const client = await mqtt.connectAsync(await presign('GET', endpoints.mqttWss, 'iotdevicegateway', keys), {
    clientId: `${IdentityId}-${crypto.randomUUID().slice(0, 8)}`,
    reconnectPeriod: 0,
  });
  client.on('message', (topic, payload) => {
    const message = JSON.parse(payload.toString());
    document.querySelector('#messages').append(`${topic} ${payload.toString()}\n`);
    const percent = message.data.percent ?? message.data.events?.at(-1)?.percent;
    if (percent !== undefined) document.querySelector('#percent').textContent = `${percent} %`;
  });
  await client.subscribeAsync(`${topicNamespace}/${IdentityId}/#`, { qos: 1 });
  const object = `${endpoints.s3}/${bucket}/users/${escape(IdentityId)}/${escape(photo.name)}`;
  await fetch(await presign('PUT', object, 's3', keys), { method: 'PUT', body: photo });
}

document.querySelector('#photo').addEventListener('change', ({ target }) => follow(target.files[0]));
